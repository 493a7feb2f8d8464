/** Inserts numbered rows one by one, again until it is told that one is there, and says what it finds at the end. */
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

const ROWS = Number(process.argv[2] ?? 60);
const pool = new pg.Pool({
  host: "db",
  user: "postgres",
  database: "postgres",
  connectionTimeoutMillis: 1_000,
  query_timeout: 2_000,
});
pool.on("error", (error) => console.log(`pool: ${error.message}`));
pool.on("connect", (client) => client.on("error", () => {}));
await sleep(200);
let failed = 0;
for (let row = 1; row <= ROWS; row++) {
  for (;;) {
    try {
      await pool.query("insert into t (id, v) values ($1, $2) on conflict do nothing", [row, `row ${row}`]);
      break;
    } catch {
      failed++;
      await sleep(300);
    }
  }
  await sleep(50);
}
const { rows } = await pool.query("select count(*)::int as n, max(id) as highest, min(at) as first from t");
const client = await pool.connect();
await client.query("begin");
await client.query("delete from t");
await client.query("rollback");
client.release();
const after = await pool.query("select count(*)::int as n from t");
console.log(JSON.stringify({ ...rows[0], after: after.rows[0].n, failed }));
await pool.query("selec 1").catch((error: Error) => console.log(error.message));
