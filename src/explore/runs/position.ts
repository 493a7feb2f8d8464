/**
 * Where a run is, in memory that threads share: whoever watches a thread that hangs, or has died, can tell in which host's
 * code and at what virtual time. It is written at each event, by two stores.
 */
import { time } from "../../check/evidence-text.js";
import type { World } from "../../sim/world.js";
import type { RunOptions } from "../../storm/run.js";

export interface RunPosition {
  /** Virtual time, and the number of the lane whose event it is. */
  readonly now: Float64Array;
  /** The names of lanes as JSON: its length in bytes, then the text. */
  readonly names: Uint8Array;
}

/** Names beyond this are left out; a host is then shown by its number. */
const NAMES_BYTES = 16_384;
const LENGTH_BYTES = 2;

export function newPosition(): RunPosition {
  return {
    now: new Float64Array(new SharedArrayBuffer(2 * Float64Array.BYTES_PER_ELEMENT)),
    names: new Uint8Array(new SharedArrayBuffer(NAMES_BYTES)),
  };
}

/** Has a run write down where it is. @param prepare is called too. */
export function positionOptions(
  position: RunPosition,
  prepare?: (world: World) => void,
): Required<Pick<RunOptions, "prepare" | "position">> {
  return {
    position: position.now,
    prepare: (world) => {
      writeNames(position.names, ["world", ...world.machines.map(({ id }) => id)]);
      prepare?.(world);
    },
  };
}

function writeNames(into: Uint8Array, names: readonly string[]): void {
  const bytes = new TextEncoder().encode(JSON.stringify(names));
  const fits = bytes.length <= NAMES_BYTES - LENGTH_BYTES;
  into[0] = fits ? bytes.length & 0xff : 0;
  into[1] = fits ? bytes.length >> 8 : 0;
  if (fits) into.set(bytes, LENGTH_BYTES);
}

/** `in the code on a at 1.250 s of virtual time`; empty before a run has begun. */
export function positionText({ now, names }: RunPosition): string {
  const length = (names[0] ?? 0) + ((names[1] ?? 0) << 8);
  const [at = 0, lane = 0] = now;
  if (length === 0) return "";
  const text = new TextDecoder().decode(names.slice(LENGTH_BYTES, LENGTH_BYTES + length));
  const known = JSON.parse(text) as readonly string[]; // written above
  return `in the code on ${known[lane] ?? `host ${lane}`} at ${time(at)} of virtual time`;
}
