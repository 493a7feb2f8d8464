import { describe, expect, it } from "vitest";
import { findScenario, run, scenarios } from "../../src/scenarios/index.js";
import { rpc } from "../../src/sim/host.js";
import type { Scenario, System } from "../../src/storm/scenario.js";
import { verifyOn } from "../../src/storm/verify.js";
import { planOf } from "../support/universe.js";

function scenario(id: string): Scenario {
  const found = findScenario(id);
  if (found === undefined) throw new Error(`no scenario ${id}`);
  return found;
}

async function traceHash(id: string, seed: number): Promise<string> {
  return (await run(scenario(id).plan(seed))).traceHash;
}

describe("one seed is one universe", () => {
  it("has the trace hashes that it always had", async () => {
    const pinned = [
      ["steady", 1],
      ["provider-loss", 7],
      ["split-brain", 2],
      ["flaky-links", 3],
      ["clock-chaos", 4],
      ["duplicate-webhooks", 5],
      ["worker-crashes", 6],
      ["disk-trouble", 8],
      ["storm", 9],
      ["storm", 9_007_199_254_740_991],
    ] as const;
    const hashes: Record<string, string> = {};
    for (const [id, seed] of pinned) hashes[`${id} ${seed}`] = await traceHash(id, seed);
    expect(hashes).toMatchInlineSnapshot(`
      {
        "clock-chaos 4": "b79d4080deefc674",
        "disk-trouble 8": "93345cd059a0223c",
        "duplicate-webhooks 5": "0711969c82c41588",
        "flaky-links 3": "c4328b8057054764",
        "provider-loss 7": "92af3bb4267f2c38",
        "split-brain 2": "9ab693a81bdeb027",
        "steady 1": "994026981c461610",
        "storm 9": "3260bc610a7330d1",
        "storm 9007199254740991": "c5bb97b980d5bc44",
        "worker-crashes 6": "b98f1e44ca814d19",
      }
    `);
  });

  it("is the same universe again, whatever ran before it", async () => {
    const first = await traceHash("storm", 11);
    await traceHash("storm", 12);
    expect(await traceHash("storm", 11)).toBe(first);
  });

  it("is the same on the slow drain", async () => {
    const plan = scenario("storm").plan(13);
    const quick = await run(plan);
    const slow = await run(plan, { forceFallback: true });
    expect(slow.traceHash).toBe(quick.traceHash);
    expect(slow.history).toEqual(quick.history);
  });

  it("is another one for another seed", async () => {
    expect(await traceHash("storm", 14)).not.toBe(await traceHash("storm", 15));
  });

  it("draws one plan from one seed, whatever was drawn before", () => {
    const plans = scenarios.map((each) => JSON.stringify(each.plan(17)));
    expect([...scenarios].reverse().map((each) => JSON.stringify(each.plan(17)))).toEqual(plans.reverse());
  });
});

/** Two hosts in conversation; what one of them says comes from outside of the universe. */
function leakySystem(leak: () => number): System {
  const ASK = rpc<number, number>("ask");
  return {
    id: "leaky",
    title: "a system that something leaks into",
    properties: [],
    defects: [],
    build(world) {
      world.onBoot("b", (host) => host.onRequest(ASK, (n) => n + 1));
      world.onBoot("a", async (host) => {
        for (let n = 0; n < 20; n++) {
          const pause = n < 10 ? 1_000 : leak();
          await host.sleep(pause);
          await host.request(ASK, "b", n, 1_000_000);
          host.record({ kind: "operator", operation: `asked ${n}`, detail: {} });
        }
      });
    },
  };
}

describe("a model that something leaks into", () => {
  const plan = planOf({ hosts: ["a", "b"] });

  it("is found out, and the first step that differs is named", async () => {
    let calls = 0;
    const { divergence } = await verifyOn(
      leakySystem(() => 1_000 + calls++),
      plan,
    );
    expect(divergence?.first).toMatch(/^\d+ µs a: timer$/);
    expect(divergence?.second).toMatch(/^\d+ µs a: timer$/);
    expect(divergence?.first).not.toBe(divergence?.second);
    // Ten rounds went well: two boots, then a timer, a request, a reply and a fact each.
    expect(divergence?.step).toBeGreaterThan(40);
  });

  it("is not held against one that keeps to itself", async () => {
    const { divergence } = await verifyOn(
      leakySystem(() => 1_000),
      plan,
    );
    expect(divergence).toBeUndefined();
  });
});
