// One request, and the three things that can come of it: an answer of our server, a refusal of it, or nothing. A hotel's
// sign-in page, a redirect, half a body and silence are all the same: nothing, and nobody has been told.

import { randomUUID } from "node:crypto";
import type { Clock } from "./clock.js";
import type { Problem } from "./contract.js";

export interface Answer {
  kind: "answer";
  status: number;
  body: unknown;
  etag?: string;
  /** What the server's clock showed, if it said so. */
  date?: number;
}

export interface Refusal {
  kind: "refusal";
  status: number;
  problem?: Problem;
  retryAfter?: number;
  requestId?: string;
}

export interface Nothing {
  kind: "nothing";
}

export type Outcome = Answer | Refusal | Nothing;

export interface Call {
  method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
  path: string;
  token?: string | undefined;
  body?: unknown;
  headers?: Record<string, string>;
  /** A person waits for it: it may take the last places of a minute in which the server fails. */
  urgent?: boolean;
}

const MINUTE = 60_000;

export class Http {
  /** When requests of the last minute came to nothing; what the server answers well is no burden to it. */
  private readonly failed: number[] = [];
  private failing = false;
  private readonly dead = new AbortController();

  constructor(private readonly baseUrl: string, private readonly patience: number, private readonly clock: Clock) {}

  /** Let go of every request at once. */
  kill(): void {
    this.dead.abort();
  }

  async call(call: Call): Promise<Outcome> {
    const now = this.clock.monotonic();
    while (this.failed[0] !== undefined && this.failed[0] <= now - MINUTE) this.failed.shift();
    if (this.failing && this.failed.length >= (call.urgent ? 11 : 8)) return { kind: "nothing" };
    const outcome = await this.send(call);
    this.failing = outcome.kind === "nothing" || (outcome.kind === "refusal" && (outcome.status >= 500 || outcome.status === 429));
    if (this.failing) this.failed.push(now);
    return outcome;
  }

  private async send(call: Call): Promise<Outcome> {
    const headers: Record<string, string> = { Accept: "application/json", "X-Request-Id": randomUUID(), ...call.headers };
    if (call.token) headers["Authorization"] = `Bearer ${call.token}`;
    if (call.body !== undefined) headers["Content-Type"] = "application/json";
    try {
      const response = await fetch(this.baseUrl.replace(/\/+$/, "") + call.path, {
        method: call.method,
        headers,
        body: call.body === undefined ? null : JSON.stringify(call.body),
        redirect: "manual",
        signal: AbortSignal.any([this.dead.signal, AbortSignal.timeout(this.patience)]),
      });
      return read(response, await response.text());
    } catch {
      return { kind: "nothing" };
    }
  }
}

const read = (response: Response, text: string): Outcome => {
  const { status, headers } = response;
  const parsed = parse(text);
  if (status >= 400) return refused(status, headers, parsed);
  const empty = status === 204 || status === 304;
  if (status >= 300 && status !== 304) return { kind: "nothing" };
  if (!empty && (parsed === undefined || !(headers.get("Content-Type") ?? "").includes("json"))) return { kind: "nothing" };
  const date = Date.parse(headers.get("Date") ?? "");
  const etag = headers.get("ETag");
  return { kind: "answer", status, body: parsed, ...(etag ? { etag } : {}), ...(Number.isNaN(date) ? {} : { date }) };
};

const refused = (status: number, headers: Headers, parsed: unknown): Refusal => {
  const problem = isProblem(parsed) ? parsed : undefined;
  const after = Number(headers.get("Retry-After") ?? Number.NaN);
  const requestId = problem?.requestId ?? headers.get("X-Request-Id");
  return {
    kind: "refusal",
    status,
    ...(problem ? { problem } : {}),
    ...(Number.isFinite(after) && after >= 0 ? { retryAfter: after } : {}),
    ...(requestId ? { requestId } : {}),
  };
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isProblem = (value: unknown): value is Problem => isObject(value) && typeof value["code"] === "string";
