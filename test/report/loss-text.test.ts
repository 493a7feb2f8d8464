/** What crashes took back of disks: noted by the world, outside of the history, and shown with the crash. */
import { describe, expect, it } from "vitest";
import { lossText } from "../../src/report/loss-text.js";
import { momentsOf } from "../../src/report/moments.js";
import { sliceLines } from "../../src/report/slice-story.js";
import { style } from "../../src/report/text-style.js";
import { DiskDevice } from "../../src/sim/disk-device.js";
import type { Fault } from "../../src/sim/faults/catalogue.js";
import { SECOND } from "../../src/sim/time.js";
import { World } from "../../src/sim/world.js";
import { Machine } from "../support/disk-machine.js";
import { fakeRun, historyOf, small } from "../support/small-scenario.js";
import { planOf } from "../support/universe.js";

const bytes = (text: string) => new TextEncoder().encode(text);
const END = 20 * SECOND;

/** A host that writes to its log without ever syncing, and loses power. */
async function crashed(seed: number): Promise<World> {
  const faults: readonly Fault[] = [{ id: "f1", kind: "crash", at: 5 * SECOND, target: "a", for: SECOND }];
  const world = new World({ ...planOf({ hosts: ["a"], faults, duration: END, healAt: END }), seed });
  world.onBoot("a", async (host) => {
    host.disk.append("raft.log", bytes("begin"));
    await host.disk.fsync("raft.log");
    for (let i = 0; i < 6; i++) host.disk.append("raft.log", bytes(`record ${i}`));
  });
  await world.run();
  return world;
}

describe("what a crash took back", () => {
  it("is noted with the crash that took it, and leaves the history as it is", async () => {
    const { diskLosses, history } = await crashed(3);
    const [loss] = diskLosses;
    const crash = history.events.find((event) => event.kind === "host" && event.phase === "crash");
    expect(loss).toMatchObject({ host: "a", at: 5 * SECOND, event: crash?.id });
    expect(loss?.files.map(({ file }) => file)).toEqual(["raft.log"]);
    expect(crash).not.toHaveProperty("files");
  });

  it("counts what is missing afterwards, neither more nor less", async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const machine = new Machine(`loss ${seed}`);
      const { disk } = machine;
      disk.append("log", bytes("begin"));
      const synced = disk.fsync("log");
      await machine.run();
      await synced;
      // Each write is of one byte, so none can be torn, and each has its own place.
      for (let i = 0; i < 8; i++) disk.append("log", bytes(String(i)));
      const loss = machine.device.crash(machine.random);
      const after = machine.disk.readNow("log").subarray("begin".length);
      const kept = [...after].filter((byte) => byte !== 0).length;
      expect(loss?.files[0]?.lost ?? 0).toBe(8 - kept);
    }
  });

  it("tells what a failed fsync had dropped, which only the crash brings to light", async () => {
    const machine = new Machine("dropped");
    machine.device.failNextFsync(() => {});
    machine.disk.install("log", bytes("begin"));
    machine.disk.append("log", bytes("more"));
    const failed = machine.disk.fsync("log").catch(() => "EIO");
    await machine.run();
    expect(await failed).toBe("EIO");
    const loss = machine.device.crash(machine.random);
    expect(loss).toEqual({ files: [{ file: "log", lost: 0, torn: 0, dropped: 1 }], names: [] });
    expect(loss && lossText(loss)).toBe("lost 1 write to log that a failed fsync had dropped");
  });

  it("is nothing where all was synced", async () => {
    const machine = new Machine("synced");
    machine.disk.append("log", bytes("begin"));
    const synced = machine.disk.fsync("log");
    await machine.run();
    await synced;
    expect(machine.device.crash(machine.random)).toBeUndefined();
  });

  it("is a few words", () => {
    const file = (name: string, lost: number, torn = 0) => ({ file: name, lost, torn, dropped: 0 });
    expect(lossText({ files: [file("raft.log", 3)], names: [] })).toBe("lost 3 unsynced writes to raft.log");
    expect(
      lossText({
        files: [file("raft.log", 1, 1), file("votes", 2)],
        names: [{ what: "creation", name: "snapshot" }],
      }),
    ).toBe(
      "lost 1 unsynced write to raft.log, 2 to votes and the creation of snapshot, tore 1 write to raft.log",
    );
  });

  it("stands with the crash in the story, and in what led to a failure", () => {
    const history = historyOf([
      [4, "aws-a", { kind: "host", phase: "crash", incarnation: 1 }],
      [4, "gcp-a", { kind: "host", phase: "crash", incarnation: 1 }],
    ]);
    const loss = { files: [{ file: "raft.log", lost: 3, torn: 0, dropped: 0 }], names: [] };
    const outcome = {
      ...fakeRun(small.plan(7)),
      history,
      violations: [{ property: "T1", at: 5 * SECOND, message: "order o1 was paid twice", evidence: [0] }],
      diskLosses: [{ host: "aws-a", at: 4 * SECOND, event: 0, ...loss }],
    };
    expect(momentsOf(outcome).moments.map(({ text }) => text)[0]).toBe(
      "down: aws-a (lost 3 unsynced writes to raft.log), gcp-a",
    );
    const report = {
      ...{ outcome, scenario: small, wallTimeMs: undefined, command: "", full: false, notes: [] },
      verified: false,
    };
    expect(sliceLines(report, style(100, 0)).join("\n")).toContain(
      "4.000 s aws-a: host: crash, incarnation 1, lost 3 unsynced writes to raft.log",
    );
  });
});

describe("a watcher of a disk", () => {
  it("sees writes, fsyncs and a crash, and changes nothing", async () => {
    const seen: string[] = [];
    const machine = new Machine("watched");
    const plain = new Machine("watched");
    machine.device.watcher = (event) => seen.push(event.kind);
    for (const one of [machine, plain]) {
      one.disk.append("log", bytes("begin"));
      const synced = one.disk.fsync("log");
      await one.run();
      await synced;
      one.disk.append("log", bytes("more"));
      one.disk.rename("log", "other");
      one.crash();
    }
    expect(seen).toEqual(["write", "sync", "synced", "write", "rename", "crash"]);
    expect(machine.disk.list()).toEqual(plain.disk.list());
    expect(new DiskDevice().watcher).toBeUndefined();
  });
});
