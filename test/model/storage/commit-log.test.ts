import { type Fault, type Host, SECOND } from "seedstorm";
import { describe, expect, it } from "vitest";
import { CommitLog } from "../../../src/model/storage/commit-log.js";
import { RecordLog } from "../../../src/model/storage/record-log.js";
import { universe } from "../../support/universe.js";

interface Put {
  readonly txn: number;
  readonly word: string;
}
type Line =
  | { readonly put: Put; readonly upTo: number }
  | {
      readonly words: readonly string[];
      readonly unrecorded: readonly Put[];
      readonly upTo: number;
      readonly txn: number;
    };

/** Words on a commit log: as small as an owner can be. `seen` has what was recorded, over all lives. */
class Words {
  readonly words: string[] = [];
  readonly log: CommitLog<Put>;
  rewritten = 0;

  constructor(host: Host, seen: Put[]) {
    this.log = new CommitLog(new RecordLog(host, "words"), {
      record: (put) => void seen.push(put),
      everything: (unrecorded) =>
        JSON.stringify({ words: this.words, unrecorded, upTo: this.log.recorded, txn: this.log.txn }),
      answersEarly: () => false,
      synced: () => undefined,
      rewritten: () => {
        this.rewritten++;
      },
    });
  }

  async open(): Promise<void> {
    const { records } = await this.log.recover();
    for (const text of records) {
      const line = JSON.parse(text) as Line; // only such lines are appended
      if ("put" in line) {
        this.words.push(line.put.word);
        this.log.restore(line.put, line.upTo);
      } else {
        this.words.push(...line.words);
        this.log.restoreAll(line.txn, line.upTo, line.unrecorded);
      }
    }
    this.log.recordUpTo(this.log.txn);
  }

  async put(word: string): Promise<void> {
    const put = { txn: this.log.txn + 1, word };
    expect(this.log.append(put, JSON.stringify({ put, upTo: this.log.recorded }))).toBe(true);
    this.words.push(word);
    await this.log.untilDurable();
  }
}

/** Runs a script on the words of each life. */
async function withWords(
  script: (words: Words, life: number, host: Host) => Promise<void>,
  faults: readonly Fault[] = [],
): Promise<readonly Put[]> {
  const seen: Put[] = [];
  const world = universe({ hosts: ["a"], faults, duration: 20 * SECOND });
  world.onBoot("a", async (host) => {
    const words = new Words(host, seen);
    await words.open();
    await script(words, host.incarnation, host);
  });
  await world.run();
  expect(world.failure).toBeUndefined();
  return seen;
}

const crash: Fault = { id: "crash", kind: "crash", at: 5 * SECOND, for: SECOND, target: "a" };

describe("a commit log", () => {
  it("records what came at once in its order, and before anybody is answered", async () => {
    const seen = await withWords(async (words) => {
      const answers = ["a", "b", "c"].map(async (word) => {
        await words.put(word);
        expect(words.log.recorded).toBeGreaterThanOrEqual(words.words.indexOf(word) + 1);
      });
      await Promise.all(answers);
    });
    expect(seen).toEqual([
      { txn: 1, word: "a" },
      { txn: 2, word: "b" },
      { txn: 3, word: "c" },
    ]);
  });

  it("has in the next life what was durable, and records again at most what it did not know to be recorded", async () => {
    let found: readonly string[] = [];
    const seen = await withWords(
      async (words, life) => {
        if (life === 1) for (const word of ["a", "b", "c"]) await words.put(word);
        else found = words.words;
      },
      [crash],
    );
    expect(found).toEqual(["a", "b", "c"]);
    expect(seen.map(({ txn }) => txn)).toEqual([1, 2, 3, 3]);
  });

  it("goes on by the numbers, from one record of everything", async () => {
    let found: readonly string[] = [];
    const seen = await withWords(
      async (words, life) => {
        if (life === 1) {
          await words.put("a");
          await words.put("b");
          expect(await words.log.replace(false)).toBe(2);
          expect(words.log.records).toBe(1);
        }
        await words.put(`of life ${life}`);
        found = words.words;
      },
      [crash],
    );
    expect(found).toEqual(["a", "b", "of life 1", "of life 2"]);
    expect(seen.at(-1)).toEqual({ txn: 4, word: "of life 2" });
  });

  it("begins anew when a sync fails, and loses nothing by that", async () => {
    let rewritten = 0;
    const failing: Fault = { id: "fsync", kind: "fsync-failure", at: SECOND, target: "a" };
    const seen = await withWords(
      async (words, _, host) => {
        await words.put("before");
        await host.sleep(2 * SECOND);
        await words.put("during");
        rewritten = words.rewritten;
      },
      [failing],
    );
    expect(rewritten).toBe(1);
    expect(seen.map(({ word }) => word)).toEqual(["before", "during"]);
  });
});
