/** Campaigns over a real queue: what they come to, and what they say when the queue or its workers are not what they should be. */
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { describe, expect, it, onTestFinished } from "vitest";
import { Children } from "../../src/live/children.js";
import { Cluster } from "../../src/live/cluster.js";
import { BLOCKS, RESULTS } from "../../src/queue/streams.js";
import { temporaryFolder } from "../support/folder.js";
import { natsServer, needsServer, TestServer } from "../support/nats.js";
import { Command, resultOf, toys, until } from "./support.js";

const STORM = ["toy-storm", "--defect", "ack-early", "--no-corpus", "--no-shrink"];
/** A busy machine takes long over a dozen processes. */
const LONG_MS = 400_000;
const QUICK = ["--patience", "2s", "-j", "1"];

/** The blocks that a worker has done. */
const blocksDone = (worker: Command): number => worker.err.match(/: runs \d+ to \d+$/gm)?.length ?? 0;

async function onOneMachine(folder: string, args: readonly string[]): Promise<void> {
  await new Command(folder, ["check", ...args, "-j", "1", "--save", "alone.json"]).ended;
}

describe.skipIf(natsServer === "")(`a campaign on a queue${needsServer}`, { timeout: LONG_MS }, () => {
  it("comes to what one machine finds, field by field, while workers and a server are killed and stopped", async () => {
    const folder = temporaryFolder();
    const children = new Children();
    const server = { path: natsServer, version: "" };
    const nodes = ["a", "b", "c"];
    const cluster = new Cluster({ server, nodes, folder, sync: "default", maxFileBytes: 2 ** 27 }, children);
    onTestFinished(async () => {
      cluster.close();
      await children.end();
    });
    await cluster.start(60_000, new AbortController().signal);
    const url = cluster
      .urls()
      .map((each) => `nats://${each}`)
      .join(",");
    const args = [...STORM, "--runs", "800"];
    await onOneMachine(folder, args);

    const begin = (): Command => new Command(folder, ["work", "--queue", url, ...QUICK]);
    const workers = [begin(), begin(), begin(), begin()];
    const [killed, still, paused] = workers;
    for (const worker of workers) await worker.says(/^worker of/);
    const queue = ["--queue", url, "--block", "5", "-j", "1", "--save", "queue.json"];
    const campaign = new Command(folder, ["check", ...args, ...queue]);
    const done = () => workers.reduce((sum, worker) => sum + blocksDone(worker), 0);
    const later = async (blocks: number): Promise<void> => {
      const goal = done() + blocks;
      await until(
        () => done() >= goal,
        () => `${done()} of ${goal} blocks are done: ${campaign.err}`,
      );
    };
    for (const worker of workers)
      await until(
        () => blocksDone(worker) > 0,
        () => worker.err,
      );
    await killed?.kill();
    still?.signal("SIGSTOP"); // for good: what it has comes to another
    workers.push(begin());
    await later(5);
    await cluster.childOf("b")?.kill();
    await later(5);
    await cluster.launch("b");
    paused?.signal("SIGSTOP");
    await later(5);
    cluster.childOf("c")?.signal("SIGSTOP");
    paused?.signal("SIGCONT");
    await later(5);
    cluster.childOf("c")?.signal("SIGCONT");

    expect(await campaign.ended, campaign.err).toBe(1);
    expect(resultOf(folder, "queue.json")).toEqual(resultOf(folder, "alone.json"));
    // A worker that stood still may hand in a result once more when all is over: that waits for a week, and nobody reads it.
    expect((await left(url))[0]).toBe(0);
  });

  it("waits for workers and says so, leaves what is known when it is interrupted, and goes on from there", async () => {
    const { url } = await server();
    const folder = temporaryFolder();
    const args = [...STORM, "--runs", "200"];
    await onOneMachine(folder, args);
    const queue = ["--queue", url, "--block", "10", "-j", "1"];
    const campaign = new Command(folder, ["check", ...args, ...queue, "--save", "queue.json"]);
    await campaign.says(
      /no worker of seedstorm \S+ on Node \S+, code \w+ is there; the campaign waits for one/,
    );
    const worker = new Command(folder, ["work", "--queue", url, ...QUICK]);
    await until(
      () => blocksDone(worker) >= 3,
      () => worker.err,
    );
    worker.signal("SIGSTOP");
    campaign.signal("SIGINT");
    expect(await campaign.ended).toBe(130);
    expect(campaign.err).toMatch(/check --resume queue\.json --queue nats:\S+ goes on/);
    expect(resultOf(folder, "queue.json")).toMatchObject({ complete: false, queued: /^\w+$/ });
    expect((await left(url))[0]).toBe(0);
    worker.signal("SIGCONT");
    const again = new Command(folder, [
      "check",
      "--resume",
      "queue.json",
      ...queue,
      "--no-corpus",
      "--no-shrink",
    ]);
    expect(await again.ended, again.err).toBe(1);
    expect(resultOf(folder, "queue.json")).toEqual(resultOf(folder, "alone.json"));
    expect(await left(url)).toEqual([0, 0]);
  });

  it("goes on after it was killed with what workers have done meanwhile", async () => {
    const { url } = await server();
    const folder = temporaryFolder();
    const args = [...STORM, "--runs", "300"];
    const queue = ["--queue", url, "--block", "10", "-j", "1"];
    const campaign = new Command(folder, ["check", ...args, ...queue, "--save", "queue.json"]);
    const worker = new Command(folder, ["work", "--queue", url, ...QUICK]);
    await until(
      () => blocksDone(worker) >= 3,
      () => worker.err,
    );
    worker.signal("SIGSTOP");
    // What is known is written down every three seconds.
    await until(
      () => /"done":[1-9]/.test(text(folder, "queue.json")),
      () => campaign.err,
    );
    await campaign.kill();
    worker.signal("SIGCONT");
    await until(
      () => /: runs 290 to 299$/m.test(worker.err),
      () => worker.err,
    );
    const before = blocksDone(worker);
    const again = new Command(folder, [
      "check",
      "--resume",
      "queue.json",
      ...queue,
      "--no-corpus",
      "--no-shrink",
    ]);
    expect(await again.ended, again.err).toBe(1);
    expect(blocksDone(worker)).toBe(before);
    await onOneMachine(folder, args);
    expect(resultOf(folder, "queue.json")).toEqual(resultOf(folder, "alone.json"));
  });

  it("has its failures shrunk by whoever began it", async () => {
    const { url } = await server();
    const folder = temporaryFolder();
    const worker = new Command(folder, ["work", "--queue", url, ...QUICK]);
    const args = ["check", "toy-storm", "--defect", "ack-early", "--no-corpus", "--runs", "100"];
    const campaign = new Command(folder, [...args, "--queue", url, "-j", "1"]);
    expect(await campaign.ended, `${campaign.err}${worker.err}`).toBe(1);
    expect(campaign.out).toMatch(/20 operations, 5 hosts → \d faults?, 1 operation/);
  });

  it("gives nothing to workers of other code, and both sides say so", async () => {
    const { url } = await server();
    const folder = temporaryFolder();
    const other = join(toys(), "..", `other-${process.pid}.js`);
    copyFileSync(toys(), other);
    writeFileSync(other, `${readFileSync(toys(), "utf8")}\n// another version\n`);
    const stranger = new Command(folder, ["work", "--queue", url, ...QUICK], other);
    await stranger.says(/^worker of/);
    const args = ["check", "toy-calm", "--no-corpus", "--runs", "40", "--queue", url, "--no-save"];
    const campaign = new Command(folder, args);
    await campaign.says(/workers of seedstorm .* take no block of this campaign, which is of seedstorm /);
    await stranger.says(/refused a campaign of seedstorm .*: this worker is seedstorm /);
    await campaign.says(/the campaign waits for one/);
    const friend = new Command(folder, ["work", "--queue", url, ...QUICK]);
    expect(await campaign.ended, `${campaign.err}${friend.err}`).toBe(0);
    expect(blocksDone(stranger)).toBe(0);
  });

  it("refuses a stream of that name that is none of ours", async () => {
    const { url } = await server();
    const connection = await connect({ servers: url });
    await (await jetstreamManager(connection)).streams.add({ name: BLOCKS, subjects: ["else.>"] });
    await connection.close();
    const command = new Command(temporaryFolder(), ["work", "--queue", url]);
    expect(await command.ended).toBe(2);
    expect(command.err).toMatch(
      /there is a stream SEEDSTORM_BLOCKS with subjects \["else\.>"\], and the queue needs/,
    );
    expect(command.err).not.toMatch(/^worker of/m); // nobody works on a queue that is none
  });
});

const text = (folder: string, file: string): string => {
  try {
    return readFileSync(join(folder, file), "utf8");
  } catch {
    return ""; // not written yet
  }
};

async function server(): Promise<{ readonly url: string }> {
  const { url } = await TestServer.start();
  return { url: `nats://${url}` };
}

/** Messages that are left in the two streams. */
async function left(url: string): Promise<number[]> {
  const connection = await connect({ servers: url.replaceAll("nats://", "").split(",") });
  try {
    const manager = await jetstreamManager(connection);
    const infos = await Promise.all([BLOCKS, RESULTS].map((name) => manager.streams.info(name)));
    return infos.map(({ state }) => state.messages);
  } finally {
    await connection.close();
  }
}
