/** Writes and reads a bucket's keys as the plan says, and watches them from the beginning to the end of each life. */
import { type Host, type Micros, ms, type Operation } from "seedstorm";
import type { BrokerOutcome, Bucket } from "../api.js";
import type { BrokerClient } from "../client.js";
import { BUCKET, CACHE } from "./declared.js";
import { BROKER_GOALS as GOALS } from "./goals.js";

interface KeyOperation {
  readonly key: string;
  readonly value: number;
}

const RETRY: Micros = ms(600);

export function startKeeper(host: Host, client: BrokerClient, operations: readonly Operation[]): void {
  const bucket = client.bucket(BUCKET.name);
  const cache = client.bucket(CACHE);
  watch(host, bucket, BUCKET.name, ">");
  watch(host, bucket, BUCKET.name, "limits.*");
  watch(host, cache, CACHE, ">");
  const now = host.clock.monotonic();
  for (const { at, action, body } of operations) {
    if (host.incarnation > 1 && at < now) continue; // before the last crash
    const operation = body as unknown as KeyOperation; // as the workload makes it
    host.after(Math.max(0, at - now), () => void carryOut(host, bucket, cache, action, operation));
  }
}

function watch(host: Host, bucket: Bucket, name: string, keys: string): void {
  const stream = `KV_${name}`;
  const filter = `$KV.${name}.${keys}`;
  bucket.watch(async (event) => {
    if (event.type === "reset") host.reached(GOALS.watchReset);
    const detail =
      event.type === "entry" ? { revision: event.entry.revision, key: event.entry.key } : { revision: 0 };
    host.record({
      kind: "state",
      entity: "watch",
      name: `${host.id}#${host.incarnation}/${name}/${keys}`,
      from: "",
      to: event.type,
      detail: { ...detail, stream, filter },
    });
    if (host.random.below(20) === 0) await host.sleep(host.random.below(ms(400)));
  }, keys);
}

async function carryOut(
  host: Host,
  bucket: Bucket,
  cache: Bucket,
  action: string,
  { key, value }: KeyOperation,
): Promise<void> {
  switch (action) {
    case "put":
      wrote(host, key, "put", null, await bucket.put(key, value));
      await cache.put(key, value);
      return;
    case "create": {
      const outcome = await bucket.create(key, value);
      wrote(host, key, "create", 0, outcome);
      if (outcome.status === "ok") host.reached(GOALS.created);
      if (outcome.status === "refused" && outcome.reason === "key-exists") host.reached(GOALS.keyThere);
      return;
    }
    case "update": {
      const current = await bucket.get(key);
      if (current.status !== "ok") return;
      if (host.random.below(2) === 0) await host.sleep(host.random.below(5 * RETRY));
      const seen = current.value?.revision ?? 0;
      const outcome = await bucket.update(key, value, seen);
      wrote(host, key, "update", seen, outcome);
      if (outcome.status === "ok") host.reached(GOALS.updated);
      if (outcome.status === "refused") host.reached(GOALS.revisionGone);
      return;
    }
    case "delete":
      if (value % 2 === 0) wrote(host, key, "delete", null, await bucket.delete(key));
      else await deleteAsSeen(host, bucket, key, value);
      return;
    case "get":
      if (value % 3 === 0) await bucket.get(key);
      else if (value % 3 === 1) await bucket.history(key);
      else await bucket.keys();
      return;
  }
}

/** Deletes what it has seen, and nothing that somebody else has put there since. */
async function deleteAsSeen(host: Host, bucket: Bucket, key: string, value: number): Promise<void> {
  const current = await bucket.get(key);
  if (current.status !== "ok") return;
  if (value % 4 === 1) await host.sleep(value * ms(50));
  const seen = current.value?.revision ?? 0;
  const outcome = await bucket.delete(key, seen);
  wrote(host, key, "delete", seen, outcome);
  if (outcome.status === "refused") host.reached(GOALS.revisionGone);
}

/** Under which a write of a bucket that was done is recorded: what it was, and the revision that was to be the last before it. */
export const BUCKET_WRITE = "bucket-write";

function wrote(
  host: Host,
  key: string,
  to: string,
  after: number | null,
  outcome: BrokerOutcome<number>,
): void {
  if (outcome.status !== "ok") return;
  const detail = { bucket: BUCKET.name, revision: outcome.value, after };
  host.record({ kind: "state", entity: BUCKET_WRITE, name: key, from: "", to, detail });
}
