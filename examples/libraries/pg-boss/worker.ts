/** Works on jobs, which take a while and sometimes fail. */
import type { Job } from "pg-boss";
import { note } from "../note.js";
import { work } from "../work.js";
import { DEAD, QUEUE, SINGLE, started } from "./boss.js";

interface Task {
  /** It never succeeds, so that it ends in the queue of the dead. */
  readonly fails: boolean;
}

const boss = await started(true);

async function handle([job]: readonly Job<Task>[]): Promise<void> {
  if (job === undefined) return;
  const { id, name } = job;
  note("began", { id, queue: name });
  try {
    await work();
    if (job.data.fails) throw new Error("it always fails");
    note("done", { id, queue: name });
  } catch (error) {
    note("failed", { id, queue: name });
    if (process.env.SWALLOWS === "yes") return; // a mistake, for the negative control: the failure is not passed on
    throw error;
  }
}

await boss.work<Task>(QUEUE, { pollingIntervalSeconds: 1 }, handle);
await boss.work<Task>(SINGLE, { pollingIntervalSeconds: 1 }, handle);
await boss.work(DEAD, { pollingIntervalSeconds: 3, includeMetadata: true }, async ([job]) => {
  if (job !== undefined) note("dead", { id: job.sourceId ?? "", queue: DEAD });
});
note("ready");
