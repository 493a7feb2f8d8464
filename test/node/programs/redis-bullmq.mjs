/** Puts BullMQ to its usual uses, and prints what came of the jobs. */
import { setTimeout as sleep } from "node:timers/promises";
import { FlowProducer, Queue, QueueEvents, Worker } from "bullmq";

const connection = { host: "redis", port: 6379, maxRetriesPerRequest: null };
const print = (what, value) => console.log(`${what}: ${JSON.stringify(value)}`);
const queue = new Queue("jobs", { connection });
const events = new QueueEvents("jobs", { connection });
for (const emitter of [queue, events]) emitter.on("error", (error) => console.log(error.message));
await events.waitUntilReady();
const heard = [];
events.on("completed", ({ returnvalue }) => heard.push(returnvalue));
const order = [];
const work = async (job) => {
  order.push(job.name);
  if (job.name === "fails" && job.attemptsMade < 2) throw new Error(`attempt ${job.attemptsMade}`);
  if (job.name === "never") throw new Error("always");
  if (job.name === "parent") return Object.values(await job.getChildrenValues()).sort();
  await job.updateProgress(50);
  return `${job.name} done`;
};
// In their order, before there is a worker.
await queue.add("plain", { a: "ü" });
await queue.addBulk([
  { name: "low", data: {}, opts: { priority: 10 } },
  { name: "high", data: {}, opts: { priority: 1 } },
]);
const delayed = await queue.add("delayed", {}, { delay: 1_000 });
const once = await queue.add("same", {}, { jobId: "same" });
await queue.add("same", {}, { jobId: "same" });
print("counts", await queue.getJobCounts("wait", "delayed", "prioritized", "active"));
const worker = new Worker("jobs", work, { connection, concurrency: 1 });
worker.on("error", (error) => console.log(error.message));
print("returned", await once.waitUntilFinished(events, 10_000));
await sleep(200);
print("order", order.splice(0));
print("late", await delayed.waitUntilFinished(events, 10_000));
const failing = await queue.add("fails", {}, { attempts: 3, backoff: { type: "exponential", delay: 100 } });
print("retried", await failing.waitUntilFinished(events, 10_000));
const never = await queue.add("never", {}, { attempts: 2 });
print("failed", await never.waitUntilFinished(events, 10_000).catch((error) => error.message));
const flow = new FlowProducer({ connection });
const { job: parent } = await flow.add({
  name: "parent",
  queueName: "jobs",
  children: [
    { name: "left", queueName: "jobs" },
    { name: "right", queueName: "jobs" },
  ],
});
print("flow", await parent.waitUntilFinished(events, 10_000));
order.splice(0);
await queue.upsertJobScheduler("every", { every: 500 }, { name: "tick" });
await sleep(1_700);
await queue.removeJobScheduler("every");
print("ticks", order.filter((name) => name === "tick").length);
await queue.pause();
await queue.add("paused", {});
await sleep(300);
print("paused", [await queue.isPaused(), order.includes("paused")]);
await queue.resume();
await sleep(300);
print("resumed", order.includes("paused"));
print("ended", await queue.getJobCounts("completed", "failed", "active", "delayed"));
print("heard", heard.length > 5);
await Promise.all([worker.close(), events.close(), flow.close(), queue.close()]);
console.log("closed");
