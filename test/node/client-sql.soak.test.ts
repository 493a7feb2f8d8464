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

describe("SQL that the client of a storm asks", () => {
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
