/**
 * The universe and its storm, before anything happens: where which hosts stand, as a compact tree, and
 * what is going to hit them, in a few lines. Long rows are cut and say by how much.
 */
import type { Domain, Plan } from "../sim/plan.js";
import type { Scenario } from "../storm/scenario.js";
import { faultLine } from "./fault-text.js";
import { clean, hanging, type TextStyle } from "./text-style.js";
import { count, duration, list, moment, tallied } from "./words.js";

/** Hosts of one role in one place that are named before the rest is counted. */
const NAMED_HOSTS = 6;
/** Places that are drawn before the rest is counted. */
const DRAWN_PLACES = 24;
/** Storms of at most this many faults are listed fault by fault. */
const SHOWN_FAULTS = 4;

/** Which universe it is, and its hosts. */
export function headingLines(
  length: string,
  plan: Plan,
  scenario: Scenario,
  notes: readonly string[],
  style: TextStyle,
): string[] {
  const { color, columns } = style;
  const title = `${plan.scenario} · seed ${plan.seed} · ${length}`;
  return [
    ...hanging("", title, columns).map((line) => color.bold(line)),
    ...hanging("", scenario.title, columns),
    ...notes.flatMap((note) => hanging("", note, columns)),
    "",
    ...universeLines(plan, style),
    "",
  ];
}

export function universeLines(plan: Plan, { columns, color }: TextStyle): string[] {
  const places = new Map<string, Map<string, string[]>>();
  const providers = [...new Set(plan.topology.map(({ domain }) => domain.provider))];
  const together = providers.flatMap((provider) =>
    plan.topology.filter(({ domain }) => domain.provider === provider),
  );
  for (const { id, domain, role } of together) {
    const place = placeText(domain);
    const roles = places.get(place) ?? new Map<string, string[]>();
    places.set(place, roles.set(role, [...(roles.get(role) ?? []), id]));
  }
  const drawn = [...places].slice(0, DRAWN_PLACES);
  const cutPlaces = places.size - drawn.length;
  const lines = drawn.flatMap(([place, roles], index) => {
    const isLast = index === drawn.length - 1 && cutPlaces === 0;
    const hosts = [...roles].map(([role, ids]) => `${role} ${list(ids, NAMED_HOSTS)}`).join(" · ");
    const [first = "", ...rest] = hanging(`${isLast ? "└" : "├"} ${place}  `, hosts, columns);
    return [
      first.replace(place, color.bold(place)),
      ...rest.map((line) => (isLast ? line : `│${line.slice(1)}`)),
    ];
  });
  const cutLine = cutPlaces === 0 ? [] : [`└ and ${count(cutPlaces, "more place")}`];
  const title = `${count(plan.topology.length, "host")} of ${count(providers.length, "provider")}`;
  return [`${color.bold("Universe")}  ${title}`, ...lines, ...cutLine];
}

export function stormLines(plan: Plan, { columns, color }: TextStyle): string[] {
  const { faults, healAt, duration: end } = plan;
  const quiet = `quiet from ${moment(healAt)} to ${moment(end)}`;
  if (faults.length === 0) return hanging(`${color.bold("Storm")}  `, `none; ${quiet}`, columns);
  const first = faults.reduce((least, { at }) => Math.min(least, at), end);
  const kinds = tallied(faults.map(({ kind }) => kind));
  const title = `${count(faults.length, "fault")} from ${moment(first)} on; ${quiet}`;
  const texts =
    faults.length <= SHOWN_FAULTS
      ? faults.flatMap((fault) => {
          return hanging("  ", faultLine(fault), columns);
        })
      : hanging("  ", kinds.join(", "), columns);
  return [...hanging(`${color.bold("Storm")}  `, title, columns), ...texts];
}

/** Orders and commands from outside, by what they do. */
export function workloadLines(plan: Plan, defaults: Plan["knobs"], { columns, color }: TextStyle): string[] {
  const actions = new Map<string, number>();
  for (const { action } of plan.workload) actions.set(action, (actions.get(action) ?? 0) + 1);
  const texts = [...actions].map(([action, n]) => `${n} × ${clean(action)}`);
  const knobs = Object.entries(plan.knobs)
    .filter(([name, value]) => defaults[name] !== value)
    .map(([name, value]) => `${name} ${value}`);
  const lines = hanging(`${color.bold("Load")}  `, texts.length === 0 ? "none" : list(texts, 8), columns);
  if (knobs.length > 0) lines.push(...hanging("  ", `knobs: ${list(knobs, 10)}`, columns));
  if (plan.defects.length > 0) {
    lines.push(...hanging("  ", `planted defects: ${list(plan.defects, 10)}`, columns));
  }
  return lines;
}

/** How much virtual time there is, for headings. */
export const lifetime = (plan: Plan): string => duration(plan.duration);

function placeText({ provider, region, zone }: Domain): string {
  return clean([provider, region, ...(zone === undefined ? [] : [zone])].join("/"));
}
