/**
 * Repro files: a failure that comes back from the file alone. It holds the plan itself, so that it stays good when
 * generators change, and what the run came to, so that a replay can tell whether it still does. Reading checks all of
 * it; a bare plan file is read as well, as a repro that expects nothing.
 */
import * as Schema from "@effect/schema/Schema";
import type { Plan } from "../../sim/plan.js";
import { propertyId } from "../../storm/property-names.js";
import type { PlanResult, PlanViolation } from "../runs/run-plan.js";
import type { ShrinkTrace, Shrunk } from "../shrink/shrink.js";
import { decoder, expecting } from "./decode.js";
import { InputError, shown } from "./input-error.js";
import { isObject, parseJson } from "./json-text.js";
import { migratedRepro } from "./migrate.js";
import type { KnownScenario } from "./plan-checks.js";
import { planFrom, planText } from "./plan-file.js";
import { inFile, readText } from "./read-file.js";
import { type Versions, versions } from "./versions.js";
import { writeWhole } from "./write-file.js";

/** What a run is expected to come to. */
export interface Expectation {
  /** The violated property; for a run that did not come to its end, how it failed to. */
  readonly property: string;
  /** The kind of evidence. */
  readonly signature: string;
  readonly message: string;
  readonly traceHash: string;
  /** What made it. */
  readonly versions: Versions;
}

export interface Repro {
  readonly plan: Plan;
  /** Undefined for a bare plan. */
  readonly expected: Expectation | undefined;
  /** How it was made smaller; undefined when it wasn't. */
  readonly shrinkTrace: ShrinkTrace | undefined;
  /** The nearest plan that passes; undefined where nobody knows one. */
  readonly passing: Plan | undefined;
}

const whole = expecting(Schema.Number, "a whole number", (n) => Number.isSafeInteger(n) && n >= 0);
const milliseconds = expecting(Schema.Number, "milliseconds", (n) => Number.isFinite(n) && n >= 0);
const size = { faults: whole, operations: whole, hosts: whole };

const repro = Schema.Struct({
  format: expecting(Schema.Literal(2), "2, the version of this format (1 is read, too)"),
  kind: expecting(Schema.Literal("repro"), '"repro"'),
  property: Schema.String,
  signature: Schema.String,
  message: Schema.String,
  traceHash: expecting(Schema.String, "16 hexadecimal digits, or nothing", (text) =>
    /^([0-9a-f]{16})?$/.test(text),
  ),
  versions: Schema.Struct({ seedstorm: Schema.String, node: Schema.String }),
  shrunk: Schema.NullOr(
    Schema.Struct({
      from: Schema.Struct(size),
      to: Schema.Struct(size),
      runs: whole,
      ms: milliseconds,
      steps: Schema.Array(Schema.Struct({ what: Schema.String, ...size, runs: whole })),
      end: Schema.Literals(["smallest", "budget", "interrupted"]),
    }),
  ),
  plan: Schema.Unknown,
  passing: Schema.optionalKey(Schema.Unknown),
});

const decodeRepro = decoder(repro);

/** @throws InputError with the path of the first thing that is wrong. */
export function parseRepro(text: string, scenarios: readonly KnownScenario[]): Repro {
  const data = parseJson(text, "a plan or a repro file");
  if (!isObject(data)) throw new InputError(`expected a plan or a repro file, got ${shown(data)}`);
  if (!("plan" in data) && !("kind" in data)) {
    return {
      plan: planFrom(data, scenarios),
      expected: undefined,
      shrinkTrace: undefined,
      passing: undefined,
    };
  }
  const decoded = decodeRepro(migratedRepro(data));
  if (!decoded.ok)
    throw new InputError(`${decoded.path === "" ? "" : `${decoded.path}: `}${decoded.message}`);
  const {
    property: named,
    signature,
    message,
    traceHash,
    versions: made,
    shrunk,
    plan: written,
    passing,
  } = decoded.value;
  const plan = planWithin("plan", written, scenarios);
  const { properties = [] } = scenarios.find(({ id }) => id === plan.scenario)?.system ?? {};
  const property = propertyId(named, properties);
  return {
    plan,
    expected: {
      property,
      // It begins with the property's name.
      signature: signature.startsWith(`${named}: `) ? property + signature.slice(named.length) : signature,
      message,
      traceHash,
      versions: made,
    },
    shrinkTrace: shrunk ?? undefined,
    passing: passing === undefined ? undefined : passingOf(plan, passing, scenarios),
  };
}

