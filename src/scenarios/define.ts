/**
 * What the scenarios of a system have in common, said once: hosts, the usual workload, how long everything lasts, how storms are
 * drawn. A scenario then says only what it shows and what differs.
 */
import {
  defineScenario,
  type Fault,
  type FaultKind,
  type fc,
  type HostSpec,
  type KnobValue,
  type Micros,
  type Operation,
  type Scenario,
  type Strategy,
  type System,
} from "seedstorm";

type Knobs = Readonly<Record<string, KnobValue>>;

/** What a system's scenarios have in common. */
export interface CommonScenario<W> {
  readonly system: System;
  readonly hosts: readonly HostSpec[];
  readonly workload: (shape: W) => fc.Arbitrary<readonly Operation[]>;
  /** The shape of the workload, where a scenario does not say otherwise. */
  readonly shape: W;
  /** Knobs beneath those of a scenario. */
  readonly knobs?: Knobs;
  /** How storms are drawn when nobody says otherwise. */
  readonly strategy: Strategy;
  /** That storm is drawn in one with the workload: the seeds of some systems rely on it. Default: by itself. */
  readonly drawnTogether?: true;
  /** Faults are over from here on. */
  readonly healAt: Micros;
  readonly duration: Micros;
}

/** What one scenario says. */
export interface OwnScenario<W> {
  readonly id: string;
  readonly title: string;
  readonly shows: string;
  readonly workload?: Partial<W>;
  readonly knobs?: Knobs | fc.Arbitrary<Knobs>;
  /** Faults, the same for each strategy or by the one that is asked for. Default: none. */
  readonly storm?: fc.Arbitrary<Fault[]> | ((strategy: Strategy) => fc.Arbitrary<Fault[]>);
  readonly strategy?: Strategy;
  readonly mustFire?: readonly FaultKind[];
  readonly goals?: readonly string[];
  /** Goals and properties that each of its universes comes to. */
  readonly certain?: readonly string[];
}

/** How a scenario of one system is put together. */
export function scenariosOf<W>(common: CommonScenario<W>): (own: OwnScenario<W>) => Scenario {
  const { system, hosts, workload, shape, knobs: beneath = {}, drawnTogether, healAt, duration } = common;
  return ({ workload: differs, knobs = {}, storm, strategy = common.strategy, ...rest }) =>
    defineScenario({
      ...rest,
      system,
      hosts,
      workload: workload({ ...shape, ...differs }),
      knobs,
      defaults: () => beneath,
      ...(storm === undefined ? {} : { storm }),
      strategy,
      ...(drawnTogether && typeof storm === "function" ? { drawnTogether: storm(strategy) } : {}),
      healAt,
      duration,
    });
}
