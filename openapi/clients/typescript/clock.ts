// The two clocks of a phone. The wall clock can be set by anybody and is believed in nothing but what a person reads and
// in `deviceTime`. The monotonic one only goes forward: every timer of the app runs on it.

import { readFileSync } from "node:fs";

export interface Clock {
  /** Milliseconds since 1970, as the phone shows it; perhaps wrong by hours. */
  wall(): number;
  /** Milliseconds since the phone was started. */
  monotonic(): number;
  /** Which start of the phone the monotonic clock counts from; readings of two starts cannot be compared. */
  boot(): string;
}

const bootOfThisMachine = (): string => {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "this start";
  }
};

/** A phone's clocks that can be moved ahead and set wrong: what the driver of the conformance kit lets pass. */
export class MovableClock implements Clock {
  private passed = 0;
  private readonly started = bootOfThisMachine();

  constructor(private readonly offset: number) {}

  wall(): number {
    return Date.now() + this.passed + this.offset;
  }

  monotonic(): number {
    return Number(process.hrtime.bigint() / 1_000_000n) + this.passed;
  }

  boot(): string {
    return this.started;
  }

  pass(milliseconds: number): void {
    this.passed += milliseconds;
  }
}
