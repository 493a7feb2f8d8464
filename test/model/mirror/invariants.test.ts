/** Assertions of the mirror: each fires as soon as what it stands for is broken. */
import { describe, expect, it } from "vitest";
import { Activation } from "../../../src/model/mirror/activation.js";
import { Directory } from "../../../src/model/mirror/directory.js";
import { type Entry, UNWRITTEN } from "../../../src/model/mirror/grain.js";
import { Journal } from "../../../src/model/mirror/journal.js";
import { MIRROR_DEFAULTS } from "../../../src/model/mirror/knobs.js";
import { LogTable } from "../../../src/model/mirror/log-table.js";
import { Producer } from "../../../src/model/mirror/producer.js";
import { APPEND, type AppendReply } from "../../../src/model/mirror/wire.js";
import { universe } from "../../support/universe.js";
import { failureOn } from "../actors/on-host.js";

const grain = "cart/ada";
const entry = (sequence: number): Entry => ({
  grain,
  sequence,
  epoch: 1,
  source: "east",
  timestamp: 0,
  type: "full-state",
  after: 0,
  payload: "{}",
});
const activation = (epoch = 1) => new Activation(grain, epoch, false, "east", UNWRITTEN, 0, 1);

describe("an assertion of the replication log fires when", () => {
  it("an entry comes behind a later one", () => {
    const table = new LogTable(4);
    table.add(entry(2));
    expect(() => table.add(entry(2))).toThrow("the sequences of a grain ascend in the log");
  });

  it("readers would see what was cut off", () => {
    const table = new LogTable(2);
    const entries = [1, 2, 3, 4].map((sequence) => ({ ...entry(sequence) }));
    const [, , third] = entries;
    for (const each of entries.slice(0, 3)) table.add(each);
    if (third !== undefined) third.sequence = 2;
    expect(() => table.add(entry(4))).toThrow("readers see what is cut off no more");
  });
});

describe("an assertion of the directory fires when", () => {
  it("two primaries of a grain have the same epoch", async () => {
    const failure = await failureOn(async (host) => {
      const journal = new Journal(host, "directory", () => []);
      await journal.recover();
      for (const cluster of ["east", "west"])
        await journal.write(JSON.stringify({ grain, cluster, epoch: 3 }));
      await new Directory(host).start();
    });
    expect(failure).toBe("BrokenInvariant: each primary of a grain has a later epoch");
  });
});

describe("an assertion of a journal fires when", () => {
  it("a second record is written before the first is durable", async () => {
    const failure = await failureOn(async (host) => {
      const journal = new Journal(host, "journal", () => []);
      await journal.recover();
      void journal.write("one");
      await journal.write("two");
    });
    expect(failure).toContain("one record is written at a time");
  });

  it("it is made short while a record is written", async () => {
    const failure = await failureOn(async (host) => {
      const journal = new Journal(host, "journal", () => []);
      await journal.recover();
      void journal.write("one");
      await journal.tidy();
    });
    expect(failure).toContain("a journal is made short between two records");
  });
});

describe("an assertion of a primary fires when", () => {
  it("it has no epoch", () => {
    expect(() => activation(0)).toThrow("a primary has an epoch");
  });

  it("it takes a write when it is closed", () => {
    const primary = activation();
    primary.open = false;
    expect(() => primary.handle("a", "1", 0)).toThrow("a primary that is closed takes no writes");
  });

  /** A producer that appends one write of a primary to a log that answers so. */
  async function appending(primary: Activation, reply: AppendReply, isDropped = false): Promise<string> {
    const world = universe({ hosts: ["log", "east"] });
    world.onBoot("log", (host) => host.onRequest(APPEND, () => reply));
    world.onBoot("east", (host) => {
      const producer = new Producer(host, MIRROR_DEFAULTS, "log", () => {});
      world.history.on(({ kind }) => {
        if (isDropped && kind === "publish-ack") producer.drop(primary);
      });
      void producer.offer(primary, primary.handle("a", "1", 0));
    });
    await world.run();
    return String(world.failure?.error ?? "");
  }

  it("its new sequence is not behind the row that took the old one", async () => {
    const primary = activation();
    primary.resequence = () => {};
    expect(await appending(primary, { status: "sequence-conflict", latest: 7 })).toBe(
      "BrokenInvariant: a new sequence is behind the row that took the old one",
    );
  });

  it("an entry leaves the channel that was not being appended", async () => {
    expect(await appending(activation(), { status: "appended" }, true)).toBe(
      "BrokenInvariant: only what is being appended leaves the channel by it",
    );
  });
});
