import { describe, expect, it } from "vitest";
import type { ExternalModel } from "../../src/sim/external.js";
import type { Fault, FaultKind } from "../../src/sim/faults/catalogue.js";
import { type ExternalReply, TIMED_OUT, type TimedOut } from "../../src/sim/host.js";
import { SECOND } from "../../src/sim/time.js";
import { type UniverseOptions, universe } from "../support/universe.js";

/** A bank that charges each token once and declines what is negative. */
function bank(): ExternalModel {
  const charged = new Map<string, number>();
  return {
    apply({ token, body }) {
      const before = charged.get(token);
      if (before !== undefined) return { ok: true, value: before, applied: false };
      if (typeof body !== "number" || body < 0) return { ok: false, error: "declined" };
      charged.set(token, body);
      return { ok: true, value: body, applied: true };
    },
  };
}

type Answer = ExternalReply<number> | TimedOut;

/** Host `a` makes 40 calls, one a second, each with a token of its own, and waits 5 s for each. */
async function calls(faults: readonly Fault[], options: UniverseOptions = {}) {
  const world = universe({ hosts: ["a", "b"], duration: 300 * SECOND, ...options, faults });
  const { ledger } = world.addExternal("bank", { create: bank });
  const answers: Answer[] = [];
  const tooks: number[] = [];
  world.onBoot("a", async (host) => {
    for (let n = 0; n < 40; n++) {
      const began = world.now;
      answers.push(await host.call<number>("bank", "charge", `t${n}`, n, 5 * SECOND));
      tooks.push(world.now - began);
      await host.sleep(SECOND);
    }
  });
  await world.run();
  const tokens = ledger.map(({ token }) => token);
  const count = (test: (answer: Answer) => boolean) => answers.filter(test).length;
  return {
    world,
    ledger,
    tokens,
    tooks,
    succeeded: count((answer) => answer !== TIMED_OUT && answer.ok),
    refused: count((answer) => answer !== TIMED_OUT && !answer.ok),
    timedOut: count((answer) => answer === TIMED_OUT),
    appliedFacts: world.history.events.filter(
      (event) => event.kind === "external" && event.phase === "applied",
    ).length,
    fired: (kind: FaultKind) => world.faults.get(kind)?.fired,
  };
}

const timing = { id: "f", at: 0, for: 299 * SECOND, target: "external/bank" } as const;

describe("a service outside", () => {
  it("applies each call once and answers", async () => {
    const { tokens, succeeded, appliedFacts } = await calls([]);
    expect(tokens).toEqual(Array.from({ length: 40 }, (_, n) => `t${n}`));
    expect([succeeded, appliedFacts]).toEqual([40, 40]);
  });

  it("writes attempt, truth and reply into the history, each the consequence of the one before", async () => {
    const { world } = await calls([]);
    const [attempt, applied, reply] = world.history.events.filter((event) => event.kind === "external");
    expect([attempt, applied, reply]).toMatchObject([
      { host: "a", phase: "attempt", service: "bank", operation: "charge", token: "t0" },
      { host: "external/bank", phase: "applied", token: "t0" },
      { host: "a", phase: "reply", token: "t0", value: 0 },
    ]);
    expect([applied?.cause, reply?.cause]).toEqual([attempt?.id, applied?.id]);
  });

  it("does not book what it replays or declines", async () => {
    const world = universe({ hosts: ["a"] });
    const { ledger } = world.addExternal("bank", { create: bank });
    const answers: unknown[] = [];
    world.onBoot("a", async (host) => {
      for (const body of [5, 9]) answers.push(await host.call("bank", "charge", "same", body, 5 * SECOND));
      answers.push(await host.call("bank", "charge", "other", -1, 5 * SECOND));
    });
    await world.run();
    expect(answers).toEqual([
      { ok: true, value: 5 },
      { ok: true, value: 5 },
      { ok: false, error: "declined" },
    ]);
    expect(ledger).toMatchObject([{ token: "same", value: 5, from: "a", operation: "charge" }]);
  });

  it("is called a second time by a duplicated packet, and its ledger tells", async () => {
    const link = { id: "d", at: 0, for: 100 * SECOND, from: "a", to: "external/bank" } as const;
    const world = universe({ hosts: ["a"], faults: [{ ...link, kind: "duplication", ratio: 1 }] });
    const naive = world.addExternal("bank", {
      create: () => ({ apply: () => ({ ok: true, value: 1, applied: true }) }),
    });
    world.onBoot("a", async (host) => {
      await host.sleep(1);
      await host.call("bank", "charge", "t", 1, 5 * SECOND);
    });
    await world.run();
    expect(naive.ledger.map(({ token }) => token)).toEqual(["t", "t"]);
  });

  it("keeps its books through the crash of everything around it", async () => {
    const { world, ledger } = await calls([
      { ...timing, kind: "crash", target: "*", at: 20 * SECOND, for: SECOND },
    ]);
    expect(world.machine("external/bank").incarnations).toBe(1);
    expect(ledger.length).toBeGreaterThan(20);
  });
});

