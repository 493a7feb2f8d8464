import { describe, expect, it } from "vitest";
import { SECTOR } from "../../src/sim/disk-file.js";
import { Random } from "../../src/sim/random.js";
import { bytes, counter, Machine } from "../support/disk-machine.js";

const random = () => new Random("fault");

describe("bit rot", () => {
  it("turns one stored bit over, which the next read shows and reports to nobody", async () => {
    const machine = new Machine();
    const stored = new Uint8Array(1_000).fill(0b0101_0101);
    await machine.store("file", stored);
    const fault = counter();
    machine.device.rot(random(), fault.fired);
    expect(fault.count()).toBe(1);
    const read = await machine.value(machine.disk.read("file"));
    const changed = read.filter((byte, i) => byte !== stored[i]).map((byte) => byte ^ 0b0101_0101);
    expect(changed).toHaveLength(1);
    expect(Math.log2(changed[0] ?? 0) % 1).toBe(0);
    machine.crash();
    expect(await machine.value(machine.disk.read("file"))).toEqual(read);
  });

  it("is hidden by a dirty page and shows after the crash that loses it", async () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      const machine = new Machine(`${seed}`);
      await machine.store("file", "A");
      machine.disk.write("file", 0, bytes("B"));
      machine.device.rot(random(), () => {});
      expect(await machine.text("file")).toBe("B");
      machine.crash();
      seen.add(await machine.text("file"));
    }
    expect(seen.size).toBe(2);
    expect(seen).toContain("B");
    expect(seen).not.toContain("A");
  });

  it("does not fire where nothing is stored", async () => {
    const machine = new Machine();
    machine.disk.append("file", bytes("in the cache only"));
    const fault = counter();
    machine.device.rot(random(), fault.fired);
    machine.device.latentSectorError(random(), fault.fired);
    expect(fault.count()).toBe(0);
    expect(await machine.text("file")).toBe("in the cache only");
  });
});

describe("a misdirected write", () => {
  it("is missing in its place and has destroyed another one, though its fsync succeeded", async () => {
    const machine = new Machine();
    await machine.store("victim", "v".repeat(100));
    const fault = counter();
    machine.device.misdirectNextWrite(new Random("2"), fault.fired);
    const { disk } = machine;
    disk.append("log", bytes("first"));
    disk.append("log", bytes("second"));
    expect(fault.count()).toBe(0);
    await machine.value(disk.fsync("log"));
    expect(fault.count()).toBe(1);
    const log = "first\0\0\0\0\0\0";
    const hit = `second${"v".repeat(94)}`;
    expect([await machine.text("log"), await machine.text("victim")]).toEqual([log, hit]);
    machine.crash();
    expect([await machine.text("log"), await machine.text("victim")]).toEqual([log, hit]);
  });

  it("leaves the old bytes where it should have overwritten them", async () => {
    const machine = new Machine();
    await machine.store("vote", "term 1");
    machine.device.misdirectNextWrite(random(), () => {});
    machine.disk.write("vote", 0, bytes("term 2"));
    await machine.value(machine.disk.fsync("vote"));
    expect(await machine.text("vote")).toBe("term 1");
  });

  it("waits for an fsync that has something to write, and happens once", async () => {
    const machine = new Machine();
    await machine.store("log", "a");
    const fault = counter();
    machine.device.misdirectNextWrite(random(), fault.fired);
    await machine.value(machine.disk.fsync("log"));
    expect(fault.count()).toBe(0);
    await machine.store("log", "b");
    await machine.store("log", "c");
    expect(fault.count()).toBe(1);
    expect((await machine.text("log")).slice(1)).toBe("\0c");
  });
});

