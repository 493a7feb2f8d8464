/** Asks a Redis for what clients ask of it, by ioredis, and prints what it gets. */
import { setTimeout as sleep } from "node:timers/promises";
import Redis from "ioredis";

const print = (what, value) => console.log(`${what}: ${JSON.stringify(value)}`);
const refusal = (promise) =>
  promise.then(
    (value) => ["no error", value],
    (error) => error.message,
  );
const redis = new Redis({ host: "redis", retryStrategy: () => 100 });
redis.on("error", () => {});

print("set", [
  await redis.set("a", "1"),
  await redis.get("a"),
  await redis.set("a", "2", "NX"),
  await redis.incrby("a", 41),
]);
await redis.set("b", Buffer.from([0, 255, 13, 10]));
print("bytes", [...(await redis.getBuffer("b"))]);
await redis.set("ü", "€");
print("unicode", [await redis.get("ü"), await redis.strlen("ü")]);
print("hash", [
  await redis.hset("h", { x: 1, y: 2 }),
  await redis.hgetall("h"),
  await redis.hincrby("h", "x", 5),
  await redis.hdel("h", "x", "y"),
  await redis.exists("h"),
]);
print("list", [
  await redis.rpush("l", "a", "b", "c"),
  await redis.lpush("l", "z", "y"),
  await redis.lrange("l", 0, -1),
  await redis.lmove("l", "m", "RIGHT", "LEFT"),
  await redis.lrem("l", 1, "z"),
  await redis.ltrim("l", 0, 0),
  await redis.lrange("l", 0, -1),
]);
print("set type", [
  await redis.sadd("s", "a", "b", "a"),
  (await redis.smembers("s")).sort(),
  await redis.sismember("s", "a"),
  await redis.spop("s", 5).then((all) => all.length),
  await redis.scard("s"),
]);
print("sorted set", [
  await redis.zadd("z", 2, "b", 1, "a", 2, "aa"),
  await redis.zrange("z", 0, -1, "WITHSCORES"),
  await redis.zrangebyscore("z", "(1", "+inf"),
  await redis.zrank("z", "b"),
  await redis.zincrby("z", 0.5, "a"),
  await redis.zpopmin("z"),
  await redis.zrangebylex("z", "-", "+"),
]);
print("stream", [
  await redis.xadd("x", "1-1", "k", "v"),
  await redis.xadd("x", "1-*", "k", "w"),
  await redis.xlen("x"),
  await redis.xrange("x", "-", "+"),
  await redis.xread("STREAMS", "x", "1-1"),
  await redis.xtrim("x", "MAXLEN", "~", 1),
]);
print("transaction", await redis.multi().set("t", "1").incr("t").get("t").exec());
await redis.watch("t");
const other = redis.duplicate();
await other.set("t", "changed");
print("watched", await redis.multi().set("t", "mine").exec());
print("script", [
  await redis.eval(
    "return {KEYS[1], ARGV[1], redis.call('get', KEYS[1]), 3.9, false, {ok='fine'}}",
    1,
    "a",
    "x",
  ),
]);
print("wrong type", await refusal(redis.lpush("a", "x")));
print("unknown", await refusal(redis.call("NOSUCH", "x")));
print("arguments", await refusal(redis.call("GET")));
print("script error", await refusal(redis.eval("return redis.call('lpush', KEYS[1], 'x')", 1, "a")));
await redis.set("e", "1", "PX", 500);
print("lasts", [
  await redis.pttl("e").then((ms) => ms > 400 && ms <= 500),
  await redis.ttl("a"),
  await redis.ttl("none"),
]);
await sleep(600);
print("expired", [await redis.get("e"), await redis.exists("e")]);
const waits = other.blpop("q", 2);
await sleep(100);
await redis.rpush("q", "job");
print("blocked", await waits);
print("waited in vain", await other.blpop("q", 0.2));
const messages = [];
other.on("message", (channel, text) => messages.push([channel, text]));
other.on("pmessage", (pattern, channel, text) => messages.push([pattern, channel, text]));
await other.subscribe("news");
await other.psubscribe("n*");
print("published", await redis.publish("news", "hello"));
await sleep(50);
print("messages", messages);
print("scan", await redis.scan(0, "MATCH", "[abx]").then(([cursor, keys]) => [cursor, keys.sort()]));
print(
  "pipeline",
  (await redis.pipeline().set("p", 1).incr("p").lpush("p", 1).exec()).map(
    ([error, value]) => error?.message ?? value,
  ),
);
