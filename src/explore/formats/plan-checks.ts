/**
 * What a schema can't see: that the parts of a plan fit each other. Ids are unique, hosts and domains exist,
 * times lie within the universe and every fault is healed by `healAt`. The first thing that does not fit is
 * reported with its path; whether a system survives the plan is for its properties to say.
 */

import { type Fault, kindOf } from "../../sim/faults/catalogue.js";
import { WORLD_MOMENTS } from "../../sim/moments.js";
import type { HostSpec, Plan } from "../../sim/plan.js";
import { AROUND_THERE, meansThere, THERE } from "../../sim/triggers.js";
import { listed, shown } from "./input-error.js";
import { LIMITS } from "./limits.js";
import { nearest, suggestion } from "./nearest.js";

/** What is needed of a scenario to check a plan for it. */
export interface KnownScenario {
  readonly id: string;
  readonly system: {
    readonly id: string;
    readonly defects: readonly { readonly id: string; readonly alias?: string }[];
    readonly moments?: readonly { readonly id: string }[];
    readonly properties?: readonly { readonly id: string; readonly alias?: string }[];
  };
}

export interface Problem {
  readonly path: string;
  readonly message: string;
}

export function planProblem(plan: Plan, scenarios: readonly KnownScenario[]): Problem | undefined {
  const scenario = scenarios.find(({ id }) => id === plan.scenario);
  if (scenario === undefined) {
    const ids = scenarios.map(({ id }) => id);
    const hint = suggestion(plan.scenario, ids, "scenarios");
    return { path: "scenario", message: `no scenario ${shown(plan.scenario)}${hint}` };
  }
  if (plan.healAt > plan.duration) {
    return { path: "healAt", message: `${plan.healAt} is after the end at ${plan.duration} (duration)` };
  }
  return (
    repeatedId("topology", plan.topology) ??
    repeatedId("workload", plan.workload) ??
    repeatedId("faults", plan.faults) ??
    operationProblem(plan) ??
    faultProblem(plan, scenario) ??
    defectProblem(plan, scenario)
  );
}

function repeatedId(list: string, items: readonly { readonly id: string }[]): Problem | undefined {
  const first = new Map<string, number>();
  for (const [index, { id }] of items.entries()) {
    const earlier = first.get(id);
    if (earlier !== undefined) {
      return {
        path: `${list}[${index}].id`,
        message: `${shown(id)} is already the id of ${list}[${earlier}]`,
      };
    }
    first.set(id, index);
  }
  return undefined;
}

function operationProblem(plan: Plan): Problem | undefined {
  const hosts = new Set(plan.topology.map(({ id }) => id));
  for (const [index, { at, host }] of plan.workload.entries()) {
    if (!hosts.has(host))
      return { path: `workload[${index}].host`, message: noSuch("host", host, [...hosts]) };
    if (at > plan.duration) {
      return {
        path: `workload[${index}].at`,
        message: `${at} is after the end at ${plan.duration} (duration)`,
      };
    }
  }
  return undefined;
}

function defectProblem(plan: Plan, { system }: KnownScenario): Problem | undefined {
  const known = system.defects.map(({ id }) => id);
  for (const [index, id] of plan.defects.entries()) {
    if (!known.includes(id)) {
      const hint = suggestion(id, known, "defects");
      return { path: `defects[${index}]`, message: `system ${system.id} has no defect ${shown(id)}${hint}` };
    }
  }
  return undefined;
}

function faultProblem(plan: Plan, { system }: KnownScenario): Problem | undefined {
  const places = placesOf(plan.topology);
  const there: Places = { ...places, known: new Set([...places.known, THERE, ...AROUND_THERE]) };
  const moments = [...(system.moments ?? []), ...WORLD_MOMENTS].map(({ id }) => id);
  let steps = 0;
  for (const [index, fault] of plan.faults.entries()) {
    const path = `faults[${index}]`;
    const problem =
      momentProblem(fault, moments, path) ??
      timeProblem(fault, plan, path) ??
      targetProblem(fault, fault.trigger === undefined ? places : there, path);
    if (problem !== undefined) return problem;
    steps += stepsOf(fault);
    if (steps > LIMITS.steps) {
      return {
        path,
        message: `the faults up to this one go on and off more than ${LIMITS.steps} times in all`,
      };
    }
  }
  return undefined;
}

