/**
 * What each kind of fault looks like in a plan file: schemas made from the catalogue's fields and bounds. Whether its
 * targets exist and its times fit the plan is checked elsewhere.
 */
import * as Schema from "@effect/schema/Schema";
import { CATALOGUE, type Fault, type FaultKind } from "../../sim/faults/catalogue.js";
import type { Field } from "../../sim/faults/fields.js";
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

export const knobs = expecting(
  Schema.Record(
    Schema.String,
    expecting(
      Schema.Union([Schema.Number, Schema.String, Schema.Boolean]),
      "a finite number, a text or a boolean",
      (value) =>
        typeof value !== "number" ? String(value).length <= LIMITS.bodyLength : Number.isFinite(value),
    ),
  ),
  `an object of at most ${LIMITS.knobs} knobs`,
  (knobs) => Object.keys(knobs).length <= LIMITS.knobs,
);
const settings = expecting(knobs, "an object of at least one knob", (given) => Object.keys(given).length > 0);

const trigger = Schema.Struct({
  moment: name,
  nth: whole(1, 1_000_000_000, "which occurrence of the moment"),
  after: time,
});

function schemaOf(field: Field): Schema.Codec<unknown, unknown> {
  switch (field.type) {
    case "selector":
      return name;
    case "selectors":
      return selectors;
    case "whole":
      return whole(field.low, field.high, field.what);
    case "ratio":
      return ratio;
    case "factor":
      return factor;
    case "flag":
      return Schema.Boolean;
    case "settings":
      return settings;
    case "choice":
      return Schema.Literals(field.of);
  }
}

/** The schema of a kind's faults. */
export function faultSchema(kind: FaultKind): Schema.Codec<Fault, unknown> {
  const fields = Object.entries(CATALOGUE[kind].fields).map(([field, spec]) => [field, schemaOf(spec)]);
  const schema = Schema.Struct({
    id: name,
    kind: Schema.Literal(kind),
    at: time,
    trigger: Schema.optionalKey(trigger),
    ...(Object.fromEntries(fields) as Record<string, Schema.Codec<unknown, unknown>>),
  });
  return schema as unknown as Schema.Codec<Fault, unknown>; // it has the fields that the type is made from
}
