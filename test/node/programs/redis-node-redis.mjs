/** As the other one, by node-redis, in both versions of the protocol. */
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "redis";

const print = (what, value) => console.log(`${what}: ${JSON.stringify(value)}`);
for (const RESP of [2, 3]) {
  const client = createClient({ url: "redis://redis", RESP, socket: { reconnectStrategy: 100 } });
  client.on("error", () => {});
  await client.connect();
  await client.flushAll();
  print("ping", await client.ping());
  print("set", [await client.set("a", "1", { EX: 10 }), await client.get("a"), await client.incr("a")]);
  print("hash", [await client.hSet("h", { x: "1", y: "2" }), await client.hGetAll("h")]);
  print("set type", [await client.sAdd("s", ["a", "b"]), await client.sMembers("s")]);
  print("sorted set", [
    await client.zAdd("z", { score: 1.5, value: "a" }),
    await client.zRangeWithScores("z", 0, -1),
    await client.zScore("z", "a"),
  ]);
  print("transaction", await client.multi().set("t", "1").incr("t").exec());
  print("stream", [
    await client.xAdd("x", "1-1", { k: "v" }),
    await client.xRange("x", "-", "+"),
    await client.xRead({ key: "x", id: "0" }),
  ]);
  print(
    "script",
    await client.eval("return cjson.encode({ARGV[1], #KEYS, {a = 1.5}})", { keys: ["k"], arguments: ["v"] }),
  );
  const listener = client.duplicate();
  listener.on("error", () => {});
  await listener.connect();
  await listener.subscribe("news", (message) => print("message", message));
  await client.publish("news", "hello");
  await sleep(50);
  await listener.close();
  await client.close();
}