function momentProblem({ trigger }: Fault, moments: readonly string[], path: string): Problem | undefined {
  if (trigger === undefined || moments.includes(trigger.moment)) return undefined;
  const near = nearest(trigger.moment, moments);
  const hint = near === undefined ? `moments are ${listed(moments, 60)}` : `did you mean "${near}"?`;
  return { path: `${path}.trigger.moment`, message: `no moment ${shown(trigger.moment)}; ${hint}` };
}

/** Of a fault that is aimed, the earliest times that it can have. */
function timeProblem(fault: Fault, plan: Plan, path: string): Problem | undefined {
  const begin = fault.at + (fault.trigger?.after ?? 0);
  const verb = fault.trigger === undefined ? "would" : "could only";
  if (!("for" in fault)) {
    if (begin <= plan.healAt) return undefined;
    if (fault.trigger === undefined)
      return { path: `${path}.at`, message: `${fault.at} is after healAt ${plan.healAt}` };
    return {
      path: `${path}.trigger.after`,
      message: `the fault could only begin at ${begin}, after healAt ${plan.healAt}`,
    };
  }
  const end = begin + fault.for;
  if (end <= plan.healAt) return undefined;
  return { path: `${path}.for`, message: `the fault ${verb} end at ${end}, after healAt ${plan.healAt}` };
}

/** How often a fault goes on and off; 0 for one that does so once. */
function stepsOf(fault: Fault): number {
  if (fault.kind === "clock-strobe") return Math.ceil(fault.for / fault.period);
  if (fault.kind === "flaky-link") return Math.ceil((2 * fault.for) / (fault.up + fault.down));
  return 0;
}

interface Places {
  readonly hosts: readonly string[];
  readonly domains: readonly string[];
  readonly known: ReadonlySet<string>;
}

function placesOf(topology: readonly HostSpec[]): Places {
  const hosts = topology.map(({ id }) => id);
  const domains = new Set<string>();
  for (const { domain } of topology) {
    domains.add(`provider/${domain.provider}`);
    domains.add(`region/${domain.provider}/${domain.region}`);
    if (domain.zone !== undefined) domains.add(`zone/${domain.provider}/${domain.region}/${domain.zone}`);
  }
  return { hosts, domains: [...domains], known: new Set([...hosts, ...domains, "*"]) };
}

function targetProblem(fault: Fault, places: Places, path: string): Problem | undefined {
  if (fault.kind === "partition") {
    return selectorsProblem(fault.a, places, `${path}.a`) ?? selectorsProblem(fault.b, places, `${path}.b`);
  }
  if ("from" in fault) {
    return (
      selectorsProblem([fault.from], places, `${path}.from`, true) ??
      selectorsProblem([fault.to], places, `${path}.to`, true)
    );
  }
  const { target } = fault;
  switch (kindOf(fault.kind).targets) {
    case "service":
      if (isExternal(target)) return undefined;
      return { path: `${path}.target`, message: `expected external/NAME, got ${shown(target)}` };
    case "domain":
      if (places.domains.includes(target)) return undefined;
      if (fault.trigger !== undefined && AROUND_THERE.includes(target)) return undefined;
      return { path: `${path}.target`, message: noSuch("domain", target, places.domains) };
    default:
      return selectorsProblem([target], places, `${path}.target`, true);
  }
}

/** `single`: the path names one selector and not a list. */
function selectorsProblem(
  selectors: readonly string[],
  places: Places,
  path: string,
  single = false,
): Problem | undefined {
  for (const [index, selector] of selectors.entries()) {
    if (places.known.has(selector) || isExternal(selector)) continue;
    if (meansThere(selector)) {
      return {
        path: single ? path : `${path}[${index}]`,
        message: `${shown(selector)} stands for where a moment came, and the fault has no trigger`,
      };
    }
    const what = /^(provider|region|zone)\//.test(selector) ? "domain" : "host";
    const choices = what === "domain" ? places.domains : places.hosts;
    return { path: single ? path : `${path}[${index}]`, message: noSuch(what, selector, choices) };
  }
  return undefined;
}

const isExternal = (selector: string): boolean => /^external\/./.test(selector);

const noSuch = (what: string, name: string, known: readonly string[]): string =>
  `no ${what} ${shown(name)}; ${what}s are ${listed(known, 12)}`;
