/**
 * A property: one sentence about behaviour, checked against the history while it is being written.
 *
 * A property subscribes to kinds of events and keeps just the state that it needs. When events contradict
 * it, it reports them as evidence with one readable sentence. It counts what it compared: a property that never had
 * anything to compare has proved nothing and says so.
 */
import type { FactKind, HistoryEvent } from "../sim/history.js";
import type { Plan } from "../sim/plan.js";
import type { Micros } from "../sim/time.js";

/**
 * - `always`: at each event; safety.
 * - `eventually`: by the end of the quiet period; liveness.
 * - `sometimes`: a goal that a campaign must reach; never violated by a single run.
 * - `never`: something that must not be reached at all.
 * - `at-end`: judged once, when the run is over.
 */
export type PropertyKind = "always" | "eventually" | "sometimes" | "never" | "at-end";

export interface Violation {
  /** The property's id. */
  readonly property: string;
  readonly at: Micros;
  /** One sentence with names, times and values in it. */
  readonly message: string;
  /** Ids of the history events that together contradict the property, in order. */
  readonly evidence: readonly number[];
  /** File, line and column of the code that threw, where that is known. It is no part of what happened in the universe. */
  readonly place?: string;
}

/** Something that several properties read, worked out once a run; fed with each event before the properties are. */
export interface ViewKind<V extends Check> {
  readonly subscribes: readonly FactKind[];
  start(context: ViewContext): V;
}

export interface ViewContext {
  readonly plan: Plan;
  /** The run's one view of this kind. To be asked for in `start` only. */
  view<V extends Check>(kind: ViewKind<V>): V;
}

/** What a check may ask and tell while it runs. */
export interface CheckContext extends ViewContext {
  /** The event with this id. */
  event(id: number): HistoryEvent;
  /** Something was compared. */
  checked(): void;
  /** The property is contradicted. Reported once for each `subject` (an order, a key, a lease), so that one bug is one finding. */
  violated(subject: string, message: string, evidence: readonly HistoryEvent[]): void;
}

export interface Check {
  /** Left out by a check that a view tells of everything. */
  on?(event: HistoryEvent): void;
  /** The kinds that `on` is called for, where a view tells it of the others. Default: all that the property reads. */
  readonly subscribes?: readonly FactKind[];
  /** The run is over at `at`; time for `eventually` and `at-end`. */
  end?(at: Micros): void;
}

export interface Property {
  /** Stable and readable, as reports print it: `no-double-effect`. Small letters, digits and hyphens. */
  readonly id: string;
  /** Its number in the system's catalogue, which is valid wherever the id is: `G8`. Default: none. */
  readonly alias?: string;
  readonly kind: PropertyKind;
  /** What must hold, in one sentence. */
  readonly sentence: string;
  readonly subscribes: readonly FactKind[];
  start(context: CheckContext): Check;
}

/** `held`: compared and never contradicted. `vacuous`: there was nothing to compare. */
export type PropertyVerdict = "held" | "violated" | "vacuous" | "unrecoverable";

export interface PropertyReport {
  readonly id: string;
  readonly kind: PropertyKind;
  readonly sentence: string;
  readonly verdict: PropertyVerdict;
  /** How often something was compared. */
  readonly checked: number;
  /** How many more subjects contradicted it than were reported; left out when there were none. */
  readonly cut?: number;
}
