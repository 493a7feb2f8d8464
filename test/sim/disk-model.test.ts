import fc from "fast-check";
import { expect, it } from "vitest";
import { Machine } from "../support/disk-machine.js";

const NAMES = ["a", "b", "c"] as const;
const name = fc.constantFrom(...NAMES);
const size = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 500, max: 1_200 }));

const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ step: fc.constant("append" as const), name, size }) },
    {
      weight: 2,
      arbitrary: fc.record({ step: fc.constant("write" as const), name, size, offset: fc.nat(1_500) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ step: fc.constant("truncate" as const), name, length: fc.nat(1_500) }),
    },
    { weight: 3, arbitrary: fc.record({ step: fc.constant("fsync" as const), name }) },
    { weight: 2, arbitrary: fc.record({ step: fc.constant("rename" as const), name, to: name }) },
    { weight: 1, arbitrary: fc.record({ step: fc.constant("remove" as const), name }) },
    { weight: 1, arbitrary: fc.record({ step: fc.constant("crash" as const) }) },
  ),
  { maxLength: 60 },
);
type Step = (typeof steps extends fc.Arbitrary<infer T> ? T : never) extends readonly (infer S)[] ? S : never;

/** What the naive model knows of one file. */
interface ModelFile {
  content: number[];
  /** What its last fsync made durable. */
  synced: number[] | undefined;
  /** What was done to its content since. */
  since: "nothing" | "appends" | "overwrites";
  /** The names under which a crash may leave it. */
  names: Set<string>;
}

/** A disk without a medium: names and arrays, and a note of what an fsync promised. */
class Model {
  files = new Map<string, ModelFile>();
  /** Names whose removal was synced. */
  absent = new Set<string>();

  fileFor(name: string): ModelFile {
    const known = this.files.get(name);
    if (known !== undefined) return known;
    const created: ModelFile = { content: [], synced: undefined, since: "nothing", names: new Set([name]) };
    this.files.set(name, created);
    this.absent.delete(name);
    return created;
  }

  write(file: ModelFile, offset: number, bytes: Uint8Array): void {
    file.since = offset >= file.content.length && file.since !== "overwrites" ? "appends" : "overwrites";
    while (file.content.length < offset) file.content.push(0);
    for (const [i, byte] of bytes.entries()) file.content[offset + i] = byte;
  }

  synced(name: string): void {
    const file = this.files.get(name);
    if (file === undefined) this.absent.add(name);
    else Object.assign(file, { synced: file.content.slice(), since: "nothing", names: new Set([name]) });
  }
}

async function contentOf(machine: Machine, name: string): Promise<number[]> {
  return [...(await machine.value(machine.disk.read(name)))];
}

async function play(machine: Machine, model: Model, step: Step, fill: number): Promise<void> {
  const { disk } = machine;
  switch (step.step) {
    case "append": {
      const bytes = new Uint8Array(step.size).fill(fill);
      disk.append(step.name, bytes);
      const file = model.fileFor(step.name);
      return model.write(file, file.content.length, bytes);
    }
    case "write": {
      const bytes = new Uint8Array(step.size).fill(fill);
      disk.write(step.name, step.offset, bytes);
      return model.write(model.fileFor(step.name), step.offset, bytes);
    }
    case "truncate": {
      const file = model.files.get(step.name);
      if (file === undefined) return expect(() => disk.truncate(step.name, step.length)).toThrow("ENOENT");
      disk.truncate(step.name, step.length);
      if (step.length < file.content.length) {
        file.content.length = step.length;
        file.since = "overwrites";
      }
      return;
    }
    case "fsync": {
      const outcome = await machine.outcome(disk.fsync(step.name));
      if (!(outcome instanceof Error)) return model.synced(step.name);
      return expect([outcome.message, model.files.has(step.name)]).toEqual([
        `ENOENT: fsync ${step.name}`,
        false,
      ]);
    }
    case "rename": {
      const file = model.files.get(step.name);
      if (file === undefined) return expect(() => disk.rename(step.name, step.to)).toThrow("ENOENT");
      disk.rename(step.name, step.to);
      model.files.delete(step.name);
      model.files.set(step.to, file);
      model.absent.delete(step.to);
      file.names.add(step.to);
      return;
    }
    case "remove":
      disk.remove(step.name);
      model.files.delete(step.name);
      return;
    case "crash":
      machine.crash();
      await expectSyncedSurvived(machine, model);
      for (const name of NAMES) model.files.delete(name);
      for (const name of machine.disk.list()) {
        Object.assign(model.fileFor(name), { content: await contentOf(machine, name) });
        model.synced(name);
      }
  }
}

async function expectSyncedSurvived(machine: Machine, model: Model): Promise<void> {
  for (const name of model.absent) expect(machine.disk.exists(name)).toBe(false);
  for (const { synced, since, names } of model.files.values()) {
    if (synced === undefined || since === "overwrites") continue;
    const found: number[][] = [];
    for (const name of names) if (machine.disk.exists(name)) found.push(await contentOf(machine, name));
    const length = since === "nothing" ? Number.MAX_SAFE_INTEGER : synced.length;
    expect(found.map((content) => content.slice(0, length))).toContainEqual(synced);
  }
}

async function expectSameView(machine: Machine, model: Model): Promise<void> {
  expect(machine.disk.list().sort()).toEqual([...model.files.keys()].sort());
  for (const [name, file] of model.files) {
    expect(machine.disk.size(name)).toBe(file.content.length);
    expect(await contentOf(machine, name)).toEqual(file.content);
  }
}

it("shows what a naive model shows and keeps through crashes whatever was synced", async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(), async (script, seed) => {
      const machine = new Machine(`${seed}`);
      const model = new Model();
      for (const [i, step] of script.entries()) {
        await play(machine, model, step, (i % 255) + 1);
        await expectSameView(machine, model);
      }
      await play(machine, model, { step: "crash" }, 0);
    }),
    { numRuns: 300 },
  );
});

it("comes to the same after the same calls with the same seed", async () => {
  const outcome = async (script: Step[]) => {
    const machine = new Machine("same");
    machine.device.slow(2, () => {});
    const model = new Model();
    for (const [i, step] of script.entries()) await play(machine, model, step, (i % 255) + 1);
    machine.crash();
    const contents = await Promise.all(
      machine.disk.list().map(async (name) => [name, await contentOf(machine, name)]),
    );
    return { now: machine.now, contents };
  };
  await fc.assert(
    fc.asyncProperty(steps, async (script) => {
      expect(await outcome(script)).toEqual(await outcome(script));
    }),
    { numRuns: 50 },
  );
});
