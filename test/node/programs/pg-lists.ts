/** A service that reads and appends to lists in a Postgres, several in one transaction; or, with a flaw, in none. */
import { createServer } from "node:http";
import pg from "pg";

type Micro = readonly [f: "r" | "append", key: string, value: unknown];

const pool = new pg.Pool({
  host: "db",
  user: "postgres",
  database: "postgres",
  connectionTimeoutMillis: 1_000,
});
pool.on("error", () => {});
pool.on("connect", (client) => client.on("error", () => {}));

const [begin, commit] = process.env.FLAW === undefined ? ["begin", "commit"] : ["select 1", "select 1"];

async function transact(asked: readonly Micro[]): Promise<readonly Micro[]> {
  const client = await pool.connect();
  const seen: Micro[] = [];
  try {
    await client.query(begin);
    for (const [f, key, value] of asked) {
      const { rows } = await client.query("select items from lists where key = $1", [key]);
      const items: readonly unknown[] = rows[0]?.items ?? [];
      seen.push([f, key, f === "r" ? items : value]);
      if (f === "r") continue;
      await client.query(
        "insert into lists values ($1, $2::jsonb) on conflict (key) do update set items = excluded.items",
        [key, JSON.stringify([...items, value])],
      );
    }
    await client.query(commit);
  } catch (error) {
    client.release(true);
    throw error;
  }
  client.release();
  return seen;
}

createServer(async (request, response) => {
  try {
    let body = "";
    for await (const part of request) body += part;
    const seen = await transact(JSON.parse(body));
    response.end(JSON.stringify(seen));
  } catch (error) {
    response.statusCode = 503;
    response.end(String(error));
  }
}).listen(8080);
