/** What a Postgres has confirmed is there after any crash: between its syncs, and at each of them. */
import { describe, expect, it } from "vitest";
import { node, postgres } from "../../src/node/index.js";
import { MILLISECOND, SECOND } from "../../src/sim/time.js";
import { printed, runPrograms } from "./support/universe.js";

const SCHEMA = "create table t (id int primary key, v text not null, at timestamptz not null default now())";
const HOSTS = { db: postgres({ schema: SCHEMA }), client: node("pg-client.ts", { args: ["20"] }) };

describe("a Postgres that crashes", () => {
  it.each(["before", "after"] as const)("%s a sync loses nothing that it confirmed", async (side) => {
    for (let point = 1; point <= 8; point++) {
      const fault = {
        kind: "crash-point",
        id: "c",
        at: 0,
        for: 2 * SECOND,
        target: "db",
        point,
        side,
      } as const;
      const outcome = await runPrograms({ hosts: HOSTS, faults: [fault], seed: point });
      expect(outcome.faults["crash-point"]?.fired).toBe(1);
      expect(outcome.violations).toEqual([]);
      expect(JSON.parse(printed(outcome, "client")[0] ?? "{}")).toMatchObject({
        n: 20,
        highest: 20,
        after: 20,
      });
    }
  });

  it("again and again loses nothing that it confirmed", async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const faults = [1, 2, 3, 4].map((n) => {
        const at = (400 + 450 * n + 13 * seed) * MILLISECOND;
        return { kind: "crash", id: `c${n}`, at, for: 200 * MILLISECOND, target: "db" } as const;
      });
      const outcome = await runPrograms({ hosts: HOSTS, faults, seed });
      expect(JSON.parse(printed(outcome, "client")[0] ?? "{}")).toMatchObject({
        n: 20,
        highest: 20,
        after: 20,
      });
    }
  });

  it("survives a failed sync by giving up and recovering", async () => {
    const fault = { kind: "fsync-failure", id: "f", at: SECOND, target: "db" } as const;
    const outcome = await runPrograms({ hosts: HOSTS, faults: [fault] });
    expect(outcome.faults["fsync-failure"]?.fired).toBe(1);
    expect(printed(outcome, "db").some((line) => line.startsWith("PANIC"))).toBe(true);
    expect(JSON.parse(printed(outcome, "client")[0] ?? "{}")).toMatchObject({
      n: 20,
      highest: 20,
      after: 20,
    });
  });
});
