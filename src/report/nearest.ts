/**
 * A run that fails beside the nearest one that passes: in what their plans differ, and where their histories do for the first
 * time. Facts about the storm itself are passed over: what is looked for is not that a fault began, but what it did.
 */
import { planDifferences } from "../explore/plan-differences.js";
import type { HistoryEvent } from "../sim/history.js";
import type { Plan } from "../sim/plan.js";
import type { Micros } from "../sim/time.js";
import type { Outcome, Scenario } from "../storm/scenario.js";
import { differenceText } from "./difference-text.js";
import { factText } from "./loss-text.js";
import { hanging, type TextStyle } from "./text-style.js";
import { count, list, moment } from "./words.js";

export interface FirstDifference {
  /** Facts that are the same in both before it. */
  readonly same: number;
  readonly at: Micros;
  /** What comes next in each; undefined where nothing more does. */
  readonly failing: HistoryEvent | undefined;
  readonly passing: HistoryEvent | undefined;
}

export interface Comparison {
  /** What is to be changed in the plan that fails for it to pass, part by part. */
  readonly changes: readonly string[];
  /** Undefined where the histories are the same: then it was what properties know of the plan. */
  readonly first: FirstDifference | undefined;
}

/** In what the plans of a run that fails and one that passes differ, in words. A future has another storm: its faults are not named. */
export function changesText(failing: Plan, passing: Plan, noun?: string): string[] {
  const differences = planDifferences(failing, passing);
  const isFuture = differences.some(({ what }) => what === "branch");
  return differences
    .filter(({ what }) => !isFuture || what !== "fault")
    .map((difference) => differenceText(difference, noun));
}

export function compareRuns(failing: Outcome, passing: Outcome, { system }: Scenario): Comparison {
  return {
    changes: changesText(failing.plan, passing.plan, system.noun),
    first: firstDifference(failing.history, passing.history),
  };
}

function firstDifference(
  failing: readonly HistoryEvent[],
  passing: readonly HistoryEvent[],
): FirstDifference | undefined {
  const [a, b] = [failing.filter(isEffect), passing.filter(isEffect)];
  const longest = Math.max(a.length, b.length);
  for (let i = 0; i < longest; i++) {
    const [one, other] = [a[i], b[i]];
    if (one !== undefined && other !== undefined && contentOf(one) === contentOf(other)) continue;
    const at = Math.min(one?.at ?? Number.MAX_SAFE_INTEGER, other?.at ?? Number.MAX_SAFE_INTEGER);
    return { same: i, at, failing: one, passing: other };
  }
  return undefined;
}

const isEffect = ({ kind }: HistoryEvent): boolean => kind !== "fault";

/** Ids count facts of the storm, too: they say nothing. */
function contentOf({ id: _id, cause: _cause, ...content }: HistoryEvent): string {
  return JSON.stringify(content);
}

/** Changes of the plan that are named before the rest is counted. */
const NAMED_CHANGES = 4;

/** `passes without crash aws-a at 5.000 s for 2 s`. */
export const passesText = (changes: readonly string[]): string => `passes ${list(changes, NAMED_CHANGES)}`;

export function nearestLines(
  failing: Outcome,
  passing: Outcome,
  scenario: Scenario,
  { columns, color }: TextStyle,
): string[] {
  const { changes, first } = compareRuns(failing, passing, scenario);
  const title = `${color.bold("The nearest run that passes")}`;
  const text = (outcome: Outcome, event: HistoryEvent | undefined): string =>
    event === undefined
      ? "nothing more happens"
      : `${moment(event.at)} ${event.host}: ${factText(outcome, event)}`;
  return [
    title,
    ...hanging("  ", passesText(changes), columns),
    ...(first === undefined
      ? hanging("  ", "all that happens is the same", columns)
      : [
          ...hanging(
            "  ",
            `the same up to ${moment(first.at)}, ${count(first.same, "event")}; then`,
            columns,
          ),
          ...hanging("✗ ", text(failing, first.failing), columns).map((line) => color.red(line)),
          ...hanging("✓ ", text(passing, first.passing), columns).map((line) => color.green(line)),
        ]),
    "",
  ];
}