/** @throws InputError, its message beginning with the file's name. */
export function readRepro(path: string, scenarios: readonly KnownScenario[]): Repro {
  const text = readText(path);
  return inFile(path, () => parseRepro(text, scenarios));
}

/** A failure as a repro, made by this version. */
export function reproOf(
  plan: Plan,
  result: PlanResult,
  violation: PlanViolation,
  shrinkTrace?: ShrinkTrace,
  passing?: Plan,
): Repro {
  const { property, signature, message } = violation;
  return {
    plan,
    expected: { property, signature, message, traceHash: result.traceHash, versions: versions() },
    shrinkTrace,
    passing,
  };
}

export function reproOfShrunk({ plan, result, violation, shrinkTrace, passing }: Shrunk): Repro {
  return reproOf(plan, result, violation, shrinkTrace, passing);
}

/** The same bytes for the same repro. */
export function reproText({ plan, expected, shrinkTrace, passing }: Repro): string {
  if (expected === undefined) return planText(plan);
  const { property, signature, message, traceHash, versions: made } = expected;
  const fields = [
    `"format": 2`,
    `"kind": "repro"`,
    `"property": ${JSON.stringify(property)}`,
    `"signature": ${JSON.stringify(signature)}`,
    `"message": ${JSON.stringify(message)}`,
    `"traceHash": ${JSON.stringify(traceHash)}`,
    `"versions": ${JSON.stringify({ seedstorm: made.seedstorm, node: made.node })}`,
    `"shrunk": ${shrinkTraceText(shrinkTrace)}`,
    `"plan": ${indented(planText(plan).trimEnd())}`,
    ...(passing === undefined ? [] : [`"passing": ${indented(planText(passing).trimEnd())}`]),
  ];
  return `{\n  ${fields.join(",\n  ")}\n}\n`;
}

/** @throws InputError when the file can't be written. */
export function writeRepro(path: string, repro: Repro): void {
  writeWhole(path, reproText(repro));
}

function shrinkTraceText(shrinkTrace: ShrinkTrace | undefined): string {
  if (shrinkTrace === undefined) return "null";
  const { from, to, runs, ms, steps, end } = shrinkTrace;
  const lines = steps.map((step) => `      ${JSON.stringify(step)}`).join(",\n");
  const rest = `"runs": ${runs}, "ms": ${Math.round(ms)}, "end": ${JSON.stringify(end)}`;
  return `{\n    "from": ${JSON.stringify(from)}, "to": ${JSON.stringify(to)}, ${rest},\n    "steps": [${
    steps.length === 0 ? "" : `\n${lines}\n    `
  }]\n  }`;
}

function passingOf(failing: Plan, data: unknown, scenarios: readonly KnownScenario[]): Plan {
  const plan = planWithin("passing", data, scenarios);
  if (plan.scenario === failing.scenario) return plan;
  throw new InputError(
    `passing.scenario: expected ${shown(failing.scenario)}, as in "plan", got ${shown(plan.scenario)}`,
  );
}

function planWithin(at: string, data: unknown, scenarios: readonly KnownScenario[]): Plan {
  if (!isObject(data)) throw new InputError(`${at}: expected a plan, got ${shown(data)}`);
  try {
    return planFrom(data, scenarios);
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`${at}.${error.message}`);
    throw error;
  }
}

function indented(text: string): string {
  return text.replaceAll("\n", "\n  ");
}
