import { afterEach, describe, expect, it, vi } from "vitest";
import { node } from "../../src/node/index.js";
import { printed, runPrograms } from "./support/universe.js";

afterEach(() => vi.restoreAllMocks());

describe("a signal that requests share", () => {
  it("has a listener for each that is under way, and none of those that are through", async () => {
    const outcome = await runPrograms({
      hosts: { server: node("hello-server.ts"), client: node("shares-signal.ts") },
      seconds: 5,
    });
    expect(outcome.violations).toEqual([]);
    expect(printed(outcome, "client").filter((line) => !line.startsWith("(node)"))).toEqual([
      "in turn: 0",
      "at once: 15",
      "after: 0",
    ]);
  });
});

describe("what Node warns of in a program", () => {
  it("stands in the output of its process, in every universe, and nowhere else", async () => {
    const real = vi.spyOn(process, "emitWarning");
    const hosts = { server: node("hello-server.ts"), client: node("shares-signal.ts") };
    const outcomes = [await runPrograms({ hosts, seconds: 5 }), await runPrograms({ hosts, seconds: 5 })];
    for (const outcome of outcomes) {
      expect(printed(outcome, "client").filter((line) => line.startsWith("(node)"))).toEqual([
        expect.stringMatching(/^\(node\) MaxListenersExceededWarning: .* 11 abort listeners added/),
        expect.stringMatching(/^\(node\) MaxListenersExceededWarning: .* 11 news listeners added/),
      ]);
    }
    expect(real).not.toHaveBeenCalled();
  });
});
