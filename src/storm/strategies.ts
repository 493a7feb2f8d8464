/**
 * Strategies: how the faults of a storm are drawn. Comparable with each other, for the same kinds on the same ground and
 * with the same number of faults on average; what differs is which come together, and when.
 *
 * The aimed one is a swarm in which about half of the faults wait for moments. A run has few moments of its own, so that
 * several faults meet at the same one. What is aimed is made to measure: machines are down for a few milliseconds
 * rather than for seconds, pauses outlast the time-outs of the system, and power fails on several replicas at once.
 * What replication can survive is kept: stored data is damaged on one replica only.
 */
import * as fc from "fast-check";
import { type Fault, type FaultKind, kindOf, type Trigger } from "../sim/faults/catalogue.js";
import { MILLISECOND, type Micros } from "../sim/time.js";
import type { FaultScope } from "./fault-scope.js";
import { fieldBy } from "./field-draws.js";
import type { Strategy } from "./scenario.js";
import { type Draft, damagedReplica, draft, faultsOf, numbered, swarm } from "./swarm.js";
import { ms } from "./units.js";

/** Between one and `most` faults of each kind that a run has. */
export function stormBy(
  strategy: Strategy,
  kinds: readonly FaultKind[],
  scope: FaultScope,
  most: number,
): fc.Arbitrary<Fault[]> {
  switch (strategy) {
    case "random":
      return faultsOf(kinds, scope, {
        min: 1,
        max: Math.max(1, Math.floor((kinds.length * (1 + most)) / 2)),
      });
    case "swarm":
      return swarm(kinds, scope, most);
    case "aimed":
      return aimedSwarm(kinds, scope, most);
  }
}

/** Moments that the faults of one run are aimed at. */
const MOST_MOMENTS = 4;

function aimedSwarm(kinds: readonly FaultKind[], scope: FaultScope, most: number): fc.Arbitrary<Fault[]> {
  const { moments = [] } = scope;
  if (moments.length === 0) return swarm(kinds, scope, most);
  return fc
    .tuple(
      damagedReplica(scope),
      fc.subarray([...kinds], { minLength: 1 }),
      fc.subarray([...moments], { minLength: 1, maxLength: Math.min(MOST_MOMENTS, moments.length) }),
    )
    .chain(([damaged, chosen, aims]) => {
      const some = (kind: FaultKind) => {
        const plain = draft(kind, scope, damaged);
        const one = fc.oneof(
          plain.map((fault) => [fault]),
          aimed(kind, plain, scope, damaged, aims),
        );
        return fc.array(one, { minLength: 1, maxLength: most, size: "max" });
      };
      return fc.tuple(...chosen.map(some)).map((lists) => numbered(lists.flat(2)));
    });
}

/** A fault of a kind that is aimed; several where power fails on several replicas. */
function aimed(
  kind: FaultKind,
  plain: fc.Arbitrary<Draft<FaultKind>>,
  scope: FaultScope,
  victim: string,
  moments: readonly string[],
): fc.Arbitrary<Draft<FaultKind>[]> {
  const trigger = triggerOf(scope, moments);
  const one = fc
    .record({
      fault: plain,
      place: place(kind, scope, victim),
      length: lengthOf(kind, scope),
      trigger,
      share: SHARE,
    })
    .map(({ fault, place, length, trigger, share }) => {
      const longest = length !== undefined && "for" in fault ? { for: length } : {};
      return [aimedAt({ ...fault, ...longest, ...place } as Draft<FaultKind>, trigger, share, scope)]; // fields of its kind
    });
  if (kind !== "crash" || scope.replicas.length < 2) return one;
  return fc.oneof({ arbitrary: one, weight: 2 }, { arbitrary: powerLoss(scope, trigger), weight: 1 });
}

