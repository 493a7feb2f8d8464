import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parsePlan, planText } from "../../../src/explore/formats/plan-file.js";
import { parseRepro, reproText } from "../../../src/explore/formats/repro-file.js";
import { scenarios } from "../../../src/scenarios/index.js";

const corpus = new URL("../../../corpus/", import.meta.url);
const files = readdirSync(corpus).filter((name) => name.endsWith(".json"));
const textOf = (name: string): string => readFileSync(new URL(name, corpus), "utf8");

describe("plans and repro files of format 1", () => {
  it.each(files)("%s is read, and written in today's format", (name) => {
    const repro = parseRepro(textOf(name), scenarios);
    const written = reproText(repro);
    expect(written).not.toMatch(/"upon"|"outside-|"outside\/|"rungs"/);
    expect(parseRepro(written, scenarios)).toEqual(repro);
    expect(repro.plan.format).toBe(2);
  });

  it("name defects by the ids that they had, where those have other ones today", () => {
    const runner = scenarios.find(({ id }) => id === "runner-calm");
    const plan = runner?.plan(1, { defects: ["checkpoint-shared-by-lanes"] });
    if (plan === undefined) throw new Error("there is no runner-calm");
    const old = planText({ ...plan, defects: ["checkpoint-as-told"] });
    expect(parsePlan(old, scenarios)).toEqual(plan);
  });

  it("keeps what an old plan said under its new names", () => {
    const storm = scenarios.find(({ id }) => id === "storm")?.plan(1);
    if (storm === undefined) throw new Error("there is no storm");
    const today = {
      ...storm,
      faults: [
        { id: "f1", kind: "external-hang", at: 1, for: 2, target: "external/payments", ratio: 0.5 },
        {
          ...{
            id: "f2",
            kind: "partition",
            at: 1,
            for: 2,
            a: ["*"],
            b: ["external/payments"],
            oneWay: false,
          },
          trigger: { moment: "vote-granted", nth: 2, after: 300 },
        },
      ],
    };
    const old = JSON.stringify({ ...today, format: 1 })
      .replaceAll("external-hang", "outside-hang")
      .replaceAll("external/", "outside/")
      .replaceAll('"trigger"', '"upon"');
    expect(parsePlan(old, scenarios)).toEqual(today);
    expect(planText(parsePlan(old, scenarios))).toContain('"format": 2');
  });

  it("names what is wrong in an old file by its new name", () => {
    const storm = scenarios.find(({ id }) => id === "storm")?.plan(1);
    const old = { ...storm, format: 1, faults: [{ id: "f1", kind: "outside-hang", at: 1 }] };
    expect(() => parsePlan(JSON.stringify(old), scenarios)).toThrow(/^faults\[0\]\.for: /);
  });
});
