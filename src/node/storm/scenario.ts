/**
 * The scenario of a storm test: hosts with programs, a client with the test's function, and a storm of the kinds that the
 * test names. One seed, one plan.
 */

import type { Property } from "../../check/property.js";
import { CLOCK_KINDS, FAULT_KINDS, type FaultKind } from "../../sim/faults/catalogue.js";
import type { Plan } from "../../sim/plan.js";
import { SECOND } from "../../sim/time.js";
import type { FaultScope } from "../../storm/fault-scope.js";
import { generate } from "../../storm/generate.js";
import type { Scenario } from "../../storm/scenario.js";
import { stormBy } from "../../storm/strategies.js";
import { type HostDefinition, main } from "../hosts.js";
import { programSystem, topologyOf } from "../system.js";
import { type BodyEnd, CLIENT, expectations, finishes, runBody, type StormBody } from "./client.js";
import { slugOf } from "./properties.js";

/** What a storm is made of, by the word that a test uses. Any kind of fault can be named by itself, too. */
export const STORMS = {
  crash: ["crash", "crash-point"],
  pause: ["pause"],
  loss: ["loss"],
  reorder: ["reorder", "duplication"],
  partition: ["partition", "flaky-link"],
  slow: ["slow-link", "clog", "bandwidth"],
  clock: CLOCK_KINDS,
  disk: ["disk-slow", "disk-stall"],
} as const satisfies Readonly<Record<string, readonly FaultKind[]>>;

export type StormKind = keyof typeof STORMS | FaultKind;

export interface StormOptions {
  /** By id: the names by which hosts reach each other. `client` is taken. */
  readonly hosts: Readonly<Record<string, HostDefinition>>;
  /** What may go wrong. Default: crash, loss, partition. Empty for nothing. */
  readonly storm?: readonly StormKind[];
  /** Hosts that faults may be aimed at. Default: all of `hosts`. */
  readonly targets?: readonly string[];
  /** Faults of one kind in a run at most. Default 2. */
  readonly faultsOfAKind?: number;
  /** Virtual seconds in which faults may be active. Default 20. */
  readonly stormSeconds?: number;
  /** Virtual seconds after the storm in which everything must come right. Default 40. */
  readonly quietSeconds?: number;
  readonly properties?: readonly Property[];
}

/** Why a storm test can't be run: for people. */
export class StormOptionsError extends Error {
  override readonly name = "StormOptionsError";
}

/** Virtual seconds in which hosts come up before the first fault. */
const COMING_UP = 1;

export interface StormScenario extends Scenario {
  /** How the body of the latest run ended. */
  lastEnd(): BodyEnd | undefined;
}

/**
 * A scenario of programs, which the command and `expectHolds` run like any other.
 *
 * @param name its title; its id is made from it.
 * @param base absolute path of the folder that relative paths begin in.
 */
export async function stormScenario(
  name: string,
  options: StormOptions,
  body: StormBody,
  base = process.cwd(),
): Promise<StormScenario> {
  const { hosts, properties = [], stormSeconds = 20, quietSeconds = 40, faultsOfAKind = 2 } = options;
  const ids = Object.keys(hosts);
  const targets = options.targets ?? ids;
  checkNames(ids, targets);
  const kinds = kindsOf(options.storm ?? ["crash", "loss", "partition"]);
  const id = slugOf(name);
  let last: BodyEnd | undefined;
  const stops = !properties.some(({ kind }) => kind === "eventually");
  const client = main((simulated, { world }) => {
    last = undefined;
    return runBody(body, simulated, world, stops, (end) => {
      last = end;
    });
  });
  const system = await programSystem({
    id,
    title: name,
    hosts: { ...hosts, [CLIENT]: client },
    properties: [expectations, finishes, ...properties],
    base,
  });
  const topology = topologyOf([...ids, CLIENT]);
  const healAt = stormSeconds * SECOND;
  const scope: FaultScope = {
    from: COMING_UP * SECOND,
    healAt,
    hosts: topology.filter(({ id }) => targets.includes(id)),
    replicas: [],
    services: [],
  };
  return {
    id,
    title: name,
    shows: name,
    system,
    mustFire: [],
    goals: [],
    expectedViolations: [],
    lastEnd: () => last,
    plan(seed, { defects = [], knobs = {} } = {}): Plan {
      return {
        format: 2,
        scenario: id,
        seed,
        topology,
        knobs,
        workload: [],
        faults: kinds.length === 0 ? [] : generate(stormBy("swarm", kinds, scope, faultsOfAKind), seed),
        defects,
        healAt,
        duration: healAt + quietSeconds * SECOND,
      };
    },
  };
}

function kindsOf(names: readonly StormKind[]): FaultKind[] {
  const kinds = names.flatMap((name): readonly FaultKind[] => {
    if (name in STORMS) return STORMS[name as keyof typeof STORMS];
    if (FAULT_KINDS.includes(name as FaultKind)) return [name as FaultKind];
    const known = [...new Set([...Object.keys(STORMS), ...FAULT_KINDS])].join(", ");
    throw new StormOptionsError(`storm: there is no "${name}"; what there is: ${known}`);
  });
  return [...new Set(kinds)];
}

function checkNames(ids: readonly string[], targets: readonly string[]): void {
  if (ids.includes(CLIENT)) {
    throw new StormOptionsError(
      `hosts: "${CLIENT}" is the host on which the test's function runs; name yours otherwise`,
    );
  }
  for (const target of targets) {
    if (!ids.includes(target)) {
      throw new StormOptionsError(`targets: no host "${target}"; hosts are ${ids.join(", ")}`);
    }
  }
}
