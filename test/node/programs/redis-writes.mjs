/**
 * Writes numbered keys to a Redis one by one, each again until it is confirmed, and then looks which are there: in the same
 * server, or in the replica, which it makes the master first. With `wait`, a key is confirmed when the replica has it, and
 * the first one that nobody confirms is the last.
 */
import { setTimeout as sleep } from "node:timers/promises";
import Redis from "ioredis";

const [count = "60", replica, waits] = process.argv.slice(2);
const options = { commandTimeout: 500, retryStrategy: () => 100, maxRetriesPerRequest: 0 };
const open = (host) => new Redis({ host, ...options }).on("error", () => {});
const again = async (act) => {
  for (;;) {
    try {
      return await act();
    } catch {
      await sleep(100);
    }
  }
};
const redis = open("redis");
const confirmed = [];
const refusals = new Set();
const write = async (n) => {
  const results = await redis.multi().set(`key:${n}`, n).incr("count").exec();
  for (const [error] of results) {
    if (error === null) continue;
    refusals.add(error.message);
    throw error;
  }
  return waits === undefined || (await redis.wait(1, 400)) === 1;
};
for (let n = 1; n <= Number(count); n++) {
  const isWritten = await (waits === undefined ? again(() => write(n)) : write(n).catch(() => false));
  if (!isWritten) break;
  confirmed.push(n);
  await sleep(50);
}
for (const refusal of refusals) console.log(`refused: ${refusal}`);
let judge = redis;
if (replica !== undefined) {
  judge = open(replica);
  const refused = await again(() =>
    judge
      .set("x", "1")
      .catch((error) => (error.message.startsWith("READONLY") ? error.message : Promise.reject(error))),
  );
  console.log(`replica: ${refused}`);
  redis.disconnect();
  await again(() => judge.replicaof("NO", "ONE"));
}
const found = new Set(await again(() => judge.keys("key:*")));
const total = Number(await again(() => judge.get("count")));
const missing = confirmed.filter((n) => !found.has(`key:${n}`));
console.log(JSON.stringify({ confirmed: confirmed.length, missing, counted: total >= found.size }));
