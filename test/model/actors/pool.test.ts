import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ActorRef, type Down, type ExitReason, Failure } from "../../../src/model/actors/actor.js";
import { Actors } from "../../../src/model/actors/actors.js";
import { borrow, ElasticPool } from "../../../src/model/actors/pool.js";
import type { Checkout, PoolConfig } from "../../../src/model/actors/pool-api.js";
import type { Host } from "../../../src/sim/host.js";
import { MINUTE, SECOND } from "../../../src/sim/time.js";
import { onHost } from "./on-host.js";
import { PoolModel } from "./pool-model.js";

type Worker = ActorRef<string, string>;
type Holder = ActorRef<never, never>;
const KILLED: ExitReason = { kind: "killed", by: "a test" };

const CONFIG: PoolConfig = {
  name: "workers",
  minSize: 2,
  maxSize: 2,
  initialSize: 2,
  scaleUpAbove: 0.8,
  scaleDownBelow: 0.3,
  scaleFactor: 0.5,
  minStep: 2,
  maxStep: 10,
  cooldown: 2 * MINUTE,
  idleTimeout: 5 * MINUTE,
  checkoutTimeout: 30 * SECOND,
  intensity: { maxRestarts: 5, window: MINUTE },
};

function make(host: Host, parts: Partial<PoolConfig> = {}) {
  const actors = new Actors(host);
  const pool = new ElasticPool<string, string>(actors, { ...CONFIG, ...parts }, () => ({
    onCall: (text) => {
      if (text === "crash") throw new Failure("asked to");
      return text.toUpperCase();
    },
  }));
  return { actors, pool };
}

function lent(checkout: Checkout<Worker>) {
  if (!checkout.ok) throw new Error(`not lent: ${checkout.error}`);
  return checkout.lease;
}

