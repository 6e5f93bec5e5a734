// Alarms that the phone rings by itself. iOS keeps 64 and forgets the rest without a word, so the nearest 64 are set, and
// more whenever one has rung or the app is opened.

import type { Clock } from "./clock.js";
import type { ReceiptEntry, ReminderList, ReminderView } from "./contract.js";
import type { Kept, Store } from "./store.js";

export const MOST = 64;
const MOST_RECEIPTS = 400;

export class Alarms {
  constructor(private readonly store: Store, private readonly clock: Clock) {}

  /** When the next one rings, by the monotonic clock. */
  get due(): number | undefined {
    const next = this.store.kept.alarms[0];
    return next && this.clock.monotonic() + Math.max(0, Date.parse(next.at) - this.clock.wall());
  }

  /** Set the nearest anew from the list; what was set under another plan, or has gone from it, is taken back. */
  plan(list: ReminderList): void {
    const now = this.clock.wall();
    const { rung, alarms, planVersion } = this.store.kept;
    const nearest = list.reminders
      // One whose time has passed does not ring any more: it may be night.
      .filter((each) => Date.parse(each.at) > now && !rung.includes(each.reminderId))
      .sort((one, other) => Date.parse(one.at) - Date.parse(other.at))
      .slice(0, MOST);
    const held = new Set(planVersion === list.planVersion ? alarms.map((each) => each.reminderId) : []);
    this.store.change((kept) => {
      kept.alarms = nearest;
      kept.planVersion = list.planVersion;
      for (const each of nearest) if (!held.has(each.reminderId)) this.note(kept, each, "scheduled");
    });
  }

  /** Take the next one that is due from the phone's list. */
  take(): ReminderView | undefined {
    const next = this.store.kept.alarms[0];
    if (!next || Date.parse(next.at) > this.clock.wall()) return undefined;
    this.store.change((kept) => kept.alarms.shift());
    return next;
  }

  /** Show it, unless its time is over. */
  ring(reminder: ReminderView): void {
    if (Date.parse(reminder.validUntil) <= this.clock.wall()) return;
    this.store.change((kept) => {
      kept.rung.push(reminder.reminderId);
      this.note(kept, reminder, "shown");
    });
  }

  private note(kept: Kept, reminder: ReminderView, event: ReceiptEntry["event"]): void {
    kept.receipts.push({ reminderId: reminder.reminderId, event, at: new Date(this.clock.wall()).toISOString() });
    kept.receipts = kept.receipts.slice(-MOST_RECEIPTS);
  }
}
