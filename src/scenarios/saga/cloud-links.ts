/**
 * Trouble on the way to the cloud and back: calls that are held and come much later, come twice, come out of
 * order, or don't come at all. The usual storms leave the links of outside services alone.
 */
import * as fc from "fast-check";
import {
  type Fault,
  type FaultKind,
  MILLISECOND,
  type Micros,
  prescribed,
  SECOND,
  together,
} from "seedstorm";
import { RUNNERS } from "./topology.js";

const CLOUD = "external/cloud";
/** Longer than a lease, in milliseconds: what is held may come when another runner has the run. */
const LONGEST = 8_000;

/** The kinds that are drawn. */
export const CLOUD_LINK_KINDS: readonly FaultKind[] = ["clog", "duplication", "reorder", "loss", "partition"];

/** Now and then one of each kind, begun between two moments. */
export function cloudLinks(from: Micros, healAt: Micros): fc.Arbitrary<Fault[]> {
  const time = {
    at: fc.integer({ min: from, max: healAt - LONGEST * MILLISECOND }),
    for: fc.integer({ min: 500, max: LONGEST }).map((n) => n * MILLISECOND),
  };
  const runner = fc.constantFrom("*", ...RUNNERS);
  const ratio = fc.integer({ min: 10, max: 70 }).map((n) => n / 100);
  const calls = { from: runner, to: fc.constant(CLOUD) };
  const replies = { from: fc.constant(CLOUD), to: runner };
  const now = (storm: fc.Arbitrary<Fault[]>, percent: number): fc.Arbitrary<Fault[]> =>
    fc.tuple(fc.integer({ min: 0, max: 99 }), storm).map(([n, faults]) => (n < percent ? faults : []));
  return together(
    now(prescribed({ kind: fc.constant("clog" as const), ...time, ...calls }), 60),
    now(prescribed({ kind: fc.constant("duplication" as const), ...time, ...calls, ratio }), 30),
    now(
      prescribed({
        kind: fc.constant("reorder" as const),
        ...time,
        ...calls,
        ratio,
        by: fc.integer({ min: 100 * MILLISECOND, max: 6 * SECOND }),
      }),
      30,
    ),
    now(prescribed({ kind: fc.constant("loss" as const), ...time, ...replies, ratio }), 30),
    now(
      prescribed({
        kind: fc.constant("partition" as const),
        ...time,
        a: fc.constant([CLOUD]),
        b: fc.tuple(runner),
        oneWay: fc.boolean(),
      }),
      30,
    ),
  );
}

/**
 * What a runner asks of the cloud is held, and while it is, the runner crashes or stands still past its
 * lease: it arrives when another has the run.
 */
export function heldCalls(from: Micros, healAt: Micros, most: number): fc.Arbitrary<Fault[]> {
  const one = fc
    .record({
      at: fc.integer({ min: from, max: healAt - LONGEST * MILLISECOND }),
      for: fc.integer({ min: 6_500, max: LONGEST }).map((n) => n * MILLISECOND),
      after: fc.integer({ min: 200 * MILLISECOND, max: SECOND }),
      down: fc.integer({ min: 4, max: 7 }).map((n) => n * SECOND),
      runner: fc.constantFrom(...RUNNERS),
      kind: fc.constantFrom("crash" as const, "pause" as const),
    })
    .chain(({ at, for: held, after, down, runner, kind }) =>
      together(
        prescribed({
          kind: fc.constant("clog" as const),
          at: fc.constant(at),
          for: fc.constant(held),
          from: fc.constant(runner),
          to: fc.constant(CLOUD),
        }),
        prescribed({
          kind: fc.constant(kind),
          at: fc.constant(at + after),
          for: fc.constant(down),
          target: fc.constant(runner),
        }),
      ),
    );
  return fc
    .array(one, { minLength: 0, maxLength: most, size: "max" })
    .chain((lists) => together(...lists.map((faults) => fc.constant(faults))));
}
