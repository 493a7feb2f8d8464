/**
 * The verdict on a drill, from its history alone: the same checker and the same properties as in the simulation. Nothing here
 * knows of a cluster, so that a finding can be judged again at any time, by anybody who has the file.
 */
import { createHash } from "node:crypto";
import { Checker } from "../check/checker.js";
import type { Violation } from "../check/property.js";
import type { HistoryEvent } from "../sim/history.js";
import { CODE_FAILURE } from "../storm/run.js";
import type { Outcome, Scenario, System } from "../storm/scenario.js";
import { type Backend, logBackend } from "./backend.js";
import { heldTwice } from "./held-entries.js";
import { type DrillHistory, eventLines } from "./history-file.js";

/** The id under which a drill reports that its engine was not well again in time. */
export const NOT_HEALED = "engine-heals";

const HASH_DIGITS = 16;

/** @param backend what the drill stood on. */
export function judge(
  { header, events }: DrillHistory,
  system: System,
  backend: Pick<Backend, "notJudged" | "knownInTheEnd"> = logBackend,
): Outcome {
  const { plan, ending, faults } = header;
  const knowsNothing = backend.knownInTheEnd && ending.how !== "complete";
  const properties = system.properties.filter(({ id }) => !knowsNothing && !backend.notJudged.includes(id));
  const checker = new Checker(properties, plan, (id) => {
    const event = events[id];
    if (event === undefined) throw new RangeError(`the history has no event ${id}`);
    return event;
  });
  for (const event of events) checker.on(event);
  const last = events.at(-1);
  const end = ending.how === "complete" ? plan.duration : (last?.at ?? 0);
  // What broke off can't be judged for what it never came to.
  if (ending.how === "complete") checker.end(end);
  const own = ownViolation(header, last);
  const violations = [...checker.violations, ...heldTwice(events), ...(own === undefined ? [] : [own])];
  return {
    plan,
    verdict: violations.length > 0 ? "violated" : "held",
    traceHash: createHash("sha256").update(eventLines(events).join("\n")).digest("hex").slice(0, HASH_DIGITS),
    events: events.length,
    virtualTime: end,
    faults,
    goals: goalsIn(events),
    buggify: {},
    defectsAsked: {},
    properties: checker.reports(),
    violations,
    history: events,
    diskLosses: [],
  };
}

/** A drill as reports want a scenario: what is known of it, without a simulation of its plans. */
export function asScenario(
  drill: { readonly id: string; readonly title: string; readonly system: System },
  declared: readonly string[],
): Scenario {
  return {
    id: drill.id,
    title: drill.title,
    shows: drill.title,
    system: drill.system,
    mustFire: [],
    goals: [],
    expectedViolations: declared,
    plan: () => {
      throw new RangeError(`${drill.id} is a drill: its plans are not run in the simulator`);
    },
  };
}

function ownViolation(
  { ending }: DrillHistory["header"],
  last: HistoryEvent | undefined,
): Violation | undefined {
  const evidence = last === undefined ? [] : [last.id];
  const at = last?.at ?? 0;
  switch (ending.how) {
    case "complete":
    case "interrupted":
    case "stopped":
      return undefined;
    case "unhealed":
      return { property: NOT_HEALED, at, message: ending.message, evidence };
    case "host-ended":
      return { property: CODE_FAILURE, at, message: ending.message, evidence };
  }
}

function goalsIn(events: readonly HistoryEvent[]): Record<string, number> {
  const goals: Record<string, number> = {};
  for (const event of events) if (event.kind === "goal") goals[event.goal] = (goals[event.goal] ?? 0) + 1;
  return goals;
}
