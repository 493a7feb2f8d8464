/**
 * Plan files: a plan written down, and read back. Reading promises that what comes out can be run: the shape
 * is checked with a schema, then that its parts fit each other, and the first complaint is reported in one
 * sentence with its path in the file. Writing promises the same bytes for the same plan.
 */
import * as Schema from "@effect/schema/Schema";
import { ZONES } from "../../sim/civil.js";
import { FAULT_KINDS, type Fault } from "../../sim/faults/catalogue.js";
import type { Json, Plan } from "../../sim/plan.js";
import { defectId } from "../../storm/defect.js";
import { decoder, expecting } from "./decode.js";
import { faultSchema, knobs, name, time } from "./fault-schemas.js";
import { InputError, listed, shown } from "./input-error.js";
import { parseJson } from "./json-text.js";
import { LIMITS } from "./limits.js";
import { migratedPlan } from "./migrate.js";
import { nearest } from "./nearest.js";
import { type KnownScenario, planProblem } from "./plan-checks.js";
import { inFile, readText } from "./read-file.js";

const identifier = expecting(
  Schema.String,
  `an id of letters, digits, ".", "_" and "-", at most ${LIMITS.nameLength} characters`,
  (text) => text.length <= LIMITS.nameLength && /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text),
);
const atMost = <T>(schema: Schema.Codec<readonly T[], unknown>, low: number, high: number, what: string) =>
  expecting(
    schema,
    `a list of ${low === 0 ? "at most" : `${low} to`} ${high} ${what}`,
    (list) => list.length >= low && list.length <= high,
  );

const body = Schema.declare((value: unknown): value is Json => isBoundedJson(value), {
  identifier: `JSON of at most ${LIMITS.bodyLength} characters, nested at most ${LIMITS.bodyDepth} deep, its whole numbers within 2^53`,
});

const host = Schema.Struct({
  id: identifier,
  domain: Schema.Struct({ provider: identifier, region: identifier, zone: Schema.optionalKey(identifier) }),
  role: identifier,
});

const operation = Schema.Struct({ id: name, at: time, host: name, action: name, body });

const pause = expecting(
  Schema.Number,
  `microseconds, a whole number from 1 to ${LIMITS.duration}`,
  (n) => Number.isSafeInteger(n) && n >= 1 && n <= LIMITS.duration,
);

/** The whole plan but for its faults, each of which is decoded by its own kind. */
const outline = Schema.Struct({
  format: expecting(Schema.Literal(2), "2, the version of this format (1 is read, too)"),
  scenario: name,
  seed: expecting(
    Schema.Number,
    `a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`,
    (n) => Number.isSafeInteger(n) && n >= 0,
  ),
  topology: atMost(Schema.Array(host), 1, LIMITS.hosts, "hosts"),
  knobs,
  workload: atMost(Schema.Array(operation), 0, LIMITS.operations, "operations"),
  faults: atMost(Schema.Array(Schema.Unknown), 0, LIMITS.faults, "faults"),
  defects: atMost(Schema.Array(name), 0, LIMITS.defects, "defects"),
  healAt: time,
  duration: expecting(
    Schema.Number,
    `microseconds, a whole number from 1 to ${LIMITS.duration} (one day)`,
    (n) => Number.isSafeInteger(n) && n >= 1 && n <= LIMITS.duration,
  ),
  restarts: Schema.optionalKey(Schema.Struct({ first: pause, longest: pause })),
  civil: Schema.optionalKey(
    Schema.Struct({
      epoch: expecting(
        Schema.Number,
        "microseconds since 1970, a whole number from 0 to 2^52",
        (n) => Number.isSafeInteger(n) && n >= 0 && n <= 2 ** 52,
      ),
      zone: Schema.Literals(ZONES),
    }),
  ),
  branch: Schema.optionalKey(
    Schema.Struct({
      at: time,
      future: expecting(
        Schema.Number,
        "the number of a future, whole and not negative",
        (n) => Number.isSafeInteger(n) && n >= 0,
      ),
    }),
  ),
});

const decodeOutline = decoder(outline);
const decodeFault = new Map(FAULT_KINDS.map((kind) => [kind as string, decoder<Fault>(faultSchema(kind))]));

/**
 * The plan in a text. `scenarios` are those that may be named.
 *
 * @throws InputError with the path of the first thing that is wrong.
 */
export function parsePlan(text: string, scenarios: readonly KnownScenario[]): Plan {
  return planFrom(parseJson(text, "a plan"), scenarios);
}

/**
 * The plan in data that was read already.
 *
 * @throws InputError with the path of the first thing that is wrong, within the plan.
 */
