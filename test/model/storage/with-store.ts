/** A host with a store in a universe of its own, judged by what must hold of every store; and trouble for it. */
import * as fc from "fast-check";
import { Checker, type HistoryEvent, type Host, SECOND } from "seedstorm";
import { expect } from "vitest";
import { storageProperties } from "../../../src/model/storage/properties/index.js";
import { Store, type StoreOptions } from "../../../src/model/storage/store.js";
import type { Fault } from "../../../src/sim/faults/catalogue.js";
import { World } from "../../../src/sim/world.js";
import { planOf } from "../../support/universe.js";

export interface Options {
  readonly faults?: readonly Fault[];
  readonly defects?: readonly string[];
  readonly seed?: number;
  readonly hosts?: readonly string[];
  readonly store?: StoreOptions;
}

/** Runs a host with a store, and gives what its properties say. */
export async function withStore(
  boot: (host: Host, store: Store) => Promise<void>,
  { faults = [], defects = [], seed = 1, hosts = ["a"], store: own = {} }: Options = {},
  others?: (host: Host) => Promise<void>,
): Promise<{ readonly violations: readonly string[]; readonly world: World }> {
  const plan = planOf({ hosts, faults, defects, seed, duration: 20 * SECOND });
  const world = new World(plan);
  const checker = new Checker(storageProperties, plan, (id) => world.history.events[id] as HistoryEvent); // ids come from there
  world.history.on((event) => checker.on(event));
  world.onBoot("a", async (host) => {
    const store = new Store(host, { compactAfter: 20, keepSnapshots: 16, ...own });
    await store.open();
    await boot(host, store);
  });
  if (others !== undefined) for (const id of hosts.slice(1)) world.onBoot(id, others);
  await world.run();
  expect(world.failure).toBeUndefined();
  checker.end(world.now);
  return { violations: checker.violations.map(({ property }) => property), world };
}

export const faultAt = fc.integer({ min: 0, max: 40_000 });
/** Trouble that a store survives whatever happens to be on its way. */
export const crashes: fc.Arbitrary<Fault> = fc.oneof(
  faultAt.map((at): Fault => ({ id: `c${at}`, kind: "crash", at, for: 5_000, target: "a" })),
  fc
    .tuple(faultAt, fc.integer({ min: 1, max: 12 }), fc.constantFrom("before" as const, "after" as const))
    .map(
      ([at, point, side]): Fault => ({
        id: `p${at}`,
        kind: "crash-point",
        at,
        for: 300_000,
        target: "a",
        point,
        side,
      }),
    ),
  faultAt.map((at): Fault => ({ id: `f${at}`, kind: "fsync-failure", at, target: "a" })),
  faultAt.map((at): Fault => ({ id: `d${at}`, kind: "disk-full", at, for: 5_000, target: "a" })),
);