describe("a pool", () => {
  it("lends each actor to one holder, and serves those who wait in order", async () => {
    await onHost(async (host) => {
      const { pool } = make(host);
      const [a, b] = [lent(await pool.checkout()), lent(await pool.checkout())];
      expect(a.actor).not.toBe(b.actor);
      const order: string[] = [];
      const third = pool.checkout().then((checkout) => order.push(`third has ${lent(checkout).actor.id}`));
      const fourth = pool.checkout().then((checkout) => order.push(`fourth has ${lent(checkout).actor.id}`));
      expect(pool.stats).toMatchObject({ size: 2, busy: 2, idle: 0, waiting: 2 });
      b.checkin();
      b.checkin();
      await host.sleep(1);
      expect(pool.stats).toMatchObject({ busy: 2, waiting: 1 });
      a.checkin();
      await Promise.all([third, fourth]);
      expect(order).toEqual([`third has ${b.actor.id}`, `fourth has ${a.actor.id}`]);
    });
  });

  it("lets nobody wait longer than the checkout time-out, and lends nothing to those who left", async () => {
    await onHost(async (host) => {
      const { pool } = make(host);
      const leases = [lent(await pool.checkout()), lent(await pool.checkout())];
      expect(await pool.checkout({ timeout: SECOND })).toEqual({ ok: false, error: "timed-out" });
      expect(host.clock.monotonic()).toBe(SECOND);
      expect(await pool.checkout()).toEqual({ ok: false, error: "timed-out" });
      expect(host.clock.monotonic()).toBe(31 * SECOND);
      for (const lease of leases) lease.checkin();
      expect(pool.stats).toMatchObject({ busy: 0, idle: 2, waiting: 0 });
    });
  });

  it("refuses those who would wait when too many do", async () => {
    await onHost(async (host) => {
      const { pool } = make(host, { maxWaiters: 1 });
      for (let i = 0; i < 3; i++) void pool.checkout();
      expect(await pool.checkout()).toEqual({ ok: false, error: "refused" });
    });
  });

  it("replaces an actor that ends while it is lent, and serves the next with the new one", async () => {
    await onHost(async (host) => {
      const { pool } = make(host);
      const lease = lent(await pool.checkout());
      lent(await pool.checkout());
      const waiting = pool.checkout();
      expect(await lease.actor.call("crash", SECOND)).toEqual({ ok: false, error: "crashed" });
      const next = lent(await waiting);
      expect(await next.actor.call("hello", SECOND)).toEqual({ ok: true, value: "HELLO" });
      lease.checkin();
      expect(pool.stats).toMatchObject({ size: 2, busy: 2, checkouts: 3, checkins: 0, crashed: 1 });
    });
  });

  it("takes an actor back when its holder has ended, and does not wait for a holder that has", async () => {
    await onHost(async (host) => {
      const { pool, actors } = make(host, { minSize: 1, maxSize: 1, initialSize: 1 });
      const [first, second] = [1, 2].map(() => actors.spawn<never, never>("holder", () => ({}))) as [
        Holder,
        Holder,
      ];
      lent(await pool.checkout({ holder: first }));
      const waiting = pool.checkout({ holder: second });
      second.exit(KILLED);
      expect((await waiting).ok).toBe(false);
      first.exit(KILLED);
      expect(pool.stats).toMatchObject({ busy: 0, idle: 1, waiting: 0, checkins: 1 });
      await pool.checkout({ holder: first });
      expect(pool.stats).toMatchObject({ busy: 0, idle: 1, checkins: 2 });
    });
  });

  it("ends when its actors end too often, and turns those away who wait", async () => {
    await onHost(async (host) => {
      const { pool } = make(host, { intensity: { maxRestarts: 1, window: MINUTE } });
      const downs: Down[] = [];
      pool.monitor((down) => downs.push(down));
      const leases = [lent(await pool.checkout()), lent(await pool.checkout())];
      leases[0]?.actor.exit(KILLED);
      lent(await pool.checkout()); // the replacement
      const waiting = pool.checkout();
      leases[1]?.actor.exit(KILLED);
      expect(await waiting).toEqual({ ok: false, error: "closed" });
      expect(await pool.checkout()).toEqual({ ok: false, error: "closed" });
      expect([pool.alive, downs.map(({ reason }) => reason.kind)]).toEqual([false, ["too-many-restarts"]]);
      leases[0]?.checkin();
    });
  });

  it.each([
    ["one-for-one", [true, false]],
    ["one-for-all", [false, false]],
  ] as const)("supervises its actors %s", async (strategy, expected) => {
    await onHost(async (host) => {
      const { pool } = make(host, { strategy });
      const leases = [lent(await pool.checkout()), lent(await pool.checkout())];
      leases[1]?.actor.exit(KILLED);
      expect(leases.map(({ actor }) => actor.alive)).toEqual(expected);
      expect(pool.stats.size).toBe(2);
    });
  });

  it("stops its actors in order", async () => {
    const seen = await onHost(async (host) => {
      const { pool } = make(host);
      lent(await pool.checkout());
      await pool.stop();
      expect([pool.alive, (await pool.checkout()).ok]).toEqual([false, false]);
    });
    expect(seen.changes("pool")).toEqual(["workers/1: none → 2", "workers/1: 2 → ended"]);
  });

  it("takes an actor back after work that went wrong", async () => {
    await onHost(async (host) => {
      const { pool } = make(host, { minSize: 1, maxSize: 1, initialSize: 1 });
      const failing = borrow(pool, async () => {
        throw new Failure("the work");
      });
      await expect(failing).rejects.toThrow("the work");
      expect(await borrow(pool, (actor) => actor.call("hello", SECOND))).toMatchObject({
        value: { value: "HELLO" },
      });
      const all = pool.checkout();
      expect(await borrow(pool, async () => 1, { timeout: SECOND })).toEqual({
        ok: false,
        error: "timed-out",
      });
      lent(await all);
    });
  });
});

describe("an elastic pool", () => {
  const SOURCE: Partial<PoolConfig> = { minSize: 5, maxSize: 50, initialSize: 5 };

  it("takes twelve minutes from five to fifty, with a cooldown of two", async () => {
    const seen = await onHost(
      async (host) => {
        const { pool } = make(host, { ...SOURCE, checkoutTimeout: 60 * MINUTE });
        for (let i = 0; i < 100; i++) void pool.checkout();
      },
      { duration: 20 * MINUTE },
    );
    const sizes = seen.of("state").filter(({ entity }) => entity === "pool");
    expect(sizes.map(({ to }) => to)).toEqual(["5", "7", "10", "15", "22", "32", "42", "50"]);
    expect(sizes.at(-1)?.at).toBe(12 * MINUTE);
  });

  it("shrinks by steps when it has little to do, down to its least size", async () => {
    const seen = await onHost(
      async (host) => {
        const { pool } = make(host, { ...SOURCE, initialSize: 40 });
        lent(await pool.checkout());
      },
      { duration: 20 * MINUTE },
    );
    const sizes = seen.of("state").filter(({ entity }) => entity === "pool");
    expect(sizes.map(({ to, at }) => [to, at / MINUTE])).toEqual([
      ["40", 0],
      ["30", 2],
      ["20", 4],
      ["5", 5], // none of them had been lent for five minutes
    ]);
  });

  it("lets go of an actor that was idle for too long", async () => {
    const seen = await onHost(
      async (host) => {
        const { pool } = make(host, { ...SOURCE, initialSize: 8, scaleDownBelow: 0 });
        for (let i = 0; i < 4; i++) lent(await pool.checkout());
        await host.sleep(MINUTE);
        lent(await pool.checkout()).checkin();
        await host.sleep(4 * MINUTE + 1);
        expect(pool.stats).toMatchObject({ size: 5, busy: 4, idle: 1 });
      },
      { duration: 20 * MINUTE },
    );
    expect(seen.changes("pool")).toEqual(["workers/1: none → 8", "workers/1: 8 → 5"]);
  });
});

