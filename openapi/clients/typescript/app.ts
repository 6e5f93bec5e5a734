// The app: what a person does, what the phone does by itself as time passes, and what is on the screen.

import { randomUUID } from "node:crypto";
import { adviceOf, daysSince } from "./advice.js";
import { Alarms } from "./alarms.js";
import { left } from "./backoff.js";
import type { Clock } from "./clock.js";
import type { Answers, FormList, FormView, Language, Me, ReminderList, ReportView, ScheduleView, WhatToDo } from "./contract.js";
import { Http, isObject, type Outcome } from "./http.js";
import { Outbox } from "./outbox.js";
import { Session } from "./session.js";
import { calm, Store, type Kept, type KeptReport } from "./store.js";
import { words } from "./words.js";

export interface Settings {
  baseUrl: string;
  language: Language;
  patience: number;
  storage: string;
}

export interface Screen {
  signedIn: boolean;
  language: Language;
  emergencyText?: string;
  reports: { reportId: string; standing: string; clinicKnows: boolean; shown: string }[];
  alarms: { reminderId: string; at: string }[];
  rung: string[];
  scheduleVersion: number;
  problem: string;
}

const ME = "/v1/me";
const FORMS = "/v1/me/forms";
const SCHEDULE = "/v1/me/schedule";
const REMINDERS = "/v1/me/reminders";

/** Of so many reports the page is read anew whenever the app is opened. */
const NEWEST = 5;

const installed = (language: Language): Kept => ({
  deviceId: randomUUID(),
  language,
  languageUnsent: true,
  accounts: [],
  reports: [],
  sending: calm(),
  signing: calm(),
  answers: {},
  alarms: [],
  rung: [],
  planVersion: 0,
  receipts: [],
  problem: "",
});

export class App {
  private readonly store: Store;
  private readonly http: Http;
  private readonly session: Session;
  private readonly outbox: Outbox;
  private readonly alarms: Alarms;

  constructor(settings: Settings, private readonly clock: Clock) {
    this.store = new Store(settings.storage, () => installed(settings.language));
    this.http = new Http(settings.baseUrl, settings.patience, clock);
    this.session = new Session(this.store, this.http, clock);
    this.outbox = new Outbox(this.store, this.http, this.session, clock);
    this.alarms = new Alarms(this.store, clock);
  }

  /** What the system does to an app: no word, no time. */
  kill(): void {
    this.store.close();
    this.http.kill();
  }

  async activate(code: string): Promise<void> {
    await this.session.activate(code);
    await this.open();
  }

  /** She pressed Send: kept first, advice on the screen at once, then the network. */
  async report(formId: string, answers: Answers): Promise<string> {
    const form = this.form(formId);
    const now = this.clock.wall();
    const schedule = this.held<ScheduleView>(SCHEDULE);
    const report: KeptReport = {
      reportId: randomUUID(),
      ...(this.session.account ? { account: this.session.account.id } : {}),
      body: {
        formId,
        formVersion: form?.version ?? 1,
        language: this.store.kept.language,
        answers,
        deviceTime: new Date(now).toISOString(),
        timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      },
      finishedAt: this.clock.monotonic(),
      boot: this.clock.boot(),
      standing: "waiting",
      advice: form ? adviceOf(form, { answers, ...(schedule ? { days: daysSince(schedule, now) } : {}) }) : "",
    };
    const last = this.store.kept.accounts.at(-1);
    if (!report.account && last) report.account = last.id;
    this.store.change((kept) => kept.reports.push(report));
    await this.outbox.handInNow(report);
    return report.reportId;
  }

  /** In the foreground, with a network: hand in first, then read. */
  async open(): Promise<void> {
    await this.outbox.deliver(true);
    this.hurry();
    await this.session.finishLeaving();
    await this.session.finishActivation();
    await this.outbox.deliver(true);
    await this.read();
  }

  async choose(language: Language): Promise<void> {
    this.store.change((kept) => {
      kept.language = language;
      kept.languageUnsent = true;
    });
    if (this.session.account) await this.read();
  }

  async signOut(): Promise<void> {
    await this.session.signOut();
    await this.outbox.deliver(true);
  }

  /** When the phone has something to do by itself, by the monotonic clock. */
  get due(): number | undefined {
    const all = [this.outbox.due, this.session.due, this.alarms.due].filter((each) => each !== undefined);
    return all.length ? Math.min(...all) : undefined;
  }

  /** Do what is due now. */
  async tick(): Promise<void> {
    for (let next = this.alarms.take(); next; next = this.alarms.take()) await this.ring(next.reminderId, next);
    const now = this.clock.monotonic();
    if ((this.session.due ?? Infinity) <= now) {
      if (this.store.kept.leaving) await this.session.finishLeaving();
      else if (this.store.kept.code) await this.session.finishActivation();
      else await this.session.rotate();
      if (this.session.account) await this.read();
    }
    if ((this.outbox.due ?? Infinity) <= now) await this.outbox.deliver(false);
  }

  private async ring(reminderId: string, reminder: ReminderList["reminders"][number]): Promise<void> {
    // Whether it is done already may be known to the server alone; where it cannot be asked, it rings.
    const list = reminder.askFirst ? await this.get<ReminderList>(REMINDERS, "reminders") : undefined;
    if (!list || list.reminders.some((each) => each.reminderId === reminderId)) this.alarms.ring(reminder);
    const known = list ?? this.held<ReminderList>(REMINDERS);
    if (known && this.session.account) this.alarms.plan(known);
    await this.sendReceipts();
  }

  /** A person who opens the app does not wait for our patience, but for the time that the server named. */
  private hurry(): void {
    const { signing } = this.store.kept;
    if (left(signing, this.clock) > 0 && !signing.told) this.store.change((kept) => (kept.signing.notBefore = 0));
  }

