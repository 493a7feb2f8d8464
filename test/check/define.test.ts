import { describe, expect, it } from "vitest";
import { property } from "../../src/check/define.js";
import type { Property } from "../../src/check/property.js";
import { defineScenario, defineSystem, type Outcome, runOn, seconds } from "../../src/index.js";

/** A server that acknowledges what is put into it, but for every third. */
async function runWith(judged: Property): Promise<Outcome> {
  const system = defineSystem({
    id: "numbers",
    roles: {
      server: (host) => {
        for (let i = 1; i <= 9; i++) {
          host.after(seconds(i), () => {
            host.record({ kind: "operator", operation: `${i}`, detail: {} });
            if (i % 3 !== 0) host.record({ kind: "goal", goal: "counted" });
          });
        }
      },
    },
    properties: [judged],
  });
  return runOn(system, defineScenario({ system, hosts: { server: 1 } }).plan(1));
}

const reportOf = ({ properties }: Outcome, id: string) => properties.find((report) => report.id === id);

describe("properties in a few lines", () => {
  it("judge each event as it comes: always", async () => {
    const small = property.always("small", "Numbers are below eight.", ["operator"], (run) => {
      let last = 0;
      return (event) => {
        run.checked();
        last = Number(event.operation);
        if (last >= 8) run.violated("numbers", `${last} is not below eight.`, [event]);
      };
    });
    const outcome = await runWith(small);
    expect(outcome.violations).toMatchObject([
      { property: "small", at: seconds(8), message: "8 is not below eight." },
    ]);
    expect(reportOf(outcome, "small")).toMatchObject({ kind: "always", verdict: "violated", checked: 9 });
  });

  it.each([
    ["at-end", property.atEnd],
    ["eventually", property.eventually],
  ] as const)("judge all events of their kinds in the end: %s", async (kind, make) => {
    const all = make("all", "All numbers come.", ["operator"], (events, run) => {
      run.checked();
      if (events.length !== 9) run.violated("numbers", "Some are missing.", events);
      const last = events.at(-1);
      if (last?.operation === "9") run.violated("nine", "Nine was not to come.", [last]);
    });
    const outcome = await runWith(all);
    expect(outcome.violations).toMatchObject([{ property: "all", at: seconds(60) }]);
    expect(reportOf(outcome, "all")).toMatchObject({ kind, verdict: "violated", checked: 1 });
  });

  it("count how often a goal was reached: sometimes", async () => {
    const outcome = await runWith(property.sometimes("counted"));
    expect(outcome.verdict).toBe("held");
    expect(reportOf(outcome, "sometimes/counted")).toMatchObject({ kind: "sometimes", checked: 6 });
  });

  it("start anew in each run", async () => {
    const first = property.always("first", "Numbers begin with one.", ["operator"], (run) => {
      let seen = 0;
      return (event) => {
        run.checked();
        seen++;
        if (seen !== Number(event.operation)) run.violated(event.operation, "Out of step.", [event]);
      };
    });
    expect((await runWith(first)).verdict).toBe("held");
    expect((await runWith(first)).verdict).toBe("held");
  });
});
