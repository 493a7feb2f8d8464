/** Small universes of programs, and what their hosts print in them. */
import { fileURLToPath } from "node:url";
import { type HostDefinition, programSystem, topologyOf } from "../../../src/node/index.js";
import type { Fault } from "../../../src/sim/faults/catalogue.js";
import { SECOND } from "../../../src/sim/time.js";
import { runOn } from "../../../src/storm/run.js";
import type { Outcome } from "../../../src/storm/scenario.js";

const PROGRAMS = fileURLToPath(new URL("../programs/", import.meta.url));

export interface ProgramUniverse {
  /** Entry files are those of the folder `programs`. */
  readonly hosts: Readonly<Record<string, HostDefinition>>;
  readonly seed?: number;
  readonly faults?: readonly Fault[];
  /** Virtual seconds. Default 30. */
  readonly seconds?: number;
}

export async function runPrograms({
  hosts,
  seed = 1,
  faults = [],
  seconds = 30,
}: ProgramUniverse): Promise<Outcome> {
  const system = await programSystem({
    id: "programs",
    title: "programs",
    hosts,
    properties: [],
    base: PROGRAMS,
  });
  return runOn(system, {
    format: 2,
    scenario: "programs",
    seed,
    topology: topologyOf(Object.keys(hosts)),
    knobs: {},
    workload: [],
    faults,
    defects: [],
    healAt: seconds * SECOND,
    duration: seconds * SECOND,
  });
}

/** What a host printed, line by line. */
export function printed(outcome: Outcome, host: string): string[] {
  return outcome.history.flatMap((event) =>
    event.kind === "program" && event.phase === "output" && event.host === host ? [event.text] : [],
  );
}
