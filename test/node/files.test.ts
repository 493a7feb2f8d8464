import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { node } from "../../src/node/index.js";
import { SECOND } from "../../src/sim/time.js";
import { printed, runPrograms } from "./support/universe.js";

describe("files of a program", () => {
  it("are read and written by every form of node:fs", async () => {
    const outcome = await runPrograms({ hosts: { a: node("files.ts") } });
    expect(outcome.violations).toEqual([]);
    expect(printed(outcome, "a")).toEqual([
      'read: "one\\ntwo\\n"',
      'list: ["a.txt","er"]',
      'types: [["a.txt",false],["er",true]]',
      "size: 8",
      'handle: [5,"World"]',
      'truncated: "hello"',
      "renamed: [false,true]",
      'missing: "ENOENT"',
      'no folder: "ENOENT"',
      'exclusive: "EEXIST"',
      'is a folder: "EISDIR"',
      'twice: "EEXIST"',
      'not empty: "ENOTEMPTY"',
      'removed: ["c.bin"]',
      'streamed: "hello"',
      'callback: [null,"hello"]',
      'image: "from the package\\n"',
      'outside: "ENOENT"',
      'changed: "changed"',
    ]);
    expect(readFileSync(new URL("programs/note.txt", import.meta.url), "utf8")).toBe("from the package\n");
  });

  const journals = async (seed: number, args: readonly string[] = []) => {
    const crash = { kind: "crash", id: "c", at: SECOND, for: SECOND, target: "a" } as const;
    const faults = args.length === 0 ? [crash] : [];
    const outcome = await runPrograms({
      hosts: { a: node("journal.ts", { args }) },
      seed,
      faults,
      seconds: 3,
    });
    const lines = printed(outcome, "a");
    const second = lines.findIndex((line, index) => index > 0 && line.startsWith("synced "));
    const count = (line: string | undefined) => Number(line?.split(" ")[1]);
    return {
      wrote: count(lines[second - 1]),
      synced: count(lines[second]),
      unsynced: count(lines[second + 1]),
    };
  };

  it("keep what was synced when their host crashes, and may lose what was not", async () => {
    const lost: number[] = [];
    for (let seed = 1; seed <= 5; seed++) {
      const { wrote, synced, unsynced } = await journals(seed);
      expect(wrote).toBeGreaterThan(20);
      expect(synced).toBeGreaterThanOrEqual(wrote);
      lost.push(wrote - unsynced);
    }
    expect(Math.max(...lost)).toBeGreaterThan(0);
  });

  it("lose nothing when the process exits and its host goes on", async () => {
    expect(await journals(1, ["exits"])).toEqual({ wrote: 21, synced: 21, unsynced: 21 });
  });
});
