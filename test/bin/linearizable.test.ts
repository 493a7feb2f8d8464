import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { kvHistory, staleHistory } from "../../bench/histories.js";
import { OPEN, type Operation } from "../../src/check/linearizability/operation.js";
import { temporaryFolder } from "../support/folder.js";
import { command } from "./support.js";

const folder = temporaryFolder();

/** Writes operations down as other tools would. */
function file(name: string, operations: readonly Operation[]): string {
  const events = operations.flatMap(({ client, f, object: key, input, output, call, ret }) => {
    const event = { process: Number(client), f, key };
    const asked = { at: call, event: { ...event, type: "invoke", value: input } };
    return ret === OPEN ? [asked] : [asked, { at: ret, event: { ...event, type: "ok", value: output } }];
  });
  const path = join(folder, name);
  const lines = events.sort((a, b) => a.at - b.at).map(({ event }) => JSON.stringify(event));
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

const sound = kvHistory(1);
const good = file("good.jsonl", sound);
const bad = file(
  "bad.jsonl",
  staleHistory(sound, 0.6, (f) => f === "get"),
);

describe("seedstorm linearizable", () => {
  it("says in one line that a history has an order", async () => {
    const { code, out, err } = await command(["linearizable", good, "--model", "kv"]);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^linearizable · 1700 operations · 10 objects · \d+ steps · 40 ms\n$/);
  });

  it("shows why there is none, and ends with 1", async () => {
    const { code, out } = await command(["linearizable", bad, "--model", "kv"]);
    expect(code).toBe(1);
    expect(out).toMatch(/^not linearizable · 1700 operations/);
    expect(out).toMatch(
      /\nThe key "\d": the first \d+ answers have no order, and fewer have one\.\nLet\n {2}A = /,
    );
    expect(out).toContain("\nSo no order fits: a contradiction.\n");
  });

  it("prints one object with --json", async () => {
    const { out } = await command(["linearizable", bad, "--model", "kv", "--json"]);
    const data = JSON.parse(out);
    expect(data).toMatchObject({
      model: "kv",
      verdict: "not-linearizable",
      operations: 1_700,
      objects: 10,
      failed: 0,
    });
    expect(data.contradictions).toHaveLength(1);
    expect(data.contradictions[0]).toMatchObject({ shortest: true, culprit: { f: "get" } });
  });

  it("never passes what it could not decide: 3 when the budget runs out", async () => {
    const { code, out } = await command(["linearizable", good, "--model", "kv", "--budget", "1000"]);
    expect(code).toBe(3);
    expect(out).toMatch(
      /^unknown: the budget did not suffice · [^\n]*\n\nNo verdict for "\d".*: raise --budget\.\n$/,
    );
  });

  it.each([
    [
      ["linearizable", good, "--model", "stack"],
      'error: --model: expected one of register, cas-register, queue, lock, kv, got "stack"\n',
    ],
    [
      ["linearizable", join(folder, "none"), "--model", "kv"],
      `error: cannot read ${join(folder, "none")}: there is no such file\n`,
    ],
    [
      ["linearizable", good, "--model", "lock"],
      `error: ${good}:1: f: expected one of acquire, lock, release, unlock for model lock, got `,
    ],
    [
      ["linearizable", good, "--model", "kv", "--budget", "0"],
      "error: --budget: expected a whole number from 1 to 999999999, got ",
    ],
  ])("refuses unusable input with one sentence: %s", async (args, message) => {
    const { code, err } = await command(args);
    expect(code).toBe(2);
    expect(err.startsWith(message)).toBe(true);
    expect(err.trim().split("\n")).toHaveLength(1);
  });
});
