/** The folder does what the simulated disk does, as long as nothing fails: the same calls on both, and the same answers. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FolderDisk } from "../../src/live/folder-disk.js";
import { type Disk, DiskError } from "../../src/sim/disk.js";
import { bytes, Machine, text } from "../support/disk-machine.js";
import { temporaryFolder } from "../support/folder.js";

const NAMES = ["a", "b", "log/2"] as const;
const name = fc.constantFrom(...NAMES);
const content = fc.uint8Array({ minLength: 0, maxLength: 600 });
const place = fc.nat(900);

type Step = (disk: Disk) => unknown;

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(name, content).map(
    ([file, data]): Step =>
      (disk) =>
        disk.append(file, data),
  ),
  fc.tuple(name, place, content).map(
    ([file, at, data]): Step =>
      (disk) =>
        disk.write(file, at, data),
  ),
  fc.tuple(name, place).map(
    ([file, length]): Step =>
      (disk) =>
        disk.truncate(file, length),
  ),
  fc.tuple(name, place, place).map(
    ([file, at, length]): Step =>
      (disk) => [...disk.readNow(file, at, length)],
  ),
  name.map(
    (file): Step =>
      (disk) =>
        disk.exists(file) ? disk.fsyncNow(file) : undefined,
  ),
  name.map(
    (file): Step =>
      (disk) =>
        disk.exists(file) ? disk.fsync(file) : undefined,
  ),
  name.map(
    (file): Step =>
      (disk) =>
        disk.remove(file),
  ),
  fc.tuple(name, content).map(
    ([file, data]): Step =>
      (disk) =>
        disk.install(file, data),
  ),
  fc.tuple(name, name).map(
    ([from, to]): Step =>
      (disk) =>
        disk.rename(from, to),
  ),
);

/** What a call came to. */
async function answer(done: () => unknown): Promise<unknown> {
  try {
    return await done();
  } catch (error) {
    return error instanceof DiskError ? error.code : (error as Error).name;
  }
}

const stateOf = (disk: Disk): unknown => ({
  names: disk.list().sort(),
  files: NAMES.map((file) => [
    disk.exists(file),
    disk.size(file),
    disk.exists(file) ? [...disk.readNow(file)] : [],
  ]),
});

describe("a disk that is a folder", () => {
  it("answers as the simulated one does", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const machine = new Machine();
        const { disk } = machine;
        const folder = temporaryFolder();
        const real = new FolderDisk(folder);
        for (const each of steps) {
          const expected = answer(() => each(disk));
          await machine.run();
          expect(await answer(() => each(real))).toEqual(await expected);
          expect(stateOf(real)).toEqual(stateOf(disk));
        }
        expect(stateOf(new FolderDisk(folder)), "another process finds the same").toEqual(stateOf(disk));
      }),
      { numRuns: 100 },
    );
  });

  it("makes a removal durable, and knows nothing of a name that never was", async () => {
    const disk = new FolderDisk(temporaryFolder());
    disk.append("log", bytes("x"));
    disk.remove("log");
    expect(await answer(() => disk.fsync("log"))).toBe(undefined);
    expect(await answer(() => disk.fsync("other"))).toBe("ENOENT");
    expect(await answer(() => disk.fsyncNow("other"))).toBe("ENOENT");
  });

  it("lists files in the order in which they came", async () => {
    const disk = new FolderDisk(temporaryFolder());
    for (const file of ["z", "a", "m"]) {
      disk.append(file, bytes(file));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(disk.list()).toEqual(["z", "a", "m"]);
  });

  it("reads at any time what another process has written there", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "log"), "hello");
    expect(text(await new FolderDisk(folder).read("log", 1, 3))).toBe("ell");
  });

  it("is full where the system says so, and keeps nothing of what it could not take", () => {
    const disk = new FolderDisk(temporaryFolder());
    disk.append("log", bytes("whole"));
    // a file can't be so long anywhere
    const far = 2 ** 53 - 1;
    expect(() => disk.write("log", far, bytes("x"))).toThrow(expect.objectContaining({ code: "ENOSPC" }));
    expect(text(disk.readNow("log"))).toBe("whole");
  });
});
