/** Takes orders: `POST /orders` with `{ id, customer, cents, voucher? }`. 201 when an order is placed, for good. */
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import pg from "pg";
import { has } from "./flaw.js";

interface Order {
  readonly id: string;
  readonly customer: string;
  readonly cents: number;
  readonly voucher?: string;
}

const LEDGER = process.env.LEDGER ?? "http://ledger:8080";

const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL ?? "postgres://postgres@db/postgres",
  max: 4,
  connectionTimeoutMillis: 1_000,
  query_timeout: 5_000,
});
pool.on("error", (error) => console.error(`an idle connection failed: ${error.message}`));
if (!has("no-error-listener")) {
  // A connection that is checked out tells of its end by an event, too: without a listener that ends the process.
  pool.on("connect", (connection) => connection.on("error", () => {}));
}

/** The voucher can't be used: somebody has, or there is none. */
class VoucherGone extends Error {}

async function place(connection: pg.PoolClient, order: Order): Promise<void> {
  const { id, customer, cents, voucher } = order;
  await connection.query("begin");
  const { rowCount: isNew } = await connection.query(
    "insert into orders (id, customer, cents, voucher) values ($1, $2, $3, $4) on conflict do nothing",
    [id, customer, cents, voucher ?? null],
  );
  if (isNew && voucher !== undefined && !has("check-then-act")) {
    const used = await connection.query(
      "update vouchers set used_by = $1 where code = $2 and used_by is null",
      [id, voucher],
    );
    if (used.rowCount === 0) throw new VoucherGone();
  }
  if (!has("no-outbox")) {
    await connection.query("insert into outbox (order_id, body) values ($1, $2) on conflict do nothing", [
      id,
      JSON.stringify(order),
    ]);
  }
  await connection.query("commit");
}

/** Places an order on a connection of its own, which is thrown away when anything fails. */
async function placed(order: Order): Promise<void> {
  const connection = await pool.connect();
  let failure: Error | undefined;
  try {
    await place(connection, order);
  } catch (error) {
    failure = error as Error;
    throw error;
  } finally {
    connection.release(failure);
  }
}

const app = new Hono();

app.post("/orders", async (c) => {
  const order = await c.req.json<Order>();
  if (has("check-then-act") && order.voucher !== undefined) {
    const { rows } = await pool.query("select used_by from vouchers where code = $1", [order.voucher]);
    if (rows[0]?.used_by !== null && rows[0]?.used_by !== order.id)
      return c.json({ error: "voucher used" }, 409);
    await pool.query("update vouchers set used_by = $1 where code = $2", [order.id, order.voucher]);
  }
  try {
    const placing = placed(order);
    if (has("answer-before-commit")) placing.catch(() => {});
    else await placing;
  } catch (error) {
    if (error instanceof VoucherGone) return c.json({ error: "voucher used" }, 409);
    // Nobody knows whether the commit got through: anything but "try again" would be a lie.
    if (has("unknown-taken-for-failed")) return c.json({ error: "not placed" }, 422);
    throw error;
  }
  if (has("no-outbox")) {
    const headers = { "content-type": "application/json", "idempotency-key": order.id };
    const signal = AbortSignal.timeout(1_000);
    fetch(`${LEDGER}/entries`, {
      method: "POST",
      headers,
      body: JSON.stringify(order),
      signal,
    }).catch(() => {});
  }
  return c.json({ id: order.id }, 201);
});

app.onError((error, c) => c.json({ error: error.message }, 503));

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 8080), hostname: process.env.HOST ?? "0.0.0.0" });
