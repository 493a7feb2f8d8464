/**
 * Storms: arbitraries for faults.
 *
 * A swarm turns on a random subset of the kinds it may use, each with a number of faults of its own, so that some
 * universes are all clocks and no network, and others the reverse: bugs that one fault would mask show up where
 * that fault is off. What it draws stays within what a replication policy can survive: at most one replica of
 * the run has its stored data damaged, whatever is taken down comes up again, and everything ends by the heal.
 */
import * as fc from "fast-check";
import { ZONES } from "../sim/civil.js";
import type { Fault, FaultKind, FaultOf, Trigger } from "../sim/faults/catalogue.js";
import type { Domain, HostSpec } from "../sim/plan.js";
import type { Micros } from "../sim/time.js";
import { ms, percent } from "./units.js";

/** What faults may be drawn about. */
export interface FaultScope {
  /** Faults begin here at the earliest … */
  readonly from: Micros;
  /** … and have ended here at the latest. */
  readonly healAt: Micros;
  /** Hosts that may be hit. */
  readonly hosts: readonly HostSpec[];
  /** Hosts whose disks hold replicated state: at most one of them is damaged in a run. */
  readonly replicas: readonly string[];
  /** Names of external services. */
  readonly services: readonly string[];
  /** Ids of the moments that faults may be aimed at. Default: none are aimed. */
  readonly moments?: readonly string[];
  /** Faults that are aimed wait for their moments from here on. Default: `from`. */
  readonly triggersFrom?: Micros;
  /** Time-outs of the system, around which faults begin and end rather than elsewhere. */
  readonly timeouts?: readonly Micros[];
  /** What hosts may be upgraded to. */
  readonly upgrades?: readonly Upgrade[];
}

/** Hosts that can be upgraded, and to what. */
export interface Upgrade {
  readonly hosts: readonly string[];
  /** Knobs in the place of the plan's. */
  readonly settings: FaultOf<"upgrade">["settings"];
}

/** A fault that has yet to get its id and a damaged replica: a record of everything else. */
export type Draft<K extends FaultKind> = Omit<FaultOf<K>, "id">;

/** All that can be wrong with a clock. */
export const CLOCK_KINDS: readonly FaultKind[] = [
  "clock-skew",
  "clock-drift",
  "clock-jump",
  "clock-strobe",
  "clock-freeze",
];

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

const signed = (magnitude: fc.Arbitrary<number>): fc.Arbitrary<number> =>
  fc.tuple(fc.boolean(), magnitude).map(([negative, n]) => (negative ? -n : n));

/** Begin and length of something that lasts at most `longest` ms and is over by the heal. */
function span(
  scope: FaultScope,
  shortest: number,
  longest: number,
): fc.Arbitrary<{ at: Micros; for: Micros }> {
  const length = ms(shortest, longest);
  return fc.tuple(length, fc.integer({ min: 0, max: 1_000_000 })).map(([duration, share]) => {
    const room = Math.max(0, scope.healAt - scope.from - duration);
    return {
      at: scope.from + Math.floor((room * share) / 1_000_000),
      for: Math.min(duration, scope.healAt - scope.from),
    };
  });
}

function moment(scope: FaultScope): fc.Arbitrary<Micros> {
  return fc.integer({ min: scope.from, max: scope.healAt - 1 });
}

/** Providers, regions and zones that hosts stand in, as selectors. */
function domainSelectors(hosts: readonly HostSpec[]): {
  providers: string[];
  regions: string[];
  zones: string[];
} {
  const providers = new Set<string>();
  const regions = new Set<string>();
  const zones = new Set<string>();
  for (const { domain } of hosts) {
    providers.add(`provider/${domain.provider}`);
    regions.add(`region/${domain.provider}/${domain.region}`);
    if (domain.zone !== undefined) zones.add(zoneSelector(domain, domain.zone));
  }
  return { providers: [...providers], regions: [...regions], zones: [...zones] };
}

