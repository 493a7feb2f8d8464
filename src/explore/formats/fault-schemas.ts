/**
 * What each kind of fault looks like in a plan file, with the bounds of its numbers. Whether its targets exist
 * and its times fit the plan is checked elsewhere; a kind that is added to the world must be added here to compile.
 */
import * as Schema from "@effect/schema/Schema";
import type { Fault, FaultKind } from "../../sim/faults.js";
import { expecting } from "./decode.js";
import { LIMITS } from "./limits.js";

const whole = (low: number, high: number, what: string) =>
  expecting(
    Schema.Number,
    `${what}, a whole number from ${low} to ${high}`,
    (n) => Number.isSafeInteger(n) && n >= low && n <= high,
  );

export const name = expecting(
  Schema.String,
  `a name of 1 to ${LIMITS.nameLength} characters without blanks and control characters`,
  (text) => text.length > 0 && text.length <= LIMITS.nameLength && /^[^\s\p{C}]+$/u.test(text),
);
export const time = whole(0, LIMITS.duration, "microseconds");

const span = whole(1, LIMITS.duration, "microseconds");
const step = whole(LIMITS.shortestStep, LIMITS.duration, "microseconds");
const shift = whole(-LIMITS.duration, LIMITS.duration, "microseconds");
const ratio = expecting(Schema.Number, "a ratio from 0 to 1", (n) => n >= 0 && n <= 1);
const factor = expecting(
  Schema.Number,
  `a factor above 0 and up to ${LIMITS.factor}`,
  (n) => n > 0 && n <= LIMITS.factor,
);
const selectors = expecting(
  Schema.Array(name),
  "a list of 1 to 500 selectors",
  (list) => list.length > 0 && list.length <= LIMITS.hosts,
);

const trigger = Schema.Struct({
  moment: name,
  nth: whole(1, 1_000_000_000, "which occurrence of the moment"),
  after: time,
});

function momentary<K extends string, F extends Schema.Struct.Fields>(kind: K, fields: F) {
  return Schema.Struct({
    id: name,
    kind: Schema.Literal(kind),
    at: time,
    trigger: Schema.optionalKey(trigger),
    ...fields,
  });
}
function lasting<K extends string, F extends Schema.Struct.Fields>(kind: K, fields: F) {
  return momentary(kind, { for: span, ...fields });
}
const target = { target: name };
const link = { from: name, to: name };

export const faultSchemas = {
  crash: lasting("crash", target),
  pause: lasting("pause", target),
  "crash-point": lasting("crash-point", {
    ...target,
    point: whole(1, 1_000_000_000, "the number of a crash point"),
    side: Schema.Literals(["before", "after"]),
  }),
  "domain-loss": lasting("domain-loss", target),
  partition: lasting("partition", { a: selectors, b: selectors, oneWay: Schema.Boolean }),
  clog: lasting("clog", link),
  loss: lasting("loss", { ...link, ratio }),
  duplication: lasting("duplication", { ...link, ratio }),
  reorder: lasting("reorder", { ...link, ratio, by: span }),
  "slow-link": lasting("slow-link", { ...link, factor }),
  "flaky-link": lasting("flaky-link", { ...link, up: step, down: step }),
  bandwidth: lasting("bandwidth", {
    ...link,
    bytesPerSecond: whole(1, 1_000_000_000_000, "bytes per second"),
  }),
  "bit-rot": momentary("bit-rot", target),
  "misdirected-write": momentary("misdirected-write", target),
  "latent-sector-error": momentary("latent-sector-error", target),
  "fsync-failure": momentary("fsync-failure", target),
  "disk-full": lasting("disk-full", target),
  "disk-slow": lasting("disk-slow", { ...target, factor }),
  "disk-stall": lasting("disk-stall", target),
  "disk-wipe": lasting("disk-wipe", target),
  "clock-skew": lasting("clock-skew", { ...target, by: shift }),
  "clock-drift": lasting("clock-drift", {
    ...target,
    ppm: whole(-LIMITS.driftPpm, LIMITS.driftPpm, "parts per million"),
  }),
  "clock-jump": momentary("clock-jump", { ...target, by: shift }),
  "clock-strobe": lasting("clock-strobe", { ...target, by: shift, period: step }),
  "clock-freeze": lasting("clock-freeze", target),
  "external-slow": lasting("external-slow", { ...target, factor }),
  "external-errors": lasting("external-errors", { ...target, ratio }),
  "external-hang": lasting("external-hang", { ...target, ratio }),
  "external-lost-reply": lasting("external-lost-reply", { ...target, ratio }),
} as const satisfies {
  readonly [K in FaultKind]: Schema.Codec<Extract<Fault, { readonly kind: K }>, unknown>;
};

export const faultKinds = Object.keys(faultSchemas) as readonly FaultKind[]; // its keys are the kinds, checked above
