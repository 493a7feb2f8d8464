/**
 * What clients are answered by a service with a Postgres, judged as transactions: several at a time read and append to lists
 * while the database and the service crash and the network fails, and their history must be serializable.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { serializable } from "../../src/check/transactions/property.js";
import {
  type CheckOptions,
  check,
  node,
  postgres,
  type StormContext,
  StormFailure,
} from "../../src/node/index.js";
import type { Json } from "../../src/sim/plan.js";

const base = mkdtempSync(join(tmpdir(), "transactions-"));
afterAll(() => rmSync(base, { recursive: true }));

const SCHEMA = "create table lists (key text primary key, items jsonb not null)";
const CLIENTS = 3;
const TRANSACTIONS = 15;

const lists = (env: Readonly<Record<string, string>> = {}): CheckOptions => ({
  hosts: {
    db: postgres({ schema: SCHEMA }),
    lists: node(new URL("programs/pg-lists.ts", import.meta.url), { env }),
  },
  properties: [serializable({ id: "lists-serializable" })],
  runs: 30,
  stormSeconds: 10,
  shrinkMs: 2_000,
});

/** How many transactions were answered. */
let answered = 0;

async function readAndAppend({ client, healed }: StormContext): Promise<void> {
  const below = (limit: number): number => Math.floor(limit * client.random());
  let items = 0;
  const one = async (): Promise<void> => {
    const asked = Array.from({ length: 1 + below(3) }, () => {
      const key = ["x", "y", "z"][below(3)] ?? "";
      return below(2) === 0 ? ["r", key, null] : ["append", key, ++items];
    });
    await client.operation("txn", "", asked, async () => {
      const response = await client.fetch("http://lists:8080/", {
        method: "POST",
        body: JSON.stringify(asked),
        signal: client.timeout(3_000),
      });
      if (!response.ok) throw new Error(await response.text());
      return (await response.json()) as Json;
    });
    answered++;
  };
  /** Nobody knows what became of one that was not answered, and the history says so. */
  const isAnswered = (): Promise<boolean> =>
    one().then(
      () => true,
      () => false,
    );
  const many = async (): Promise<void> => {
    for (let count = 0; count < TRANSACTIONS; count++) {
      await isAnswered();
      await client.sleep(below(800));
    }
  };
  await client.sleep(1_000);
  await Promise.all(Array.from({ length: CLIENTS }, many));
  await healed();
  while (!(await isAnswered())) await client.sleep(500);
}

const place = { base, command: "the-command" };

describe("transactions of a service with a Postgres", () => {
  it("are serializable, whatever crashes", async () => {
    const { runs, fired } = await check("lists in transactions", lists(), readAndAppend, place);
    expect(answered).toBeGreaterThan((runs * CLIENTS * TRANSACTIONS) / 2);
    expect(fired.crash).toBeGreaterThan(0);
  });

  it("are not when the service forgets to begin them", async () => {
    const failure = await check(
      "lists without transactions",
      lists({ FLAW: "yes" }),
      readAndAppend,
      place,
    ).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StormFailure);
    expect((failure as StormFailure).message).toMatch(/^lists-serializable: /);
  });
});
