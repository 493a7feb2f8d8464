import { describe, expect, it } from "vitest";
import { checkKnobNames, runOn, type System } from "../../src/index.js";
import { scenarios } from "../../src/scenarios/index.js";

const SYSTEMS = new Map<System, (typeof scenarios)[number]>(
  scenarios.toReversed().map((scenario) => [scenario.system, scenario]),
);

describe.each([...SYSTEMS].map(([system, scenario]) => [system.id, system, scenario] as const))(
  "the system %s",
  (_, system, scenario) => {
    it("refuses a misspelt knob in one sentence", async () => {
      const plan = scenario.plan(1);
      const knobs = { ...plan.knobs, clientTimeoutt: 1_000_000 };
      await expect(runOn(system, { ...plan, knobs })).rejects.toThrow(
        /^knobs\.clientTimeoutt: no such knob; knobs are .+$/,
      );
    });
  },
);

describe("names of knobs", () => {
  it("are all taken that begin with a known part, but for that part itself", () => {
    expect(() => checkKnobNames({ "file/a.yaml": "" }, ["pause", "file/"])).not.toThrow();
    expect(() => checkKnobNames({ "file/": "" }, ["pause", "file/"])).toThrow(
      "knobs.file/: no such knob; knobs are pause, file/NAME",
    );
  });
});
