import { describe, expect, it } from "vitest";
import {
  closing,
  fulfilment,
  fulfilmentCompensation,
} from "../../../src/model/runner/business/fulfilment.js";
import { type Node, runProgram } from "../../../src/model/runner/program.js";

const LIMITS = { gas: 2_000, steps: 500, size: 4_000 };
const program = (nodes: { readonly [name: string]: Node }, result = "r") => ({ name: "p", nodes, result });
const placed = {
  state: null,
  event: { type: "order-placed", payload: { order: "o1", item: "i1", quantity: 2, cents: 500 } },
};

describe("a saga program", () => {
  it("gives the same for the same", () => {
    const runs = [1, 2].map(() => runProgram(fulfilment(), placed, LIMITS));
    expect(runs[0]).toEqual(runs[1]);
    expect(runs[0]?.value).toEqual({
      state: {
        step: "charging",
        status: "running",
        order: "o1",
        item: "i1",
        quantity: 2,
        cents: 500,
        gift: null,
      },
      work: [{ kind: "effect", effect: "charge", payload: { order: "o1", cents: 500 } }],
      schedules: [{ timer: "deadline", after: 12_000 }],
      cancels: [],
    });
  });

  it("evaluates the branch that it takes only", () => {
    const nodes: { readonly [name: string]: Node } = {
      yes: { op: "value", value: true },
      one: { op: "value", value: 1 },
      bad: { op: "not", of: "one" },
      r: { op: "choose", cases: [{ when: "yes", take: "one" }], otherwise: "bad" },
    };
    expect(runProgram(program(nodes), null, LIMITS)).toMatchObject({ value: 1, steps: 3 });
  });

  it.each([
    ["out of gas", { ...LIMITS, gas: 3 }, "out-of-gas"],
    ["in too many steps", { ...LIMITS, steps: 3 }, "too-many-steps"],
    ["with too large a result", { ...LIMITS, size: 20 }, "too-large"],
  ])("fails as a whole %s", (_, limits, reason) => {
    expect(() => runProgram(fulfilment(), placed, limits)).toThrow(`: ${reason}`);
  });

  it("fails on a value of another type", () => {
    const nodes: { readonly [name: string]: Node } = {
      a: { op: "input", path: ["event"] },
      r: { op: "add", of: ["a"] },
    };
    expect(() => runProgram(program(nodes), { event: "x" }, LIMITS)).toThrow("program p failed at a: type");
  });

  it("finds null where the input has nothing", () => {
    expect(runProgram(program({ r: { op: "input", path: ["a", "b"] } }), {}, LIMITS).value).toBeNull();
  });
});

describe("the saga of an order", () => {
  const step = (state: string, type: string, program = fulfilment()) =>
    runProgram(
      program,
      {
        state: { step: state, status: "running", order: "o1", item: "i1", quantity: 2, cents: 500 },
        event: { type, payload: { command: "reserve" } },
      },
      LIMITS,
    ).value as unknown as {
      readonly state: { readonly step: string; readonly status: string };
      readonly work: readonly { readonly effect?: string; readonly command?: string }[];
    };
  const doing = (result: ReturnType<typeof step>) =>
    result.work.map(({ effect, command }) => effect ?? command);

  it("charges, reserves, ships and completes", () => {
    expect(doing(step("charging", "charge.charged"))).toEqual(["reserve"]);
    expect(doing(step("reserving", "stock-reserved"))).toEqual(["ship"]);
    const end = step("shipping", "ship.shipped");
    expect(doing(end)).toEqual(["complete"]);
    expect(end.state.status).toBe("completed");
  });

  it("takes back what was done, the step under way included", () => {
    const back = fulfilmentCompensation();
    expect(step("charging", "timer.deadline", back).state.step).toBe("cancelling");
    expect(doing(step("reserving", "order-cancelled", back))).toEqual(["release", "refund"]);
    expect(doing(step("reserving", "command.rejected", back))).toEqual(["release", "refund"]);
    expect(doing(step("shipping", "ship.failed", back))).toEqual(["unship", "release"]);
    expect(doing(step("unshipping", "unship.unshipped"))).toEqual(["refund"]);
    expect(step("refunding", "refund.refunded").state.status).toBe("compensated");
  });

  it("does not take back what ships", () => {
    expect(step("shipping", "timer.deadline", fulfilmentCompensation())).toMatchObject({
      state: { step: "shipping" },
      work: [],
    });
  });

  it("is closed when both of its timers have come, in any order", () => {
    expect(step("waiting", "timer.archive", closing()).state.step).toBe("archive");
    expect(step("archive", "timer.survey", closing()).state.status).toBe("completed");
  });
});
