import { describe, expect, it } from "vitest";
import { DiskError } from "../../src/sim/disk.js";
import { SECTOR } from "../../src/sim/disk-file.js";
import { bytes, Machine, text } from "../support/disk-machine.js";

/** What different crashes made of the same preparation: each outcome once, in alphabetical order. */
async function outcomesOfCrashes(
  prepare: (machine: Machine) => Promise<void> | void,
  look: (machine: Machine) => Promise<string>,
): Promise<string[]> {
  const outcomes = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const machine = new Machine(`crash ${seed}`);
    await prepare(machine);
    machine.crash();
    outcomes.add(await look(machine));
  }
  return [...outcomes].sort();
}

const content = async (machine: Machine, file: string): Promise<string> =>
  machine.disk.exists(file) ? machine.text(file) : "no file";

describe("the page cache", () => {
  it("shows a write at once", async () => {
    const machine = new Machine();
    machine.disk.append("log", bytes("one "));
    machine.disk.append("log", bytes("two"));
    expect(machine.disk.size("log")).toBe(7);
    expect(await machine.text("log")).toBe("one two");
  });

  it("overwrites in place and fills a gap with zeroes", async () => {
    const machine = new Machine();
    machine.disk.write("file", 0, bytes("abcdef"));
    machine.disk.write("file", 2, bytes("XY"));
    machine.disk.write("file", 8, bytes("Z"));
    expect(await machine.text("file")).toBe("abXYef\0\0Z");
  });

  it("cuts a file, and shows zeroes, not the old bytes, where it grows again", async () => {
    const machine = new Machine();
    machine.disk.append("file", bytes("abcdef"));
    machine.disk.truncate("file", 2);
    machine.disk.truncate("file", 5);
    expect(machine.disk.size("file")).toBe(2);
    machine.disk.write("file", 4, bytes("Z"));
    expect(await machine.text("file")).toBe("ab\0\0Z");
  });

  it("reads a part, and less where the file ends", async () => {
    const machine = new Machine();
    machine.disk.append("file", bytes("abcdef"));
    expect(text(await machine.value(machine.disk.read("file", 1, 3)))).toBe("bcd");
    expect(text(await machine.value(machine.disk.read("file", 4, 9)))).toBe("ef");
    expect(text(await machine.value(machine.disk.read("file", 9, 9)))).toBe("");
  });

  it("reads what was there at the call, as a copy", async () => {
    const machine = new Machine();
    machine.disk.append("file", bytes("abc"));
    const reading = machine.disk.read("file");
    machine.disk.write("file", 0, bytes("X"));
    const copy = await machine.value(reading);
    expect(text(copy)).toBe("abc");
    copy.fill(0);
    expect(await machine.text("file")).toBe("Xbc");
  });

  it("keeps its own copy of what is written", async () => {
    const machine = new Machine();
    const buffer = bytes("abc");
    machine.disk.append("file", buffer);
    buffer.fill(0);
    expect(await machine.text("file")).toBe("abc");
  });

  it("lists names in the order in which their files were created", () => {
    const machine = new Machine();
    for (const name of ["c", "a", "b"]) machine.disk.append(name, bytes(name));
    machine.disk.rename("c", "z");
    machine.disk.remove("a");
    expect(machine.disk.list()).toEqual(["z", "b"]);
  });

  it("answers for a file that is not there", async () => {
    const machine = new Machine();
    const { disk } = machine;
    expect(disk.exists("none")).toBe(false);
    expect(disk.size("none")).toBe(0);
    disk.remove("none");
    expect(() => disk.truncate("none", 0)).toThrow("ENOENT: truncate none");
    expect(() => disk.rename("none", "other")).toThrow(DiskError);
    expect(await machine.outcome(disk.read("none"))).toMatchObject({ code: "ENOENT", file: "none" });
    expect(await machine.outcome(disk.fsync("none"))).toMatchObject({ code: "ENOENT" });
  });

  it("takes time to read and to sync, and none to write", async () => {
    const machine = new Machine();
    machine.disk.append("file", bytes("abc"));
    expect(machine.now).toBe(0);
    await machine.value(machine.disk.fsync("file"));
    const synced = machine.now;
    expect(synced).toBeGreaterThanOrEqual(80);
    await machine.value(machine.disk.read("file"));
    expect(machine.now).toBeGreaterThanOrEqual(synced + 60);
  });
});

