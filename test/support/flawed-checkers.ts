/**
 * Systems whose checkers are broken on purpose, each with its sound twin: what the harness must notice about itself. A
 * flaw is put around one property, between it and what it reads; everything else stays as it is, but for the
 * catalogue, in which one defect is left that this property must catch.
 */
import type { CheckContext, Property } from "../../src/check/property.js";
import { findScenario } from "../../src/scenarios/index.js";
import type { HistoryEvent } from "../../src/sim/history.js";
import type { Plan } from "../../src/sim/plan.js";
import type { Scenario, System } from "../../src/storm/scenario.js";

/** What a property is shown instead of what there is. */
interface Glasses {
  readonly event?: (event: HistoryEvent) => HistoryEvent;
  readonly plan?: (plan: Plan) => Plan;
}

export interface Flaw {
  readonly name: string;
  readonly scenario: string;
  readonly defect: string;
  /** The property that must catch the defect, and that is broken. */
  readonly property: string;
  readonly glasses: Glasses;
}

/** Charges are told apart by the fact and not by the order, so that no two are ever of the same. */
export const WRONG_KEY: Flaw = {
  name: "wrong-key",
  scenario: "worker-crashes",
  defect: "GW3",
  property: "no-double-effect",
  glasses: {
    event: (event) => (event.kind === "external" ? { ...event, token: `${event.id}/${event.token}` } : event),
  },
};

/** What nobody knows the outcome of counts as refused for certain, and so as a definite answer. */
export const INFO_AS_FAIL: Flaw = {
  name: "info-as-fail",
  scenario: "split-brain",
  defect: "reservation-never-released",
  property: "every-webhook-is-answered",
  glasses: {
    event: (event) =>
      event.kind === "client" && event.phase === "info" ? { ...event, phase: "fail" } : event,
  },
};

/** A replica must have caught up so long after the first fault began, and not after the last one ended. */
export const BOUND_FROM_THE_FAULT: Flaw = {
  name: "bound-from-the-fault",
  scenario: "mirror-storm",
  defect: "RW3",
  property: "replica-lag-is-bounded",
  glasses: {
    plan: (plan) => ({
      ...plan,
      healAt: plan.faults.reduce((first, { at }) => Math.min(first, at), plan.healAt),
    }),
  },
};

export type Checker = "sound" | "flawed";

/** The flaw's scenario, judged by a sound checker or by the broken one. */
export function twin(flaw: Flaw, checker: Checker): Scenario {
  const id = `${checker}-${flaw.name}`;
  const scenario = scenarios.find((one) => one.id === id);
  if (scenario === undefined) throw new RangeError(`no scenario "${id}"`);
  return scenario;
}

function seenThrough(property: Property, { event: eventSeen, plan: planSeen }: Glasses): Property {
  return {
    ...property,
    start(context) {
      const shown: CheckContext = {
        plan: planSeen?.(context.plan) ?? context.plan,
        event: (id) => context.event(id),
        view: (kind) => context.view(kind),
        checked: () => context.checked(),
        violated: (subject, message, evidence) => context.violated(subject, message, evidence),
      };
      const check = property.start(shown);
      if (eventSeen === undefined || check.on === undefined) return check;
      return { ...check, on: (event) => check.on?.(eventSeen(event)) };
    },
  };
}

function judgedBy(checker: Checker, { name, scenario: of, defect, property, glasses }: Flaw): Scenario {
  const scenario = findScenario(of);
  if (scenario === undefined) throw new RangeError(`no scenario "${of}"`);
  const { system } = scenario;
  const judged: System = {
    ...system,
    properties: system.properties.map((one) =>
      checker === "flawed" && one.id === property ? seenThrough(one, glasses) : one,
    ),
    defects: system.defects
      .filter(({ id }) => id === defect)
      .map((one) => ({ ...one, caughtBy: [property] })),
  };
  const id = `${checker}-${name}`;
  const plan: Scenario["plan"] = (seed, options) => ({ ...scenario.plan(seed, options), scenario: id });
  return { ...scenario, id, system: judged, plan };
}

/** Under names of their own, so that threads find them. */
export const scenarios: readonly Scenario[] = [WRONG_KEY, INFO_AS_FAIL, BOUND_FROM_THE_FAULT].flatMap(
  (flaw) => [judgedBy("sound", flaw), judgedBy("flawed", flaw)],
);
