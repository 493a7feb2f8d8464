/** Uses of Postgres what it loads as libraries: PL/pgSQL and the stemming of text search. */
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

for (let round = 1; round <= 3; round++) {
  await sleep(1_000);
  const client = new pg.Client({ host: "db", user: "postgres", database: "postgres" });
  try {
    await client.connect();
    await client.query("do $$ begin raise notice 'hello'; end $$");
    const { rows } = await client.query("select to_tsvector('english', 'running') as stem");
    console.log(rows[0].stem);
    await client.end();
  } catch (error) {
    console.log((error as Error).message);
  }
}
