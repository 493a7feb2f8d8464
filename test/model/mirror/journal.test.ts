import { describe, expect, it } from "vitest";
import { Journal, type Recovered } from "../../../src/model/mirror/journal.js";
import type { Fault } from "../../../src/sim/faults/catalogue.js";
import type { Host } from "../../../src/sim/host.js";
import { SECOND } from "../../../src/sim/time.js";
import { universe } from "../../support/universe.js";

interface Life {
  readonly recovered: Recovered;
  readonly written: string[];
}

/** A host that recovers its journal at each boot and then writes a record every tenth of a second. */
async function lives(faults: readonly Fault[], options: { records?: number; defects?: string[] } = {}) {
  const { records = 20, defects = [] } = options;
  const seen: Life[] = [];
  const world = universe({ hosts: ["a"], faults, defects, duration: 10 * SECOND });
  world.onBoot("a", async (host: Host) => {
    const state: string[] = [];
    const journal = new Journal(host, "state", () => state);
    const recovered = await journal.recover();
    state.push(...recovered.records);
    const life: Life = { recovered, written: [...recovered.records] };
    seen.push(life);
    for (let i = 0; i < records; i++) {
      await host.sleep(SECOND / 10);
      const record = `${host.incarnation}/${i}`;
      await journal.exclusive(async () => {
        if (!(await journal.write(record))) return;
        state.push(record);
        life.written.push(record);
      });
    }
  });
  await world.run();
  expect(world.failure).toBeUndefined();
  return { world, seen };
}

const crash = (at: number): Fault => ({ id: "c", kind: "crash", at: at * SECOND, for: SECOND, target: "a" });

describe("a journal", () => {
  it("has everything that was written when its host comes back", async () => {
    const { seen } = await lives([crash(5)]);
    expect(seen[0]?.written).toHaveLength(20);
    expect(seen[1]?.recovered).toEqual({ records: seen[0]?.written, damaged: false });
  });

  it("has at most one record more than was told when a crash comes in the middle of a write", async () => {
    for (let point = 1; point <= 6; point++) {
      for (const side of ["before", "after"] as const) {
        const strike: Fault = {
          id: "p",
          kind: "crash-point",
          at: 0,
          for: 4 * SECOND,
          target: "a",
          point,
          side,
        };
        const { seen } = await lives([strike]);
        const [first, second] = seen;
        expect(second?.recovered.damaged).toBe(false);
        expect(second?.recovered.records.slice(0, first?.written.length)).toEqual(first?.written);
        expect((second?.recovered.records.length ?? 0) - (first?.written.length ?? 0)).toBeLessThanOrEqual(1);
      }
    }
  });

  it("loses nothing to a failed fsync", async () => {
    const { world, seen } = await lives([
      { id: "f", kind: "fsync-failure", at: SECOND / 2, target: "a" },
      crash(5),
    ]);
    expect(world.faults.get("fsync-failure")).toEqual({ planned: 1, fired: 1 });
    expect(seen[0]?.written).toHaveLength(20);
    expect(seen[1]?.recovered.records).toEqual(seen[0]?.written);
  });

  it("refuses what a full disk has no room for, and stays sound", async () => {
    const { seen } = await lives([
      { id: "f", kind: "disk-full", at: SECOND / 2, for: SECOND, target: "a" },
      crash(5),
    ]);
    expect(seen[0]?.written.length).toBeLessThan(20);
    expect(seen[1]?.recovered).toEqual({ records: seen[0]?.written, damaged: false });
  });

  it("knows that it was damaged when sound records stand behind one that is not", async () => {
    const outcomes = new Set<string>();
    for (let n = 0; n < 12; n++) {
      const { seen } = await lives([
        { id: `rot-${n}`, kind: "bit-rot", at: 3 * SECOND, target: "a" },
        crash(5),
      ]);
      const { recovered } = seen[1] as Life; // it crashed once and came back
      outcomes.add(recovered.damaged ? "damaged" : "last record");
      if (!recovered.damaged) expect(recovered.records).toEqual(seen[0]?.written.slice(0, -1));
    }
    expect(outcomes).toContain("damaged");
  });

  it("forgets what it never synced, once that is switched off", async () => {
    const { seen } = await lives([crash(1.55)], { defects: ["RW14"] });
    expect(seen[1]?.recovered.records.length).toBeLessThan(seen[0]?.written.length ?? 0);
  });
});