export function planFrom(data: unknown, scenarios: readonly KnownScenario[]): Plan {
  const outlined = decodeOutline(migratedPlan(data));
  if (!outlined.ok) throw complaint(outlined.path, outlined.message);
  const faults = outlined.value.faults.map((fault, index) => faultAt(fault, index));
  const system = scenarios.find(({ id }) => id === outlined.value.scenario)?.system;
  const defects = outlined.value.defects.map((name) => defectId(name, system?.defects ?? []));
  const plan: Plan = { ...outlined.value, faults, defects };
  const problem = planProblem(plan, scenarios);
  if (problem !== undefined) throw complaint(problem.path, problem.message);
  return plan;
}

/** @throws InputError, its message beginning with the file's name. */
export function readPlan(path: string, scenarios: readonly KnownScenario[]): Plan {
  const text = readText(path);
  return inFile(path, () => parsePlan(text, scenarios));
}

/** A plan as JSON for people: its keys in the order of the type, one host, operation or fault a line. */
export function planText(plan: Plan): string {
  const lines = (items: readonly unknown[]) =>
    items.length === 0 ? "[]" : `[\n${items.map((item) => `    ${JSON.stringify(item)}`).join(",\n")}\n  ]`;
  const { format, scenario, seed, topology, knobs, workload, faults, defects, healAt, duration } = plan;
  const { restarts, civil, branch } = plan;
  const hosts = topology.map(({ id, domain, role }) => {
    const { provider, region, zone } = domain;
    return { id, domain: zone === undefined ? { provider, region } : { provider, region, zone }, role };
  });
  const operations = workload.map(({ id, at, host, action, body }) => ({ id, at, host, action, body }));
  const stableFaults = faults.map(({ id, kind, at, trigger, ...rest }) => ({
    ...{ id, kind, at },
    ...(trigger === undefined
      ? {}
      : { trigger: { moment: trigger.moment, nth: trigger.nth, after: trigger.after } }),
    ...sortedByKey(rest),
  }));
  const fields = [
    `"format": ${format}`,
    `"scenario": ${JSON.stringify(scenario)}`,
    `"seed": ${seed}`,
    `"topology": ${lines(hosts)}`,
    `"knobs": ${JSON.stringify(sortedByKey(knobs))}`,
    `"workload": ${lines(operations)}`,
    `"faults": ${lines(stableFaults)}`,
    `"defects": ${JSON.stringify(defects)}`,
    `"healAt": ${healAt}`,
    `"duration": ${duration}`,
    ...(restarts === undefined
      ? []
      : [`"restarts": ${JSON.stringify({ first: restarts.first, longest: restarts.longest })}`]),
    ...(civil === undefined ? [] : [`"civil": ${JSON.stringify({ epoch: civil.epoch, zone: civil.zone })}`]),
    ...(branch === undefined
      ? []
      : [`"branch": ${JSON.stringify({ at: branch.at, future: branch.future })}`]),
  ];
  return `{\n  ${fields.join(",\n  ")}\n}\n`;
}

function faultAt(data: unknown, index: number): Fault {
  const at = ["faults", index];
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    throw complaint(`faults[${index}]`, `expected a fault, got ${shown(data)}`);
  }
  const kind = Object.hasOwn(data, "kind") && "kind" in data ? data.kind : undefined;
  const decode = typeof kind === "string" ? decodeFault.get(kind) : undefined;
  if (decode === undefined) {
    const near = typeof kind === "string" ? nearest(kind, FAULT_KINDS) : undefined;
    const hint = near === undefined ? `kinds are ${listed(FAULT_KINDS, 40)}` : `did you mean "${near}"?`;
    throw complaint(`faults[${index}].kind`, `there is no fault of kind ${shown(kind)}; ${hint}`);
  }
  const decoded = decode(data, at);
  if (!decoded.ok) throw complaint(decoded.path, decoded.message);
  return decoded.value;
}

function complaint(path: string, message: string): InputError {
  return new InputError(path === "" ? message : `${path}: ${message}`);
}

function sortedByKey(record: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/** Walks without recursion, so that no depth of nesting overflows the stack. */
function isBoundedJson(value: unknown): boolean {
  let size = 0;
  const open: { readonly value: unknown; readonly depth: number }[] = [{ value, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value: item, depth } = next;
    if (typeof item === "object" && item !== null) {
      if (depth >= LIMITS.bodyDepth) return false;
      for (const [key, inner] of Object.entries(item)) {
        size += key.length + 4;
        open.push({ value: inner, depth: depth + 1 });
      }
      size += 2;
    } else if (typeof item === "string") size += item.length + 2;
    else if (typeof item === "bigint" || (typeof item === "number" && !Number.isFinite(item))) return false;
    else size += 6;
    if (size > LIMITS.bodyLength) return false;
  }
  return true;
}