describe("a latent sector error", () => {
  const whole = "x".repeat(3 * SECTOR);
  const badSector = async (machine: Machine): Promise<number> => {
    for (let sector = 0; sector < 3; sector++) {
      const read = await machine.outcome(machine.disk.read("file", sector * SECTOR, SECTOR));
      if (read instanceof Error) return sector;
    }
    return -1;
  };

  it("makes reads of that sector fail, and of no other, also after a crash", async () => {
    const machine = new Machine();
    await machine.store("file", whole);
    const fault = counter();
    machine.device.latentSectorError(random(), fault.fired);
    expect(fault.count()).toBe(1);
    expect(await machine.outcome(machine.disk.read("file"))).toMatchObject({ code: "EIO", file: "file" });
    const bad = await badSector(machine);
    expect(bad).toBeGreaterThanOrEqual(0);
    machine.crash();
    expect(await badSector(machine)).toBe(bad);
  });

  it("is gone when something is written there, for good once that is synced", async () => {
    const machine = new Machine();
    await machine.store("file", whole);
    machine.device.latentSectorError(random(), () => {});
    const bad = await badSector(machine);
    machine.disk.write("file", bad * SECTOR, bytes("y"));
    expect(await badSector(machine)).toBe(-1);
    await machine.value(machine.disk.fsync("file"));
    machine.crash();
    expect(await badSector(machine)).toBe(-1);
  });

  it("is back when a crash loses the write that hid it", async () => {
    const after = new Set<boolean>();
    for (let seed = 0; seed < 20; seed++) {
      const machine = new Machine(`${seed}`);
      await machine.store("file", whole);
      machine.device.latentSectorError(random(), () => {});
      const bad = await badSector(machine);
      machine.disk.write("file", bad * SECTOR, bytes("y"));
      machine.crash();
      after.add((await badSector(machine)) === bad);
    }
    expect(after).toEqual(new Set([true, false]));
  });
});

describe("a failed fsync", () => {
  it("leaves clean pages: shown until the crash, never written, though later fsyncs succeed", async () => {
    const machine = new Machine();
    await machine.store("log", "kept ");
    const fault = counter();
    machine.device.failNextFsync(fault.fired);
    machine.disk.append("log", bytes("lost "));
    expect(await machine.outcome(machine.disk.fsync("log"))).toMatchObject({ code: "EIO", file: "log" });
    expect(fault.count()).toBe(1);
    await machine.value(machine.disk.fsync("log"));
    expect(await machine.text("log")).toBe("kept lost ");
    await machine.store("log", "later");
    expect(await machine.text("log")).toBe("kept lost later");
    machine.crash();
    expect(await machine.text("log")).toBe("kept \0\0\0\0\0later");
  });

  it("fails every fsync of that file that was under way", async () => {
    const machine = new Machine();
    machine.device.failNextFsync(() => {});
    const { disk } = machine;
    disk.append("log", bytes("a"));
    const first = disk.fsync("log");
    disk.append("log", bytes("b"));
    const second = disk.fsync("log");
    const outcomes = await machine.value(Promise.allSettled([first, second]));
    expect(outcomes.map((outcome) => outcome.status)).toEqual(["rejected", "rejected"]);
  });

  it("loses only the writes that it was for", async () => {
    const machine = new Machine();
    await machine.store("log", "0");
    machine.device.failNextFsync(() => {});
    const { disk } = machine;
    disk.append("log", bytes("a"));
    const failing = disk.fsync("log");
    disk.append("log", bytes("b"));
    await machine.outcome(failing);
    await machine.value(disk.fsync("log"));
    machine.crash();
    expect(await machine.text("log")).toBe("0\0b");
  });

  it("does not lose the name of a new file: the next fsync makes it durable", async () => {
    const machine = new Machine();
    machine.device.failNextFsync(() => {});
    machine.disk.append("new", bytes("lost"));
    await machine.outcome(machine.disk.fsync("new"));
    await machine.store("new", "+");
    machine.crash();
    expect(await machine.text("new")).toBe("\0\0\0\0+");
  });
});

