/**
 * Storms: arbitraries for faults.
 *
 * A swarm turns on a random subset of the kinds it may use, each with a number of faults of its own, so that some
 * universes are all clocks and no network, and others the reverse: bugs that one fault would mask show up where
 * that fault is off. What it draws stays within what a replication policy can survive: at most one replica of
 * the run has its stored data damaged, whatever is taken down comes up again, and everything ends by the heal.
 */
import * as fc from "fast-check";
import { type Fault, type FaultKind, type FaultOf, kindOf, type Trigger } from "../sim/faults/catalogue.js";
import type { Draw, Lasts } from "../sim/faults/draws.js";
import type { Micros } from "../sim/time.js";
import type { FaultScope, Upgrade } from "./fault-scope.js";
import { fieldsBy } from "./field-draws.js";
import { ms } from "./units.js";

/** A fault that has yet to get its id and a damaged replica: a record of everything else. */
export type Draft<K extends FaultKind> = Omit<FaultOf<K>, "id">;

/** How the fields of any kind are drawn. */
type DrawnFields = Readonly<Record<string, Draw>> & { readonly for?: Lasts };

/** Up to `longest` ms after one of the next times, at most the `times`-th, that one of these moments comes. */
export const soonAfter = (
  moments: readonly string[],
  times: number,
  longest: number,
): fc.Arbitrary<Trigger> =>
  fc.record({
    moment: fc.constantFrom(...moments),
    nth: fc.integer({ min: 1, max: times }),
    after: ms(0, longest),
  });

/** Begin and length of something that is over by the heal. */
function span(scope: FaultScope, { low, high }: Lasts): fc.Arbitrary<{ at: Micros; for: Micros }> {
  return fc.tuple(ms(low, high), fc.integer({ min: 0, max: 1_000_000 })).map(([duration, share]) => {
    const room = Math.max(0, scope.healAt - scope.from - duration);
    return {
      at: scope.from + Math.floor((room * share) / 1_000_000),
      for: Math.min(duration, scope.healAt - scope.from),
    };
  });
}

function moment(scope: FaultScope): fc.Arbitrary<{ at: Micros }> {
  return fc.integer({ min: scope.from, max: scope.healAt - 1 }).map((at) => ({ at }));
}

/**
 * One fault of a kind, without its id. Damage to stored data always hits `damaged`, the one replica that the run
 * may lose data on.
 */
export function draft<K extends FaultKind>(
  kind: K,
  scope: FaultScope,
  damaged: string,
): fc.Arbitrary<Draft<K>> {
  const { for: lasts, ...others } = kindOf(kind).drawn as DrawnFields;
  const when = lasts === undefined ? moment(scope) : span(scope, lasts);
  const drawn = fc
    .tuple(when, fieldsBy(others, scope, damaged))
    .map(([time, fields]) => ({ kind, ...time, ...fields }));
  return drawn as unknown as fc.Arbitrary<Draft<K>>; // the fields of this kind, as it declares them
}

/**
 * A rolling upgrade: hosts one after the other in any order, each stopped for a while, the next when the last is back; some stop
 * half-way, and two settings stay in use.
 */
export function rollout(scope: FaultScope, { hosts, settings }: Upgrade): fc.Arbitrary<Fault[]> {
  const turn = fc.record({ pause: ms(200, 4_000), down: ms(50, 2_500) });
  return fc
    .record({
      order: fc.shuffledSubarray([...hosts], { minLength: 1 }),
      turns: fc.array(turn, { minLength: hosts.length, maxLength: hosts.length, size: "max" }),
      share: fc.integer({ min: 0, max: 1_000_000 }),
    })
    .map(({ order, turns, share }) => {
      const length = order.reduce((sum, _, i) => sum + (turns[i]?.pause ?? 0) + (turns[i]?.down ?? 0), 0);
      const room = scope.healAt - scope.from;
      let at = scope.from + Math.floor((Math.max(0, room - length) * share) / 1_000_000);
      return numbered(
        order.flatMap((target, i): Draft<"upgrade">[] => {
          const { pause, down } = turns[i] ?? { pause: 0, down: 1 };
          const begins = at;
          at += pause + down;
          return begins + down > scope.healAt
            ? []
            : [{ kind: "upgrade", at: begins, for: down, target, settings }];
        }),
      );
    });
}

/** Gives drafts ids that stay the same when others are taken out, and the order in which they begin. */
export function numbered(drafts: readonly Draft<FaultKind>[]): Fault[] {
  return [...drafts].sort((a, b) => a.at - b.at).map((fault, i) => ({ ...fault, id: `f${i + 1}` }) as Fault); // a draft and an id make a fault
}

/** Which replica of the run may have its stored data damaged. */
export function damagedReplica(scope: FaultScope): fc.Arbitrary<string> {
  const candidates = scope.replicas.length > 0 ? scope.replicas : scope.hosts.map((spec) => spec.id);
  return fc.constantFrom(...candidates);
}

/** Between `min` and `max` faults of exactly these kinds. */
export function faultsOf(
  kinds: readonly FaultKind[],
  scope: FaultScope,
  count: { readonly min: number; readonly max: number },
): fc.Arbitrary<Fault[]> {
  return damagedReplica(scope).chain((damaged) =>
    fc
      .array(fc.oneof(...kinds.map((kind) => draft(kind, scope, damaged))), {
        minLength: count.min,
        maxLength: count.max,
        size: "max",
      })
      .map(numbered),
  );
}

/** A random subset of the kinds, each with between one and `most` faults. */
export function swarm(kinds: readonly FaultKind[], scope: FaultScope, most: number): fc.Arbitrary<Fault[]> {
  return fc
    .tuple(damagedReplica(scope), fc.subarray([...kinds], { minLength: 1 }))
    .chain(([damaged, chosen]) =>
      fc
        .tuple(
          ...chosen.map((kind) =>
            fc.array(draft(kind, scope, damaged), { minLength: 1, maxLength: most, size: "max" }),
          ),
        )
        .map((lists) => numbered(lists.flat())),
    );
}

/** Several storms in one, numbered anew. */
export function together(...storms: readonly fc.Arbitrary<Fault[]>[]): fc.Arbitrary<Fault[]> {
  return fc.tuple(...storms).map((lists) => numbered(lists.flat()));
}

/** A fault that the scenario itself prescribes, with the parts that vary given as arbitraries. */
export function prescribed<K extends FaultKind>(
  fields: { readonly [P in keyof Draft<K>]: fc.Arbitrary<Draft<K>[P]> } & { readonly kind: fc.Arbitrary<K> },
): fc.Arbitrary<Fault[]> {
  return fc.record(fields).map((fault) => [{ id: "f0", ...fault } as unknown as Fault]); // all fields of the kind are given
}

/** Some such faults as a scenario prescribes, each drawn by itself. */
export function several<K extends FaultKind>(
  count: { readonly min: number; readonly max: number },
  fields: { readonly [P in keyof Draft<K>]: fc.Arbitrary<Draft<K>[P]> } & { readonly kind: fc.Arbitrary<K> },
): fc.Arbitrary<Fault[]> {
  return fc
    .array(prescribed<K>(fields), { minLength: count.min, maxLength: count.max, size: "max" })
    .map((lists) => numbered(lists.flat()));
}
