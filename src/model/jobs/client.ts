/** Clients of the job service, and who makes trouble for it. */
import {
  Answer,
  type Client,
  type ClientAction,
  type Cluster,
  type Host,
  type Operation,
  SECOND,
  TIMED_OUT,
} from "seedstorm";
import { BALANCING, type Balancing } from "../actors/registry/api.js";
import { RegistryClient } from "../actors/registry/client.js";
import { registryConfig, SERVICE } from "./config.js";
import { asJob, type Job, type JobResult, KILL, RETIRE, SUBMIT, TARGETS } from "./wire.js";

const PATIENCE = 10 * SECOND;
/** Workers that are tried before a client gives up on a job that nobody took. */
const TRIES = 3;
const PAUSE = SECOND / 2;

/** One for each life of a host. */
const resolvers = new WeakMap<Host, RegistryClient>();

function resolverOf(host: Host, cluster: Cluster): RegistryClient {
  let resolver = resolvers.get(host);
  if (resolver === undefined) {
    resolver = new RegistryClient(host, registryConfig(cluster.hosts("registry")));
    resolvers.set(host, resolver);
  }
  return resolver;
}

/** A job for any worker, by the balancing that the job names. */
export const submit: ClientAction = (client, operation, cluster) => {
  const job = asJob(operation.id, operation.body);
  const { balancing = 0 } = operation.body as { readonly balancing?: number };
  const strategy = BALANCING[balancing % BALANCING.length] ?? "round-robin";
  return client.operation("submit", { key: job.id, value: { kind: job.kind } }, () =>
    have(client, job, strategy, cluster),
  );
};

/** Many jobs at once. */
export const burst: ClientAction = async (client, operation, cluster) => {
  const { jobs = 0 } = operation.body as { readonly jobs?: number };
  const one = (i: number): Operation => ({ ...operation, id: `${operation.id}.${i}` });
  await Promise.all(Array.from({ length: jobs }, (_, i) => submit(client, one(i), cluster)));
};

async function have(client: Client, job: Job, balancing: Balancing, cluster: Cluster): Promise<Answer> {
  const resolver = resolverOf(client.host, cluster);
  for (let tries = 0; tries < TRIES; tries++) {
    if (tries > 0) await client.host.sleep(PAUSE);
    const routing = await resolver.route({ service: SERVICE, balancing, key: job.id });
    if (!routing.ok) continue;
    const reply = await client.request(SUBMIT, routing.route.host, job, PATIENCE);
    const isTaken = reply !== TIMED_OUT && reply.status !== "refused";
    routing.route.done(isTaken ? "success" : "failure");
    if (reply === TIMED_OUT) return Answer.unknown({ status: "timed-out" });
    if (isTaken) return answerOf(reply);
  }
  return Answer.failed({ status: "refused" });
}

function answerOf(result: JobResult): Answer {
  return result.status === "given-up" ? Answer.unknown({ ...result }) : Answer.ok({ ...result });
}

interface Trouble {
  readonly worker: number;
  readonly target: number;
  readonly pick: number;
}

const workerOf = (cluster: Cluster, { worker }: Trouble): string => {
  const workers = cluster.hosts("worker");
  return workers[worker % workers.length] ?? "";
};

/** Something on a worker is killed. */
export const kill: ClientAction = (client, { body }, cluster) => {
  const trouble = body as unknown as Trouble; // workloads write troubles
  const target = TARGETS[trouble.target % TARGETS.length] ?? "job-actor";
  return client.request(KILL, workerOf(cluster, trouble), { target, pick: trouble.pick });
};

/** A worker is taken out of the registries for a while. */
export const retire: ClientAction = (client, { body }, cluster) =>
  client.request(RETIRE, workerOf(cluster, body as unknown as Trouble), null); // workloads write troubles
