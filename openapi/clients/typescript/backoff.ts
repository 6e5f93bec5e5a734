// When to try again. The server's word counts; without one: twice as long each time, a little by chance so that phones do
// not come back together after an outage, and never longer than four minutes: somebody may be waiting to be heard.

import type { Clock } from "./clock.js";
import type { Outcome } from "./http.js";
import type { Patience } from "./store.js";

const FIRST = 8_000;
const LONGEST = 240_000;

export const afterFailure = (before: Patience, outcome: Outcome, clock: Clock): Patience => {
  const failures = before.failures + 1;
  const told = outcome.kind === "refusal" ? outcome.retryAfter : undefined;
  const doubled = Math.min(LONGEST, FIRST * 2 ** Math.min(failures - 1, 10));
  const wait = told === undefined ? doubled * (0.8 + 0.2 * Math.random()) : told * 1000 + 1000 + 4000 * Math.random();
  return { failures, notBefore: clock.monotonic() + wait, boot: clock.boot(), told: told !== undefined };
};

/** When the next try is due by the monotonic clock of this start of the phone; 0 is at once. */
export const dueAt = (patience: Patience, clock: Clock): number => (patience.boot === clock.boot() ? patience.notBefore : 0);

/** How many milliseconds are left to wait; after another start of the phone its clock says nothing, and nothing is left. */
export const left = (patience: Patience, clock: Clock): number =>
  Math.max(0, dueAt(patience, clock) - clock.monotonic());