describe("trouble with a service", () => {
  it("errors: a share of calls is refused and certainly not applied", async () => {
    const { tokens, succeeded, refused, timedOut, fired } = await calls([
      { ...timing, kind: "external-errors", ratio: 0.3 },
    ]);
    expect(refused).toBeGreaterThan(4);
    expect(refused).toBeLessThan(24);
    expect([succeeded, timedOut]).toEqual([40 - refused, 0]);
    expect(tokens).toHaveLength(succeeded);
    expect(fired("external-errors")).toBe(1);
  });

  it("hang: a share of calls is never answered and not applied", async () => {
    const { tokens, succeeded, timedOut, fired } = await calls([
      { ...timing, kind: "external-hang", ratio: 0.3 },
    ]);
    expect(timedOut).toBeGreaterThan(4);
    expect(timedOut).toBeLessThan(24);
    expect(tokens).toHaveLength(succeeded);
    expect(fired("external-hang")).toBe(1);
  });

  it("lost reply: a share of calls is applied and never answered", async () => {
    const { tokens, succeeded, timedOut, fired } = await calls([
      { ...timing, kind: "external-lost-reply", ratio: 0.3 },
    ]);
    expect(timedOut).toBeGreaterThan(4);
    expect([succeeded, tokens.length]).toEqual([40 - timedOut, 40]);
    expect(fired("external-lost-reply")).toBe(1);
  });

  it("slow: answers take many times as long", async () => {
    const sum = (tooks: readonly number[]): number => tooks.reduce((total, took) => total + took, 0);
    const sound = await calls([]);
    const slow = await calls([{ ...timing, kind: "external-slow", factor: 4 }]);
    expect(sum(slow.tooks)).toBeGreaterThan(2 * sum(sound.tooks) - 40 * 90_000);
    expect(slow.tooks[0]).toBeGreaterThan(sound.tooks[0] ?? 0);
    expect(slow.fired("external-slow")).toBe(1);
  });

  it("is over at its end", async () => {
    const { refused, tokens } = await calls([
      { ...timing, for: 10 * SECOND, kind: "external-errors", ratio: 1 },
    ]);
    expect(refused).toBeLessThan(12);
    expect(tokens.slice(0, 1)).not.toEqual(["t0"]);
    expect(tokens.at(-1)).toBe("t39");
  });

  it.each(["external-errors", "external-hang", "external-lost-reply"] as const)(
    "has not fired when it struck no call: %s",
    async (kind) => {
      const { succeeded, fired } = await calls([{ ...timing, kind, ratio: 0 }]);
      expect([succeeded, fired(kind)]).toEqual([40, 0]);
    },
  );

  it("counts only what happened when several strike one call", async () => {
    const { refused, fired } = await calls([
      { ...timing, kind: "external-errors", ratio: 1 },
      { ...timing, id: "g", kind: "external-hang", ratio: 1 },
      { ...timing, id: "h", kind: "external-lost-reply", ratio: 1 },
    ]);
    expect(refused).toBe(40);
    expect([fired("external-errors"), fired("external-hang"), fired("external-lost-reply")]).toEqual([
      1, 0, 0,
    ]);
  });

  it("strikes the same calls whatever other trouble there is", async () => {
    const errors: Fault = { ...timing, kind: "external-errors", ratio: 0.3 };
    const alone = await calls([errors]);
    const along = await calls([{ ...timing, id: "g", kind: "external-lost-reply", ratio: 0.5 }, errors]);
    expect(along.tokens).toEqual(alone.tokens);
  });

  it("cuts it off when its domain is lost, and what it applied stays", async () => {
    const world = universe({
      hosts: [{ id: "a", domain: { provider: "gcp", region: "central" }, role: "host" }],
      faults: [{ kind: "domain-loss", id: "f", at: 10 * SECOND, for: 20 * SECOND, target: "provider/aws" }],
    });
    const { ledger } = world.addExternal("store", {
      domain: { provider: "aws", region: "us-east" },
      create: bank,
    });
    const answered: number[] = [];
    world.onBoot("a", async (host) => {
      for (let n = 0; n < 20; n++) {
        if ((await host.call("store", "put", `t${n}`, n, SECOND)) !== TIMED_OUT)
          answered.push(world.now / SECOND);
        await host.sleep(SECOND);
      }
    });
    await world.run();
    expect(answered.some((at) => at < 10)).toBe(true);
    expect(answered.filter((at) => at > 10.1 && at < 30)).toEqual([]);
    expect(answered.some((at) => at > 30)).toBe(true);
    expect(ledger.filter(({ at }) => at > 11 * SECOND && at < 30 * SECOND)).toEqual([]);
    expect(world.faults.get("domain-loss")).toEqual({ planned: 1, fired: 1 });
  });
});
