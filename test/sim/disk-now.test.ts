/** The disk for code that can't wait: reads and syncs while the host stands still. */
import { describe, expect, it } from "vitest";
import { DiskError, HostEnded } from "../../src/sim/disk.js";
import { SECOND } from "../../src/sim/time.js";
import { bytes, Machine, text } from "../support/disk-machine.js";
import { universe } from "../support/universe.js";

describe("reading and syncing at once", () => {
  it("shows what was written, as a copy", () => {
    const { disk } = new Machine();
    disk.append("log", bytes("abcdef"));
    const read = disk.readNow("log", 1, 3);
    read.fill(0);
    expect(text(disk.readNow("log"))).toBe("abcdef");
    expect(() => disk.readNow("none")).toThrow(DiskError);
  });

  it("makes what was written survive every crash", async () => {
    for (let seed = 0; seed < 30; seed++) {
      const machine = new Machine(`crash ${seed}`);
      machine.disk.append("log", bytes("synced"));
      machine.disk.fsyncNow("log");
      machine.disk.append("log", bytes(" and not"));
      machine.crash();
      expect(await machine.text("log")).toMatch(/^synced/);
    }
  });

  it("keeps a file that was installed, whatever crashes, and what was written to it since only when it is synced", async () => {
    for (let seed = 0; seed < 30; seed++) {
      const machine = new Machine(`crash ${seed}`);
      machine.disk.install("image", bytes("installed"));
      machine.disk.append("image", bytes(" and changed"));
      expect(() => machine.disk.install("image", bytes("again"))).toThrow(RangeError);
      machine.crash();
      expect(await machine.text("image")).toMatch(/^installed/);
    }
  });

  it.each([
    ["before", 0],
    ["after", 6],
  ] as const)("has a crash point %s a sync, where the code that called ends", async (side, kept) => {
    const fault = { kind: "crash-point", id: "f", at: 0, for: SECOND, target: "a", point: 1, side } as const;
    const world = universe({ hosts: ["a"], faults: [fault], duration: 3 * SECOND });
    const sizes: number[] = [];
    let thrown: unknown;
    let wentOn = false;
    world.onBoot("a", (host) => {
      sizes.push(host.disk.size("log"));
      if (host.incarnation > 1) return;
      host.after(SECOND / 10, () => {
        host.disk.append("log", bytes("synced"));
        try {
          host.disk.fsyncNow("log");
          wentOn = true;
        } catch (error) {
          thrown = error;
          throw error;
        }
      });
    });
    await world.run();
    expect(thrown).toBeInstanceOf(HostEnded);
    expect(wentOn).toBe(false);
    expect(world.failure).toBeUndefined();
    expect(sizes[0]).toBe(0);
    if (kept > 0) expect(sizes[1]).toBe(kept);
  });
});
