import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  type CheckOptions,
  check,
  never,
  node,
  type StormContext,
  StormFailure,
} from "../../src/node/index.js";
import { stormTest } from "../../src/vitest/index.js";
import { sell, TICKETS } from "./tickets.js";

const base = mkdtempSync(join(tmpdir(), "storms-"));
afterAll(() => rmSync(base, { recursive: true }));

const seller = (env: Readonly<Record<string, string>> = {}): CheckOptions => ({
  hosts: { seller: node(TICKETS, { env }) },
  storm: ["crash", "loss", "partition"],
  runs: 30,
  shrinkMs: 600_000,
});

async function noTicketIsLost(context: StormContext): Promise<void> {
  const { confirmed, sold } = await sell(context);
  expect(confirmed.filter((buyer) => !sold.includes(buyer))).toEqual([]);
}

async function noMoreThanTen(context: StormContext): Promise<void> {
  expect((await sell(context)).sold.length).toBeLessThanOrEqual(10);
}

const failureOf = async (name: string, options: CheckOptions, body: (context: StormContext) => unknown) => {
  const failure = await check(name, options, body, { base, command: "the-command" }).catch(
    (error: unknown) => error,
  );
  if (!(failure instanceof StormFailure)) throw failure;
  return failure;
};

stormTest("a sound seller loses no ticket", { ...seller(), runs: 20 }, noTicketIsLost);
stormTest("a sound seller sells no more than it has", { ...seller(), runs: 20 }, noMoreThanTen);
stormTest.skip("what is skipped is not run", seller(), () => {
  throw new Error("it was");
});
stormTest.each([1, 2])(
  (seed) => `each is a test of its own: ${seed}`,
  (seed) => ({ ...seller(), runs: 1, seed }),
  (_seed, context) => noTicketIsLost(context),
);

describe("a storm test that fails", () => {
  it("tells the story of the smallest plan, with the line that brings it back", async () => {
    const failure = await failureOf("a forgetful seller", seller({ FORGETFUL: "yes" }), noTicketIsLost);
    expect(failure.message).toMatch(/^expectations: expected \[ 'buyer-.*\] to deeply equal \[\]/);
    expect(failure.message).toContain("Shrunk: ");
    expect(failure.message).toMatch(/The nearest run that passes\n {2}passes without crash/);
    expect(failure.message).toContain(`again: SEEDSTORM_SEED=${failure.seed} the-command`);
    expect(failure.outcome.plan.faults.length).toBeLessThanOrEqual(2);
    expect(failure.outcome.plan.faults.some(({ kind }) => kind.startsWith("crash"))).toBe(true);
    expect(failure.stack).toContain("storm-test.test.ts");
  });

  it("is written down beside the test, and run first next time", async () => {
    const name = "a racy seller";
    const failure = await failureOf(name, { ...seller({ RACY: "yes" }), storm: [] }, noMoreThanTen);
    expect(failure.outcome.plan.faults).toEqual([]);
    const file = join(base, "__storms__", "a-racy-seller.json");
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ kind: "repro", property: "expectations" });
    const again = await failureOf(name, { ...seller({ RACY: "yes" }), storm: [], runs: 0 }, noMoreThanTen);
    expect(again.message).toContain("which is run first");
    expect(again.outcome.traceHash).toBe(failure.outcome.traceHash);
    const report = await check(name, { ...seller(), storm: [], runs: 3 }, noMoreThanTen, {
      base,
      command: "",
    });
    expect(report.traceHashes).toHaveLength(3);
    expect(existsSync(file)).toBe(true);
  });

  it("says so when its function never comes to its end", async () => {
    const body = ({ client }: StormContext) =>
      client.fetch("http://seller/nothing").then(() => new Promise(() => {}));
    const failure = await failureOf("no end", { ...seller(), storm: [], runs: 1 }, body);
    expect(failure.message).toMatch(/^finishes: The test's function still waits/);
  });

  it("says so when a property of its own is contradicted", async () => {
    const properties = [
      never(
        "Nobody asks for the list.",
        (event) => event.kind === "program" && event.text === "GET /tickets",
      ),
    ];
    const failure = await failureOf("a property", { ...seller(), storm: [], runs: 1, properties }, sell);
    expect(failure.message).toMatch(/^nobody-asks-for-the-list: It came about\./);
  });

  it("says so when it looks at something outside of its universe", async () => {
    let calls = 0;
    const body = async ({ client }: StormContext): Promise<void> => client.log(`call ${++calls}`);
    const checked = check("impure", { ...seller(), runs: 1 }, body, { base, command: "" });
    await expect(checked).rejects.toThrow(/ran twice and was not the same.*call 1.*call 2/s);
  });

  it.each([
    [{ storm: ["earthquake" as "crash"] }, /there is no "earthquake"; what there is: crash, pause/],
    [{ targets: ["buyer"] }, /targets: no host "buyer"; hosts are seller/],
    [{ hosts: { client: node(TICKETS) } }, /"client" is the host on which the test's function runs/],
    [
      { hosts: { a: node("./nowhere.ts") } },
      /nowhere\.ts can't be bundled: there is no file \/.*\/nowhere\.ts$/,
    ],
  ])("names what is wrong with its options: %j", async (options, message) => {
    const checked = check("wrong", { ...seller(), ...options }, () => {}, { base, command: "" });
    await expect(checked).rejects.toThrow(message);
  });
});
