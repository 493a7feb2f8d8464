/** Calls an API through a limiter of bottleneck, as its README says: so many at a time, so often, so many a period. */
import { setTimeout as sleep } from "node:timers/promises";
import Bottleneck from "bottleneck";
import { note } from "../note.js";
import { work } from "../work.js";

const limiter = new Bottleneck({
  maxConcurrent: Number(process.env.MAX_CONCURRENT ?? 3),
  minTime: Number(process.env.MIN_TIME_MS ?? 100),
  reservoir: 20,
  reservoirRefreshAmount: 20,
  reservoirRefreshInterval: 2_500,
});
note("created");
limiter.on("queued", ({ options: { id = "", priority = 5 } }) => note("queued", { id, priority }));
limiter.on("scheduled", ({ options: { id = "" } }) => note("scheduled", { id }));
limiter.on("failed", (_error, { retryCount, options: { id } }) => {
  note("failed", { id: id ?? "", retries: retryCount });
  return retryCount === 0 ? 25 : undefined;
});

async function job(id: string): Promise<void> {
  note("started", { id });
  try {
    await work();
  } finally {
    note("ended", { id });
  }
}

for (let number = 1; ; number++) {
  const id = String(number);
  note("submitted", { id });
  limiter.schedule({ id, priority: Math.floor(Math.random() * 10) }, job, id).then(
    () => note("settled", { id }),
    () => note("settled", { id }),
  );
  const lull = Math.random() < 0.02;
  await sleep(lull ? 3_000 : 450 * Math.random());
}
