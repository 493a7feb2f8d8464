/**
 * A scenario in a few lines: hosts by role and number, a workload by arbitraries, a storm by kinds of faults. What the seed decides
 * is drawn in two parts that have nothing to do with each other, the universe (hosts, knobs, workload) and its storm, so that a
 * seed gives the same universe under each strategy.
 *
 * Faults strike in the first part of a run; from `healAt` on everything is well, and what is left of the run is the quiet
 * period in which liveness is judged.
 */
import * as fc from "fast-check";
import { DAMAGE, type Fault, type FaultKind, STORM_KINDS } from "../sim/faults/catalogue.js";
import { WORLD_MOMENTS } from "../sim/moments.js";
import type { CivilStart, HostSpec, Operation, Plan, Restarts } from "../sim/plan.js";
import { type Micros, SECOND } from "../sim/time.js";
import type { FaultScope, Upgrade } from "./fault-scope.js";
import { generate, generateFor } from "./generate.js";
import { type HostCounts, hostsOf } from "./hosts.js";
import type { PlanOptions, Scenario, Strategy, System } from "./scenario.js";
import { stormBy } from "./strategies.js";
import { type Workload, workloadOf } from "./workload.js";

/** What there is in a universe besides its storm. */
export interface Universe {
  readonly topology: readonly HostSpec[];
  readonly knobs: Plan["knobs"];
  /** What real input takes the place of. */
  readonly workload: readonly Operation[];
  /** What is done besides, whatever the workload is. Default: nothing. */
  readonly operations?: readonly Operation[];
}

/** A storm by kinds of faults. */
export interface StormSpec {
  /**
   * Default: all but damage to stored data, kinds that not every system survives or meets (`named` in the catalogue), and those of
   * services outside where the system has none.
   */
  readonly kinds?: readonly FaultKind[];
  /** Faults of each kind that a run has, at most. Default 2. */
  readonly most?: number;
  /** Faults begin from here on. Default 1 s. */
  readonly from?: Micros;
  /** Roles of hosts whose disks are hit. One of these hosts may lose data in a run, if the kinds do that. Default: all but clients. */
  readonly disks?: readonly string[];
  /** Time-outs of the system: aimed faults begin and end around them. */
  readonly timeouts?: readonly Micros[];
  /** What hosts may be upgraded to. Needed for the kind `upgrade`. */
  readonly upgrades?: readonly Upgrade[];
}

/** Faults for a universe, by the strategy that is asked for. */
export type DrawStorm<U extends Universe = Universe> = (
  strategy: Strategy,
  universe: U,
) => fc.Arbitrary<Fault[]>;

interface Declared {
  /** How many hosts there are of each role, or the hosts themselves. */
  readonly hosts: HostCounts | readonly HostSpec[];
  /** By action, or as drawn by an arbitrary of your own. Default: nothing. */
  readonly workload?: Workload | fc.Arbitrary<readonly Operation[]>;
  /** What is done besides, whatever the workload is. Default: nothing. */
  readonly operations?: fc.Arbitrary<readonly Operation[]>;
  readonly knobs?: Plan["knobs"] | fc.Arbitrary<Plan["knobs"]>;
  readonly universe?: never;
}

/** For universes that differ in their hosts too. What is drawn besides, the storm gets to see. */
interface Drawn<U extends Universe> {
  readonly universe: fc.Arbitrary<U>;
  readonly hosts?: never;
}

interface Common<U extends Universe>
  extends Partial<
    Pick<Scenario, "title" | "shows" | "mustFire" | "goals" | "certain" | "expectedViolations">
  > {
  /** Default: the system's. */
  readonly id?: string;
  readonly system: System;
  /**
   * Kinds of faults, or more about them; or else faults of your own: an arbitrary where they are the same for each strategy.
   * Default: no faults.
   */
  readonly storm?: readonly FaultKind[] | StormSpec | DrawStorm<U> | fc.Arbitrary<Fault[]>;
  /** How the storm is drawn when nobody says otherwise. Default `aimed`. */
  readonly strategy?: Strategy;
  /** The storm of the scenario's own strategy, where it is drawn in one with the universe and not by itself. */
  readonly drawnTogether?: fc.Arbitrary<Fault[]>;
  /** Knobs beneath all others, for a workload. Default: none. */
  readonly defaults?: (workload: readonly Operation[]) => Plan["knobs"];
  /** Processes may end themselves, and are started again after such pauses. Default: that fails the run. */
  readonly restarts?: Restarts;
  /** When it begins, and in which time zone. Default: 2030-01-01T00:00:00Z, in UTC. */
  readonly civil?: CivilStart;
  /** Faults are over from here on. Default 30 s. */
  readonly healAt?: Micros;
  /** Default 60 s. */
  readonly duration?: Micros;
}

export type ScenarioDefinition<U extends Universe = Universe> =
  | (Common<Universe> & Declared)
  | (Common<U> & Drawn<U>);

const HEAL_AT: Micros = 30 * SECOND;
const DURATION: Micros = 60 * SECOND;
const FIRST_FAULT: Micros = SECOND;
const MOST = 2;

