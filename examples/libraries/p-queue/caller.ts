/** Works through tasks with p-queue: so many at a time, so many in any second, the urgent ones first, some of them cancelled. */
import { setTimeout as sleep } from "node:timers/promises";
import PQueue from "p-queue";
import { note } from "../note.js";
import { work } from "../work.js";

const queue = new PQueue({
  concurrency: Number(process.env.CONCURRENCY ?? 4),
  intervalCap: 6,
  interval: 1_000,
  strict: process.env.STRICT !== "no",
  timeout: 2_000,
});
queue.addEventListener("idle", () => note("idle", { size: queue.size, pending: queue.pending }));

async function task(id: string, signal: AbortSignal | undefined): Promise<void> {
  note("started", { id });
  await new Promise<void>((resolve, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason));
    work().then(resolve, reject);
  }).finally(() => note("ended", { id }));
}

for (let number = 1; ; number++) {
  const id = String(number);
  const priority = Math.floor(3 * Math.random());
  const controller = new AbortController();
  note("added", { id, priority });
  queue
    .add(({ signal }) => task(id, signal), { id: `task-${id}`, priority, signal: controller.signal })
    .then(
      () => note("settled", { id, how: "done" }),
      (error: Error) => note("settled", { id, how: error.name }),
    );
  if (Math.random() < 0.1) {
    setTimeout(() => {
      note("cancelled", { id });
      controller.abort();
    }, 1_500 * Math.random());
  }
  if (Math.random() < 0.02) queue.clear();
  if (Math.random() < 0.02) {
    queue.pause();
    note("paused");
    setTimeout(() => {
      note("resumed");
      queue.start();
    }, 1_000 * Math.random());
  }
  await sleep(Math.random() < 0.03 ? 4_000 : 400 * Math.random());
}