  /** Read anew what is shown; the first thing that cannot be read ends it, what is held stays. */
  private async read(): Promise<void> {
    if (!this.session.account) return;
    this.store.change((kept) => (kept.problem = ""));
    if (!(await this.get<Me>(ME, "emergencyText"))) return;
    await this.sendLanguage();
    const forms = await this.get<FormList>(FORMS, "forms");
    if (!forms) return;
    for (const each of forms.forms) if (!(await this.get<FormView>(formPath(each.formId, each.version), "items"))) return;
    if (!(await this.get<ScheduleView>(SCHEDULE, "occasions"))) return;
    const reminders = await this.get<ReminderList>(REMINDERS, "reminders");
    if (!reminders) return;
    this.alarms.plan(reminders);
    await this.sendReceipts();
    await this.readPages();
  }

  /** How far the newest have come: who was told, who has seen it. A page that was seen can be unseen again. */
  private async readPages(): Promise<void> {
    const mine = this.store.kept.reports.filter((each) => each.standing === "stored" && each.account === this.session.account?.id);
    for (const report of mine.slice(-NEWEST)) {
      const view = await this.get<ReportView>(`/v1/me/reports/${report.reportId}`, "page");
      if (!view) return;
      this.store.change(() => (report.view = view));
    }
  }

  private async sendLanguage(): Promise<void> {
    for (let round = 0; round < 2; round++) {
      const { language, languageUnsent, answers } = this.store.kept;
      const me = answers[ME];
      if (!languageUnsent || !me) return;
      if ((me.body as Me).language !== language) {
        const call = { method: "PATCH", path: ME, body: { language }, headers: { "If-Match": me.etag } } as const;
        const outcome = await this.session.call(call);
        if (outcome.kind === "refusal" && outcome.status === 412) {
          await this.get<Me>(ME, "emergencyText");
          continue;
        }
        if (outcome.kind !== "answer") return this.tell(outcome);
        await this.get<Me>(ME, "emergencyText");
      }
      this.store.change((kept) => (kept.languageUnsent = false));
      return;
    }
  }

  private async sendReceipts(): Promise<void> {
    const { receipts, planVersion } = this.store.kept;
    if (!receipts.length || !this.session.account) return;
    const sent = [...receipts];
    const body = { planVersion, receipts: sent };
    const outcome = await this.session.call({ method: "POST", path: "/v1/me/reminder-receipts", body });
    const isOver = outcome.kind === "answer" || (outcome.kind === "refusal" && [400, 422].includes(outcome.status));
    if (isOver) this.store.change((kept) => (kept.receipts = kept.receipts.filter((each) => !sent.includes(each))));
  }

  /** GET with the ETag of what is held; undefined, and a word on the screen, if it could not be read. */
  private async get<T>(path: string, mark: string): Promise<T | undefined> {
    const held = this.store.kept.answers[path];
    const headers: Record<string, string> = held ? { "If-None-Match": held.etag } : {};
    const outcome = await this.session.call({ method: "GET", path, headers });
    if (outcome.kind === "answer" && outcome.status === 304 && held) return held.body as T;
    if (outcome.kind === "answer" && isObject(outcome.body) && mark in outcome.body) {
      const { body, etag } = outcome;
      this.store.change((kept) => (kept.answers[path] = { etag: etag ?? "", body }));
      return body as T;
    }
    this.tell(outcome);
    return undefined;
  }

  private tell(outcome: Outcome): void {
    if (!this.session.account) return;
    const { noAnswer, help } = words(this.store.kept.language);
    const requestId = outcome.kind === "refusal" ? outcome.requestId : undefined;
    this.store.change((kept) => (kept.problem = requestId ? `${noAnswer} ${help} ${requestId}` : noAnswer));
  }

  private held<T>(path: string): T | undefined {
    return this.store.kept.answers[path]?.body as T | undefined;
  }

  /** The newest version of a form that this phone holds. */
  private form(formId: string): FormView | undefined {
    const forms = this.held<FormList>(FORMS)?.forms.filter((each) => each.formId === formId) ?? [];
    const newest = forms.sort((one, other) => other.version - one.version)[0];
    return newest && this.held<FormView>(formPath(formId, newest.version));
  }

  get screen(): Screen {
    const { language, reports, alarms, rung, planVersion, problem } = this.store.kept;
    const emergencyText = this.held<Me>(ME)?.emergencyText;
    return {
      signedIn: this.session.account !== undefined,
      language,
      ...(emergencyText ? { emergencyText } : {}),
      reports: reports.map((each) => ({
        reportId: each.reportId,
        standing: each.standing,
        clinicKnows: each.standing === "stored",
        shown: shown(each, language),
      })),
      alarms: alarms.map(({ reminderId, at }) => ({ reminderId, at })),
      rung,
      scheduleVersion: planVersion,
      problem,
    };
  }
}

const formPath = (formId: string, version: number): string => `/v1/forms/${encodeURIComponent(formId)}/versions/${version}`;

/** One report's screen: what to do, then what is known of it. The server's sentences are shown as they came. */
const shown = (report: KeptReport, language: Language): string => {
  const own = words(language);
  const known = { waiting: own.notTold, refused: own.refused, stored: own.stored }[report.standing];
  const view = report.view ?? report.whatToDo;
  const lines = view ? adviceLines(view) : [report.advice];
  const help = report.standing !== "stored" && report.requestId ? [`${own.help} ${report.requestId}`] : [];
  return [...lines, known, ...help].filter(Boolean).join("\n");
};

const adviceLines = ({ advice, page }: Pick<WhatToDo, "advice" | "page">): string[] =>
  [advice.headline, advice.text, ...(advice.further ?? []), page?.text ?? ""];
