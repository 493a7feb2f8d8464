import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Identity, IdentityFile } from "../../../src/model/replication/identity-file.js";
import { Random } from "../../../src/sim/random.js";
import { Machine } from "../../support/disk-machine.js";

const SECTOR = 512;
const SECTORS = 6;
const identityOf = (term: number): Identity => ({
  term,
  vote: "a",
  markIndex: 0,
  markChain: 0,
  contentGeneration: 1,
});

/** A machine with the identities of two groups, each in its own term. */
async function twoGroups(): Promise<Machine> {
  const machine = new Machine();
  for (const [name, term] of [
    ["orders", 5],
    ["leaders", 4],
  ] as const)
    await machine.value(new IdentityFile(machine.disk, name).format(identityOf(term)));
  return machine;
}

/** Puts a sector where it does not belong, as a misdirected write does. */
async function astray(
  machine: Machine,
  from: readonly [file: string, sector: number],
  to: readonly [file: string, sector: number],
): Promise<void> {
  const { disk } = machine;
  const bytes = await machine.value(disk.read(from[0], from[1] * SECTOR, SECTOR));
  disk.write(to[0], to[1] * SECTOR, bytes);
  await machine.value(disk.fsync(to[0]));
}

/** Makes a sector unsound. */
async function spoil(machine: Machine, sector: number): Promise<void> {
  machine.disk.write("orders", sector * SECTOR, new Uint8Array(SECTOR));
  await machine.value(machine.disk.fsync("orders"));
}

async function save(machine: Machine, file: IdentityFile, term: number): Promise<void> {
  file.write(identityOf(term));
  await machine.value(file.sync());
  file.written();
}

const recovered = (machine: Machine): Promise<Identity | "blank" | "damaged"> =>
  machine.value(new IdentityFile(machine.crash(), "orders").recover());

describe("an identity", () => {
  it("of another group that went astray into this file is not taken for this group's, wherever it landed", async () => {
    for (let sector = 0; sector < SECTORS; sector++) {
      const machine = await twoGroups();
      await astray(machine, ["leaders", 5], ["orders", sector]);
      expect(await recovered(machine)).toEqual(identityOf(5));
    }
  });

  it("that stands in the other slot is no copy of what should be there", async () => {
    const machine = await twoGroups();
    const file = new IdentityFile(machine.disk, "orders");
    await machine.value(file.recover());
    for (const term of [6, 7]) await save(machine, file, term);
    // The newest state is in the second slot: one copy of it is replaced by a copy of the state before, the others go bad.
    await astray(machine, ["orders", 0], ["orders", 3]);
    await spoil(machine, 4);
    await spoil(machine, 5);
    expect(await recovered(machine)).toBe("damaged");
  });

  it("survives a copy that went astray, wherever it landed, and a sector that is lost, whichever it is", async () => {
    for (let saves = 1; saves <= 3; saves++) {
      for (let chance = 0; chance < 2 * SECTORS; chance++) {
        const machine = await twoGroups();
        const file = new IdentityFile(machine.disk, "orders");
        await machine.value(file.recover());
        for (let i = 1; i < saves; i++) await save(machine, file, 5 + i);
        if (chance >= SECTORS) machine.device.misdirectNextWrite(new Random(`${saves} ${chance}`), () => {});
        await save(machine, file, 5 + saves);
        if (chance < SECTORS) await spoil(machine, chance);
        expect(await recovered(machine), `${saves} saves, ${chance}`).toEqual(identityOf(5 + saves));
      }
    }
  });

  it("is never taken for an older one, however much is astray and lost", async () => {
    const trouble = fc.oneof(
      fc.record({ kind: fc.constant("save" as const) }),
      fc.record({ kind: fc.constant("astray" as const), chance: fc.nat() }),
      fc.record({ kind: fc.constant("spoil" as const), sector: fc.nat(SECTORS - 1) }),
      fc.record({ kind: fc.constant("crash" as const), writing: fc.boolean() }),
    );
    let found = 0;
    let lost = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(trouble, { minLength: 3, maxLength: 12 }), async (troubles) => {
        const machine = await twoGroups();
        let file = new IdentityFile(machine.disk, "orders");
        await machine.value(file.recover());
        let term = 5;
        for (const one of [...troubles, { kind: "crash" as const, writing: false }]) {
          if (one.kind === "save") await save(machine, file, ++term);
          else if (one.kind === "spoil") await spoil(machine, one.sector);
          else if (one.kind === "astray")
            machine.device.misdirectNextWrite(new Random(String(one.chance)), () => {});
          else {
            if (one.writing) file.write(identityOf(term + 1));
            file = new IdentityFile(machine.crash(), "orders");
            const identity = await machine.value(file.recover());
            if (identity === "damaged") {
              lost++;
              return;
            }
            found++;
            if (one.writing && typeof identity === "object" && identity.term > term) term++;
            expect(identity).toEqual(identityOf(term));
            if (file.isWhole) continue;
            file.write(identityOf(term));
            await machine.value(file.sync());
            file.written();
          }
        }
      }),
      { numRuns: 2_000 },
    );
    expect(found).toBeGreaterThan(2_000);
    expect(lost).toBeGreaterThan(10);
  });

  it("of which copies are missing asks to be written once more, and is whole then", async () => {
    const machine = await twoGroups();
    await spoil(machine, 4);
    const file = new IdentityFile(machine.crash(), "orders");
    expect(await machine.value(file.recover())).toEqual(identityOf(5));
    expect(file.isWhole).toBe(false);
    await save(machine, file, 5);
    expect(file.isWhole).toBe(true);
    const next = new IdentityFile(machine.crash(), "orders");
    expect(await machine.value(next.recover())).toEqual(identityOf(5));
    expect(next.isWhole).toBe(true);
  });
});
