import { describe, expect, it } from "vitest";
import { scenarios, systems } from "../../src/scenarios/index.js";

describe("what scenarios come to for certain", () => {
  it("is said by a scenario of every system in which nothing goes wrong", () => {
    const calm = scenarios.filter(({ id }) => id === "steady" || id.endsWith("-calm"));
    expect(calm.map(({ system }) => system.id).sort()).toEqual(systems.map(({ id }) => id).sort());
    for (const { id, certain = [] } of calm) expect([id, ...certain].length, id).toBeGreaterThan(10);
  });

  it("is a goal or a property that there is", () => {
    for (const { id, certain = [], system } of scenarios) {
      const properties = system.properties.map((property) => property.id);
      const others = certain.filter((name) => !properties.includes(name));
      // A goal's name has a space or a colon; a property's has neither, so that a misspelt one does not pass for a goal.
      for (const name of others) expect([id, name]).toEqual([id, expect.stringMatching(/[ :]/)]);
      expect(new Set(certain).size).toBe(certain.length);
    }
  });
});