export function defineScenario<U extends Universe = Universe>(given: ScenarioDefinition<U>): Scenario {
  const definition = given as ScenarioDefinition; // whatever is drawn comes back to its own storm
  const { system, storm, restarts, civil, healAt = HEAL_AT, duration = DURATION } = definition;
  const { id = system.id, title = id, shows = title } = definition;
  const draw = drawOf(definition);
  return {
    id,
    title,
    shows,
    system,
    mustFire: definition.mustFire ?? kindsIn(storm),
    goals: definition.goals ?? [],
    ...(definition.certain === undefined ? {} : { certain: definition.certain }),
    expectedViolations: definition.expectedViolations ?? [],
    ...(storm === undefined || isArbitrary(storm) ? {} : { strategy: strategyOf(definition) }),
    plan(seed, options = {}): Plan {
      const { topology, knobs, workload, operations = [], faults } = draw(seed, options);
      return {
        format: 2,
        scenario: id,
        seed,
        topology,
        knobs,
        workload: [...workload, ...operations].sort((a, b) => a.at - b.at),
        faults,
        defects: options.defects ?? [],
        healAt,
        duration,
        ...(restarts === undefined ? {} : { restarts }),
        ...(civil === undefined ? {} : { civil }),
      };
    },
  };
}

const strategyOf = ({ strategy = "aimed" }: ScenarioDefinition): Strategy => strategy;

/** What a seed decides, with what was asked for in the place of what was drawn. */
type Draw = (seed: number, options: PlanOptions) => Universe & { readonly faults: readonly Fault[] };

function drawOf(definition: ScenarioDefinition): Draw {
  const { storm = fc.constant<Fault[]>([]), defaults, drawnTogether } = definition;
  const universes = universesOf(definition);
  const own = strategyOf(definition);
  const asAsked = (universe: Universe, options: PlanOptions): Universe => {
    const workload = options.workload ?? universe.workload;
    return { ...universe, workload, knobs: { ...defaults?.(workload), ...universe.knobs, ...options.knobs } };
  };
  if (isArbitrary(storm)) {
    const both = fc.record({ faults: storm, universe: universes });
    return (seed, options) => {
      const { faults, universe } = generate(both, seed);
      return { ...asAsked(universe, options), faults };
    };
  }
  const both = drawnTogether && fc.record({ faults: drawnTogether, universe: universes });
  const stormFor = typeof storm === "function" ? storm : specified(storm, definition);
  return (seed, options) => {
    const { strategy = own } = options;
    const drawn = both === undefined ? undefined : generate(both, seed);
    const universe = asAsked(drawn?.universe ?? generateFor("universe", universes, seed), options);
    const faults = strategy === own ? drawn?.faults : undefined;
    return { ...universe, faults: faults ?? generateFor("storm", stormFor(strategy, universe), seed) };
  };
}

function universesOf(definition: ScenarioDefinition): fc.Arbitrary<Universe> {
  if (definition.universe !== undefined) return definition.universe;
  const { hosts, workload = {}, operations, knobs = {}, system, healAt = HEAL_AT } = definition;
  const topology = isTopology(hosts) ? hosts : hostsOf(hosts, system.clients ?? []);
  return fc.record({
    topology: fc.constant(topology),
    workload: isArbitrary(workload) ? workload : workloadOf(workload, topology, healAt),
    operations: operations ?? fc.constant<readonly Operation[]>([]),
    knobs: isArbitrary(knobs) ? knobs : fc.constant(knobs),
  });
}

/** By its shape: it may come from another copy of fast-check than this one's. */
function isArbitrary<T>(value: fc.Arbitrary<T> | object): value is fc.Arbitrary<T> {
  return "generate" in value && "shrink" in value && "canShrinkWithoutContext" in value;
}

const isTopology = (hosts: HostCounts | readonly HostSpec[]): hosts is readonly HostSpec[] =>
  Array.isArray(hosts);

const isList = (storm: StormSpec | readonly FaultKind[]): storm is readonly FaultKind[] =>
  Array.isArray(storm);

/** The kinds that a storm is declared with: a campaign promises that they strike. */
function kindsIn(storm: ScenarioDefinition["storm"]): readonly FaultKind[] {
  if (storm === undefined || isArbitrary(storm) || typeof storm === "function") return [];
  return isList(storm) ? storm : (storm.kinds ?? []);
}

function specified(storm: StormSpec | readonly FaultKind[], definition: ScenarioDefinition): DrawStorm {
  const { system, healAt = HEAL_AT } = definition;
  const { clients = [], services = [], moments = [] } = system;
  const spec = isList(storm) ? { kinds: storm } : storm;
  const {
    kinds = survivable(services),
    most = MOST,
    from = FIRST_FAULT,
    timeouts = [],
    disks,
    upgrades = [],
  } = spec;
  return (strategy, { topology }) => {
    const hosts = topology.filter(({ role }) => !clients.includes(role));
    const scope: FaultScope = {
      from,
      healAt,
      hosts,
      replicas: hosts.filter(({ role }) => disks?.includes(role) ?? true).map(({ id }) => id),
      services,
      moments: [...moments, ...WORLD_MOMENTS].map(({ id }) => id),
      timeouts,
      upgrades,
    };
    return stormBy(strategy, kinds, scope, most);
  };
}

/** What can strike any system that keeps its promises: disks lose only what was not synced. */
function survivable(services: readonly string[]): readonly FaultKind[] {
  return STORM_KINDS.filter(
    (kind) => !DAMAGE.has(kind) && (services.length > 0 || !kind.startsWith("external-")),
  );
}
