import { describe, expect, it } from "vitest";
import { type Identity, IdentityFile } from "../../../src/model/replication/identity-file.js";
import { Machine } from "../../support/disk-machine.js";

const SECTOR = 512;
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

describe("an identity", () => {
  it("of another group that went astray into this file is not taken for this group's, wherever it landed", async () => {
    for (let sector = 0; sector < 4; sector++) {
      const machine = await twoGroups();
      await astray(machine, ["leaders", 3], ["orders", sector]);
      const recovered = await machine.value(new IdentityFile(machine.crash(), "orders").recover());
      expect(recovered).toEqual(identityOf(5));
    }
  });

  it("that stands in the other slot is no copy of what should be there", async () => {
    const machine = await twoGroups();
    const file = new IdentityFile(machine.disk, "orders");
    await machine.value(file.recover());
    for (const term of [6, 7]) {
      file.write(identityOf(term));
      await machine.value(file.sync());
      file.written();
    }
    // The newest state is in the second slot: one copy of it is replaced by a copy of the state before, the other goes bad.
    const { disk } = machine;
    await astray(machine, ["orders", 0], ["orders", 2]);
    disk.write("orders", 3 * SECTOR, new Uint8Array(SECTOR));
    await machine.value(disk.fsync("orders"));
    expect(await machine.value(new IdentityFile(machine.crash(), "orders").recover())).toBe("damaged");
  });
});