function zoneSelector(domain: Domain, zone: string): string {
  return `zone/${domain.provider}/${domain.region}/${zone}`;
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
  const host = fc.constantFrom(...scope.hosts.map((spec) => spec.id));
  const replica = scope.replicas.length > 0 ? fc.constantFrom(...scope.replicas) : host;
  // Half of what hits hosts hits replicas: they are few, and the interesting state is there.
  const anyHost = fc.oneof(host, replica);
  const service =
    scope.services.length > 0 ? fc.constantFrom(...scope.services.map((name) => `external/${name}`)) : host;
  const { providers, regions, zones } = domainSelectors(scope.hosts);
  const domain = fc.constantFrom(...providers, ...regions, ...zones);
  const end = fc.oneof(anyHost, domain, fc.constant("*"));
  const link = { from: end, to: end };

  const lasting = <F extends object>(
    shortest: number,
    longest: number,
    fields: { [P in keyof F]: fc.Arbitrary<F[P]> },
  ) =>
    fc
      .tuple(span(scope, shortest, longest), fc.record(fields))
      .map(([time, rest]) => ({ kind, ...time, ...rest }));
  const instant = <F extends object>(fields: { [P in keyof F]: fc.Arbitrary<F[P]> }) =>
    fc.tuple(moment(scope), fc.record(fields)).map(([at, rest]) => ({ kind, at, ...rest }));

  const drafts: { readonly [P in FaultKind]: () => fc.Arbitrary<object> } = {
    crash: () => lasting(50, 6_000, { target: anyHost }),
    pause: () => lasting(100, 9_000, { target: anyHost }),
    "crash-point": () =>
      lasting(500, 6_000, {
        target: anyHost,
        point: fc.integer({ min: 1, max: 30 }),
        side: fc.constantFrom("before" as const, "after" as const),
      }),
    "domain-loss": () => lasting(2_000, 12_000, { target: domain }),
    partition: () =>
      lasting(500, 10_000, {
        a: fc.oneof(fc.tuple(anyHost), fc.tuple(domain), fc.tuple(anyHost, anyHost)),
        b: fc.oneof(fc.constant(["*"]), fc.tuple(anyHost), fc.tuple(domain)),
        oneWay: fc.boolean(),
      }),
    clog: () => lasting(300, 5_000, link),
    loss: () => lasting(1_000, 10_000, { ...link, ratio: percent(5, 60) }),
    duplication: () => lasting(1_000, 10_000, { ...link, ratio: percent(5, 60) }),
    reorder: () => lasting(1_000, 10_000, { ...link, ratio: percent(5, 60), by: ms(10, 2_000) }),
    "slow-link": () => lasting(1_000, 10_000, { ...link, factor: fc.integer({ min: 2, max: 20 }) }),
    "flaky-link": () => lasting(2_000, 10_000, { ...link, up: ms(50, 2_000), down: ms(50, 2_000) }),
    bandwidth: () =>
      lasting(1_000, 10_000, { ...link, bytesPerSecond: fc.constantFrom(2_000, 10_000, 50_000) }),
    "bit-rot": () => instant({ target: fc.constant(damaged) }),
    "misdirected-write": () => instant({ target: fc.constant(damaged) }),
    "latent-sector-error": () => instant({ target: fc.constant(damaged) }),
    "fsync-failure": () => instant({ target: fc.constant(damaged) }),
    "disk-full": () => lasting(500, 8_000, { target: replica }),
    "disk-slow": () => lasting(1_000, 10_000, { target: replica, factor: fc.integer({ min: 5, max: 100 }) }),
    "disk-stall": () => lasting(200, 6_000, { target: replica }),
    "disk-wipe": () => lasting(500, 6_000, { target: fc.constant(damaged) }),
    "clock-skew": () => lasting(1_000, 20_000, { target: anyHost, by: signed(ms(10, 60_000)) }),
    "clock-drift": () =>
      lasting(2_000, 20_000, { target: anyHost, ppm: signed(fc.integer({ min: 100, max: 50_000 })) }),
    "clock-jump": () => instant({ target: anyHost, by: signed(ms(10, 120_000)) }),
    "clock-strobe": () =>
      lasting(500, 10_000, { target: anyHost, by: signed(ms(10, 30_000)), period: ms(1, 500) }),
    "clock-freeze": () => lasting(500, 8_000, { target: anyHost }),
    "external-slow": () =>
      lasting(1_000, 10_000, { target: service, factor: fc.integer({ min: 2, max: 40 }) }),
    "external-errors": () => lasting(1_000, 10_000, { target: service, ratio: percent(10, 100) }),
    "external-hang": () => lasting(1_000, 10_000, { target: service, ratio: percent(10, 80) }),
    "external-lost-reply": () => lasting(1_000, 10_000, { target: service, ratio: percent(10, 80) }),
    exit: () =>
      lasting(300, 8_000, {
        target: anyHost,
        up: ms(5, 3_000),
        reason: fc.constantFrom("exception" as const, "out-of-memory" as const, "exit" as const),
      }),
    // One host of the run at most, as with damage: what replication survives, whoever it is.
    "host-loss": () => instant({ target: fc.constant(damaged) }),
    upgrade: () =>
      lasting(50, 3_000, { upgrade: upgradeOf(scope) }).map(({ upgrade, ...rest }) => ({
        ...rest,
        ...upgrade,
      })),
    "connection-reset": () => lasting(500, 10_000, { ...link, period: ms(50, 3_000) }),
    "half-open": () => lasting(1_000, 10_000, link),
    "dns-failure": () => lasting(1_000, 10_000, { target: fc.oneof(anyHost, domain) }),
    "leap-second": () =>
      instant({
        target: fc.oneof(anyHost, fc.constant("*")),
        smear: fc.oneof(fc.constant(0), ms(1_000, 20_000)),
      }),
    "wrong-zone": () => lasting(1_000, 10_000, { target: anyHost, zone: fc.constantFrom(...ZONES) }),
    "external-status": () =>
      lasting(1_000, 10_000, {
        target: service,
        ratio: percent(10, 100),
        status: fc.constantFrom(...PASSING),
      }),
    "external-rate-limit": () =>
      lasting(1_000, 10_000, { target: service, perSecond: fc.integer({ min: 1, max: 8 }) }),
    "external-reset": () => lasting(1_000, 10_000, { target: service, ratio: percent(10, 80) }),
  };
  return drafts[kind]() as fc.Arbitrary<Draft<K>>; // the drafts of a kind have the fields of that kind
}

/** Statuses that say nothing about the call itself: the next one may be taken. */
const PASSING = [408, 425, 500, 502, 503, 504] as const;

function upgradeOf({ upgrades = [] }: FaultScope) {
  if (upgrades.length === 0)
    throw new RangeError("the kind upgrade needs upgrades: hosts, and the settings that they get");
  return fc
    .constantFrom(...upgrades)
    .chain(({ hosts, settings }) => fc.constantFrom(...hosts).map((target) => ({ target, settings })));
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
