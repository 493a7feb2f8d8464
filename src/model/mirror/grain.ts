/**
 * Grains and what is written down of them.
 *
 * A grain is a small document: fields with texts. Each write sets one field and takes the grain's next
 * sequence, so the state at a sequence is what all writes up to it came to. An entry of the replication log
 * carries either such a state as a whole or the change from the entry before it. Entries may come from a
 * version that writes what this one doesn't know: what can't be decoded is kept apart from what can, and is
 * never guessed at.
 */
import type { Micros } from "seedstorm";

export type Fields = { readonly [field: string]: string };

/** A grain at a sequence; sequence 0 is a grain that was never written. */
export interface GrainState {
  readonly sequence: number;
  readonly fields: Fields;
}

export const UNWRITTEN: GrainState = { sequence: 0, fields: {} };

export type EntryType = "full-state" | "delta";

/** One entry of the replication log. */
export interface Entry {
  readonly grain: string;
  /** Strictly ascending within a grain. */
  readonly sequence: number;
  /** The epoch of the primary that wrote it; a primary's epoch and sequence name one content. */
  readonly epoch: number;
  /** The cluster that wrote it. */
  readonly source: string;
  /** By the writer's wall clock, when the state was handled. */
  readonly timestamp: Micros;
  /** An `EntryType`, or something of another version. */
  readonly type: string;
  /** For a delta the sequence that it follows; else 0. */
  readonly after: number;
  readonly payload: string;
}

/** What an entry says. */
export type Decoded =
  | { readonly type: "full-state"; readonly state: GrainState }
  | { readonly type: "delta"; readonly sequence: number; readonly after: number; readonly set: Fields };

export function encodeFields(fields: Fields): string {
  return JSON.stringify(fields);
}

/** Undefined for an entry of a type or content that this version doesn't know. */
export function decode(entry: Entry): Decoded | undefined {
  const { sequence, after } = entry;
  if (entry.type !== "full-state" && entry.type !== "delta") return undefined;
  const fields = fieldsOf(entry.payload);
  if (fields === undefined) return undefined;
  return entry.type === "full-state"
    ? { type: "full-state", state: { sequence, fields } }
    : { type: "delta", sequence, after, set: fields };
}

/** The state after a change. */
export function changed(state: GrainState, sequence: number, set: Fields): GrainState {
  return { sequence, fields: { ...state.fields, ...set } };
}

/**
 * The newest state that entries lead to: a complete state replaces whatever was, a change is folded into the
 * state that it follows. Entries that can't be decoded, and changes that don't follow, lead nowhere.
 */
export function fold(from: GrainState, entries: readonly Entry[]): GrainState {
  let state = from;
  for (const entry of entries) {
    const decoded = decode(entry);
    if (decoded === undefined) continue;
    if (decoded.type === "full-state") state = decoded.state;
    else if (decoded.after === state.sequence) state = changed(state, decoded.sequence, decoded.set);
  }
  return state;
}

function fieldsOf(payload: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(payload);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isFields(value: unknown): value is Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((field) => typeof field === "string");
}

const GRAIN_TYPE = "cart";
const GRAIN_KEYS = ["ada", "bob", "cyd", "dot", "eve", "fay", "gus", "hal"];

/** The ids of the first grains, `type/key`. */
export function grainIds(count: number): readonly string[] {
  return GRAIN_KEYS.slice(0, count).map((key) => `${GRAIN_TYPE}/${key}`);
}
