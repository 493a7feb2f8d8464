/**
 * What unmodified programs cost, in processor time on one core: boots, fetches, queries, and whole universes of the example
 * shop, each the least of some measurements once everything has been compiled; and what Postgres takes of memory.
 * `npm run build && node build/bench/programs.js`
 */
import type { createServer, IncomingMessage, ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import type { Fault, Plan } from "../src/index.js";
import { MILLISECOND, runOn, type Scenario, SECOND } from "../src/index.js";
import {
  type HostDefinition,
  main,
  node,
  postgres,
  programSystem,
  type scenarioModule,
  topologyOf,
} from "../src/node/index.js";

const SHOP = fileURLToPath(new URL("../../examples/shop/", import.meta.url));
const MEBIBYTE = 1 << 20;

type Hosts = Readonly<Record<string, HostDefinition>>;

/** As many universes come first, and are not measured: V8 compiles a program again and again until it knows it. */
const WARM = 3;
const MEASUREMENTS = 5;

/** Seconds of processor time. */
async function processorTime(body: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await body();
  const { user, system: kernel } = process.cpuUsage(before);
  return (user + kernel) / 1e6;
}

/** Seconds of processor time that a universe of these hosts takes. */
async function cost(hosts: Hosts, seconds: number, faults: readonly Fault[] = []): Promise<number> {
  const system = await programSystem({ id: "bench", title: "bench", hosts, properties: [], base: SHOP });
  const plan: Plan = {
    format: 2,
    scenario: "bench",
    seed: 1,
    topology: topologyOf(Object.keys(hosts)),
    knobs: {},
    workload: [],
    faults,
    defects: [],
    healAt: seconds * SECOND,
    duration: seconds * SECOND,
  };
  const once = async (): Promise<void> => {
    const [violation] = (await runOn(system, plan)).violations;
    if (violation !== undefined) throw new Error(violation.message);
  };
  for (let i = 0; i < WARM; i++) await once();
  const measured: number[] = [];
  for (let i = 0; i < MEASUREMENTS; i++) measured.push(await processorTime(once));
  return Math.min(...measured);
}

function print(name: string, figure: string): void {
  process.stdout.write(`${name.padEnd(44)} ${figure}\n`);
}

const memory = (): string => `${Math.round(process.memoryUsage.rss() / MEBIBYTE)} MiB`;

const server = main((simulated) => {
  const http = simulated.builtin<{ createServer: typeof createServer }>("http");
  http
    .createServer((_request: IncomingMessage, response: ServerResponse) => response.end("hello"))
    .listen(80);
});

const FETCHES = 5_000;
const client = main(async (simulated) => {
  const fetch = simulated.global<typeof globalThis.fetch>("fetch");
  for (let i = 0; i < FETCHES; i++) await (await fetch("http://server/")).text();
});

const RUNS = 40;

const QUERIES = 3_000;
const inserting = (count: number): HostDefinition =>
  node(new URL("../../bench/queries.ts", import.meta.url), { args: [String(count)] });

const crashes = (target: string, count: number, every: number): Fault[] =>
  Array.from({ length: count }, (_, i) => ({
    kind: "crash",
    id: `c${i}`,
    at: (i + 1) * every,
    for: 5 * MILLISECOND,
    target,
  }));

/** Milliseconds that a boot takes: what a universe with many crashes of the host takes more than one without. */
async function bootOf(target: string, hosts: Hosts, count: number, every: number): Promise<string> {
  const idle = await cost(hosts, 10);
  const booting = await cost(hosts, 10, crashes(target, count, every));
  return `${(((booting - idle) / count) * 1e3).toFixed(1)} ms`;
}

/** Universes of the shop a second of processor time. They are of the built package, by which the shop's scenarios import it. */
async function shopRuns(): Promise<string> {
  const dist = new URL("../../dist/", import.meta.url);
  const { scenarioModule: load } = (await import(new URL("node.js", dist).href)) as {
    readonly scenarioModule: typeof scenarioModule;
  };
  const { runOn: run } = (await import(new URL("index.js", dist).href)) as { readonly runOn: typeof runOn };
  const { scenarios } = (await import(await load([`${SHOP}scenarios.ts`]))) as {
    readonly scenarios: readonly Scenario[];
  };
  const [shop] = scenarios;
  if (shop === undefined) throw new Error("the shop has no scenario");
  const some = async (from: number): Promise<void> => {
    for (let seed = from; seed < from + RUNS; seed++) await run(shop.system, shop.plan(seed));
  };
  await some(1);
  return `${(RUNS / (await processorTime(() => some(1 + RUNS)))).toFixed(1)} /s`;
}

print("memory before all", memory());
print(
  "boot of a program with Hono",
  await bootOf("ledger", { ledger: node("ledger.ts") }, 400, 20 * MILLISECOND),
);
print("fetches over node:http", `${Math.round(FETCHES / (await cost({ server, client }, 60)))} /s`);
const db = postgres({ schema: "create table t (id int primary key, v text not null)" });
print("boot of a Postgres whose disk is untouched", await bootOf("db", { db }, 30, 300 * MILLISECOND));
const written = { db, client: inserting(1) };
print("boot of a Postgres that recovers", await bootOf("db", written, 30, 300 * MILLISECOND));
print(
  "inserts by pg, each with its sync",
  `${Math.round(QUERIES / (await cost({ db, client: inserting(QUERIES) }, 60)))} /s`,
);
print("memory with one Postgres", memory());
await cost({ db, db2: db, db3: db }, 1);
print("memory with three", memory());
print("universes of the shop, a minute each", await shopRuns());
