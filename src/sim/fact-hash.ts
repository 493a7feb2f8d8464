/**
 * Folds facts into the trace hash, with all that is in them: two universes whose histories differ in a single value have
 * different hashes. Keys are taken in the order in which they were written, which is part of what a run does.
 */
import { codeOf } from "./codes.js";

/** Takes one number after the other. */
type Fold = (value: number) => void;

const [NULL, TRUE, FALSE, LIST, OBJECT, ABSENT, FRACTION] = [1, 2, 3, 4, 5, 6, 7].map((kind) =>
  Math.imul(kind, 0x85ebca6b),
) as [number, number, number, number, number, number, number]; // seven kinds make seven numbers
const TWO_POW_32 = 0x1_0000_0000;

export function foldValue(fold: Fold, value: unknown): void {
  switch (typeof value) {
    case "string":
      fold(codeOf(value));
      return;
    case "number":
      foldNumber(fold, value);
      return;
    case "boolean":
      fold(value ? TRUE : FALSE);
      return;
    case "object":
      foldObject(fold, value);
      return;
    default:
      // Nothing else is data; what it says of itself has to do.
      fold(value === undefined ? ABSENT : codeOf(String(value)));
  }
}

function foldNumber(fold: Fold, value: number): void {
  if (!Number.isSafeInteger(value)) {
    fold(FRACTION);
    fold(codeOf(String(value)));
    return;
  }
  fold(value | 0);
  fold(Math.floor(value / TWO_POW_32) | 0);
}

function foldObject(fold: Fold, value: object | null): void {
  if (value === null) {
    fold(NULL);
    return;
  }
  if (Array.isArray(value)) {
    fold(LIST + value.length);
    for (const item of value) foldValue(fold, item);
    return;
  }
  let keys = 0;
  for (const key in value) {
    keys++;
    fold(codeOf(key));
    foldValue(fold, (value as Readonly<Record<string, unknown>>)[key]); // a key of it
  }
  fold(OBJECT + keys);
}
