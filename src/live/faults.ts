/**
 * What a drill can do to real processes and real links, in the shape of the simulator's faults where the kinds agree, and three
 * kinds that only a real engine has. What can't be done here is refused with a sentence before anything begins.
 *
 * A target is the id of a server or of a process, `leader/LOG` (who leads that log's stream when the fault begins),
 * `leader/meta` (who leads the servers' own group), or `servers` for all of them. Links are those between servers.
 */
import { CATALOGUE, type Fault, type FaultKind } from "../sim/faults/catalogue.js";
import type { Plan } from "../sim/plan.js";
import type { Micros } from "../sim/time.js";

/** The role of the hosts that stand for the engine's servers. */
export const SERVER_ROLE = "server";

interface OnlyLive<K extends string> {
  readonly kind: K;
  readonly id: string;
  readonly at: Micros;
  readonly for: Micros;
}

/** Connections between a server and all others end, and new ones are refused. */
export interface Cut extends OnlyLive<"cut"> {
  readonly target: string;
}
/** A server is killed, something is done to the newest block of one of its streams, and it is started again. */
export interface BlockDamage extends OnlyLive<"block-flipped" | "block-cut-short" | "block-removed"> {
  readonly target: string;
  readonly log: string;
}

export type DrillFault = Fault | Cut | BlockDamage;

/** Of the simulator's kinds, those that can be done. */
const SIMULATED = [
  "crash",
  "pause",
  "partition",
  "clog",
  "slow-link",
  "bandwidth",
] as const satisfies readonly FaultKind[];
export type SimulatedKind = (typeof SIMULATED)[number];
export const DAMAGES = ["block-flipped", "block-cut-short", "block-removed"] as const;

export type LiveFault = Extract<Fault, { readonly kind: SimulatedKind }> | Cut | BlockDamage;
export type LiveKind = LiveFault["kind"];
export const LIVE_KINDS: readonly LiveKind[] = [...SIMULATED, "cut", ...DAMAGES];

export const ALL_SERVERS = "servers";
export const LEADER = "leader/";
export const META = "meta";

export const isSimulated = (fault: DrillFault): fault is Fault => Object.hasOwn(CATALOGUE, fault.kind);

/** Whether a kind is one that can be done. */
function isLive(fault: DrillFault): fault is LiveFault {
  return (LIVE_KINDS as readonly string[]).includes(fault.kind);
}

/** What faults may strike besides servers. */
export interface FaultGround {
  readonly logs: readonly string[];
  /** Roles whose processes faults may strike. */
  readonly underFaults: readonly string[];
}

/** Ids of the servers in a plan. */
export const serversOf = (plan: Plan): string[] =>
  plan.topology.filter(({ role }) => role === SERVER_ROLE).map(({ id }) => id);

/**
 * The faults, all of which can be done.
 *
 * @throws RangeError that names the first that can't be, and why.
 */
export function checkFaults(
  faults: readonly DrillFault[],
  plan: Plan,
  ground: FaultGround,
): readonly LiveFault[] {
  const servers = serversOf(plan);
  const hosts = plan.topology.filter(({ role }) => ground.underFaults.includes(role)).map(({ id }) => id);
  const leaders = [META, ...ground.logs].map((log) => `${LEADER}${log}`);
  const nodes = [...servers, ...leaders, ALL_SERVERS];
  return faults.map((fault, index) => {
    const complain = (field: string, message: string): never => {
      throw new RangeError(`faults[${index}].${field}: ${message}`);
    };
    const among = (field: string, target: string, known: readonly string[], what: string): void => {
      if (!known.includes(target))
        complain(field, `${JSON.stringify(target)} is no ${what}; there are ${known.join(", ")}`);
    };
    if (!isLive(fault)) {
      return complain(
        "kind",
        `${fault.kind} can't be done to real processes; a drill can do ${LIVE_KINDS.join(", ")}`,
      );
    }
    if (fault.kind === "crash" || fault.kind === "pause" || fault.kind === "cut")
      among("target", fault.target, fault.kind === "cut" ? nodes : [...nodes, ...hosts], "target");
    if ("trigger" in fault && fault.trigger !== undefined)
      complain("trigger", "a drill aims at leaders by its targets, and at no moments");
    if (fault.kind === "partition") {
      for (const side of ["a", "b"] as const)
        for (const target of fault[side]) among(side, target, nodes, "server");
    }
    if (fault.kind === "clog" || fault.kind === "slow-link" || fault.kind === "bandwidth") {
      among("from", fault.from, nodes, "server");
      among("to", fault.to, nodes, "server");
    }
    if ("log" in fault) {
      among("log", fault.log, ground.logs, "log");
      among("target", fault.target, servers, "server");
    }
    return fault;
  });
}
