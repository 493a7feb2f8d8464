/**
 * Asks for prices through a bulkhead of cockatiel. Whoever asks for a price that somebody has asked for shares the answer, and a page that
 * knows a price asks for those of two related items.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { BulkheadRejectedError, bulkhead } from "cockatiel";
import { note } from "../note.js";

const RUNNING = 2;
const WAITING = 2;
const limit = bulkhead(Number(process.env.RUNNING ?? RUNNING), WAITING);

const asked = new Map<number, Promise<number>>();

async function ask(): Promise<number> {
  await sleep(50 + 300 * Math.random());
  return 1_000;
}

function price(item: number): Promise<number> {
  const known = asked.get(item) ?? ask().finally(() => asked.delete(item));
  asked.set(item, known);
  return known;
}

let orders = 0;

async function order(item: number): Promise<void> {
  const id = ++orders;
  note("entered", { id });
  await limit
    .execute(async () => {
      note("started", { id });
      await price(item).finally(() => note("ended", { id }));
    })
    .then(
      () => note("settled", { id, how: "done" }),
      (error) => note("settled", { id, how: error instanceof BulkheadRejectedError ? "rejected" : "failed" }),
    );
}

/** The parts of a page are functions that wait for the parts within them. */
async function rendered(parts: number): Promise<void> {
  if (parts > 0) await rendered(parts - 1);
}

async function page(item: number): Promise<void> {
  await price(item);
  await rendered(Math.floor(10 * Math.random()));
  if (process.env.RELATED === "no") return;
  void order(item + 1);
  void order(item + 2);
}

for (;;) {
  const item = Math.floor(10 * Math.random());
  void order(item);
  if (Math.random() < 0.5) void page(item);
  await sleep(200 * Math.random());
}