describe("a pool's configuration", () => {
  it.each([
    [{ maxSize: 0 }, "maxSize: expected a whole number, 1 or more, got 0"],
    [{ minSize: 3 }, "minSize: expected a whole number, from 0 to 2, got 3"],
    [{ initialSize: 3 }, "initialSize: expected a whole number, from 2 to 2, got 3"],
    [{ scaleUpAbove: 80 }, "scaleUpAbove: expected a share above 0, at most 1, got 80"],
    [{ minStep: 11 }, "minStep: expected a whole number, from 1 to 10, got 11"],
  ])("is refused with %o", async (parts, message) => {
    await onHost((host) => {
      expect(() => make(host, parts)).toThrow(`pool workers: ${message}`);
    });
  });
});

describe("a pool and its reference model", () => {
  type Step =
    | { readonly kind: "checkout" }
    | { readonly kind: "checkin" | "crash"; readonly pick: number }
    | { readonly kind: "wait"; readonly ms: number };

  const pick = fc.nat({ max: 999 });
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 5, arbitrary: fc.constant<Step>({ kind: "checkout" }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("checkin" as const), pick }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("crash" as const), pick }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 400_000 }) }),
    },
  );
  const config = fc
    .record({
      least: fc.nat({ max: 4 }),
      more: fc.nat({ max: 12 }),
      initial: fc.nat({ max: 12 }),
      minStep: fc.integer({ min: 1, max: 3 }),
      maxWaiters: fc.constantFrom(undefined, 0, 2, 5),
    })
    .map(({ least, more, initial, minStep, maxWaiters }): PoolConfig => {
      const limits = { minSize: least, maxSize: Math.max(1, least + more) };
      return {
        ...CONFIG,
        ...limits,
        initialSize: Math.min(limits.maxSize, least + initial),
        minStep,
        maxStep: minStep + 2,
        intensity: { maxRestarts: 1_000, window: MINUTE },
        ...(maxWaiters === undefined ? {} : { maxWaiters }),
      };
    });

  /** Does the same to both; a difference is what the test fails by. */
  async function compare(config: PoolConfig, steps: readonly Step[]): Promise<void> {
    await onHost(
      async (host) => {
        const { pool } = make(host, config);
        const model = new PoolModel(config);
        const answers = new Map<number, Checkout<Worker>>();
        let asked = 0;
        for (const step of steps) {
          const held = [...model.lent, ...model.lost];
          const name =
            step.kind === "checkin" || step.kind === "crash" ? (held[step.pick % held.length] ?? -1) : -1;
          const answer = answers.get(name);
          switch (step.kind) {
            case "checkout": {
              const name = asked++;
              void pool.checkout().then((answer) => answers.set(name, answer));
              model.checkout(name);
              break;
            }
            case "checkin":
              if (answer !== undefined) lent(answer).checkin();
              model.checkin(name);
              break;
            case "crash":
              if (answer !== undefined) lent(answer).actor.exit(KILLED);
              model.crash(name);
              break;
            case "wait":
              await host.sleep(step.ms * 1_000);
              model.advance(host.clock.monotonic());
          }
          await host.sleep(1); // what is due at the same instant may come before or after
          model.advance(host.clock.monotonic());
          const told = [...answers].map(([name, answer]) => [name, answer.ok ? "lent" : answer.error]);
          expect(new Map(told as [number, string][])).toEqual(model.answers);
          expect(pool.stats).toMatchObject({
            size: model.size,
            busy: model.lent.size,
            idle: model.idle.length,
            waiting: model.waiting.length,
            crashed: model.lost.size,
          });
        }
      },
      { duration: 1_000 * MINUTE },
    );
  }

  it("agree on what becomes of every checkout, and on sizes", async () => {
    await fc.assert(fc.asyncProperty(config, fc.array(step, { maxLength: 60, size: "max" }), compare), {
      numRuns: 200,
    });
  });
});
