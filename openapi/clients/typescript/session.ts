// Who is signed in. One rotation at a time, whoever needs it; the new tokens are on the disk before anybody uses them; an
// answer that was lost is asked for again with the same refresh token, which the server grants for 60 seconds.

import { randomUUID } from "node:crypto";
import { afterFailure, dueAt, left } from "./backoff.js";
import type { Clock } from "./clock.js";
import type { Activation, DeviceTokens, Rotation } from "./contract.js";
import { isObject, type Answer, type Call, type Http, type Outcome } from "./http.js";
import { calm, type Account, type Store, type Tokens } from "./store.js";
import { words } from "./words.js";

const LIFE = 15 * 60_000;
const MARGIN = 60_000;
const AGAIN = 10_000;

export class Session {
  private rotating: Promise<boolean> | undefined;

  constructor(private readonly store: Store, private readonly http: Http, private readonly clock: Clock) {}

  get account(): Account | undefined {
    return this.store.kept.accounts.find((each) => each.id === this.store.kept.current && each.tokens);
  }

  /** Redeem a code. It is kept until the server has said yes or no: the same phone gets a lost answer again. */
  async activate(code: string): Promise<void> {
    this.store.change((kept) => {
      kept.code = code;
      kept.problem = "";
      kept.signing = calm();
    });
    await this.finishActivation();
  }

  /** Go on with a code whose answer was lost, unless it is too early. */
  async finishActivation(): Promise<void> {
    const { code, deviceId, signing, language } = this.store.kept;
    if (!code || left(signing, this.clock) > 0) return;
    const body: Activation = { code, deviceId };
    const outcome = await this.http.call({ method: "POST", path: "/v1/activations", body, urgent: true });
    if (outcome.kind === "answer" && isTokens(outcome.body)) this.begin(outcome, outcome.body);
    else if (isFinal(outcome)) this.say(words(language).codeRefused, outcome, true);
    else {
      this.postpone(outcome);
      this.say(words(language).noAnswer, outcome, false);
    }
  }

  private begin(answer: Answer, tokens: DeviceTokens): void {
    const account: Account = { id: randomUUID(), submissionToken: tokens.submissionToken, tokens: this.dated(answer, tokens) };
    this.store.change((kept) => {
      delete kept.code;
      kept.accounts.push(account);
      kept.current = account.id;
      kept.answers = {};
      kept.signing = calm();
      kept.problem = "";
      for (const report of kept.reports) report.account ??= account.id;
    });
  }

  /** The life of a token is measured by the server's own clock, so that a phone that is hours wrong does not rotate for ever. */
  private dated(answer: Answer, tokens: DeviceTokens): Tokens {
    const life = answer.date === undefined ? LIFE : Date.parse(tokens.accessExpiresAt) - answer.date;
    const good = Number.isFinite(life) && life > 0 ? Math.min(life, LIFE) : LIFE;
    return { ...tokens, freshUntil: this.clock.monotonic() + good - MARGIN, boot: this.clock.boot() };
  }

  /** An access token that is probably good; none if she is signed out or the server cannot be asked. */
  async token(): Promise<string | undefined> {
    const tokens = this.account?.tokens;
    if (!tokens) return undefined;
    const isFresh = tokens.boot === this.clock.boot() && this.clock.monotonic() < tokens.freshUntil;
    if (!isFresh && !(await this.rotate())) return undefined;
    return this.account?.tokens?.accessToken;
  }

  /** Call with the access token; once more after a rotation if it is refused. */
  async call(call: Omit<Call, "token">): Promise<Outcome> {
    const token = await this.token();
    if (!token) return { kind: "nothing" };
    const outcome = await this.http.call({ ...call, token });
    if (outcome.kind !== "refusal" || outcome.status !== 401) return outcome;
    const isAnother = this.account?.tokens?.accessToken !== token;
    if (!isAnother && !(await this.rotate())) return outcome;
    return this.http.call({ ...call, token: this.account?.tokens?.accessToken });
  }

