/** The drills that there are, and what their processes run. The latter is loaded in those processes alone: it needs the clients of the engine. */

import type { Drill, DrillProcesses } from "../src/live/index.js";

interface KnownDrill {
  readonly drill: () => Promise<Drill>;
  readonly processes: () => Promise<DrillProcesses>;
}

const DRILLS: ReadonlyMap<string, KnownDrill> = new Map([
  [
    "pipeline",
    {
      drill: async () => (await import("../src/scenarios/pipeline/drill.js")).pipelineDrill,
      processes: async () => (await import("../src/model/pipeline/live/processes.js")).pipelineProcesses,
    },
  ],
  [
    "runner",
    {
      drill: async () => (await import("../src/scenarios/runner/drill.js")).runnerDrill,
      processes: async () => (await import("../src/model/runner/live/processes.js")).runnerProcesses,
    },
  ],
]);

export const drillNames: readonly string[] = [...DRILLS.keys()];

/** Undefined where there is none of this name. */
export function drillNamed(name: string): KnownDrill | undefined {
  return DRILLS.get(name);
}

export async function allDrills(): Promise<Drill[]> {
  return Promise.all([...DRILLS.values()].map(({ drill }) => drill()));
}
