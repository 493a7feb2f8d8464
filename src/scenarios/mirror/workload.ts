/**
 * What applications and operators do to the mirror: writes, most of them to one hot grain, reads of replicas,
 * and the operator's interventions.
 */
import * as fc from "fast-check";
import { MILLISECOND, type Micros, type Operation } from "seedstorm";
import { grainIds } from "../../model/mirror/grain.js";
import { MIRROR_DEFAULTS } from "../../model/mirror/knobs.js";
import { APPLICATIONS, CLUSTERS, OPERATOR, SECONDARIES } from "./topology.js";

export interface Amount {
  readonly min: number;
  readonly max: number;
}

export interface WorkloadShape {
  readonly writes: Amount;
  readonly reads: Amount;
  /** The operator's interventions, by verb. */
  readonly retire?: Amount;
  readonly signal?: Amount;
  readonly suspend?: Amount;
  readonly insertRow?: Amount;
  readonly from: Micros;
  readonly to: Micros;
}

const GRAINS = grainIds(MIRROR_DEFAULTS.grains);
const HOT = GRAINS[0] ?? "";
const FIELDS = ["items", "address", "coupon", "note"] as const;
/** Of ten writes so many go to the hot grain. */
const HOT_SHARE = 6;
/** An operator lets mirroring be down for so long at most, in milliseconds. */
const LONGEST_SUSPENSION = 5_000;

interface Draw {
  readonly at: Micros;
  /** Whole numbers that the particulars are taken from. */
  readonly who: number;
  readonly what: number;
}

function draws(amount: Amount | undefined, from: Micros, to: Micros): fc.Arbitrary<Draw[]> {
  const { min, max } = amount ?? { min: 0, max: 0 };
  const draw = fc.record({
    at: fc.integer({ min: from, max: to }),
    who: fc.nat({ max: 9_999 }),
    what: fc.nat({ max: 9_999 }),
  });
  return fc.array(draw, { minLength: min, maxLength: max, size: "max" });
}

function choose<T>(items: readonly T[], n: number): T {
  return items[n % items.length] as T; // the lists in this file are not empty
}

function write({ at, who, what }: Draw, i: number): Operation {
  const grain = who % 10 < HOT_SHARE ? HOT : choose(GRAINS, Math.floor(who / 10));
  const id = `w${i + 1}`;
  const body = { grain, field: choose(FIELDS, what), value: id };
  return { id, at, host: choose(APPLICATIONS, Math.floor(what / FIELDS.length)), action: "write", body };
}

function read({ at, who, what }: Draw, i: number): Operation {
  const body = { grain: choose(GRAINS, who), cluster: choose(CLUSTERS, what) };
  return { id: `r${i + 1}`, at, host: choose(APPLICATIONS, Math.floor(what / 7)), action: "read", body };
}

function intervention(action: string, { at, who, what }: Draw, i: number): Operation {
  const body =
    action === "retire" || action === "insert-row"
      ? { grain: choose(GRAINS, who) }
      : action === "signal"
        ? { cluster: choose(CLUSTERS, who) }
        : {
            cluster: choose(SECONDARIES, who),
            for: (500 + (what % (LONGEST_SUSPENSION - 500))) * MILLISECOND,
          };
  return { id: `${action}-${i + 1}`, at, host: OPERATOR, action, body };
}

/** Operations in the order of their times. */
export function workload(shape: WorkloadShape): fc.Arbitrary<Operation[]> {
  const { from, to } = shape;
  const lastSuspension = Math.max(from, to - LONGEST_SUSPENSION * MILLISECOND);
  return fc
    .record({
      writes: draws(shape.writes, from, to),
      reads: draws(shape.reads, from, to),
      retire: draws(shape.retire, from, to),
      signal: draws(shape.signal, from, to),
      suspend: draws(shape.suspend, from, lastSuspension),
      insertRow: draws(shape.insertRow, from, to),
    })
    .map(({ writes, reads, retire, signal, suspend, insertRow }) =>
      [
        ...writes.map(write),
        ...reads.map(read),
        ...retire.map((draw, i) => intervention("retire", draw, i)),
        ...signal.map((draw, i) => intervention("signal", draw, i)),
        ...suspend.map((draw, i) => intervention("suspend", draw, i)),
        ...insertRow.map((draw, i) => intervention("insert-row", draw, i)),
      ].sort((a, b) => a.at - b.at),
    );
}