  /** Rotate; whoever asks meanwhile gets the same answer. */
  rotate(): Promise<boolean> {
    this.rotating ??= this.rotateOnce().finally(() => (this.rotating = undefined));
    return this.rotating;
  }

  private async rotateOnce(): Promise<boolean> {
    const account = this.account;
    if (!account?.tokens || left(this.store.kept.signing, this.clock) > 0) return false;
    const body: Rotation = { refreshToken: account.tokens.refreshToken, deviceId: this.store.kept.deviceId };
    const outcome = await this.http.call({ method: "POST", path: "/v1/tokens", body });
    if (outcome.kind === "answer" && isTokens(outcome.body)) {
      const tokens = this.dated(outcome, outcome.body);
      this.store.change((kept) => {
        account.tokens = tokens;
        account.submissionToken = tokens.submissionToken;
        kept.signing = calm();
      });
      return true;
    }
    if (outcome.kind === "refusal" && outcome.status === 401) this.end(words(this.store.kept.language).signedOut);
    else this.postpone(outcome);
    return false;
  }

  /** When a lost answer is asked for again; it is granted for 60 s only. */
  get due(): number | undefined {
    const { signing, code, leaving } = this.store.kept;
    if (!code && !leaving && (!this.account || signing.failures === 0)) return undefined;
    return dueAt(signing, this.clock);
  }

  /** Sign out here at once, and there as soon as the server can be asked. What waits goes out by the submission token. */
  async signOut(): Promise<void> {
    const tokens = this.account?.tokens;
    this.end("");
    if (tokens) this.store.change((kept) => (kept.leaving = tokens));
    await this.finishLeaving();
  }

  /** Tell the server that she has signed out, if that is still to be done; with new tokens if the old are over by now. */
  async finishLeaving(): Promise<void> {
    const { leaving, signing, deviceId } = this.store.kept;
    if (!leaving || left(signing, this.clock) > 0) return;
    const outcome = await this.http.call({ method: "DELETE", path: "/v1/tokens/current", token: leaving.accessToken });
    if (outcome.kind === "answer") return this.left();
    if (outcome.kind !== "refusal" || outcome.status !== 401) return this.postpone(outcome);
    const body: Rotation = { refreshToken: leaving.refreshToken, deviceId };
    const renewed = await this.http.call({ method: "POST", path: "/v1/tokens", body });
    if (renewed.kind === "refusal" && renewed.status === 401) return this.left();
    if (renewed.kind !== "answer" || !isTokens(renewed.body)) return this.postpone(renewed);
    const tokens = this.dated(renewed, renewed.body);
    this.store.change((kept) => (kept.leaving = tokens));
    this.postpone(outcome);
  }

  private left(): void {
    this.store.change((kept) => {
      delete kept.leaving;
      kept.signing = calm();
    });
  }

  private end(problem: string): void {
    const account = this.account;
    this.store.change((kept) => {
      if (account) delete account.tokens;
      delete kept.current;
      kept.alarms = [];
      kept.receipts = [];
      kept.signing = calm();
      kept.problem = problem;
    });
  }

  private postpone(outcome: Outcome): void {
    const patience = afterFailure(this.store.kept.signing, outcome, this.clock);
    if (!patience.told && patience.failures < 5) patience.notBefore = this.clock.monotonic() + AGAIN;
    this.store.change((kept) => (kept.signing = patience));
  }

  private say(problem: string, outcome: Outcome, isOver: boolean): void {
    const requestId = outcome.kind === "refusal" ? outcome.requestId : undefined;
    this.store.change((kept) => {
      if (isOver) delete kept.code;
      kept.problem = requestId ? `${problem} (${requestId})` : problem;
    });
  }
}

const isTokens = (value: unknown): value is DeviceTokens =>
  isObject(value) && ["accessToken", "refreshToken", "submissionToken"].every((name) => typeof value[name] === "string");

/** The server has said no, and will say it again. */
const isFinal = (outcome: Outcome): boolean =>
  outcome.kind === "refusal" && [400, 403, 415, 422].includes(outcome.status);
