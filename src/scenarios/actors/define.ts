/** What scenarios of the actor layer have in common: their hosts, and jobs from a few seconds on until well after the storm. */
import { defineScenario, fc, MILLISECOND, type Scenario, type ScenarioDefinition, SECOND } from "seedstorm";
import type { JobKind } from "../../model/jobs/wire.js";
import { actorSystem } from "./system.js";

/** Instances need a few checks before they are found. */
const FIRST_JOB = 5 * SECOND;
const LAST_JOB = 46 * SECOND;
const HEAL_AT = 30 * SECOND;

const number = fc.nat({ max: 999 });
const kinds: readonly JobKind[] = [
  ...Array.from({ length: 10 }, () => "plain" as const),
  ...Array.from({ length: 6 }, () => "slow" as const),
  "declined",
  "declined",
  "poison",
];

const SLOW_KINDS: readonly JobKind[] = ["slow", "slow", "plain"];

export interface Jobs {
  readonly submits: { readonly min: number; readonly max: number };
  readonly bursts?: number;
  readonly kills?: number;
  readonly retires?: number;
  /** Most jobs of bursts take long. */
  readonly slow?: boolean;
}

const body = fc.record({
  kind: fc.constantFrom(...kinds),
  effort: fc.integer({ min: 100, max: 1_500 }).map((n) => n * MILLISECOND),
  balancing: number,
});
const trouble = fc.record({ worker: number, target: number, pick: number });

type Definition = Pick<
  ScenarioDefinition,
  "title" | "shows" | "goals" | "certain" | "storm" | "strategy" | "mustFire"
> & {
  readonly id: string;
  readonly jobs: Jobs;
};

export function actorScenario({ id, jobs, ...rest }: Definition): Scenario {
  const { submits, bursts = 0, kills = 0, retires = 0, slow = false } = jobs;
  const rarely = (most: number) => ({
    by: "client",
    times: { min: 0, max: most },
    from: FIRST_JOB,
    to: HEAL_AT,
  });
  return defineScenario({
    ...rest,
    id,
    system: actorSystem,
    hosts: { registry: 2, worker: 3, client: 2 },
    healAt: HEAL_AT,
    duration: 60 * SECOND,
    workload: {
      submit: { by: "client", times: submits, from: FIRST_JOB, to: LAST_JOB, body },
      burst: {
        ...rarely(bursts),
        body: fc.record({
          jobs: fc.integer({ min: 5, max: 30 }),
          effort: body.map(({ effort }) => effort),
          kind: fc.constantFrom(...(slow ? SLOW_KINDS : kinds)),
          balancing: number,
        }),
      },
      kill: { ...rarely(kills), body: trouble },
      retire: { ...rarely(retires), body: trouble },
    },
  });
}
