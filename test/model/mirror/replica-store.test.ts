import { describe, expect, it } from "vitest";
import { MIRROR_DEFAULTS } from "../../../src/model/mirror/knobs.js";
import { ReplicaStore } from "../../../src/model/mirror/replica-store.js";
import type { Fault } from "../../../src/sim/faults/catalogue.js";
import type { Host } from "../../../src/sim/host.js";
import { SECOND } from "../../../src/sim/time.js";
import { universe } from "../../support/universe.js";

const GRAIN = "cart/ada";
const { maxAge, skewBound } = MIRROR_DEFAULTS;
const state = (sequence: number) => ({ sequence, fields: { a: String(sequence) } });

async function withStore(
  script: (store: ReplicaStore, host: Host) => Promise<void>,
  options: { faults?: readonly Fault[]; defects?: readonly string[] } = {},
) {
  const world = universe({ hosts: ["west"], duration: 20 * SECOND, ...options });
  let scripts = 0;
  world.onBoot("west", async (host) => {
    const store = new ReplicaStore(host, MIRROR_DEFAULTS);
    await store.open();
    await script(store, host);
    scripts++;
  });
  await world.run();
  expect(world.failure).toBeUndefined();
  expect(scripts).toBe(1);
}

/** A poll that found nothing newer. */
function confirm(store: ReplicaStore): void {
  store.confirm(GRAIN, store.pollSent());
}

describe("what a replica store shows", () => {
  it("never goes back", async () => {
    await withStore(async (store, host) => {
      expect(await store.update(GRAIN, state(5), host.clock.now())).toBe("applied");
      expect(await store.update(GRAIN, state(4), host.clock.now())).toBe("not-newer");
      expect(await store.update(GRAIN, state(5), host.clock.now())).toBe("not-newer");
      expect(store.state(GRAIN).sequence).toBe(5);
    });
  });

  it("is durable: a crash takes nothing back", async () => {
    const faults: Fault[] = [{ id: "f", kind: "crash", at: SECOND, for: SECOND, target: "west" }];
    await withStore(
      async (store, host) => {
        if (host.incarnation === 2) {
          expect(store.state(GRAIN)).toEqual(state(7));
          return;
        }
        await store.update(GRAIN, state(7), host.clock.now());
        await host.sleep(5 * SECOND);
      },
      { faults },
    );
  });
});

describe("freshness", () => {
  it("needs a state, a young timestamp and a poll that found nothing newer", async () => {
    await withStore(async (store, host) => {
      confirm(store);
      expect(store.isFresh(GRAIN)).toBe(false);
      await store.update(GRAIN, state(1), host.clock.now());
      expect(store.isFresh(GRAIN)).toBe(true);
      await host.sleep(maxAge + 1);
      confirm(store);
      expect(store.isFresh(GRAIN)).toBe(false);
    });
  });

  it("ends when no poll has confirmed it for too long, however young the timestamp", async () => {
    await withStore(async (store, host) => {
      confirm(store);
      await host.sleep(maxAge);
      await store.update(GRAIN, state(1), host.clock.now());
      await host.sleep(1);
      expect(store.isFresh(GRAIN)).toBe(false);
    });
  });

  it("is denied to states from the future, but for the bound on skew", async () => {
    await withStore(async (store, host) => {
      await store.update(GRAIN, state(1), host.clock.now() + skewBound);
      confirm(store);
      expect(store.isFresh(GRAIN)).toBe(true);
      await store.update(GRAIN, state(2), host.clock.now() + 2 * skewBound);
      expect(store.isFresh(GRAIN)).toBe(false);
    });
  });

  it("is given to them where it must not be", async () => {
    await withStore(
      async (store, host) => {
        await store.update(GRAIN, state(1), host.clock.now() + 10 * SECOND);
        await host.sleep(11 * SECOND);
        expect(store.isFresh(GRAIN)).toBe(true);
      },
      { defects: ["RW8"] },
    );
  });

  it("ends by a timer when the clock stands still", async () => {
    const faults: Fault[] = [{ id: "f", kind: "clock-freeze", at: SECOND, for: 10 * SECOND, target: "west" }];
    await withStore(
      async (store, host) => {
        await host.sleep(SECOND + 1);
        await store.update(GRAIN, state(1), host.clock.now());
        confirm(store);
        expect(store.isFresh(GRAIN)).toBe(true);
        await host.sleep(maxAge + 1);
        expect(store.isFresh(GRAIN)).toBe(false);
      },
      { faults },
    );
  });
});
