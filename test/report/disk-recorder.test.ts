/** The recorder of disks: each write with what became of it, fsyncs, and what crashes took back. */
import { describe, expect, it } from "vitest";
import { type DiskOperation, DiskRecorder } from "../../src/report/disk-recorder.js";
import { disksOf } from "../../src/report/html/disks.js";
import type { Fault } from "../../src/sim/faults/catalogue.js";
import type { Host } from "../../src/sim/host.js";
import { MILLISECOND, SECOND } from "../../src/sim/time.js";
import { World } from "../../src/sim/world.js";
import { planOf } from "../support/universe.js";

const bytes = (text: string) => new TextEncoder().encode(text);
const END = 20 * SECOND;
const CRASH: Fault = { id: "f1", kind: "crash", at: 5 * SECOND, target: "a", for: SECOND };

interface Recorded {
  readonly world: World;
  readonly operations: readonly DiskOperation[];
  readonly unrecorded: number;
}

async function recorded(
  boot: (host: Host) => void | Promise<void>,
  options: { readonly seed?: number; readonly faults?: readonly Fault[]; readonly limit?: number } = {},
): Promise<Recorded> {
  const { seed = 1, faults = [], limit } = options;
  const world = new World({ ...planOf({ hosts: ["a", "b"], faults, duration: END, healAt: END }), seed });
  const recorder = new DiskRecorder(limit);
  recorder.attach(world);
  world.onBoot("a", boot);
  await world.run();
  return { world, ...recorder.log() };
}

const kinds = (operations: readonly DiskOperation[]): string[] =>
  operations.map(({ kind, outcome }) => `${kind} ${outcome}`);

describe("what happened on a disk", () => {
  it("has writes with what became of them, and an fsync with when it was over", async () => {
    const { operations } = await recorded(async (host) => {
      host.disk.append("log", bytes("one"));
      await host.disk.fsync("log");
      host.disk.append("log", bytes("four"));
    });
    expect(kinds(operations)).toEqual(["write durable", "fsync durable", "write cached"]);
    const [write, fsync, last] = operations;
    expect(write).toMatchObject({ host: "a", file: "log", bytes: 3, at: 0 });
    expect(fsync?.end).toBeGreaterThan(fsync?.at ?? 0);
    expect(last?.at).toBe(fsync?.end);
  });

  it("says of each write whether a crash took it back, as the crash itself counts them", async () => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 30; seed++) {
      const { world, operations } = await recorded(
        async (host) => {
          if (host.incarnation > 1) return;
          host.disk.append("log", bytes("begin"));
          await host.disk.fsync("log");
          for (let i = 0; i < 6; i++) host.disk.append("log", bytes(`record ${i}`));
        },
        { seed, faults: [CRASH] },
      );
      const after = operations.filter(({ kind, bytes: size }) => kind === "write" && size === 8);
      const count = (outcome: string): number => after.filter((one) => one.outcome === outcome).length;
      const loss = world.diskLosses[0]?.files[0];
      expect([count("lost"), count("torn")]).toEqual([loss?.lost ?? 0, loss?.torn ?? 0]);
      expect(count("lost") + count("torn") + count("durable")).toBe(6);
      const crash = operations.find(({ kind }) => kind === "crash");
      expect(crash?.outcome).toBe(world.diskLosses.length === 0 ? "durable" : "lost");
      for (const { outcome } of after) seen.add(outcome);
    }
    expect([...seen].sort()).toEqual(["durable", "lost", "torn"]);
  });

  it("says so when an fsync fails, and when the host goes down first", async () => {
    const failing = await recorded(
      async (host) => {
        host.disk.append("log", bytes("one"));
        await host.disk.fsync("log").catch(() => undefined);
      },
      { faults: [{ id: "f", kind: "fsync-failure", at: 0, target: "a" }] },
    );
    expect(kinds(failing.operations)).toContain("fsync dropped");
    expect(kinds(failing.operations)).toContain("write dropped");
    const stall: Fault = { id: "f2", kind: "disk-stall", at: 4 * SECOND, target: "a", for: 3 * SECOND };
    const cutOff = await recorded(
      (host) => {
        if (host.incarnation > 1) return;
        host.after(4_500 * MILLISECOND, () => {
          host.disk.append("log", bytes("one"));
          void host.disk.fsync("log");
        });
      },
      { faults: [stall, CRASH] },
    );
    const fsync = cutOff.operations.find(({ kind }) => kind === "fsync");
    expect(fsync).toMatchObject({ outcome: "lost", at: 4_500 * MILLISECOND, end: 5 * SECOND });
  });

  it("changes nothing: the universe is the same without a recorder", async () => {
    const boot = async (host: Host): Promise<void> => {
      for (let i = 0; i < 20; i++) {
        host.disk.append("log", bytes(`record ${i}`));
        if (i % 3 === 0) await host.disk.fsync("log");
      }
    };
    const { world } = await recorded(boot, { faults: [CRASH] });
    const { plan } = world;
    const alone = new World(plan);
    alone.onBoot("a", boot);
    await alone.run();
    expect(alone.scheduler.traceHash).toBe(world.scheduler.traceHash);
  });

  it("is counted where there is no more room for it", async () => {
    const { operations, unrecorded } = await recorded(
      (host) => {
        for (let i = 0; i < 10; i++) host.disk.append("log", bytes("x"));
      },
      { limit: 4 },
    );
    expect([operations.length, unrecorded]).toEqual([4, 6]);
  });
});

describe("what is drawn of disks", () => {
  const hosts = new Map([
    ["a", 0],
    ["b", 1],
  ]);
  const operation = (more: Partial<DiskOperation>): DiskOperation => ({
    ...{ host: "a", kind: "write", file: "log", at: 0, end: 0, outcome: "durable", bytes: 1, note: "" },
    ...more,
  });

  it("has writes to one file at one moment that ended alike as one", () => {
    const operations = [
      ...[operation({}), operation({}), operation({ outcome: "lost" }), operation({ file: "other" })],
      operation({ at: 5, end: 5 }),
    ];
    const { table, cut } = disksOf({ operations, unrecorded: 0 }, hosts, 100, 0);
    expect(table.count).toEqual([2, 1, 1, 1]);
    expect(table.bytes).toEqual([2, 1, 1, 1]);
    expect(table.file.map((file) => table.files[file])).toEqual(["log", "log", "other", "log"]);
    expect(cut).toEqual([]);
  });

  it("keeps every crash and what is near the moment that matters, and says what is missing", () => {
    const operations = [
      operation({
        kind: "crash",
        file: "",
        at: 1,
        end: 1,
        note: "lost 1 unsynced write to log",
        outcome: "lost",
      }),
      ...Array.from({ length: 50 }, (_, i) => operation({ at: i * SECOND, end: i * SECOND })),
    ];
    const { table, cut } = disksOf({ operations, unrecorded: 7 }, hosts, 10, 30 * SECOND);
    expect(table.at.length).toBe(10);
    expect(table.note).toContain("lost 1 unsynced write to log");
    expect(Math.min(...table.at.slice(1))).toBeGreaterThan(20 * SECOND);
    expect(cut).toEqual([
      expect.stringMatching(/^Of 51 operations on disks, 10 are drawn: those from 2\d\.000 s to 3\d\.000 s/),
      "7 operations on disks were not recorded: there were too many.",
    ]);
  });
});