/** Several replicas lose power within a few milliseconds, each for a time of its own. */
function powerLoss(scope: FaultScope, trigger: fc.Arbitrary<Trigger>): fc.Arbitrary<Draft<"crash">[]> {
  const all = [...scope.replicas];
  const each = fc.record({ late: fc.integer({ min: 0, max: 3_000 }), down: ms(20, 3_000) });
  return fc
    .record({
      hosts: fc.oneof(fc.constant(all), fc.subarray(all, { minLength: 2 })),
      each: fc.array(each, { minLength: all.length, maxLength: all.length, size: "max" }),
      trigger,
      share: SHARE,
    })
    .map(({ hosts, each, trigger, share }) =>
      hosts.map((target, i) => {
        const { late = 0, down = MILLISECOND } = each[i] ?? {};
        const fault: Draft<"crash"> = { kind: "crash", at: 0, for: down, target };
        return aimedAt(fault, { ...trigger, after: trigger.after + late }, share, scope);
      }),
    );
}

/** In millionths: how far into the storm an aimed fault begins to wait. */
const SHARE = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1_000_000 }));

/** The fault, waiting from the beginning on or from later, as long as it can still be over by the heal. */
function aimedAt<K extends FaultKind>(
  fault: Draft<K>,
  trigger: Trigger,
  share: number,
  { from, triggersFrom = from, healAt }: FaultScope,
): Draft<K> {
  const most = healAt - triggersFrom;
  const length = "for" in fault ? Math.min(fault.for as Micros, most) : 0; // lengths are times
  const after = Math.min(trigger.after, most - length);
  const at = triggersFrom + Math.floor(((most - length - after) * share) / 1_000_000);
  return { ...fault, ...("for" in fault ? { for: length } : {}), at, trigger: { ...trigger, after } };
}

/** Which time of a moment, and how long after: at once, within an fsync, a message, an election, or about a time-out. */
function triggerOf({ timeouts = [] }: FaultScope, moments: readonly string[]): fc.Arbitrary<Trigger> {
  const within = (most: Micros) => fc.integer({ min: 0, max: most });
  const late =
    timeouts.length === 0
      ? within(2_000 * MILLISECOND)
      : fc
          .tuple(fc.constantFrom(...timeouts), fc.integer({ min: 70, max: 110 }))
          .map(([timeout, percent]) => Math.floor((timeout * percent) / 100));
  return fc.record({
    moment: fc.constantFrom(...moments),
    nth: fc.oneof(
      { arbitrary: fc.constant(1), weight: 3 },
      { arbitrary: fc.integer({ min: 1, max: 4 }), weight: 2 },
      { arbitrary: fc.integer({ min: 1, max: 24 }), weight: 1 },
    ),
    after: fc.oneof(
      fc.constant(0),
      within(300),
      within(5 * MILLISECOND),
      within(120 * MILLISECOND),
      within(1_500 * MILLISECOND),
      late,
    ),
  });
}

/** How long an aimed fault lasts; undefined for as long as any other. */
function lengthOf(kind: FaultKind, { timeouts = [] }: FaultScope): fc.Arbitrary<Micros | undefined> {
  const usual = fc.constant(undefined);
  switch (kindOf(kind).aimed?.length) {
    case "brief":
      return fc.oneof(ms(20, 300), ms(20, 1_500), usual);
    case "past-timeouts":
      if (timeouts.length === 0) return usual;
      return fc.oneof(
        usual,
        ms(100, 2_000),
        fc
          .tuple(fc.constantFrom(...timeouts), fc.integer({ min: 102, max: 170 }))
          .map(([timeout, percent]) => Math.floor((timeout * percent) / 100)),
      );
    case undefined:
      return usual;
  }
}

/** What is put in the place of a fault's own fields: where the moment came, more often than not. */
function place(kind: FaultKind, scope: FaultScope, victim: string): fc.Arbitrary<object> {
  const elsewhere = fc.constant({});
  const { at, drawn = {} } = kindOf(kind).aimed ?? {};
  if (at === undefined) return elsewhere;
  const anew = Object.entries(drawn);
  const there = fc
    .tuple(fc.constantFrom(...at), ...anew.map(([, draw]) => fieldBy(draw, scope, victim)))
    .map(([where, ...values]) => ({
      ...(where as object),
      ...Object.fromEntries(anew.map(([name], i) => [name, values[i]])),
    }));
  return fc.oneof({ arbitrary: there, weight: 2 }, { arbitrary: elsewhere, weight: 1 });
}
