import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseRepro } from "../../src/explore/formats/repro-file.js";
import { scenarios, systems } from "../../src/scenarios/index.js";
import { propertyId, withPropertyIds } from "../../src/storm/property-names.js";
import type { Scenario, System } from "../../src/storm/scenario.js";

const [pipeline] = systems as [System];
const [steady] = scenarios as [Scenario];

describe("names of properties", () => {
  it("takes an alias for the id, and leaves ids and strangers as they are", () => {
    expect(propertyId("G8", pipeline.properties)).toBe("no-double-effect");
    expect(propertyId("no-double-effect", pipeline.properties)).toBe("no-double-effect");
    expect(propertyId("W0", [])).toBe("code-failure");
    expect(propertyId("G99", pipeline.properties)).toBe("G99");
  });

  it("has no name twice in a system, aliases and ids together", () => {
    for (const { properties } of systems) {
      const names = properties.flatMap(({ id, alias }) => (alias === undefined ? [id] : [id, alias]));
      expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
    }
  });

  it("puts ids in the place of aliases in scenarios and defects, and shares the system", () => {
    const [defect] = pipeline.defects;
    if (defect === undefined) throw new Error("the pipeline has no defects");
    const system = { ...pipeline, defects: [{ ...defect, caughtBy: ["G8", "raft-log-matching"] }] };
    const weak = { ...steady, system, expectedViolations: ["G1"] };
    const [first, second] = withPropertyIds([weak, { ...weak, id: "other" }]);
    expect(first?.expectedViolations).toEqual(["accepted-orders-stay-readable"]);
    expect(first?.system.defects[0]?.caughtBy).toEqual(["no-double-effect", "raft-log-matching"]);
    expect(second?.system).toBe(first?.system);
  });

  it("leaves scenarios without aliases the very objects that they are", () => {
    for (const [i, scenario] of withPropertyIds(scenarios).entries()) expect(scenario).toBe(scenarios[i]);
  });

  it("reads repro files that name a property by its alias", () => {
    const file = new URL("../../corpus/reconfiguration-219079-hints-in-a-circle.json", import.meta.url);
    const text = readFileSync(file, "utf8");
    expect(text).toContain('"property": "G14"');
    expect(parseRepro(text, scenarios).expected).toMatchObject({
      property: "every-webhook-is-answered",
      signature: expect.stringMatching(/^every-webhook-is-answered: /),
    });
  });
});
