/**
 * Plan and repro files of format 1, brought to today's names before they are checked: `upon` became `trigger`, services
 * outside became external services (fault kinds and selectors), the rungs of a shrink trace became its steps. What
 * doesn't have the shape of the old format is left as it is, for the check to name.
 */
import { isObject } from "./json-text.js";

/** A plan in today's format. Plans of other formats come back as they are. */
export function migratedPlan(data: unknown): unknown {
  if (!isObject(data) || data.format !== 1) return data;
  const { faults } = data;
  return { ...data, format: 2, faults: Array.isArray(faults) ? faults.map(migratedFault) : faults };
}

/** A repro file in today's format; its plan is migrated apart. */
export function migratedRepro(data: { readonly [key: string]: unknown }): {
  readonly [key: string]: unknown;
} {
  if (data.format !== 1) return data;
  const { shrunk } = data;
  if (!isObject(shrunk)) return { ...data, format: 2 };
  const fields = Object.entries(shrunk).map(([name, value]) => [name === "rungs" ? "steps" : name, value]);
  return { ...data, format: 2, shrunk: Object.fromEntries(fields) };
}

const KINDS = new Map([
  ["outside-slow", "external-slow"],
  ["outside-errors", "external-errors"],
  ["outside-hang", "external-hang"],
  ["outside-lost-reply", "external-lost-reply"],
]);

/** Fields of a fault that name machines. */
const SELECTORS = ["target", "from", "to", "a", "b"];

function migratedFault(data: unknown): unknown {
  if (!isObject(data)) return data;
  const fields = Object.entries(data).map(([name, value]): [string, unknown] => {
    if (name === "upon") return ["trigger", value];
    if (name === "kind") return [name, KINDS.get(String(value)) ?? value];
    return [name, SELECTORS.includes(name) ? migratedSelector(value) : value];
  });
  return Object.fromEntries(fields);
}

function migratedSelector(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(migratedSelector);
  return typeof value === "string" ? value.replace(/^outside\//, "external/") : value;
}
