import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError } from "../../../src/explore/formats/input-error.js";
import { parsePlan, planText } from "../../../src/explore/formats/plan-file.js";
import type { Plan } from "../../../src/sim/plan.js";
import { seconds } from "../../../src/sim/time.js";
import { small } from "../../support/small-scenario.js";

const plan = small.plan(7);

/** A plan as loose data, for tests that spoil it. */
// biome-ignore lint/suspicious/noExplicitAny: the tests put values where their types forbid them
type Loose = Record<string, any>;

/** The complaint about the plan after a change, or "none". */
function complaint(change: (data: Loose) => unknown): string {
  const data = JSON.parse(planText(plan));
  change(data);
  return complaintAbout(JSON.stringify(data));
}

function complaintAbout(text: string): string {
  try {
    parsePlan(text, [small]);
    return "none";
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

describe("a plan file", () => {
  it("gives the plan back that was written", () => {
    expect(parsePlan(planText(plan), [small])).toEqual(plan);
  });

  it("has the same bytes whatever the order of the plan's keys", () => {
    const shuffled = Object.fromEntries(Object.entries(plan).reverse()) as unknown as Plan;
    expect(planText(shuffled)).toBe(planText(plan));
  });

  it("is readable: a host, an operation, a fault a line, and a newline at the end", () => {
    const lines = planText(plan).split("\n");
    const parts = plan.topology.length + plan.workload.length + plan.faults.length;
    expect(lines.length).toBe(parts + 2 + 10 + 3 + 1);
    expect(lines.at(-1)).toBe("");
  });

  it("aims faults at the moments of the world and of the system, and at the host where they come", () => {
    const aimed = (change: (fault: Loose) => unknown) =>
      complaint((p) => {
        p.faults[0] = {
          ...{ id: "f1", kind: "crash", at: 5_000, for: 1_000, target: "@" },
          trigger: { moment: "order-paid", nth: 2, after: 30 },
        };
        change(p.faults[0]);
      });
    expect(aimed(() => undefined)).toBe("none");
    expect(
      aimed((fault) => {
        fault.trigger.moment = "host-booted";
      }),
    ).toBe("none");
    expect(
      aimed((fault) => {
        fault.kind = "domain-loss";
        fault.target = "region/@";
      }),
    ).toBe("none");
    expect(
      aimed((fault) => {
        fault.trigger.moment = "order-payed";
      }),
    ).toBe('faults[0].trigger.moment: no moment "order-payed"; did you mean "order-paid"?');
    expect(
      aimed((fault) => {
        fault.trigger.moment = "x";
      }),
    ).toMatch(/^faults\[0\].trigger\.moment: no moment "x"; moments are order-paid, fsync-asked, /);
    expect(
      aimed((fault) => {
        fault.trigger.nth = 0;
      }),
    ).toBe(
      "faults[0].trigger.nth: expected which occurrence of the moment, a whole number from 1 to 1000000000, got 0",
    );
    expect(
      aimed((fault) => {
        delete fault.trigger;
      }),
    ).toBe('faults[0].target: "@" stands for where a moment came, and the fault has no trigger');
    expect(
      aimed((fault) => {
        fault.trigger.after = plan.healAt;
      }),
    ).toBe(`faults[0].for: the fault could only end at ${plan.healAt + 6_000}, after healAt ${plan.healAt}`);
  });

  it("names the path of what is wrong, and what was expected", () => {
    expect(
      complaint((p) => {
        p.faults[1].from = "aws-z";
      }),
    ).toBe('faults[1].from: no host "aws-z"; hosts are aws-a, gcp-a, shop-1, shop-2');
    expect(
      complaint((p) => {
        p.faults[0].target = "provider/azure";
      }),
    ).toMatch(/^faults\[0\]\.target: no domain "provider\/azure"; domains are provider\/aws, /);
    expect(
      complaint((p) => {
        p.faults[0].kind = "domain-los";
      }),
    ).toBe('faults[0].kind: there is no fault of kind "domain-los"; did you mean "domain-loss"?');
    expect(
      complaint((p) => {
        p.faults[1].ratio = 1.5;
      }),
    ).toBe("faults[1].ratio: expected a ratio from 0 to 1, got 1.5");
    expect(
      complaint((p) => {
        delete p.faults[1].ratio;
      }),
    ).toBe("faults[1].ratio: is missing");
    expect(
      complaint((p) => {
        p.faults[1].ratioo = 1;
      }),
    ).toBe('faults[1].ratioo: unknown key; did you mean "ratio"?');
    expect(
      complaint((p) => {
        p.seed = -1;
      }),
    ).toBe("seed: expected a whole number from 0 to 9007199254740991, got -1");
    expect(
      complaint((p) => {
        p.scenario = "smal";
      }),
    ).toBe('scenario: no scenario "smal"; did you mean "small"?');
    expect(
      complaint((p) => {
        p.workload[3].host = "shop-9";
      }),
    ).toMatch(/^workload\[3\]\.host: no host "shop-9"/);
    expect(
      complaint((p) => {
        p.workload = {};
      }),
    ).toBe("workload: expected a list of at most 100000 operations, got an object");
    expect(
      complaint((p) => {
        p.topology[1].domain.region = 5;
      }),
    ).toMatch(/^topology\[1\]\.domain\.region: expected an id /);
    expect(
      complaint((p) => {
        p.defects = ["pay-twise"];
      }),
    ).toBe('defects[0]: system shop-floor has no defect "pay-twise"; did you mean "pay-twice"?');
  });

  it("refuses parts that do not fit each other", () => {
    expect(
      complaint((p) => {
        p.workload[1].id = p.workload[0].id;
      }),
    ).toBe('workload[1].id: "order-0" is already the id of workload[0]');
    expect(
      complaint((p) => {
        p.topology[1].id = "aws-a";
      }),
    ).toMatch(/^topology\[1\]\.id: "aws-a" is already/);
    expect(
      complaint((p) => {
        p.faults[0].for = seconds(11);
      }),
    ).toBe("faults[0].for: the fault would end at 21000000, after healAt 20000000");
    expect(
      complaint((p) => {
        p.faults[2].at = seconds(25);
      }),
    ).toMatch(/^faults\[2\]\.at: 25000000 is after healAt/);
    expect(
      complaint((p) => {
        p.workload[0].at = seconds(31);
      }),
    ).toMatch(/^workload\[0\]\.at: 31000000 is after the end/);
    expect(
      complaint((p) => {
        p.healAt = seconds(31);
      }),
    ).toMatch(/^healAt: 31000000 is after the end/);
  });

  it("refuses numbers with which a run would never end", () => {
    expect(
      complaint((p) => {
        p.duration = 1e15;
      }),
    ).toMatch(/^duration: expected microseconds/);
    expect(
      complaint((p) => {
        p.knobs.tills = null;
      }),
    ).toMatch(/^knobs\.tills: expected a finite number/);
    expect(
      complaint((p) => {
        p.faults[2] = {
          id: "f3",
          kind: "flaky-link",
          at: 0,
          for: 1000000,
          from: "*",
          to: "*",
          up: 1,
          down: 1,
        };
      }),
    ).toMatch(/^faults\[2\]\.up: expected microseconds, a whole number from 1000/);
    expect(
      complaint((p) => {
        p.duration = 86_400_000_000;
        p.healAt = p.duration;
        p.faults[2] = {
          id: "f3",
          kind: "clock-strobe",
          at: 0,
          for: p.duration,
          target: "gcp-a",
          by: 5,
          period: 1000,
        };
      }),
    ).toMatch(/^faults\[2\]: the faults up to this one go on and off more than 1000000 times/);
  });

  it("survives nesting that would overflow a stack", () => {
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    const text = planText(plan).replace(/"body":\{[^}]*\}/, `"body":${deep}`);
    expect(complaintAbout(text)).toMatch(/^workload\[0\]\.body: expected JSON of at most/);
  });

  it("says where text stops being JSON", () => {
    expect(complaintAbout("")).toBe("expected a plan, got an empty file");
    expect(complaintAbout("{\n  nope")).toMatch(/^expected a plan as JSON/);
    expect(complaintAbout("[]")).toMatch(/^expected object, got an empty list$/);
  });

  it("never fails but with one sentence, however it is mangled", () => {
    fc.assert(
      fc.property(mangled(JSON.parse(planText(plan))), (data) => {
        const message = complaintAbout(JSON.stringify(data) ?? "");
        expect(message.length).toBeLessThan(700);
        expect(message).not.toMatch(/[\n\r]|\bat .*:\d+:\d+/);
      }),
      { numRuns: 1500 },
    );
  });

  it("never fails but with one sentence when bytes are cut out or put in", () => {
    const text = planText(plan);
    fc.assert(
      fc.property(
        fc.nat(text.length),
        fc.nat(40),
        fc.string({ unit: "binary", maxLength: 8 }),
        (at, cut, extra) => {
          const message = complaintAbout(text.slice(0, at) + extra + text.slice(at + cut));
          expect(message).not.toMatch(/[\n\r]/);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

/** The data with one to three of its values, anywhere, taken out or replaced by anything. */
function mangled(data: unknown): fc.Arbitrary<unknown> {
  const anything = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom<unknown>(-1, 1.5, 1e308, 2 ** 53, "", "*", "__proto__", "external/x", null, [], {}),
  );
  const change = fc.record({
    where: fc.array(fc.nat(1000), { minLength: 1, maxLength: 5 }),
    value: anything,
    remove: fc.boolean(),
  });
  return fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) => {
    const copy = structuredClone(data);
    for (const { where, value, remove } of changes) mangle(copy, where, value, remove);
    return copy;
  });
}

function mangle(data: unknown, where: readonly number[], value: unknown, remove: boolean): void {
  let holder = data;
  for (const [depth, step] of where.entries()) {
    if (typeof holder !== "object" || holder === null) return;
    const keys = Object.keys(holder);
    const key = keys[step % Math.max(keys.length, 1)];
    if (key === undefined) return;
    const inner: unknown = Reflect.get(holder, key);
    if (depth < where.length - 1 && typeof inner === "object" && inner !== null) {
      holder = inner;
      continue;
    }
    if (remove) Reflect.deleteProperty(holder, key);
    else Reflect.set(holder, key, value);
    return;
  }
}
