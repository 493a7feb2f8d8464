/**
 * The causal slice of a violation: of a whole history just what led to it.
 *
 * It is the evidence, everything that it is a consequence of, and the faults that struck hosts where that
 * happened, with what became of those hosts. Long chains of consequences on one host (a loop that polls) are
 * cut in their middle: what is kept of them is where they crossed from host to host and what came last. How
 * much was cut is reported.
 */

import type { Fault, Selector } from "../../sim/faults/catalogue.js";
import type { HistoryEvent } from "../../sim/history.js";
import type { HostSpec, Plan } from "../../sim/plan.js";
import { selects } from "../../sim/topology.js";
import { asBegun } from "../../sim/triggers.js";
import { firedFaults } from "./observe-run.js";

export interface Slice {
  /** In the order in which they happened. */
  readonly events: readonly HistoryEvent[];
  /** Causes that were left out because there were too many. */
  readonly cut: number;
}

/** Causes that are kept at most; evidence, faults and what happened to hosts come besides. */
const MOST_CAUSES = 40;
/** How many of the last causes of each chain are kept. */
const LAST_CAUSES = 8;

export function causalSlice(
  plan: Plan,
  history: readonly HistoryEvent[],
  evidence: readonly number[],
): Slice {
  const kept = new Set(evidence.filter((id) => history[id] !== undefined));
  const causes = causesOf(history, [...kept]);
  const { chosen, cut } = choose(history, causes, kept);
  for (const id of chosen) kept.add(id);
  const hosts = new Set([...kept].map((id) => history[id]?.host ?? ""));
  const last = Math.max(-1, ...kept);
  const faults = faultsOn(plan, history, hosts);
  for (const event of history) {
    if (event.id > last) break;
    if (event.kind === "fault" ? faults.has(event.fault) : isTurn(event) && hosts.has(event.host))
      kept.add(event.id);
  }
  const events = [...kept].sort((a, b) => a - b).flatMap((id) => history[id] ?? []);
  return { events, cut };
}

/** What became of a host; that it came up at all goes without saying. */
function isTurn(event: HistoryEvent): boolean {
  return event.kind === "host" && !(event.phase === "boot" && event.incarnation === 1);
}

interface Cause {
  readonly id: number;
  /** How many consequences lie between it and the evidence. */
  readonly distance: number;
  /** It happened on another host than what it led to. */
  readonly crossed: boolean;
}

/** All that a set of events is a consequence of, nearest first. */
function causesOf(history: readonly HistoryEvent[], evidence: readonly number[]): Cause[] {
  const causes: Cause[] = [];
  const seen = new Set(evidence);
  let front = evidence;
  for (let distance = 1; front.length > 0; distance++) {
    const next: number[] = [];
    for (const id of front) {
      const event = history[id];
      const cause = event === undefined ? undefined : history[event.cause];
      if (event === undefined || cause === undefined || seen.has(cause.id)) continue;
      seen.add(cause.id);
      next.push(cause.id);
      causes.push({ id: cause.id, distance, crossed: cause.host !== event.host });
    }
    front = next;
  }
  return causes;
}

function choose(
  history: readonly HistoryEvent[],
  causes: readonly Cause[],
  evidence: ReadonlySet<number>,
): { readonly chosen: readonly number[]; readonly cut: number } {
  const recorded = causes.filter(({ id }) => !evidence.has(id) && isRecorded(history[id]));
  if (recorded.length <= MOST_CAUSES) return { chosen: recorded.map(({ id }) => id), cut: 0 };
  const near = recorded.filter(({ distance, crossed }) => distance <= LAST_CAUSES || crossed);
  const chosen = near.slice(0, MOST_CAUSES).map(({ id }) => id);
  return { chosen, cut: recorded.length - chosen.length };
}

/** Faults are kept separate from causes: those that matter are chosen by the hosts that they struck. */
function isRecorded(event: HistoryEvent | undefined): boolean {
  return event !== undefined && event.kind !== "fault" && (event.kind !== "host" || isTurn(event));
}

/** Ids of the plan's faults that did something and mean one of these hosts. */
function faultsOn(plan: Plan, history: readonly HistoryEvent[], hosts: ReadonlySet<string>): Set<string> {
  const fired = firedFaults(history);
  const specs = plan.topology.filter(({ id }) => hosts.has(id));
  const services = [...hosts].filter((host) => host.startsWith("external/"));
  const ids = new Set<string>();
  for (const fault of asBegun(plan.faults, history, plan.topology)) {
    const struck = selectorsOf(fault).some(
      (selector) => services.includes(selector) || specs.some((spec) => means(selector, spec)),
    );
    if (struck && fired.has(fault.id)) ids.add(fault.id);
  }
  return ids;
}

function means(selector: Selector, spec: HostSpec): boolean {
  return selects(selector, { ...spec, external: false });
}

function selectorsOf(fault: Fault): readonly Selector[] {
  if ("target" in fault) return [fault.target];
  if ("from" in fault) return [fault.from, fault.to];
  return [...fault.a, ...fault.b];
}
