/**
 * Folds facts into the trace hash, with all that is in them: two universes whose histories differ in a single value have
 * different hashes. Keys are taken in the order in which they were written, which is part of what a run does.
 */
import { signedCodeOf } from "./codes.js";
import type { Fact, Stamp } from "./history.js";

/** Takes one number after the other. Only its 32 lowest bits count. */
export interface TraceHash {
  fold(value: number): void;
}

const [NULL, TRUE, FALSE, LIST, OBJECT, ABSENT, FRACTION] = [1, 2, 3, 4, 5, 6, 7].map((kind) =>
  Math.imul(kind, 0x85ebca6b),
) as [number, number, number, number, number, number, number]; // seven kinds make seven numbers
const TWO_POW_32 = 0x1_0000_0000;

const [ID, AT, HOST, CAUSE] = ["id", "at", "host", "cause"].map(signedCodeOf) as [
  number,
  number,
  number,
  number,
]; // four names make four codes

/** A fact as it was written, behind its stamp: folded as one object would be that has the fields of both. */
export function foldFact(hash: TraceHash, { id, at, host, cause }: Stamp, fact: Fact): void {
  hash.fold(ID);
  foldNumber(hash, id);
  hash.fold(AT);
  foldNumber(hash, at);
  hash.fold(HOST);
  hash.fold(signedCodeOf(host));
  hash.fold(CAUSE);
  foldNumber(hash, cause);
  hash.fold(OBJECT + 4 + foldFields(hash, fact));
}

export function foldValue(hash: TraceHash, value: unknown): void {
  switch (typeof value) {
    case "string":
      hash.fold(signedCodeOf(value));
      return;
    case "number":
      foldNumber(hash, value);
      return;
    case "boolean":
      hash.fold(value ? TRUE : FALSE);
      return;
    case "object":
      foldObject(hash, value);
      return;
    default:
      // Nothing else is data; what it says of itself has to do.
      hash.fold(value === undefined ? ABSENT : signedCodeOf(String(value)));
  }
}

function foldNumber(hash: TraceHash, value: number): void {
  const low = value | 0;
  if (low === value) {
    // As below, without a division: nearly every number is one of these.
    hash.fold(low);
    hash.fold(low >> 31);
    return;
  }
  if (!Number.isSafeInteger(value)) {
    hash.fold(FRACTION);
    hash.fold(signedCodeOf(String(value)));
    return;
  }
  hash.fold(low);
  hash.fold(Math.floor(value / TWO_POW_32) | 0);
}

function foldObject(hash: TraceHash, value: object | null): void {
  if (value === null) {
    hash.fold(NULL);
    return;
  }
  if (Array.isArray(value)) {
    hash.fold(LIST + value.length);
    for (const item of value) foldValue(hash, item);
    return;
  }
  hash.fold(OBJECT + foldFields(hash, value));
}

/** Returns how many there are. */
function foldFields(hash: TraceHash, value: object): number {
  let keys = 0;
  for (const key in value) {
    keys++;
    hash.fold(signedCodeOf(key));
    foldValue(hash, (value as Readonly<Record<string, unknown>>)[key]); // a key of it
  }
  return keys;
}
