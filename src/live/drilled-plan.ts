/**
 * A drill's plan as its history has it: the one that properties judge by. Its faults are those that struck, each by the kind of the
 * simulator that comes nearest to what was done, with the times and targets that it really had.
 */
import type { Fault } from "../sim/faults/catalogue.js";
import type { HistoryEvent } from "../sim/history.js";
import type { Plan } from "../sim/plan.js";
import { type Micros, SECOND } from "../sim/time.js";
import { isSimulated, type LiveFault, serversOf } from "./faults.js";
import type { DrillEnding } from "./history-file.js";
import { type Struck, textOf } from "./storm.js";

/** The plan of a drill that ended like that. */
export function planAsItWas(
  plan: Plan,
  struck: readonly Struck[],
  ending: DrillEnding,
  events: readonly HistoryEvent[],
): Plan {
  const faults = struck.flatMap(asSimulated);
  if (ending.how === "complete") return { ...plan, faults };
  const cut = untilTheEnd(plan, events);
  const isFull = ending.how === "stopped" && ending.why === "full";
  return { ...plan, ...cut, faults: isFull ? [...faults, ...fullFor(plan, cut.duration)] : faults };
}

/** Nobody knows since when a disk was full before a drill could not go on: it was never calm. */
function fullFor(plan: Plan, duration: Micros): Fault[] {
  return serversOf(plan).map((target) => ({
    ...{ id: `full-${target}`, kind: "disk-full", at: 0, for: duration, target },
  }));
}

/** A drill that broke off never healed: nothing in it was in a quiet period. */
function untilTheEnd(
  { workload }: Plan,
  events: readonly HistoryEvent[],
): Pick<Plan, "healAt" | "duration" | "workload"> {
  const end = Math.max(1, events.at(-1)?.at ?? 1);
  return { healAt: end, duration: end, workload: workload.filter(({ at }) => at <= end) };
}

/** A fault as it really was, once for each whom it struck, by the kind of the simulator that comes nearest to it. */
function asSimulated({ fault, from, to, targets, others }: Struck): Fault[] {
  const times = { at: from, for: to - from };
  if (fault.kind === "cut")
    return [{ id: fault.id, kind: "partition", ...times, a: targets, b: others, oneWay: false }];
  if (!isSimulated(fault))
    return targets.map((target) => ({ id: fault.id, kind: "crash", ...times, target }));
  if ("a" in fault) return [{ ...fault, ...times, a: targets, b: others }];
  return targets.map((target, i): Fault => {
    const id = i === 0 ? fault.id : `${fault.id}.${i}`;
    const to = others[0] ?? target;
    return "from" in fault
      ? { ...fault, ...times, id, from: target, to }
      : { ...fault, ...times, id, target };
  });
}

/** By kind: how many were drawn, and how many struck. */
export function countsOf(
  faults: readonly LiveFault[],
  struck: readonly Struck[],
): Record<string, { planned: number; fired: number }> {
  const counts: Record<string, { planned: number; fired: number }> = {};
  for (const { kind } of faults) {
    counts[kind] ??= { planned: 0, fired: 0 };
    counts[kind].planned++;
  }
  for (const { fault } of struck) {
    const count = counts[fault.kind];
    if (count !== undefined) count.fired++;
  }
  return counts;
}

/** When it struck whom, in a line. */
export function struckText({ fault, from, to, targets }: Struck): string {
  const text = textOf(fault);
  const whom = targets.join(", ");
  const aimed = text === whom ? whom : `${text}: ${whom}`;
  return `${(from / SECOND).toFixed(1)} s to ${(to / SECOND).toFixed(1)} s ${fault.kind} ${aimed}`;
}
