/** The store that the runner's nodes share, judged from what its transactions saw. */
import { describe, expect, it } from "vitest";
import { storageDefects } from "../../src/model/storage/defects.js";
import { storageProperties } from "../../src/model/storage/properties/index.js";
import { crashes } from "../../src/scenarios/runner/crashes.js";
import { runnerSystem } from "../../src/scenarios/runner/system.js";
import { runOn } from "../../src/storm/run.js";

const system = { ...runnerSystem, defects: [...runnerSystem.defects, ...storageDefects] };
const ids = storageProperties.map(({ id }) => id);

describe("the store of the runner", () => {
  it("keeps its promises while hosts crash", async () => {
    const checked = new Map(ids.map((id) => [id, 0]));
    for (let seed = 1; seed <= 8; seed++) {
      const { properties } = await runOn(system, crashes.plan(seed));
      for (const { id, verdict, checked: times } of properties) {
        const before = checked.get(id);
        if (before === undefined) continue;
        expect([seed, id, verdict]).not.toEqual([seed, id, "violated"]);
        checked.set(id, before + times);
      }
    }
    expect([...checked].filter(([, times]) => times === 0)).toEqual([]);
  });

  it("does not when reads are not validated", async () => {
    const violated = new Set<string>();
    for (let seed = 1; seed <= 4; seed++) {
      const plan = crashes.plan(seed, { defects: ["store-reads-not-validated"] });
      for (const { property } of (await runOn(system, plan)).violations) violated.add(property);
    }
    expect(violated).toContain("store-serializable");
  });
});
