import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
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
      /\nThe key "\d": the first \d+ answers are not linearizable; fewer are\.\nLet\n {2}A = /,
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

  describe("is right at the edges", () => {
    const events = (...all: readonly (readonly [f: string, asked: string, answer: string])[]): string =>
      all
        .flatMap(([f, asked, answer]) =>
          [asked, answer].map(
            (value, i) =>
              `{"process": 0, "type": "${["invoke", "ok"][i]}", "f": "${f}", "key": "k", "value": ${value}}`,
          ),
        )
        .join("\n");
    const verdict = async (text: string, ...options: string[]): Promise<number> => {
      const path = join(folder, `edge-${text.length}-${options.length}`);
      writeFileSync(path, text);
      return (await command(["linearizable", path, ...options])).code;
    };

    it("takes the value false for a value, and not for a refusal", async () => {
      const written = (read: string) =>
        events(["write", "5", "5"], ["write", "false", "false"], ["read", "null", read]);
      expect(await verdict(written("false"), "-m", "register")).toBe(0);
      expect(await verdict(written("5"), "-m", "register")).toBe(1);
      expect(await verdict(written("null"), "-m", "register")).toBe(1);
    });

    it("takes a delete for done, whatever it answers", async () => {
      const deleted = (read: string) =>
        events(["put", "5", "5"], ["delete", "null", "false"], ["get", "null", read]);
      expect(await verdict(deleted("null"), "-m", "kv")).toBe(0);
      expect(await verdict(deleted("5"), "-m", "kv")).toBe(1);
    });

    it("tells numbers apart by their last digit, and only by that", async () => {
      const kept = (read: string) => events(["write", "9007199254740993", "null"], ["read", "null", read]);
      expect(await verdict(kept("9007199254740993"), "-m", "register")).toBe(0);
      expect(await verdict(kept("9007199254740992"), "-m", "register")).toBe(1);
      expect(await verdict(events(["write", "1", "1"], ["read", "null", "1.0"]), "-m", "register")).toBe(0);
    });

    it("keeps the fields of an event in place whatever tagged values are among them", async () => {
      const text = `{:process 0 :type :invoke :f :read :value nil}
{:process 0 :type :ok :f :read :at #inst "2020-01-01" :value 4 :end #inst "2020-01-02"}`;
      expect(await verdict(text, "-m", "register")).toBe(1);
      expect(await verdict(text, "-m", "register", "--initial", "4")).toBe(0);
    });

    it("knows that sets have no order", async () => {
      const text = [
        "{:process 0 :type :invoke :f :write :value #{1 2}}",
        "{:process 0 :type :ok :f :write}",
        "{:process 0 :type :invoke :f :read}",
        "{:process 0 :type :ok :f :read :value #{2 1}}",
      ].join("\n");
      expect(await verdict(text, "-m", "register")).toBe(0);
    });

    it("refutes one object while another one is hard", async () => {
      const writes = Array.from(
        { length: 18 },
        (_, i) => `{"process": ${i}, "type": "invoke", "f": "write", "key": "a", "value": ${i % 17}}`,
      );
      const ended = writes.map((line) => line.replace("invoke", "ok"));
      const read = (value: number) =>
        ["invoke", "ok"].map(
          (type) => `{"process": 30, "type": "${type}", "f": "read", "key": "a", "value": ${value}}`,
        );
      const hard = [...writes, ...ended, ...read(0), ...read(1)];
      const wrong = [
        `{"process": 40, "type": "invoke", "f": "read", "key": "b"}`,
        `{"process": 40, "type": "ok", "f": "read", "key": "b", "value": 7}`,
      ];
      const path = join(folder, "hard.jsonl");
      writeFileSync(path, [...hard, ...wrong].join("\n"));
      const { code, out } = await command(["linearizable", path, "-m", "register", "--json"]);
      expect(code).toBe(1);
      const { steps, contradictions } = JSON.parse(out);
      expect(contradictions.map(({ object }: { object: string }) => object)).toContain("b");
      expect(steps).toBeLessThan(500_000);
    });

    it("needs no search where every value was written once", async () => {
      const writes = Array.from(
        { length: 18 },
        (_, i) => `{"process": ${i}, "type": "invoke", "f": "write", "value": ${i}}`,
      );
      const read = (value: number) =>
        ["invoke", "ok"].map((type) => `{"process": 30, "type": "${type}", "f": "read", "value": ${value}}`);
      const text = [
        ...writes,
        ...writes.map((line) => line.replace("invoke", "ok")),
        ...read(0),
        ...read(1),
      ].join("\n");
      expect(await verdict(text, "-m", "register", "--budget", "1")).toBe(1);
    });

    it("hints at what the object may have held at first", async () => {
      const path = join(folder, "initial.jsonl");
      writeFileSync(path, events(["read", "null", "0"], ["write", "1", "1"], ["read", "null", "1"]));
      const { code, out } = await command(["linearizable", path, "-m", "register"]);
      expect(code).toBe(1);
      expect(out).toContain(
        "Whoever read before anything was written found 0. If it starts so, say --initial '0'.",
      );
      expect((await command(["linearizable", path, "-m", "register", "--initial", "0"])).code).toBe(0);
    });
  });

  it("reads gzip", async () => {
    const path = join(folder, "good.jsonl.gz");
    writeFileSync(path, gzipSync(readFileSync(good)));
    expect((await command(["linearizable", path, "--model", "kv"])).code).toBe(0);
    writeFileSync(path, gzipSync(readFileSync(good)).subarray(0, 500));
    const { code, err } = await command(["linearizable", path, "--model", "kv"]);
    expect([code, err]).toEqual([
      2,
      `error: cannot read ${path}: it begins like gzip, and can't be unpacked\n`,
    ]);
  });

  it("draws the longest order, and what forbids each alternative, in a page that loads nothing", async () => {
    const { code, files } = await command(["linearizable", bad, "--model", "kv", "--html", "h.html"]);
    expect(code).toBe(1);
    const page = files["h.html"] ?? "";
    expect(page.includes("default-src &#39;none&#39;")).toBe(true);
    expect(/<script|https?:\/\//.test(page)).toBe(false);
    expect(page.includes("can&#39;t come next: the key holds")).toBe(true);
    expect(/comes as number \d+; after it the object holds/.test(page)).toBe(true);
    expect(page.includes("So no order fits: a contradiction.")).toBe(true);
    const sound =
      (await command(["linearizable", good, "--model", "kv", "--html", "g.html"])).files["g.html"] ?? "";
    expect(sound.includes("operations further away are not drawn")).toBe(true);
    expect(sound.includes("The longest order is stuck")).toBe(false);
  });

  it("prints an order that fits when asked for one", async () => {
    const path = file("witness.jsonl", [
      { client: "0", object: "k", f: "write", input: 1, output: true, call: 0, ret: 3 },
      { client: "1", object: "k", f: "read", input: null, output: 1, call: 1, ret: 2 },
    ]);
    const { out } = await command(["linearizable", path, "-m", "register", "--witness"]);
    expect(out).toContain(
      '\nThe register "k" in an order that fits:\n  1  write 1   [process 0, asked in line 1]\n  2  read → 1   [process 1, asked in line 2]\n',
    );
  });

  it("takes a model of one's own from a module", async () => {
    const module = join(folder, "toggle.mjs");
    writeFileSync(
      module,
      "export const model = { name: 'switch', init: false, partition: ({ input }) => input, describe: (on) => on ? 'is on' : 'is off', step: (on, { f, output, answered }) => (f === 'flip' ? !on : !answered || output === on ? on : undefined) };",
    );
    const history = (...seen: boolean[]): string => {
      const path = join(folder, `switch-${seen.join("-")}.jsonl`);
      const asked = (f: string, value: unknown, output: unknown) => [
        { process: 0, type: "invoke", f, value },
        { process: 0, type: "ok", f, value: output },
      ];
      const all = seen.flatMap((on) => [...asked("flip", "lamp", null), ...asked("look", "lamp", on)]);
      writeFileSync(path, all.map((event) => JSON.stringify(event)).join("\n"));
      return path;
    };
    expect((await command(["linearizable", history(true, false), "-m", module])).code).toBe(0);
    const { code, out } = await command(["linearizable", history(true, true), "-m", module]);
    expect(code).toBe(1);
    expect(out).toContain('the switch "lamp" is off while');
    writeFileSync(
      join(folder, "broken.mjs"),
      "export default { init: { a: 1 }, step: (state) => { state.a++; return state; } };",
    );
    const broken = await command(["linearizable", history(true), "-m", join(folder, "broken.mjs")]);
    expect(broken.code).toBe(2);
    expect(broken.err).toMatch(
      /^error: the model failed on "flip "lamp"" of process 0: Cannot assign to read only property/,
    );
  });

  it.each([
    [
      ["linearizable", good, "--model", "semaphore"],
      "error: --initial: a semaphore has to be given the number of permits that it starts with\n",
    ],
    [
      ["linearizable", good, "--model", "queue", "--initial", "1"],
      "error: --initial: a queue always starts empty\n",
    ],
    [
      ["linearizable", good, "--model", "kv", "--initial", "x"],
      'error: --initial: expected a value as JSON (a text in double quotes), got "x"\n',
    ],
    [["linearizable", good, "--model", "./none.mjs"], "error: --model: ./none.mjs can't be loaded: "],
    [
      ["linearizable", good, "--model", "stack"],
      "error: --model: expected one of register, cas-register, multi-register, kv, queue, ",
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
