/**
 * Sells ten tickets over HTTP. What is sold stands in a journal. `racy` looks, waits for the disk, and only then sells:
 * two buyers at once may both have seen the last ticket. `forgetful` says that it sold before that is on the disk.
 */
import { existsSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { serve } from "@hono/node-server";
import { Hono } from "hono";

const TICKETS = 10;
const JOURNAL = "/var/sold";
const { RACY, FORGETFUL } = process.env;

const sold = new Set<string>();
if (existsSync(JOURNAL)) {
  for (const line of readFileSync(JOURNAL, "utf8").split("\n"))
    if (/^[\w-]+\.$/.test(line)) sold.add(line.slice(0, -1));
}
const journal = await open(JOURNAL, "a");
const app = new Hono();
let waiting = 0;

app.post("/tickets/:buyer", async (c) => {
  const buyer = c.req.param("buyer");
  if (sold.has(buyer)) return c.json({ sold: true });
  if (sold.size + (RACY === "yes" ? 0 : waiting) >= TICKETS) return c.json({ sold: false }, 409);
  waiting++;
  try {
    await journal.write(`\n${buyer}.\n`);
    if (FORGETFUL !== "yes") await journal.sync();
    sold.add(buyer);
  } finally {
    waiting--;
  }
  return c.json({ sold: true });
});
app.get("/tickets", (c) => c.json([...sold]));
serve({ fetch: app.fetch, port: 80 });
