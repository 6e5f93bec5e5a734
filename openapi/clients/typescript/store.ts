// What the app must not forget, in one file. It is on the disk before `save` returns: a phone that dies in the next
// moment has it. Written anew and renamed, so that it is whole or as it was before.

import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Answers, DeviceTokens, Language, ReceiptEntry, ReminderView, ReportView, WhatToDo } from "./contract.js";

/** Tokens, and until when the access token is surely good, by the monotonic clock of one start of the phone. */
export interface Tokens extends DeviceTokens {
  freshUntil: number;
  boot: string;
}

/** One activation. Its reports go out by its submission token, also long after it was signed out. */
export interface Account {
  id: string;
  submissionToken: string;
  tokens?: Tokens;
}

export interface KeptReport {
  reportId: string;
  account?: string;
  /** What is sent, the same each time but for `ageSeconds`. */
  body: { formId: string; formVersion: number; language: Language; answers: Answers; deviceTime: string; timeZone: string };
  finishedAt: number;
  boot: string;
  standing: "waiting" | "stored" | "refused";
  /** How often the server has refused it for good: a body that was mangled on its way deserves another try. */
  refusals?: number;
  /** The advice that the phone worked out by itself. */
  advice: string;
  view?: ReportView;
  whatToDo?: WhatToDo;
  requestId?: string;
}

/** When to try again, and how often it has failed in a row. Persisted: a restart is no reason to hurry. */
export interface Patience {
  failures: number;
  notBefore: number;
  boot: string;
  /** The server has named the time: not even a person who opens the app goes before it. */
  told: boolean;
}

export interface Kept {
  deviceId: string;
  language: Language;
  languageUnsent: boolean;
  code?: string;
  /** Tokens of a session that she has ended here, and the server does not know it yet. */
  leaving?: Tokens;
  accounts: Account[];
  current?: string;
  reports: KeptReport[];
  sending: Patience;
  signing: Patience;
  answers: Record<string, { etag: string; body: unknown }>;
  alarms: ReminderView[];
  rung: string[];
  planVersion: number;
  receipts: ReceiptEntry[];
  problem: string;
}

export const calm = (): Patience => ({ failures: 0, notBefore: 0, boot: "", told: false });

export class Store {
  readonly kept: Kept;
  private closed = false;

  constructor(private readonly path: string, fresh: () => Kept) {
    this.kept = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Kept) : fresh();
    this.save();
  }

  /** Change what is kept; it is on the disk when this returns. */
  change(how: (kept: Kept) => void): void {
    if (this.closed) throw new Error("this app was killed");
    how(this.kept);
    this.save();
  }

  /** The app is dead: whatever it still awaits changes nothing any more. */
  close(): void {
    this.closed = true;
  }

  private save(): void {
    const fresh = `${this.path}.new`;
    const file = openSync(fresh, "w", 0o600);
    try {
      writeFileSync(file, JSON.stringify(this.kept));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(fresh, this.path);
    const folder = openSync(dirname(this.path), "r");
    fsyncSync(folder);
    closeSync(folder);
  }
}
