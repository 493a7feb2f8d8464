/**
 * Writes numbered keys to a Redis one by one, each again until it is confirmed, and then looks which are there: in the same
 * server, or in the replica, which it makes the master first.
 */
import { setTimeout as sleep } from "node:timers/promises";
import Redis from "ioredis";

const [count = "60", replica] = process.argv.slice(2);
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
for (let n = 1; n <= Number(count); n++) {
  await again(() => redis.multi().set(`key:${n}`, n).incr("count").exec());
  confirmed.push(n);
  await sleep(50);
}
let judge = redis;
if (replica !== undefined) {
  judge = open(replica);
  console.log(
    `replica: ${await again(() => judge.set("x", "1").catch((error) => (error.message.startsWith("READONLY") ? error.message : Promise.reject(error))))}`,
  );
  redis.disconnect();
  await again(() => judge.replicaof("NO", "ONE"));
}
const found = new Set(await again(() => judge.keys("key:*")));
const total = Number(await again(() => judge.get("count")));
console.log(
  JSON.stringify({
    missing: confirmed.filter((n) => !found.has(`key:${n}`)),
    counted: total >= found.size,
    total,
  }),
);