describe("a crash", () => {
  it("keeps what was synced", async () => {
    const outcomes = await outcomesOfCrashes(
      (machine) => machine.store("log", "synced"),
      (machine) => content(machine, "log"),
    );
    expect(outcomes).toEqual(["synced"]);
  });

  it("keeps each unsynced write or not, in any order, and tears the last one at any byte", async () => {
    const outcomes = await outcomesOfCrashes(
      async (machine) => {
        await machine.store("log", "0");
        machine.disk.append("log", bytes("1"));
        machine.disk.append("log", bytes("ab"));
      },
      (machine) => content(machine, "log"),
    );
    expect(outcomes).toEqual(["0", "0\0a", "0\0ab", "01", "01a", "01ab"]);
  });

  it("leaves old bytes, new ones, or the younger change without the older one after overwrites", async () => {
    const outcomes = await outcomesOfCrashes(
      async (machine) => {
        await machine.store("file", "----");
        machine.disk.write("file", 0, bytes("1"));
        machine.disk.write("file", 0, bytes("2"));
        machine.disk.write("file", 3, bytes("3"));
      },
      (machine) => content(machine, "file"),
    );
    expect(outcomes).toEqual(["----", "---3", "1---", "1--3", "2---", "2--3"]);
  });

  it("tears an overwrite only where a sector begins", async () => {
    const old = "o".repeat(2 * SECTOR);
    const outcomes = await outcomesOfCrashes(
      async (machine) => {
        await machine.store("file", old);
        machine.disk.write("file", SECTOR - 2, bytes("n".repeat(20)));
      },
      (machine) => content(machine, "file"),
    );
    const kept = outcomes.map((outcome) => outcome.split("n").length - 1);
    expect(kept.sort((a, b) => a - b)).toEqual([0, 2, 20]);
  });

  it("may undo a truncation that was not synced, and mix its old tail with later appends", async () => {
    const outcomes = await outcomesOfCrashes(
      async (machine) => {
        await machine.store("log", "abcdef");
        machine.disk.truncate("log", 2);
        machine.disk.append("log", bytes("X"));
      },
      (machine) => content(machine, "log"),
    );
    expect(outcomes).toEqual(["ab", "abX", "abXdef", "abcdef"]);
  });

  it("can keep a write that a later one hid, when it loses the later one", async () => {
    const outcomes = await outcomesOfCrashes(
      async (machine) => {
        await machine.store("log", "");
        machine.disk.append("log", bytes("abc"));
        machine.disk.truncate("log", 1);
        machine.disk.append("log", bytes("ZZ"));
      },
      (machine) => content(machine, "log"),
    );
    expect(outcomes).toContain("abc");
    expect(outcomes).toContain("aZZ");
  });

  it("may forget a file that was never synced, or keep it empty", async () => {
    const outcomes = await outcomesOfCrashes(
      (machine) => machine.disk.append("file", bytes("abc")),
      (machine) => content(machine, "file"),
    );
    expect(outcomes).toEqual(["", "a", "ab", "abc", "no file"]);
  });

  it("leaves the old file or the new one after a rename that was not synced, never a mixture", async () => {
    const outcomes = await outcomesOfCrashes(
      async (machine) => {
        await machine.store("snapshot", "old");
        await machine.store("snapshot.new", "new");
        machine.disk.rename("snapshot.new", "snapshot");
      },
      async (machine) => `${await content(machine, "snapshot")}, ${await content(machine, "snapshot.new")}`,
    );
    expect(outcomes).toEqual(["new, no file", "old, new"]);
  });

  it("keeps a rename once its new name was synced", async () => {
    const outcomes = await outcomesOfCrashes(
      async (machine) => {
        await machine.store("snapshot", "old");
        await machine.store("snapshot.new", "new");
        machine.disk.rename("snapshot.new", "snapshot");
        await machine.value(machine.disk.fsync("snapshot"));
      },
      (machine) => content(machine, "snapshot"),
    );
    expect(outcomes).toEqual(["new"]);
  });

  it("leaves a file under one of its names after several renames that were not synced", async () => {
    const outcomes = await outcomesOfCrashes(
      async (machine) => {
        await machine.store("a", "abc");
        machine.disk.rename("a", "b");
        machine.disk.rename("b", "c");
      },
      async (machine) => machine.disk.list().join(),
    );
    expect(outcomes).toEqual(["a", "b", "c"]);
  });

  it("can leave an empty file under the new name when the bytes were not synced before the rename", async () => {
    const outcomes = await outcomesOfCrashes(
      async (machine) => {
        await machine.store("snapshot", "old");
        machine.disk.append("snapshot.new", bytes("new"));
        machine.disk.rename("snapshot.new", "snapshot");
      },
      (machine) => content(machine, "snapshot"),
    );
    expect(outcomes).toContain("");
    expect(outcomes).toContain("old");
  });

  it("may bring back a removed file until the removal is synced", async () => {
    const removed = async (machine: Machine) => {
      await machine.store("file", "abc");
      machine.disk.remove("file");
    };
    expect(await outcomesOfCrashes(removed, (machine) => content(machine, "file"))).toEqual([
      "abc",
      "no file",
    ]);
    const synced = async (machine: Machine) => {
      await removed(machine);
      await machine.value(machine.disk.fsync("file"));
    };
    expect(await outcomesOfCrashes(synced, (machine) => content(machine, "file"))).toEqual(["no file"]);
  });

  it("may keep a younger change of names and lose an older one of other names", async () => {
    const outcomes = await outcomesOfCrashes(
      async (machine) => {
        await machine.store("a", "");
        await machine.store("b", "");
        machine.disk.remove("a");
        machine.disk.remove("b");
      },
      async (machine) => machine.disk.list().join(),
    );
    expect(outcomes).toEqual(["", "a", "a,b", "b"]);
  });

  it("ends the incarnation: its calls do nothing and its operations never settle", async () => {
    const machine = new Machine();
    await machine.store("file", "abc");
    const { disk } = machine;
    const reading = disk.read("file");
    const syncing = disk.fsync("file");
    machine.crash();
    disk.append("file", bytes("ghost"));
    disk.remove("file");
    disk.truncate("file", 0);
    disk.rename("file", "other");
    expect([disk.exists("file"), disk.size("file"), disk.list()]).toEqual([false, 0, []]);
    expect(
      await machine.outcome(Promise.race([reading, syncing, disk.read("file"), disk.fsync("file")])),
    ).toBe("pending");
    expect(await machine.text("file")).toBe("abc");
  });
});

