import { describe, expect, it } from "vitest";
import { brokerScenarios } from "../../src/scenarios/broker/index.js";
import { brokerSystem } from "../../src/scenarios/broker/system.js";
import { runOn } from "../../src/storm/run.js";

/** Asked for in few universes, and only once all is there that it goes with; every run of `broker-calm` compares it. */
const CERTAIN_WHEN_CALM = "broker-nonsense-is-refused";

/** Universes of a scenario. */
const AT_LEAST = 15;
const AT_MOST = 40;

describe.each(brokerScenarios)("$id", (each) => {
  it("holds, and within forty universes fires its faults and checks every safety property", async () => {
    const checked = new Map<string, number>();
    const fired = new Set<string>();
    const vacuous = () =>
      [...checked].flatMap(([id, times]) =>
        times === 0 && id.startsWith("broker-") && id !== CERTAIN_WHEN_CALM && each.id !== "store-crashes"
          ? [id]
          : [],
      );
    const isComplete = () => vacuous().length === 0 && each.mustFire.every((kind) => fired.has(kind));
    for (let seed = 1; seed <= AT_LEAST || (seed <= AT_MOST && !isComplete()); seed++) {
      const { violations, properties, faults } = await runOn(brokerSystem, each.plan(seed));
      expect(violations, `seed ${seed}`).toEqual([]);
      for (const { id, checked: times } of properties) checked.set(id, (checked.get(id) ?? 0) + times);
      for (const [kind, count] of Object.entries(faults)) if (count.fired > 0) fired.add(kind);
    }
    expect(each.mustFire.filter((kind) => !fired.has(kind))).toEqual([]);
    expect(vacuous()).toEqual([]);
  });
});
