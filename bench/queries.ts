/** A program: as many inserts as its argument says, one after the other. */
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

const pool = new pg.Pool({ host: "db", user: "postgres", database: "postgres" });
pool.on("error", () => {}); // a crash of the server ends idle connections
await sleep(200);
for (let i = 0; i < Number(process.argv[2]); i++) {
  await pool.query("insert into t (id, v) values ($1, $2)", [i, `row ${i}`]);
}
