/** Every system sends data, and changes nothing that it has sent. */
import { expect, it } from "vitest";
import { scenarios, systems } from "../../src/scenarios/index.js";
import { runOn } from "../../src/storm/run.js";

it.each(systems.map(({ id }) => id))(
  "of %s bodies of messages can be frozen, and runs stay the same",
  async (id) => {
    const ofSystem = scenarios.filter(({ system }) => system.id === id);
    for (const scenario of [ofSystem.at(0), ofSystem.at(-1)]) {
      if (scenario === undefined) continue;
      const plan = scenario.plan(3);
      const checked = await runOn(scenario.system, plan, { checkBodies: true });
      expect(
        checked.violations.filter(({ property }) => !scenario.expectedViolations.includes(property)),
      ).toEqual([]);
      expect(checked.traceHash).toBe((await runOn(scenario.system, plan)).traceHash);
    }
  },
);