describe("a full disk", () => {
  it("refuses growth and nothing else, until it is not full any more", async () => {
    const machine = new Machine();
    await machine.store("file", "abc");
    const fault = counter();
    machine.device.fill(fault.fired);
    const { disk } = machine;
    disk.write("file", 0, bytes("xyz"));
    await machine.value(disk.fsync("file"));
    expect(fault.count()).toBe(0);
    expect(() => disk.append("file", bytes("d"))).toThrow("ENOSPC: append file");
    expect(() => disk.write("file", 2, bytes("12"))).toThrow("ENOSPC: write file");
    expect(() => disk.append("other", bytes("d"))).toThrow("ENOSPC: append other");
    expect(disk.exists("other")).toBe(false);
    expect(fault.count()).toBe(1);
    expect(await machine.text("file")).toBe("xyz");
    machine.device.unfill(fault.fired);
    disk.append("file", bytes("d"));
    expect(disk.size("file")).toBe(4);
  });

  it("stays full while one of two overlapping faults lasts", () => {
    const machine = new Machine();
    const first = counter();
    const second = counter();
    machine.device.fill(first.fired);
    machine.device.fill(second.fired);
    machine.device.unfill(second.fired);
    expect(() => machine.disk.append("file", bytes("a"))).toThrow("ENOSPC");
    expect([first.count(), second.count()]).toEqual([1, 0]);
  });
});

describe("a slow disk", () => {
  it("takes so many times as long, until it is quick again", async () => {
    const usual = new Machine();
    const slow = new Machine();
    const fault = counter();
    slow.device.slow(10, fault.fired);
    expect(fault.count()).toBe(0);
    await usual.store("file", "abc");
    await slow.store("file", "abc");
    expect(slow.now).toBe(usual.now * 10);
    expect(fault.count()).toBe(1);
    slow.device.unslow(fault.fired);
    const [before, usualBefore] = [slow.now, usual.now];
    await slow.store("file", "def");
    await usual.store("file", "def");
    expect(slow.now - before).toBe(usual.now - usualBefore);
  });
});

describe("a stalled disk", () => {
  it("completes nothing until the stall is over, then everything", async () => {
    const machine = new Machine();
    const { disk } = machine;
    const fault = counter();
    machine.device.stall(fault.fired);
    disk.append("file", bytes("abc"));
    expect(disk.size("file")).toBe(3);
    expect(fault.count()).toBe(0);
    const both = Promise.all([disk.fsync("file"), disk.read("file")]);
    expect(await machine.outcome(both)).toBe("pending");
    expect(fault.count()).toBe(1);
    machine.device.unstall(fault.fired);
    await machine.value(both);
  });

  it("has nothing to complete for an incarnation that ended meanwhile", async () => {
    const machine = new Machine();
    machine.device.stall(() => {});
    machine.disk.append("file", bytes("abc"));
    const syncing = machine.disk.fsync("file");
    await machine.run();
    machine.crash();
    machine.device.unstall();
    expect(await machine.outcome(syncing)).toBe("pending");
    expect(machine.crashPoints).toEqual(["before fsync file"]);
  });
});

it("a healed disk has nothing wrong with it any more, and nothing that waits for an occasion", async () => {
  const machine = new Machine();
  await machine.store("file", "abc");
  const fault = counter();
  const { device } = machine;
  device.fill(fault.fired);
  device.stall(fault.fired);
  device.failNextFsync(fault.fired);
  device.misdirectNextWrite(random(), fault.fired);
  device.heal();
  await machine.store("file", "def");
  machine.crash();
  expect([await machine.text("file"), fault.count()]).toEqual(["abcdef", 0]);
});

it("a wiped disk comes back empty and works", async () => {
  const machine = new Machine();
  await machine.store("file", "abc");
  machine.crash();
  machine.device.wipe();
  expect(machine.disk.list()).toEqual([]);
  await machine.store("file", "new");
  machine.crash();
  expect(await machine.text("file")).toBe("new");
});
