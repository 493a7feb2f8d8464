/** Works on jobs, which take a while and sometimes fail. */
import type { JobWithMetadata } from "pg-boss";
import { note } from "../note.js";
import { work } from "../work.js";
import { DEAD, QUEUE, SINGLE, started } from "./boss.js";

interface Task {
  /** It never succeeds, so that it ends in the queue of the dead. */
  readonly fails: boolean;
}

const boss = await started(true);

async function handle([job]: readonly JobWithMetadata<Task>[]): Promise<void> {
  if (job === undefined) return;
  const { id, name } = job;
  // When it was claimed in the database: the answer may have been on its way for long.
  note("began", { id, queue: name, claimed: job.startedOn.getTime() });
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

await boss.work(QUEUE, { pollingIntervalSeconds: 1, includeMetadata: true }, handle);
await boss.work(SINGLE, { pollingIntervalSeconds: 1, includeMetadata: true }, handle);
await boss.work(DEAD, { pollingIntervalSeconds: 3, includeMetadata: true }, async ([job]) => {
  if (job !== undefined) note("dead", { id: job.sourceId ?? "", queue: DEAD });
});
note("ready");
