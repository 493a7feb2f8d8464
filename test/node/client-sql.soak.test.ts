import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { check, postgres, type StormContext } from "../../src/node/index.js";

const base = mkdtempSync(join(tmpdir(), "storms-"));
afterAll(() => rmSync(base, { recursive: true }));

const DB = postgres({
  schema:
    "create table t (id int primary key, v text, big bigint, yes boolean default true, at timestamptz default now())",
});

/** Does it in one universe in which nothing goes wrong but what `storm` says. */
const inOne = (does: (context: StormContext) => Promise<void>) =>
  check("sql", { hosts: { db: DB }, storm: [], runs: 1, seed: 7 }, does, { base, command: "" });

describe("SQL that the client of a storm asks", () => {
  it("gives rows as objects: numbers and booleans as such, all else as text", async () => {
    await inOne(async ({ client }) => {
      await client.sleep(500);
      expect(await client.sql("db", "insert into t (id, big) values (1, 9007199254740993)")).toEqual([]);
      await client.sql("db", "insert into t (id, v) values (2, 'žluť')");
      expect(
        await client.sql("db", "select id, v, big, yes, 0.5::float8 as half from t order by id"),
      ).toEqual([
        { id: 1, v: null, big: "9007199254740993", yes: true, half: 0.5 },
        { id: 2, v: "žluť", big: null, yes: true, half: 0.5 },
      ]);
      expect(await client.sql("db", "select at::text from t limit 1")).toEqual([
        { at: expect.stringMatching(/^2030-01-01 00:00:00/) },
      ]);
      const many = await client.sql("db", "select i, repeat('x', 500) as x from generate_series(1, 1000) i");
      expect(many.length).toBe(1_000);
      expect(many.at(-1)).toEqual({ i: 1_000, x: "x".repeat(500) });
    });
  });

  it("rejects with what Postgres says, and the next question is answered", async () => {
    await inOne(async ({ client }) => {
      await client.sleep(500);
      await expect(client.sql("db", "select * from nowhere")).rejects.toThrow(
        'relation "nowhere" does not exist',
      );
      expect(await client.sql("db", "select count(*)::int as n from t")).toEqual([{ n: 0 }]);
    });
  });

  it("rejects when nobody answers", async () => {
    await inOne(async ({ client }) => {
      await expect(client.sql("nowhere", "select 1")).rejects.toThrow(/ENOTFOUND nowhere/);
      await expect(client.sql("db", "select 1")).rejects.toThrow(/ECONNREFUSED/); // it is not up yet
    });
  });

  it("finds what a crash may not take", async () => {
    const storm = { hosts: { db: DB }, storm: ["crash"], runs: 10, seed: 1 } as const;
    const body = async ({ client, healed }: StormContext): Promise<void> => {
      const kept: number[] = [];
      await client.sleep(500);
      for (let id = 1; id <= 40; id++) {
        const done = client.sql("db", `insert into t (id) values (${id})`);
        await done.then(() => kept.push(id)).catch(() => {}); // nobody knows
        await client.sleep(400);
      }
      await healed();
      const found = await client.sql("db", "select id from t");
      expect(kept.filter((id) => !found.some((row) => row.id === id))).toEqual([]);
      expect(kept.length).toBeGreaterThan(20);
    };
    const report = await check("kept", storm, body, { base, command: "" });
    expect(report.runs).toBe(10);
  });
});
