// Advice without the server, from the rules that came with the form. A test is true, false or unknown, and what is unknown
// is not true; a test of next year's server is unknown to this app.

import type { Answers, FormView, LevelRule, ScheduleView } from "./contract.js";

type Test = LevelRule["when"];
type Truth = boolean | undefined;

export interface Facts {
  answers: Answers;
  /** Days since each administration; absent where no schedule is held. */
  days?: number[];
}

/** The advice of the highest level whose rule holds, as one text; empty where the form has none. */
export const adviceOf = (form: FormView, facts: Facts): string => {
  const levels = form.advice.map((each) => each.level as string);
  const ranks = form.levelRules.filter((each) => holds(each.when, facts) === true)
    // What is not known must not look harmless.
    .map((each) => (levels.includes(each.level) ? levels.indexOf(each.level) : levels.length - 1));
  const advice = form.advice[Math.max(0, ...ranks)];
  return advice ? `${advice.headline}\n${advice.text}` : "";
};

export const holds = (test: Test, facts: Facts): Truth => {
  switch (test.test) {
    case "is":
      return choiceIs(test, facts.answers);
    case "between":
      return numberIn(test, facts.answers);
    case "written":
      return textOf(test.itemId, facts.answers);
    case "day":
      return facts.days?.length ? facts.days.some((day) => test.first <= day && day <= test.last) : test.orUnknown || undefined;
    case "any":
      return any(test.of.map((each) => holds(each, facts)));
    case "all":
      return not(any(test.of.map((each) => not(holds(each, facts)))));
    default:
      return undefined;
  }
};

const any = (truths: Truth[]): Truth => truths.includes(true) || (truths.includes(undefined) ? undefined : false);

const not = (truth: Truth): Truth => (truth === undefined ? undefined : !truth);

const choiceIs = (test: Extract<Test, { test: "is" }>, answers: Answers): Truth => {
  const answer = answers.find((each) => each.itemId === test.itemId);
  if (answer?.type !== "choice") return undefined;
  if (test.choices.includes(answer.choice)) return true;
  return answer.choice === "dont-know" ? undefined : false;
};

const numberIn = (test: Extract<Test, { test: "between" }>, answers: Answers): Truth => {
  const answer = answers.find((each) => each.itemId === test.itemId);
  if (answer?.type !== "number") return undefined;
  return (test.atLeast ?? -Infinity) <= answer.number && answer.number < (test.below ?? Infinity);
};

const textOf = (itemId: string, answers: Answers): Truth => {
  const answer = answers.find((each) => each.itemId === itemId);
  return answer?.type === "text" ? answer.text.trim() !== "" : undefined;
};

/** Days since each administration, by the calendar of the site. */
export const daysSince = (schedule: ScheduleView, now: number): number[] => {
  const format = new Intl.DateTimeFormat("en-CA", { timeZone: schedule.timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  const today = Date.parse(format.format(new Date(now)));
  return schedule.administrationDates.map((each) => Math.round((today - Date.parse(each)) / 86_400_000));
};
