/** Keeps the ledger in a journal: `POST /entries` with an idempotency key, `GET /entries` for all of them. */
import { existsSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { serve } from "@hono/node-server";
import { Hono } from "hono";

const JOURNAL = process.env.JOURNAL ?? "/var/lib/ledger.jsonl";

interface Entry {
  readonly key: string;
  readonly order: unknown;
}

/** A line that a crash has torn is no entry: nobody was told that it is there. */
function entryOf(line: string): Entry | undefined {
  try {
    return JSON.parse(line) as Entry;
  } catch {
    return undefined;
  }
}

const entries = new Map<string, Entry>();
if (existsSync(JOURNAL)) {
  for (const line of readFileSync(JOURNAL, "utf8").split("\n")) {
    const entry = entryOf(line);
    if (entry !== undefined) entries.set(entry.key, entry);
  }
}
const journal = await open(JOURNAL, "a");
let lastWrite: Promise<void> = Promise.resolve();

/** Writes one after the other: two copies of a request must not both find that their entry is new. */
function enter(entry: Entry): Promise<void> {
  lastWrite = lastWrite.then(async () => {
    if (entries.has(entry.key)) return;
    await journal.write(`\n${JSON.stringify(entry)}\n`);
    await journal.sync();
    entries.set(entry.key, entry);
  });
  return lastWrite;
}

const app = new Hono();

app.post("/entries", async (c) => {
  const key = c.req.header("idempotency-key");
  if (key === undefined) return c.json({ error: "an idempotency key is needed" }, 400);
  await enter({ key, order: await c.req.json() });
  return c.json({ key });
});

app.get("/entries", (c) => c.json([...entries.values()].map(({ order }) => order)));

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 8080), hostname: process.env.HOST ?? "0.0.0.0" });
