import { describe, expect, it } from "vitest";
import { node, postgres } from "../../src/node/index.js";
import { SECOND } from "../../src/sim/time.js";
import { printed, runPrograms } from "./support/universe.js";

const SCHEMA = "create table t (id int primary key, v text not null, at timestamptz not null default now())";
const HOSTS = { db: postgres({ schema: SCHEMA }), client: node("pg-client.ts") };

describe("a Postgres on a host", () => {
  it("serves an unmodified client, with its own clock", async () => {
    const outcome = await runPrograms({ hosts: HOSTS });
    expect(outcome.violations).toEqual([]);
    const [found, error] = printed(outcome, "client");
    expect(JSON.parse(found ?? "")).toMatchObject({
      n: 60,
      highest: 60,
      after: 60,
      failed: 0,
      first: expect.stringMatching(/^2030-01-01T00:00:00/),
    });
    expect(error).toBe('syntax error at or near "selec"');
    const asked = outcome.history.filter((event) => event.host === "db" && event.kind === "program");
    expect(asked[0]).toMatchObject({ phase: "request", text: expect.stringContaining("insert into t") });
  });

  const crashes = [1, 2, 3].map(
    (n) => ({ kind: "crash", id: `c${n}`, at: n * SECOND, for: SECOND / 2, target: "db" }) as const,
  );

  it("keeps through crashes what it said was there, and is the same universe for the same seed", async () => {
    const outcome = await runPrograms({ hosts: HOSTS, faults: crashes });
    const [found] = printed(outcome, "client");
    expect(JSON.parse(found ?? "{}")).toMatchObject({ n: 60, highest: 60, after: 60 });
    expect(JSON.parse(found ?? "{}").failed).toBeGreaterThan(0);
    const again = await runPrograms({ hosts: HOSTS, faults: crashes });
    expect(again.history).toEqual(outcome.history);
  });

  it("has its libraries in every universe, and after a crash", async () => {
    const hosts = { db: postgres({ schema: SCHEMA }), client: node("pg-libraries.ts") };
    const faults = [{ kind: "crash", id: "c", at: 2_500_000, for: SECOND / 10, target: "db" }] as const;
    for (let universe = 1; universe <= 2; universe++) {
      const outcome = await runPrograms({ hosts, faults, seconds: 5 });
      expect(printed(outcome, "client")).toEqual(["'run':1", "'run':1", "'run':1"]);
    }
  });
});
