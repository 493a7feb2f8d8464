/**
 * How a scenario of the broker is put together. Eighty seconds of virtual time: messages come and faults strike in the first
 * half, then everything heals, and liveness is judged in the end, when the last ack wait has run out.
 */
import * as fc from "fast-check";
import {
  type Fault,
  type FaultKind,
  type FaultScope,
  generate,
  generateFor,
  type KnobValue,
  type Micros,
  type Plan,
  type Scenario,
  SECOND,
  type Strategy,
} from "seedstorm";
import { brokerSystem } from "./system.js";
import { BROKER_TOPOLOGY, BROKERS, UNDER_STORM } from "./topology.js";
import { type WorkloadShape, workload } from "./workload.js";

export const HEAL_AT: Micros = 36 * SECOND;
const DURATION: Micros = 80 * SECOND;
const FIRST_FAULT: Micros = 2 * SECOND;
/** Snapshots are taken soon, so that most runs have some. */
const SNAPSHOT_EVERY = 32;

/** Where storms rage. The stream of one replica is on the first broker: of disks that of another one is damaged. */
export const SCOPE: FaultScope = {
  from: FIRST_FAULT,
  healAt: HEAL_AT,
  hosts: UNDER_STORM,
  replicas: [BROKERS[2]],
  services: [],
};

/** Brokers and the store only. */
export const SERVERS: FaultScope = {
  ...SCOPE,
  hosts: UNDER_STORM.filter(({ role }) => role === "broker" || role === "store"),
};

const WORKLOAD: WorkloadShape = {
  messages: { min: 25, max: 60 },
  keys: { min: 15, max: 35 },
  transfers: { min: 10, max: 30 },
  from: 2 * SECOND,
  to: 45 * SECOND,
};

/** The strategy of storms when none is asked for. */
const USUAL: Strategy = "aimed";

export interface BrokerScenario {
  readonly id: string;
  readonly title: string;
  readonly shows: string;
  readonly workload?: Partial<WorkloadShape>;
  readonly knobs?: Readonly<Record<string, KnobValue>>;
  /** Faults on the ground; none when left out. */
  readonly storm?: fc.Arbitrary<Fault[]>;
  /** In place of `storm`: faults on the ground by each strategy. */
  readonly storms?: (strategy: Strategy) => fc.Arbitrary<Fault[]>;
  readonly mustFire?: readonly FaultKind[];
  readonly goals?: readonly string[];
}

export function brokerScenario(definition: BrokerScenario): Scenario {
  const { id, title, shows, storms } = definition;
  const plans = fc.record({
    faults: definition.storm ?? storms?.(USUAL) ?? fc.constant([]),
    operations: workload({ ...WORKLOAD, ...definition.workload }),
  });
  return {
    id,
    title,
    shows,
    system: brokerSystem,
    mustFire: definition.mustFire ?? [],
    goals: definition.goals ?? [],
    expectedViolations: [],
    ...(storms === undefined ? {} : { strategy: USUAL }),
    plan(seed, options = {}): Plan {
      const { strategy = USUAL } = options;
      const { faults, operations } = generate(plans, seed);
      return {
        format: 2,
        scenario: id,
        seed,
        topology: BROKER_TOPOLOGY,
        knobs: { "raft.snapshotEvery": SNAPSHOT_EVERY, ...definition.knobs, ...options.knobs },
        workload: options.workload ?? operations,
        faults:
          storms === undefined || strategy === USUAL ? faults : generateFor("storm", storms(strategy), seed),
        defects: options.defects ?? [],
        healAt: HEAL_AT,
        duration: DURATION,
      };
    },
  };
}
