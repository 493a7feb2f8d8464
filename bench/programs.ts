/**
 * What unmodified programs cost, in processor time on one core: boots, fetches, queries, and whole universes of the example
 * shop; and what Postgres takes of memory. `npm run build && node build/bench/programs.js`
 */
import type { createServer, IncomingMessage, ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import type { Fault, Plan } from "../src/index.js";
import { runOn, SECOND } from "../src/index.js";
import { type HostDefinition, main, node, postgres, programSystem, topologyOf } from "../src/node/index.js";

const SHOP = fileURLToPath(new URL("../../examples/shop/", import.meta.url));
const MEBIBYTE = 1 << 20;

type Hosts = Readonly<Record<string, HostDefinition>>;

/** Seconds of processor time that a universe of these hosts takes, once it has run before. */
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
  await runOn(system, plan);
  const before = process.cpuUsage();
  const outcome = await runOn(system, plan);
  const { user, system: kernel } = process.cpuUsage(before);
  if (outcome.violations.length > 0) throw new Error(outcome.violations[0]?.message);
  return (user + kernel) / 1e6;
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

const QUERIES = 3_000;
const querying = node(new URL("../../bench/queries.ts", import.meta.url), { args: [String(QUERIES)] });

const BOOTS = 400;
const crashes = Array.from({ length: BOOTS }, (_, i): Fault => {
  return { kind: "crash", id: `c${i}`, at: (i + 1) * 20_000, for: 5_000, target: "ledger" };
});

print("memory before all", memory());
const idle = await cost({ ledger: node("ledger.ts") }, 10);
const booting = await cost({ ledger: node("ledger.ts") }, 10, crashes);
print("boot of a program with Hono", `${(((booting - idle) / BOOTS) * 1e3).toFixed(1)} ms`);
print("fetches over node:http", `${Math.round(FETCHES / (await cost({ server, client }, 60)))} /s`);
const db = postgres({ schema: "create table t (id int primary key, v text not null)" });
print(
  "inserts by pg, each with its sync",
  `${Math.round(QUERIES / (await cost({ db, client: querying }, 60)))} /s`,
);
print("memory with one Postgres", memory());
await cost({ db, db2: db, db3: db }, 1);
print("memory with three", memory());