describe("an fsync", () => {
  it("covers the writes before the call and not those after it", async () => {
    const outcomes = await outcomesOfCrashes(
      async (machine) => {
        const { disk } = machine;
        disk.append("log", bytes("abc"));
        const syncing = disk.fsync("log");
        disk.append("log", bytes("d"));
        disk.write("log", 0, bytes("X"));
        await machine.value(syncing);
      },
      (machine) => content(machine, "log"),
    );
    expect(outcomes).toEqual(["Xbc", "Xbcd", "abc", "abcd"]);
  });

  it("follows the file when it is renamed meanwhile, but does not cover the new name", async () => {
    const outcomes = await outcomesOfCrashes(
      async (machine) => {
        machine.disk.append("a", bytes("abc"));
        const syncing = machine.disk.fsync("a");
        machine.disk.rename("a", "b");
        await machine.value(syncing);
      },
      async (machine) => `${await content(machine, "a")}, ${await content(machine, "b")}`,
    );
    expect(outcomes).toEqual(["abc, no file", "no file, abc"]);
  });

  it("makes a gap durable as zeroes, whatever stood there before", async () => {
    const machine = new Machine();
    await machine.store("file", "abcdef");
    machine.disk.truncate("file", 0);
    await machine.value(machine.disk.fsync("file"));
    machine.disk.write("file", 3, bytes("Z"));
    await machine.value(machine.disk.fsync("file"));
    machine.crash();
    expect(await machine.text("file")).toBe("\0\0\0Z");
  });

  it("passes a crash point before and after", async () => {
    const machine = new Machine();
    await machine.store("log", "abc");
    expect(machine.crashPoints).toEqual(["before fsync log", "after fsync log"]);
  });

  it("never settles when the machine crashes before it, and may have lost the write", async () => {
    const machine = new Machine();
    machine.crashAtPoint = 1;
    machine.disk.append("log", bytes("abc"));
    expect(await machine.outcome(machine.disk.fsync("log"))).toBe("pending");
  });

  it("never settles when the machine crashes after it, and has kept the write", async () => {
    const machine = new Machine();
    machine.crashAtPoint = 2;
    machine.disk.append("log", bytes("abc"));
    expect(await machine.outcome(machine.disk.fsync("log"))).toBe("pending");
    expect(await machine.text("log")).toBe("abc");
  });
});

it("writes back by itself what is never synced, so that memory stays flat", async () => {
  const machine = new Machine();
  await machine.store("log", "");
  for (let i = 0; i < 10_000; i++) machine.disk.append("log", Uint8Array.of(1));
  for (let i = 0; i < 200; i++) machine.disk.append(`file ${i}`, Uint8Array.of(1));
  machine.crash();
  const kept = await machine.value(machine.disk.read("log"));
  expect(kept.subarray(0, 5_000).every((byte) => byte === 1)).toBe(true);
  expect(machine.disk.list().slice(0, 100)).toEqual([
    "log",
    ...Array.from({ length: 99 }, (_, i) => `file ${i}`),
  ]);
});
