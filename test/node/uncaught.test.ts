import { describe, expect, it } from "vitest";
import { type NodeOptions, node } from "../../src/node/index.js";
import { printed, runPrograms } from "./support/universe.js";

const failing = (way: string, options: NodeOptions = {}, ...args: string[]) =>
  runPrograms({ hosts: { a: node("fails.ts", { args: [way, ...args], ...options }) }, seconds: 3 });

const ERRORS = [
  ["timer", "thrown in a timer", 6],
  ["tick", "thrown in a tick", 10],
  ["rejection", "rejected", 12],
  ["emitter", "nobody listens", 13],
] as const;

describe("what a program does not handle", () => {
  it.each(ERRORS)(
    "fails the run and is told with its place in the source: %s",
    async (way, message, line) => {
      const outcome = await failing(way);
      expect(outcome.violations).toHaveLength(1);
      expect(outcome.violations[0]?.property).toBe("code-failure");
      expect(outcome.violations[0]?.message).toMatch(
        new RegExp(
          `^The code on a failed .*: Error: ${message} \\(/.*/programs/fails\\.ts:${line}:\\d+\\)\\.$`,
        ),
      );
      expect(outcome.virtualTime).toBe(1_000_000);
    },
  );

  it.each(ERRORS)("ends the process under a supervisor, which starts it again: %s", async (way, message) => {
    const outcome = await failing(way, { onUncaught: "exit" });
    expect(outcome.verdict).toBe("held");
    expect(printed(outcome, "a")).toEqual(["hello from 1001", "hello from 1002", "hello from 1003"]);
    const errors = outcome.history.filter((event) => event.kind === "program" && event.phase === "error");
    expect(errors[0]).toMatchObject({ at: 1_000_000, text: expect.stringContaining(message) });
  });

  it.each(ERRORS)("goes to a listener of the program's own first: %s", async (way, message) => {
    const outcome = await failing(way, {}, "listens");
    expect(outcome.verdict).toBe("held");
    expect(printed(outcome, "a")).toEqual(["hello from 1001", `caught ${message}`]);
  });
});

describe("a program that exits", () => {
  it("runs its listeners of exit, does nothing more, and is started again after a back-off", async () => {
    const outcome = await failing("exit");
    expect(outcome.verdict).toBe("held");
    expect(printed(outcome, "a")).toEqual([
      "hello from 1001",
      "exit 3",
      "hello from 1002",
      "exit 3",
      "hello from 1003",
    ]);
    const starts = outcome.history.filter((event) => event.kind === "program" && event.phase === "start");
    expect(starts.map(({ at }) => at)).toEqual([1_100_000, 2_300_000]);
  });
});
