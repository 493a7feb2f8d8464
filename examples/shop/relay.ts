/** Sends what stands in the outbox to the ledger, in order, again until the ledger has it. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { has } from "./flaw.js";

const LEDGER = process.env.LEDGER ?? "http://ledger:8080";

const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL ?? "postgres://postgres@db/postgres",
  max: 1,
  connectionTimeoutMillis: 1_000,
  query_timeout: 2_000,
});
pool.on("error", () => {});

async function send(order: string, body: string): Promise<void> {
  const answer = await fetch(`${LEDGER}/entries`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "idempotency-key": has("no-idempotency-key") ? randomUUID() : order,
    },
    body,
    signal: AbortSignal.timeout(1_000),
  });
  if (!answer.ok) throw new Error(`the ledger answered ${answer.status}`);
  await answer.text();
}

/** @returns how many were sent. */
async function round(): Promise<number> {
  const { rows } = await pool.query(
    "select number, order_id, body from outbox where sent_at is null order by number limit 10",
  );
  for (const { number, order_id, body } of rows) {
    await send(order_id, body);
    await pool.query("update outbox set sent_at = now() where number = $1", [number]);
  }
  return rows.length;
}

for (;;) {
  const sent = await round().catch((error: Error) => {
    console.warn(`a round failed: ${error.message}`);
    return 0;
  });
  if (sent === 0) await sleep(250);
}
