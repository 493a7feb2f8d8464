/**
 * What is asked of each package: a program that uses it for what it is for, and prints `ok` when that came out right. Programs
 * of a server call it themselves, over the simulated network.
 */
const served = (make, call = "") => `
import http from "node:http";
${make}
const answer = await fetch("http://localhost:3000/hello?name=ann", ${call || "{}"});
const text = await answer.text();
if (answer.status !== 200 || !text.includes("ann")) throw new Error(answer.status + " " + text);
console.log("ok");`;

const called = (call) => `
import http from "node:http";
http.createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ url: request.url, got: Buffer.concat(chunks).toString() }));
  });
}).listen(3000);
${call}
console.log("ok");`;

const asserted = (code) => `
import assert from "node:assert/strict";
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
${code}
console.log("ok");`;

export const USES = [
  // Servers
  {
    name: "hono",
    with: ["@hono/node-server"],
    use: "serves JSON",
    program: served(
      `import { Hono } from "hono"; import { serve } from "@hono/node-server"; const app = new Hono(); app.get("/hello", (c) => c.json({ hello: c.req.query("name") })); serve({ fetch: app.fetch, port: 3000 });`,
    ),
  },
  {
    name: "express",
    use: "serves JSON",
    program: served(
      `import express from "express"; const app = express(); app.use(express.json()); app.get("/hello", (request, response) => response.json({ hello: request.query.name })); app.listen(3000);`,
    ),
  },
  {
    name: "fastify",
    use: "serves JSON with a schema",
    program: served(
      `import fastify from "fastify"; const app = fastify(); app.get("/hello", { schema: { querystring: { type: "object", properties: { name: { type: "string" } } } } }, async (request) => ({ hello: request.query.name })); await app.listen({ port: 3000, host: "0.0.0.0" });`,
    ),
  },
  {
    name: "koa",
    use: "serves JSON",
    program: served(
      `import Koa from "koa"; const app = new Koa(); app.use(async (context) => { context.body = { hello: context.query.name }; }); app.listen(3000);`,
    ),
  },
  {
    name: "polka",
    use: "serves text",
    program: served(
      `import polka from "polka"; polka().get("/hello", (request, response) => response.end("hello " + request.query.name)).listen(3000);`,
    ),
  },
  {
    name: "connect",
    use: "runs middleware",
    program: served(
      `import connect from "connect"; const app = connect(); app.use((request, response, next) => { request.seen = true; next(); }); app.use((request, response) => response.end(String(request.seen) + request.url)); http.createServer(app).listen(3000);`,
    ),
  },
  {
    name: "body-parser",
    use: "reads a JSON body",
    program: served(
      `import parser from "body-parser"; const json = parser.json(); http.createServer((request, response) => json(request, response, () => response.end(request.body.name))).listen(3000);`,
      `{ method: "POST", headers: { "content-type": "application/json" }, body: '{"name":"ann"}' }`,
    ),
  },
  {
    name: "ws",
    use: "echoes over a WebSocket",
    program: asserted(
      `import { WebSocket, WebSocketServer } from "ws"; new WebSocketServer({ port: 3000 }).on("connection", (socket) => socket.on("message", (message) => socket.send("echo " + message))); const socket = new WebSocket("ws://localhost:3000"); socket.on("open", () => socket.send("hi")); const got = await new Promise((resolve) => socket.on("message", resolve)); assert.equal(String(got), "echo hi");`,
    ),
  },
  // Clients
  {
    name: "axios",
    use: "posts JSON",
    program: called(
      `import axios from "axios"; const { data } = await axios.post("http://localhost:3000/x", { a: 1 }); if (data.got !== '{"a":1}') throw new Error(JSON.stringify(data));`,
    ),
  },
  {
    name: "got",
    use: "gets JSON, with a retry",
    program: called(
      `import got from "got"; const data = await got("http://localhost:3000/x", { retry: { limit: 2 } }).json(); if (data.url !== "/x") throw new Error(JSON.stringify(data));`,
    ),
  },
  {
    name: "undici",
    use: "requests through its pool",
    program: called(
      `import { request } from "undici"; const { body } = await request("http://localhost:3000/x"); const data = await body.json(); if (data.url !== "/x") throw new Error(JSON.stringify(data));`,
    ),
  },
  {
    name: "node-fetch",
    use: "gets JSON",
    program: called(
      `import nodeFetch from "node-fetch"; const data = await (await nodeFetch("http://localhost:3000/x")).json(); if (data.url !== "/x") throw new Error(JSON.stringify(data));`,
    ),
  },
  {
    name: "ky",
    use: "posts JSON",
    program: called(
      `import ky from "ky"; const data = await ky.post("http://localhost:3000/x", { json: { a: 1 } }).json(); if (data.got !== '{"a":1}') throw new Error(JSON.stringify(data));`,
    ),
  },
  {
    name: "superagent",
    use: "posts JSON",
    program: called(
      `import superagent from "superagent"; const { body } = await superagent.post("http://localhost:3000/x").send({ a: 1 }); if (body.got !== '{"a":1}') throw new Error(JSON.stringify(body));`,
    ),
  },
  {
    name: "wretch",
    use: "gets JSON",
    program: called(
      `import wretch from "wretch"; const data = await wretch("http://localhost:3000/x").get().json(); if (data.url !== "/x") throw new Error(JSON.stringify(data));`,
    ),
  },
  // Queues, retries, breakers
  {
    name: "p-queue",
    use: "limits its rate",
    program: asserted(
      `import PQueue from "p-queue"; const queue = new PQueue({ concurrency: 2, interval: 1000, intervalCap: 2 }); const begin = Date.now(); await Promise.all([1, 2, 3, 4, 5].map(() => queue.add(() => sleep(10)))); assert(Date.now() - begin >= 2000);`,
    ),
  },
  {
    name: "p-limit",
    use: "limits concurrency",
    program: asserted(
      `import pLimit from "p-limit"; const limit = pLimit(2); let now = 0, most = 0; await Promise.all([1, 2, 3, 4].map(() => limit(async () => { most = Math.max(most, ++now); await sleep(10); now--; }))); assert.equal(most, 2);`,
    ),
  },
  {
    name: "p-retry",
    use: "tries again with back-off",
    program: asserted(
      `import pRetry from "p-retry"; let tries = 0; const begin = Date.now(); await pRetry(() => { if (++tries < 3) throw new Error("again"); }, { minTimeout: 1000 }); assert.equal(tries, 3); assert(Date.now() - begin >= 3000);`,
    ),
  },
  {
    name: "p-timeout",
    use: "times out",
    program: asserted(
      `import pTimeout from "p-timeout"; await assert.rejects(pTimeout(sleep(5000), { milliseconds: 100 }), /timed out/);`,
    ),
  },
  {
    name: "p-map",
    use: "maps with concurrency",
    program: asserted(
      `import pMap from "p-map"; assert.deepEqual(await pMap([3, 1, 2], async (n) => { await sleep(n * 10); return n; }, { concurrency: 2 }), [3, 1, 2]);`,
    ),
  },
  {
    name: "async-retry",
    use: "tries again with jitter",
    program: asserted(
      `import retry from "async-retry"; let tries = 0; await retry(async () => { if (++tries < 3) throw new Error("again"); }, { retries: 5 }); assert.equal(tries, 3);`,
    ),
  },
  {
    name: "bottleneck",
    use: "spaces calls",
    program: asserted(
      `import Bottleneck from "bottleneck"; const limiter = new Bottleneck({ minTime: 100, maxConcurrent: 1 }); const begin = Date.now(); await Promise.all([1, 2, 3].map(() => limiter.schedule(() => sleep(1)))); assert(Date.now() - begin >= 200);`,
    ),
  },
  {
    name: "cockatiel",
    use: "opens a breaker",
    program: asserted(
      `import { circuitBreaker, ConsecutiveBreaker, handleAll } from "cockatiel"; const breaker = circuitBreaker(handleAll, { halfOpenAfter: 1000, breaker: new ConsecutiveBreaker(2) }); for (let i = 0; i < 2; i++) await breaker.execute(() => { throw new Error("down"); }).catch(() => {}); await assert.rejects(breaker.execute(() => 1), /open/i); await sleep(1001); assert.equal(await breaker.execute(() => 1), 1);`,
    ),
  },
  {
    name: "opossum",
    use: "opens a breaker",
    program: asserted(
      `import CircuitBreaker from "opossum"; const breaker = new CircuitBreaker(async () => { throw new Error("down"); }, { errorThresholdPercentage: 50, resetTimeout: 1000 }); for (let i = 0; i < 5; i++) await breaker.fire().catch(() => {}); assert(breaker.opened); await sleep(1001); assert(breaker.halfOpen); breaker.shutdown();`,
    ),
  },
  {
    name: "async-mutex",
    use: "excludes",
    program: asserted(
      `import { Mutex } from "async-mutex"; const mutex = new Mutex(); let inside = 0; await Promise.all([1, 2, 3].map(() => mutex.runExclusive(async () => { assert.equal(++inside, 1); await sleep(5); inside--; })));`,
    ),
  },
  {
    name: "fastq",
    use: "works through a queue",
    program: asserted(
      `import fastq from "fastq"; const queue = fastq.promise(async (n) => { await sleep(n); return n * 2; }, 1); assert.deepEqual(await Promise.all([queue.push(3), queue.push(1)]), [6, 2]);`,
    ),
  },
  {
    name: "generic-pool",
    use: "lends and takes back",
    program: asserted(
      `import pools from "generic-pool"; let made = 0; const pool = pools.createPool({ create: async () => ++made, destroy: async () => {} }, { max: 1 }); const one = await pool.acquire(); setTimeout(() => pool.release(one), 10); assert.equal(await pool.acquire(), 1);`,
    ),
  },
  {
    name: "dataloader",
    use: "batches",
    program: asserted(
      `import DataLoader from "dataloader"; let batches = 0; const loader = new DataLoader(async (keys) => { batches++; return keys.map((key) => key * 2); }); assert.deepEqual(await Promise.all([loader.load(1), loader.load(2)]), [2, 4]); assert.equal(batches, 1);`,
    ),
  },
  {
    name: "rxjs",
    use: "debounces",
    program: asserted(
      `import { interval, take, toArray, lastValueFrom, debounceTime, of, delay, concatMap } from "rxjs"; assert.deepEqual(await lastValueFrom(interval(10).pipe(take(3), toArray())), [0, 1, 2]); assert.equal(await lastValueFrom(of(1, 2).pipe(concatMap((n) => of(n).pipe(delay(5))), debounceTime(50))), 2);`,
    ),
  },
  {
    name: "eventemitter3",
    use: "emits",
    program: asserted(
      `import { EventEmitter } from "eventemitter3"; const emitter = new EventEmitter(); let got; emitter.once("x", (value) => { got = value; }); emitter.emit("x", 3); assert.equal(got, 3);`,
    ),
  },
  {
    name: "lru-cache",
    use: "forgets after a while",
    program: asserted(
      `import { LRUCache } from "lru-cache"; const cache = new LRUCache({ max: 5, ttl: 100 }); cache.set("a", 1); await sleep(50); assert.equal(cache.get("a"), 1); await sleep(100); assert.equal(cache.get("a"), undefined);`,
    ),
  },
  {
    name: "node-cache",
    use: "forgets after a while",
    program: asserted(
      `import NodeCache from "node-cache"; const cache = new NodeCache({ stdTTL: 1, checkperiod: 1 }); cache.set("a", 1); assert.equal(cache.get("a"), 1); await sleep(2100); assert.equal(cache.get("a"), undefined); cache.close();`,
    ),
  },
  // Loggers
  {
    name: "pino",
    use: "writes lines",
    program: asserted(
      `import pino from "pino"; const lines = []; pino({}, { write: (line) => lines.push(JSON.parse(line)) }).info({ a: 1 }, "hello"); assert.equal(lines[0].msg, "hello"); assert.equal(lines[0].time, Date.now());`,
    ),
  },
  {
    name: "winston",
    use: "writes lines",
    program: asserted(
      `import winston from "winston"; import { Writable } from "node:stream"; const lines = []; const logger = winston.createLogger({ transports: [new winston.transports.Stream({ stream: new Writable({ write(line, _, done) { lines.push(String(line)); done(); } }) })] }); logger.info("hello"); await sleep(10); assert.match(lines[0], /hello/);`,
    ),
  },
  // Validators
  {
    name: "zod",
    use: "validates",
    program: asserted(
      `import { z } from "zod"; assert.deepEqual(z.object({ a: z.number() }).parse({ a: 1 }), { a: 1 }); assert.throws(() => z.string().parse(1));`,
    ),
  },
  {
    name: "ajv",
    use: "compiles a schema",
    program: asserted(
      `import Ajv from "ajv"; const validate = new (Ajv.default ?? Ajv)().compile({ type: "object", required: ["a"] }); assert(validate({ a: 1 })); assert(!validate({}));`,
    ),
  },
  {
    name: "joi",
    use: "validates",
    program: asserted(
      `import Joi from "joi"; assert.equal(Joi.object({ a: Joi.number() }).validate({ a: "x" }).error.name, "ValidationError");`,
    ),
  },
  {
    name: "valibot",
    use: "validates",
    program: asserted(
      `import * as v from "valibot"; assert.equal(v.parse(v.pipe(v.string(), v.minLength(2)), "ab"), "ab");`,
    ),
  },
  {
    name: "yup",
    use: "validates",
    program: asserted(
      `import * as yup from "yup"; assert.deepEqual(await yup.object({ a: yup.number().required() }).validate({ a: "1" }), { a: 1 });`,
    ),
  },
  // Dates and ids
  {
    name: "date-fns",
    use: "reckons with the host's date",
    program: asserted(
      `import { addDays, formatISO, isPast } from "date-fns"; assert.equal(formatISO(addDays(new Date(), 1), { representation: "date" }), "2030-01-02"); assert(isPast(new Date(2029, 0)));`,
    ),
  },
  {
    name: "dayjs",
    use: "reckons with the host's date",
    program: asserted(
      `import dayjs from "dayjs"; assert.equal(dayjs().add(1, "month").format("YYYY-MM-DD HH"), "2030-02-01 00");`,
    ),
  },
  {
    name: "luxon",
    use: "reckons with the host's date",
    program: asserted(
      `import { DateTime } from "luxon"; assert.equal(DateTime.now().plus({ days: 1 }).toISODate(), "2030-01-02");`,
    ),
  },
  {
    name: "uuid",
    use: "makes versions 4 and 7",
    program: asserted(
      `import { v4, v7, validate } from "uuid"; assert(validate(v4())); assert(v7() < v7());`,
    ),
  },
  {
    name: "nanoid",
    use: "makes ids",
    program: asserted(
      `import { nanoid } from "nanoid"; assert.equal(nanoid().length, 21); assert.notEqual(nanoid(), nanoid());`,
    ),
  },
  {
    name: "ulid",
    use: "makes ids of the host's time",
    program: asserted(
      `import { decodeTime, ulid } from "ulid"; assert.equal(decodeTime(ulid()), Date.now());`,
    ),
  },
  // Secrets
  {
    name: "jsonwebtoken",
    use: "signs and checks, by the host's clock",
    program: asserted(
      `import jwt from "jsonwebtoken"; const token = jwt.sign({ a: 1 }, "secret", { expiresIn: 1 }); assert.equal(jwt.verify(token, "secret").a, 1); await sleep(2000); assert.throws(() => jwt.verify(token, "secret"), /expired/);`,
    ),
  },
  {
    name: "jose",
    use: "signs and checks with a secret",
    program: asserted(
      `import { SignJWT, jwtVerify } from "jose"; const key = new TextEncoder().encode("a secret of thirty-two bytes at least"); const token = await new SignJWT({ a: 1 }).setProtectedHeader({ alg: "HS256" }).sign(key); assert.equal((await jwtVerify(token, key)).payload.a, 1);`,
    ),
  },
  {
    name: "bcryptjs",
    use: "hashes a password",
    program: asserted(
      `import bcrypt from "bcryptjs"; const hash = await bcrypt.hash("x", 4); assert(await bcrypt.compare("x", hash));`,
    ),
  },
  // Data
  {
    name: "lodash",
    use: "debounces",
    program: asserted(
      `import _ from "lodash"; let calls = 0; const debounced = _.debounce(() => calls++, 50); debounced(); debounced(); await sleep(100); assert.equal(calls, 1);`,
    ),
  },
  {
    name: "msgpackr",
    use: "packs and unpacks",
    program: asserted(
      `import { pack, unpack } from "msgpackr"; assert.deepEqual(unpack(pack({ a: [1, "x"] })), { a: [1, "x"] });`,
    ),
  },
  {
    name: "immer",
    use: "produces",
    program: asserted(
      `import { produce } from "immer"; assert.deepEqual(produce({ a: 1 }, (draft) => { draft.a = 2; }), { a: 2 });`,
    ),
  },
  // Databases
  {
    name: "pg",
    server: "postgres",
    use: "a pool, a transaction",
    program: asserted(
      `import pg from "pg"; await sleep(200); const pool = new pg.Pool({ host: "db", user: "postgres", database: "postgres" }); await pool.query("create table t (a int)"); const client = await pool.connect(); await client.query("begin"); await client.query("insert into t values ($1)", [1]); await client.query("commit"); client.release(); assert.equal((await pool.query("select * from t")).rows.length, 1);`,
    ),
  },
  {
    name: "postgres",
    server: "postgres",
    use: "tagged queries, a transaction",
    program: asserted(
      `import postgres from "postgres"; await sleep(200); const sql = postgres({ host: "db", user: "postgres", database: "postgres", max: 1, prepare: false }); await sql\`create table t (a int)\`; await sql.begin(async (t) => { await t\`insert into t values (\${1})\`; }); assert.equal((await sql\`select * from t\`).length, 1);`,
    ),
  },
  {
    name: "drizzle-orm",
    with: ["pg"],
    server: "postgres",
    use: "inserts and selects",
    program: asserted(
      `import pg from "pg"; import { drizzle } from "drizzle-orm/node-postgres"; import { integer, pgTable } from "drizzle-orm/pg-core"; await sleep(200); const pool = new pg.Pool({ host: "db", user: "postgres", database: "postgres" }); await pool.query("create table t (a int)"); const t = pgTable("t", { a: integer("a") }); const db = drizzle(pool); await db.insert(t).values({ a: 1 }); assert.deepEqual(await db.select().from(t), [{ a: 1 }]);`,
    ),
  },
  {
    name: "kysely",
    with: ["pg"],
    server: "postgres",
    use: "inserts and selects",
    program: asserted(
      `import pg from "pg"; import { Kysely, PostgresDialect } from "kysely"; await sleep(200); const db = new Kysely({ dialect: new PostgresDialect({ pool: new pg.Pool({ host: "db", user: "postgres", database: "postgres" }) }) }); await db.schema.createTable("t").addColumn("a", "integer").execute(); await db.insertInto("t").values({ a: 1 }).execute(); assert.deepEqual(await db.selectFrom("t").selectAll().execute(), [{ a: 1 }]);`,
    ),
  },
  {
    name: "knex",
    with: ["pg"],
    server: "postgres",
    use: "inserts and selects",
    program: asserted(
      `import knexOf from "knex"; await sleep(200); const knex = knexOf({ client: "pg", connection: { host: "db", user: "postgres", database: "postgres" } }); await knex.schema.createTable("t", (table) => table.integer("a")); await knex("t").insert({ a: 1 }); assert.deepEqual(await knex("t"), [{ a: 1 }]);`,
    ),
  },
  {
    name: "pg-boss",
    server: "postgres",
    use: "makes its tables, sends a job and works on it",
    program: asserted(
      `import { PgBoss } from "pg-boss"; await sleep(200); const boss = new PgBoss({ host: "db", user: "postgres", database: "postgres" }); boss.on("error", console.error); await boss.start(); await boss.createQueue("q"); await boss.send("q", { a: 1 }); const job = await new Promise((resolve) => boss.work("q", async ([job]) => resolve(job))); assert.deepEqual(job.data, { a: 1 });`,
    ),
  },
  {
    name: "graphile-worker",
    server: "postgres",
    use: "makes its tables, adds a job and works on it",
    program: asserted(
      `import { Logger, run } from "graphile-worker"; await sleep(200); let resolve; const done = new Promise((found) => { resolve = found; }); const runner = await run({ connectionString: "postgres://postgres@db/postgres", noHandleSignals: true, pollInterval: 500, logger: new Logger(() => () => {}), taskList: { t: async (payload) => resolve(payload) } }); await runner.addJob("t", { a: 1 }); assert.deepEqual(await done, { a: 1 });`,
    ),
  },
  // Redis, and a server of another protocol
  {
    name: "ioredis",
    server: "redis",
    use: "sets, gets, a transaction, a script",
    program: asserted(
      `import { Redis } from "ioredis"; await sleep(200); const redis = new Redis({ host: "redis" }); await redis.set("a", "1"); assert.equal(await redis.get("a"), "1"); assert.deepEqual(await redis.multi().incr("a").incr("a").exec(), [[null, 2], [null, 3]]); assert.equal(await redis.eval("return redis.call('get', KEYS[1])", 1, "a"), "3");`,
    ),
  },
  {
    name: "redis",
    server: "redis",
    use: "sets, gets, a hash",
    program: asserted(
      `import { createClient } from "redis"; await sleep(200); const client = createClient({ url: "redis://redis:6379" }); client.on("error", console.error); await client.connect(); await client.set("a", "1"); assert.equal(await client.get("a"), "1"); await client.hSet("h", { b: "2" }); assert.equal(await client.hGet("h", "b"), "2");`,
    ),
  },
  {
    name: "bullmq",
    server: "redis",
    use: "adds a job and works on it",
    program: asserted(
      `import { Queue, Worker } from "bullmq"; await sleep(200); const connection = { host: "redis", port: 6379, maxRetriesPerRequest: null }; const queue = new Queue("q", { connection }); await queue.add("j", { a: 1 }); const data = await new Promise((resolve) => new Worker("q", async (job) => resolve(job.data), { connection })); assert.deepEqual(data, { a: 1 });`,
    ),
  },
  {
    name: "@nats-io/transport-node",
    use: "publishes and subscribes, at a server that speaks a little NATS",
    program: asserted(
      `import net from "node:net"; import { connect } from "@nats-io/transport-node"; net.createServer((socket) => { socket.write('INFO {"server_id":"s","version":"2.10.0","proto":1,"headers":false,"max_payload":1048576}\\r\\n'); let text = "", sid; socket.on("data", (bytes) => { text += bytes; for (let end; (end = text.indexOf("\\r\\n")) >= 0; ) { const [verb, ...words] = text.slice(0, end).split(" "); if (verb === "PUB") { const size = Number(words.at(-1)); if (text.length < end + 4 + size) return; const body = text.slice(end + 2, end + 2 + size); text = text.slice(end + 4 + size); socket.write("MSG " + words[0] + " " + sid + " " + size + "\\r\\n" + body + "\\r\\n"); continue; } text = text.slice(end + 2); if (verb === "PING") socket.write("PONG\\r\\n"); if (verb === "SUB") sid = words.at(-1); } }); }).listen(4222); const nats = await connect({ servers: "localhost:4222" }); const messages = nats.subscribe("a.b"); nats.publish("a.b", "hello"); for await (const message of messages) { assert.equal(message.string(), "hello"); break; }`,
    ),
  },
  // SQLite
  {
    name: "better-sqlite3",
    with: ["@sqlite.org/sqlite-wasm"],
    use: "a file, a transaction, a function",
    program: asserted(
      `import Database from "better-sqlite3"; const db = new Database("/data/app.db"); db.pragma("journal_mode = WAL"); db.exec("create table t (a integer primary key, v text)"); const insert = db.prepare("insert into t (v) values (@v)"); const all = db.transaction((rows) => { for (const v of rows) insert.run({ v }); }); all(["one", "two"]); assert.throws(() => db.transaction(() => { insert.run({ v: "three" }); throw new Error("no"); })()); db.function("twice", (text) => text + text); assert.deepEqual(db.prepare("select a, twice(v) as v from t").all(), [{ a: 1, v: "oneone" }, { a: 2, v: "twotwo" }]); assert.throws(() => insert.run({}), RangeError); assert.equal(db.prepare("select count(*) from t").pluck().get(), 2); db.close(); assert.equal(new Database("/data/app.db").prepare("select count(*) as n from t").get().n, 2);`,
    ),
  },
  {
    name: "drizzle-orm",
    with: ["better-sqlite3", "@sqlite.org/sqlite-wasm"],
    use: "inserts and selects",
    program: asserted(
      `import Database from "better-sqlite3"; import { drizzle } from "drizzle-orm/better-sqlite3"; import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core"; const sqlite = new Database("/data/app.db"); sqlite.exec("create table t (a integer primary key, v text)"); const t = sqliteTable("t", { a: integer("a").primaryKey(), v: text("v") }); const db = drizzle(sqlite); db.transaction((tx) => { tx.insert(t).values({ v: "one" }).run(); }); assert.deepEqual(await db.select().from(t), [{ a: 1, v: "one" }]);`,
    ),
  },
  {
    name: "kysely",
    with: ["better-sqlite3", "@sqlite.org/sqlite-wasm"],
    use: "inserts and selects",
    program: asserted(
      `import Database from "better-sqlite3"; import { Kysely, SqliteDialect } from "kysely"; const db = new Kysely({ dialect: new SqliteDialect({ database: new Database("/data/app.db") }) }); await db.schema.createTable("t").addColumn("a", "integer").execute(); await db.transaction().execute((tx) => tx.insertInto("t").values({ a: 1 }).execute()); assert.deepEqual(await db.selectFrom("t").selectAll().execute(), [{ a: 1 }]);`,
    ),
  },
  {
    name: "knex",
    with: ["better-sqlite3", "@sqlite.org/sqlite-wasm"],
    use: "inserts and selects",
    program: asserted(
      `import knexOf from "knex"; const knex = knexOf({ client: "better-sqlite3", connection: { filename: "/data/app.db" }, useNullAsDefault: true }); await knex.schema.createTable("t", (table) => table.integer("a")); await knex("t").insert({ a: 1 }); assert.deepEqual(await knex("t"), [{ a: 1 }]);`,
    ),
  },
];
