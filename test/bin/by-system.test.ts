import { describe, expect, it } from "vitest";
import { scenariosOfSystem } from "../../bin/by-system.js";
import { scenarios, systems } from "../../src/scenarios/index.js";

describe("the scenarios of one system", () => {
  it.each(systems.map(({ id }) => id))("are those of %s in the registry, in its order", async (id) => {
    expect(await scenariosOfSystem(id)).toEqual(scenarios.filter(({ system }) => system.id === id));
  });

  it("are refused for a system that is not there", async () => {
    await expect(scenariosOfSystem("sago")).rejects.toThrow('no system "sago"');
  });
});
