/**
 * The engine: feeds a history to properties while it is written, and gathers what contradicts them.
 *
 * Events go to those that subscribed to their kind and to nobody else, views before properties, each in the order
 * in which it was given. A property is contradicted once for each subject (an order, a lease), and past a cap
 * further subjects are only counted, so that one bug reads as one finding and a broken run stays small; the count
 * of what was cut is in the property's report. `on` is called for each event of each run, so it does nothing but
 * dispatch.
 */
import type { FactKind, HistoryEvent } from "../sim/history.js";
import type { Plan } from "../sim/plan.js";
import type { Micros } from "../sim/time.js";
import { ensure } from "./maps.js";
import type { Check, CheckContext, Property, PropertyReport, ViewKind, Violation } from "./property.js";

/** How many subjects of one property are reported before the rest is only counted. */
const SUBJECTS_PER_PROPERTY = 20;

export class Checker {
  /** What was found so far, in that order; liveness of a run that can't recover by design included: see `standing`. */
  readonly violations: Violation[] = [];
  readonly #plan: Plan;
  readonly #event: (id: number) => HistoryEvent;
  readonly #byKind = new Map<FactKind, Listening[]>();
  readonly #views = new Map<ViewKind<Check>, Check>();
  readonly #propertyRuns: PropertyRun[] = [];
  /** The time of what is being looked at. */
  #now: Micros = 0;

  constructor(properties: readonly Property[], plan: Plan, event: (id: number) => HistoryEvent) {
    this.#plan = plan;
    this.#event = event;
    // Views are made while properties start, and must hear of an event before any property does.
    const subscriptions: [readonly FactKind[], Check][] = [];
    for (const property of properties) {
      const propertyRun = new PropertyRun(property, this);
      this.#propertyRuns.push(propertyRun);
      propertyRun.check = property.start(propertyRun);
      subscriptions.push([propertyRun.check.subscribes ?? property.subscribes, propertyRun.check]);
    }
    for (const [kinds, check] of subscriptions) this.#subscribe(kinds, check);
  }

  on(event: HistoryEvent): void {
    this.#now = event.at;
    const checks = this.#byKind.get(event.kind);
    if (checks === undefined) return;
    for (let i = 0; i < checks.length; i++) checks[i]?.on(event);
  }

  /** The run is over at `at`: `eventually` and `at-end` are judged. */
  end(at: Micros): void {
    this.#now = at;
    for (const view of this.#views.values()) view.end?.(at);
    for (const propertyRun of this.#propertyRuns) propertyRun.check?.end?.(at);
  }

  /** @param unrecoverable whether the run can't recover by design: then liveness is not held against it. */
  reports(unrecoverable = false): PropertyReport[] {
    return this.#propertyRuns.map((propertyRun) => propertyRun.report(unrecoverable));
  }

  /** The violations that stand: without those of liveness when the run is unrecoverable by design. */
  standing(unrecoverable = false): Violation[] {
    if (!unrecoverable) return [...this.violations];
    const excused = new Set<string>();
    for (const { property } of this.#propertyRuns)
      if (property.kind === "eventually") excused.add(property.id);
    return this.violations.filter((violation) => !excused.has(violation.property));
  }

  get plan(): Plan {
    return this.#plan;
  }

  get now(): Micros {
    return this.#now;
  }

  event(id: number): HistoryEvent {
    return this.#event(id);
  }

  view<V extends Check>(kind: ViewKind<V>): V {
    let view = this.#views.get(kind) as V | undefined; // made by this kind, below
    if (view === undefined) {
      view = kind.start(this);
      this.#views.set(kind, view);
      this.#subscribe(kind.subscribes, view);
    }
    return view;
  }

  #subscribe(kinds: readonly FactKind[], check: Check): void {
    if (!isListening(check)) return;
    for (const kind of kinds) ensure(this.#byKind, kind, noListeners).push(check);
  }
}

type Listening = Check & Required<Pick<Check, "on">>;

const isListening = (check: Check): check is Listening => check.on !== undefined;
const noListeners = (): Listening[] => [];

/** One property in one run: its context, and what came of it. */
class PropertyRun implements CheckContext {
  check: Check | undefined = undefined;
  readonly property: Property;
  readonly #checker: Checker;
  readonly #reported = new Set<string>();
  #checked = 0;
  #cut = 0;

  constructor(property: Property, checker: Checker) {
    this.property = property;
    this.#checker = checker;
  }

  get plan(): Plan {
    return this.#checker.plan;
  }

  event(id: number): HistoryEvent {
    return this.#checker.event(id);
  }

  view<V extends Check>(kind: ViewKind<V>): V {
    return this.#checker.view(kind);
  }

  checked(): void {
    this.#checked++;
  }

  violated(subject: string, message: string, evidence: readonly HistoryEvent[]): void {
    if (this.#reported.has(subject)) return;
    this.#reported.add(subject);
    if (this.#reported.size > SUBJECTS_PER_PROPERTY) {
      this.#cut++;
      return;
    }
    const ids = [...new Set(evidence.map((event) => event.id))].sort((a, b) => a - b);
    this.#checker.violations.push({
      property: this.property.id,
      at: this.#checker.now,
      message,
      evidence: ids,
    });
  }

  report(unrecoverable: boolean): PropertyReport {
    const { id, kind, sentence } = this.property;
    const report = { id, kind, sentence, verdict: this.#verdict(unrecoverable), checked: this.#checked };
    return this.#cut > 0 ? { ...report, cut: this.#cut } : report;
  }

  #verdict(unrecoverable: boolean): PropertyReport["verdict"] {
    if (this.#reported.size > 0) {
      return unrecoverable && this.property.kind === "eventually" ? "unrecoverable" : "violated";
    }
    return this.#checked > 0 ? "held" : "vacuous";
  }
}
