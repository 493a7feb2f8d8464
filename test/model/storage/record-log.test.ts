import { type Fault, type Host, SECOND } from "seedstorm";
import { describe, expect, it } from "vitest";
import { RecordLog, type RecoveredLog } from "../../../src/model/storage/record-log.js";
import { universe } from "../../support/universe.js";

/** Writes ten records in the first life, and gives what the second life finds. */
async function secondLife(
  copies: 1 | 2,
  spoil: (host: Host) => Promise<void>,
  faults: readonly Fault[] = [],
): Promise<RecoveredLog> {
  const crash: Fault = { id: "crash", kind: "crash", at: 5 * SECOND, for: SECOND, target: "a" };
  const world = universe({ hosts: ["a"], faults: [...faults, crash], duration: 10 * SECOND });
  let found: RecoveredLog | undefined;
  world.onBoot("a", async (host) => {
    const log = new RecordLog(host, "log", { copies });
    const recovered = await log.recover();
    if (host.incarnation > 1) {
      found = recovered;
      return;
    }
    await log.replace([], true);
    for (let i = 0; i < 10; i++) {
      log.append(`record ${i}`);
      await log.sync();
    }
    await spoil(host);
  });
  await world.run();
  expect(world.failure).toBeUndefined();
  return found as RecoveredLog; // the host comes up again
}

const TEN = Array.from({ length: 10 }, (_, i) => `record ${i}`);
const nothing = async (): Promise<void> => {};
const overwrite = (file: string, offset: number) => async (host: Host) => {
  host.disk.write(file, offset, new Uint8Array([255, 255, 255]));
  await host.disk.fsync(file);
};

describe("a record log", () => {
  it.each([1, 2] as const)("of %i copies has what was synced", async (copies) => {
    expect(await secondLife(copies, nothing)).toEqual({ records: TEN, status: "sound" });
  });

  it("of one copy says that something is missing when a record is spoilt and others follow", async () => {
    const { records, status } = await secondLife(1, overwrite("log", 40));
    expect(status).toBe("damaged");
    expect(records).toEqual(TEN.slice(0, 2));
  });

  it("of two copies has it all after either is spoilt, anywhere", async () => {
    for (const file of ["log", "log.2"]) {
      for (const offset of [0, 9, 40, 100, 180]) {
        expect(await secondLife(2, overwrite(file, offset))).toEqual({ records: TEN, status: "unequal" });
      }
    }
  });

  it("of two copies says so when the same record is spoilt in both", async () => {
    const { status } = await secondLife(2, async (host) => {
      await overwrite("log", 60)(host);
      await overwrite("log.2", 60)(host);
    });
    expect(status).toBe("damaged");
  });

  it("takes a tail that was never synced for torn", async () => {
    const { records, status } = await secondLife(2, async (host) => {
      host.disk.append("log", new Uint8Array([1, 2, 3]));
      await host.disk.fsync("log");
    });
    expect([records, status]).toEqual([TEN, "unequal"]);
  });

  it("of one copy can't be read with a bad sector, and of two it can", async () => {
    const bad: Fault = { id: "bad", kind: "latent-sector-error", at: 4 * SECOND, target: "a" };
    expect((await secondLife(1, nothing, [bad])).status).toBe("unreadable");
    expect(await secondLife(2, nothing, [bad])).toEqual({ records: TEN, status: "unequal" });
  });
});
