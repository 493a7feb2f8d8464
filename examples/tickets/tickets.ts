/**
 * Sells ten tickets, as any service might: `POST /tickets/NAME` answers 201, or 409 when all are gone; `GET /tickets` lists who
 * has one. What is sold stands in a journal.
 */
import { existsSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { createServer } from "node:http";

const TICKETS = 10;
const JOURNAL = process.env.JOURNAL ?? "/var/lib/tickets.log";

/** A line that a crash has torn has no full stop: nobody was told that the ticket is theirs. */
const sold = new Set<string>();
if (existsSync(JOURNAL)) {
  for (const line of readFileSync(JOURNAL, "utf8").split("\n")) {
    if (/^[\w-]+\.$/.test(line)) sold.add(line.slice(0, -1));
  }
}
const journal = await open(JOURNAL, "a");
/** Tickets that are being written down: they are not for sale any more. */
const promised = new Set<string>();

async function sell(name: string): Promise<boolean> {
  if (sold.has(name)) return true;
  if (sold.size + promised.size >= TICKETS) return false;
  promised.add(name);
  try {
    await journal.write(`\n${name}.\n`);
    await journal.sync(); // take this line out, and a storm shows who loses a ticket
    sold.add(name);
    return true;
  } finally {
    promised.delete(name);
  }
}

const server = createServer(async ({ method, url = "" }, response) => {
  const [, name] = /^\/tickets\/([\w-]+)$/.exec(url) ?? [];
  if (method === "POST" && name !== undefined) {
    response.writeHead((await sell(name)) ? 201 : 409).end();
  } else if (method === "GET" && url === "/tickets") {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify([...sold]));
  } else {
    response.writeHead(404).end();
  }
});
server.listen(Number(process.env.PORT ?? 8080));
