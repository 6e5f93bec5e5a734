// The offline queue. A report has its id before it is first sent and keeps it through every retry; it leaves the queue only
// when the server has said that it has it (200, 201, 409 `report.conflict`), or will never take it (400, 413, three times). Nothing else,
// no 500, no sign-out, no end of a participation, makes this phone forget it.

import { afterFailure, dueAt, left } from "./backoff.js";
import type { Clock } from "./clock.js";
import type { BatchResults, Problem, ReportView } from "./contract.js";
import { isObject, type Http, type Outcome } from "./http.js";
import type { Session } from "./session.js";
import { calm, type Account, type KeptReport, type Store } from "./store.js";

const BATCH = 50;
const MOST_REFUSALS = 3;
/** As many single requests as a minute of a failing server bears. */
const SINGLES = 3;

export class Outbox {
  private delivering: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: Store,
    private readonly http: Http,
    private readonly session: Session,
    private readonly clock: Clock,
  ) {}

  /** When the next try is due, by the monotonic clock. */
  get due(): number | undefined {
    return this.waiting().length ? dueAt(this.store.kept.sending, this.clock) : undefined;
  }

  /** She has just finished it: it goes before all others and waits for none, whatever the server said to them. */
  handInNow(report: KeptReport): Promise<void> {
    this.delivering = this.delivering.then(() => this.deliverFirst(report));
    return this.delivering;
  }

  /** Hand in what waits. A person who looks need not wait for our own patience, but for the time that the server named. */
  deliver(isAsked: boolean): Promise<void> {
    this.delivering = this.delivering.then(() => this.deliverOnce(isAsked));
    return this.delivering;
  }

  private waiting(): KeptReport[] {
    return this.store.kept.reports.filter((each) => each.standing === "waiting" && each.account);
  }

  private async deliverFirst(report: KeptReport): Promise<void> {
    const account = this.store.kept.accounts.find((each) => each.id === report.account);
    if (!account || (await this.handInAlone(account, report, true))) await this.deliverOnce(true);
  }

  private async deliverOnce(isAsked: boolean): Promise<void> {
    const { sending, accounts } = this.store.kept;
    if (left(sending, this.clock) > 0 && (sending.told || !isAsked)) return;
    for (const account of accounts) {
      const reports = this.waiting().filter((each) => each.account === account.id);
      if (!(await this.handIn(account, reports, isAsked))) return;
    }
    if (this.store.kept.sending.failures) this.store.change((kept) => (kept.sending = calm()));
  }

  /** Several go together, or one by one every other time: a batch that the server cannot stomach blocks nobody for ever. */
  private async handIn(account: Account, reports: KeptReport[], isAsked: boolean): Promise<boolean> {
    const { failures } = this.store.kept.sending;
    if (reports.length > 1 && failures % 2 === 0) return this.handInTogether(account, reports, isAsked);
    const from = (Math.floor(failures / 2) * SINGLES) % Math.max(1, reports.length);
    const turn = [...reports.slice(from), ...reports.slice(0, from)].slice(0, failures ? SINGLES : reports.length);
    let isWell = true;
    for (const report of turn) isWell = (await this.handInAlone(account, report, isAsked)) && isWell;
    return isWell;
  }

  private async handInAlone(account: Account, report: KeptReport, urgent: boolean): Promise<boolean> {
    const path = `/v1/me/reports/${report.reportId}`;
    const outcome = await this.send(account, { method: "PUT", path, body: this.bodyOf(report), urgent });
    if (outcome.kind === "answer") return this.settle(report, outcome.status, outcome.body, undefined, outcome);
    if (outcome.kind === "refusal") return this.settle(report, outcome.status, undefined, outcome.problem, outcome);
    return this.failed(outcome);
  }

  private async handInTogether(account: Account, reports: KeptReport[], urgent: boolean): Promise<boolean> {
    const some = reports.slice(0, BATCH);
    const body = { reports: some.map((each) => ({ reportId: each.reportId, ...this.bodyOf(each) })) };
    const outcome = await this.send(account, { method: "POST", path: "/v1/me/report-batches", body, urgent });
    if (outcome.kind !== "answer" || !isResults(outcome.body)) return this.failed(outcome);
    let isWell = true;
    for (const [index, report] of some.entries()) {
      const result = outcome.body.results.find((each) => each.index === index);
      isWell = !!result && this.settle(report, result.status, result.report, result.problem, outcome) && isWell;
    }
    return isWell && (reports.length <= BATCH || this.handIn(account, reports.slice(BATCH), urgent));
  }

  /** Whoever is signed in sends as herself; the submission token takes over wherever that does not work. */
  private async send(
    account: Account,
    call: { method: "PUT" | "POST"; path: string; body: unknown; urgent: boolean },
  ): Promise<Outcome> {
    const token = this.session.account?.id === account.id ? await this.session.token() : undefined;
    const outcome = await this.http.call({ ...call, token: token ?? account.submissionToken });
    if (!token || outcome.kind !== "refusal" || outcome.status !== 401) return outcome;
    const fresh = (await this.session.rotate()) ? this.session.account?.tokens?.accessToken : undefined;
    return this.http.call({ ...call, token: fresh ?? account.submissionToken });
  }

  private settle(report: KeptReport, status: number, body: unknown, problem: Problem | undefined, outcome: Outcome): boolean {
    const isStored = (status === 200 || status === 201) && isViewOf(report, body);
    const isKept = isStored || (status === 409 && problem?.code === "report.conflict");
    const refusals = (report.refusals ?? 0) + (problem && (status === 400 || status === 413) ? 1 : 0);
    const isRefused = refusals >= MOST_REFUSALS;
    this.store.change(() => {
      report.refusals = refusals;
      if (isStored) report.view = body;
      if (problem?.whatToDo) report.whatToDo = problem.whatToDo;
      const requestId = problem?.requestId ?? (outcome.kind === "refusal" ? outcome.requestId : undefined);
      if (requestId) report.requestId = requestId;
      if (isKept) report.standing = "stored";
      else if (isRefused) report.standing = "refused";
    });
    return isKept || isRefused || this.failed(outcome);
  }

  private failed(outcome: Outcome): false {
    this.store.change((kept) => (kept.sending = afterFailure(kept.sending, outcome, this.clock)));
    return false;
  }

  /** The same each time, but for how long ago she finished, which is known as long as the phone was not started again. */
  private bodyOf(report: KeptReport): object {
    if (report.boot !== this.clock.boot()) return report.body;
    return { ...report.body, ageSeconds: Math.max(0, this.clock.monotonic() - report.finishedAt) / 1000 };
  }
}

const isViewOf = (report: KeptReport, body: unknown): body is ReportView =>
  isObject(body) && body["reportId"] === report.reportId && isObject(body["advice"]);

const isResults = (body: unknown): body is BatchResults => isObject(body) && Array.isArray(body["results"]);
