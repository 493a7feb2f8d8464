/**
 * A small system with defects, for tests of what stands around many runs: clients send additions to one ledger,
 * which writes each into its journal, then the total into a second file, then answers. Scenarios: `toy-calm` without
 * faults, `toy-storm` with a swarm of them, `toy-weak`, which declares the weakness that it has.
 */
import type { Property } from "../../src/check/property.js";
import type { FaultKind } from "../../src/sim/faults/catalogue.js";
import type { EventOf } from "../../src/sim/history.js";
import { type Host, rpc, TIMED_OUT } from "../../src/sim/host.js";
import type { HostSpec, Operation, Plan } from "../../src/sim/plan.js";
import { MILLISECOND, SECOND } from "../../src/sim/time.js";
import { outsideTheGuard } from "../../src/sim/traps/guard.js";
import type { FaultScope } from "../../src/storm/fault-scope.js";
import { generate } from "../../src/storm/generate.js";
import type { PlanOptions, Scenario, Strategy, System } from "../../src/storm/scenario.js";
import { stormBy } from "../../src/storm/strategies.js";

interface Addition {
  readonly id: string;
  readonly amount: number;
}

const ADD = rpc<Addition, "done">("toy/add");
const encoder = new TextEncoder();
const decoder = new TextDecoder();

const JOURNAL = "journal";
const TOTAL = "total";
const ACK_TIMEOUT = 400 * MILLISECOND;

const T1: Property = {
  id: "T1",
  kind: "always",
  sentence: "an acknowledged addition is there after every restart",
  subscribes: ["client", "state"],
  start(context) {
    const acknowledged = new Map<string, EventOf<"client">>();
    return {
      on(event) {
        if (event.kind === "client" && event.phase === "ok") acknowledged.set(event.key, event);
        if (event.kind !== "state" || event.to !== "recovered") return;
        const ids = new Set(event.detail.ids as readonly string[]);
        for (const [id, ok] of acknowledged) {
          context.checked();
          if (!ids.has(id))
            context.violated(id, `${id} was acknowledged and is gone after a restart`, [ok, event]);
        }
      },
    };
  },
};

const T2: Property = {
  id: "T2",
  kind: "always",
  sentence: "the total is the sum of all additions",
  subscribes: ["state"],
  start(context) {
    return {
      on(event) {
        if (event.kind !== "state" || event.to !== "recovered") return;
        context.checked();
        const { total, sum } = event.detail;
        if (total !== sum) context.violated("total", `the total is ${total}, the sum is ${sum}`, [event]);
      },
    };
  },
};

const T3: Property = {
  id: "T3",
  kind: "always",
  sentence: "no addition is written twice",
  subscribes: ["durable"],
  start(context) {
    const written = new Map<string, EventOf<"durable">>();
    return {
      on(event) {
        if (event.kind !== "durable") return;
        for (const { key } of event.writes) {
          context.checked();
          const first = written.get(key);
          if (first !== undefined) context.violated(key, `${key} was written twice`, [first, event]);
          else written.set(key, event);
        }
      },
    };
  },
};

const T4: Property = {
  id: "T4",
  kind: "eventually",
  sentence: "every addition is acknowledged in the end",
  subscribes: ["client"],
  start(context) {
    const open = new Map<string, EventOf<"client">>();
    return {
      on(event) {
        if (event.kind !== "client") return;
        if (event.phase === "call") open.set(event.key, event);
        if (event.phase === "ok") open.delete(event.key);
      },
      end() {
        context.checked();
        for (const [id, call] of open) context.violated(id, `${id} was never acknowledged`, [call]);
      },
    };
  },
};

export const toySystem: System = {
  id: "toy",
  title: "a ledger and its clients",
  properties: [T1, T2, T3, T4],
  minHosts: { client: 0, worker: 0 },
  defects: [
    { id: "ack-early", breaks: "additions are acknowledged before they are durable", caughtBy: ["T1"] },
    { id: "trust-total", breaks: "a restart takes the total as it was written", caughtBy: ["T2"] },
    { id: "no-dedupe", breaks: "a repeated request is a new addition", caughtBy: ["T3"] },
    { id: "give-up", breaks: "clients ask only once", caughtBy: ["T4"] },
    { id: "throw", breaks: "the ledger throws at a repeated request", caughtBy: ["W0"] },
    { id: "loop", breaks: "every tenth universe never ends its third second", caughtBy: [] },
    { id: "exit", breaks: "every tenth universe ends its thread", caughtBy: [] },
    { id: "exit-once", breaks: "one universe ends its thread, but only the first time", caughtBy: [] },
    { id: "hoard", breaks: "every tenth universe uses up the memory in its third second", caughtBy: [] },
    { id: "hoard-buffers", breaks: "every tenth universe fills buffers for ever", caughtBy: [] },
    { id: "busy", breaks: "every tenth universe has no end of events", caughtBy: [] },
    { id: "dice", breaks: "chance comes from outside the universe", caughtBy: [] },
  ],
  build(world, plan) {
    for (const spec of plan.topology) {
      if (spec.role === "ledger") world.onBoot(spec.id, (host) => ledger(host, plan));
      if (spec.role === "client") world.onBoot(spec.id, (host) => client(host, plan));
      if (spec.role === "worker") world.onBoot(spec.id, idler);
    }
    if (world.defect("dice") && Math.random() < 2) world.onBoot("spare-1", roller);
  },
};

async function ledger(host: Host, plan: Plan): Promise<void> {
  const entries = await recover(host);
  const pending = new Map<string, Promise<"done">>();
  await trouble(host, plan);
  const write = async ({ id, amount }: Addition): Promise<"done"> => {
    host.disk.append(JOURNAL, encoder.encode(`${id} ${amount};`));
    const position = entries.length;
    entries.push({ id, amount });
    await host.disk.fsync(JOURNAL);
    host.record({ kind: "durable", store: "ledger", txn: position, writes: [{ key: id, value: amount }] });
    host.disk.write(TOTAL, 0, encoder.encode(String(sumOf(entries)).padStart(12)));
    await host.disk.fsync(TOTAL);
    return "done";
  };
  host.onRequest(ADD, (addition) => {
    const known = entries.some(({ id }) => id === addition.id);
    if (known && host.defect("throw")) throw new TypeError(`request ${addition.id} came again`);
    const underWay = pending.get(addition.id);
    if (known && !host.defect("no-dedupe")) {
      host.reached("a repeated request was recognised");
      return host.defect("ack-early") ? "done" : (underWay ?? "done");
    }
    const written = write(addition);
    pending.set(addition.id, written);
    if (host.defect("ack-early")) return "done";
    return written;
  });
}

/** Reads the journal up to the first entry that is not whole, and cuts off the rest. */
async function recover(host: Host): Promise<Addition[]> {
  const { disk } = host;
  const entries: Addition[] = [];
  let length = 0;
  if (disk.exists(JOURNAL)) {
    for (const entry of decoder.decode(await disk.read(JOURNAL)).split(/(?<=;)/)) {
      const match = /^(\S+) (\d+);$/.exec(entry);
      if (match === null) break;
      entries.push({ id: match[1] ?? "", amount: Number(match[2]) });
      length += entry.length;
    }
    disk.truncate(JOURNAL, length);
    await disk.fsync(JOURNAL);
  }
  const sum = sumOf(entries);
  let total = sum;
  if (host.defect("trust-total")) {
    total = disk.exists(TOTAL) ? Number(decoder.decode(await disk.read(TOTAL)).trim()) : 0;
  }
  host.record({
    kind: "state",
    entity: "ledger",
    name: host.id,
    from: "down",
    to: "recovered",
    detail: { ids: entries.map(({ id }) => id), total, sum },
  });
  return entries;
}

const sumOf = (entries: readonly Addition[]): number => entries.reduce((sum, { amount }) => sum + amount, 0);

async function trouble(host: Host, plan: Plan): Promise<void> {
  if (plan.seed % 10 !== 3) return;
  await Promise.resolve();
  if (host.defect("loop")) while (host.id !== "") {}
  // These stand for what takes the process itself away, for which no trap is to be set.
  if (host.defect("exit")) outsideTheGuard(() => process.exit(7));
  if (host.defect("exit-once") && plan.seed === 13) outsideTheGuard(exitOnce);
  if (host.defect("hoard")) for (const held: number[][] = []; ; ) held.push(new Array(100_000).fill(1.5));
  if (host.defect("hoard-buffers"))
    for (const held: Uint8Array[] = []; ; ) held.push(new Uint8Array(50_000_000).fill(1));
  if (host.defect("busy")) for (;;) await host.sleep(1);
}

function exitOnce(): void {
  const mark = process.env.TOY_EXIT_MARK;
  const { existsSync, writeFileSync } = process.getBuiltinModule("node:fs");
  if (mark === undefined || existsSync(mark)) return;
  writeFileSync(mark, "");
  process.exit(7);
}

async function client(host: Host, plan: Plan): Promise<void> {
  const own = plan.workload.filter((operation) => operation.host === host.id);
  for (const operation of own) void add(host, operation);
}

async function add(host: Host, { id, at, body }: Operation): Promise<void> {
  const wait = at - host.clock.monotonic();
  if (wait > 0) await host.sleep(wait);
  const amount = Number(body);
  host.record({ kind: "client", phase: "call", requestId: id, operation: "add", key: id, value: amount });
  for (;;) {
    const reply = await host.request(ADD, "ledger", { id, amount }, ACK_TIMEOUT);
    if (reply !== TIMED_OUT) break;
    host.reached("a request timed out");
    if (host.defect("give-up")) return;
  }
  host.record({ kind: "client", phase: "ok", requestId: id, operation: "add", key: id, value: amount });
}

async function idler(host: Host): Promise<void> {
  for (;;) await host.sleep(SECOND);
}

async function roller(host: Host): Promise<void> {
  for (;;) await host.sleep(1000 + outsideTheGuard(() => Math.floor(Math.random() * SECOND)));
}

const topology: readonly HostSpec[] = [
  { id: "ledger", domain: { provider: "aws", region: "us-east", zone: "a" }, role: "ledger" },
  { id: "client-1", domain: { provider: "aws", region: "us-east", zone: "b" }, role: "client" },
  { id: "client-2", domain: { provider: "gcp", region: "central" }, role: "client" },
  { id: "spare-1", domain: { provider: "gcp", region: "central" }, role: "worker" },
  { id: "spare-2", domain: { provider: "azure", region: "west", zone: "1" }, role: "worker" },
];

const HEAL_AT = 20 * SECOND;
const DURATION = 30 * SECOND;
const ORDERS = 20;

const scope: FaultScope = {
  from: SECOND,
  healAt: HEAL_AT,
  hosts: topology.filter(({ role }) => role !== "client"),
  replicas: ["ledger"],
  services: [],
};

const KINDS: readonly FaultKind[] = [
  "crash",
  "pause",
  "crash-point",
  "partition",
  "clog",
  "loss",
  "duplication",
  "reorder",
  "slow-link",
  "disk-stall",
  "clock-skew",
];

const aimedGround: FaultScope = { ...scope, moments: ["fsync-asked", "fsync-done", "host-booted"] };
const stormOf = (strategy: Strategy) => stormBy(strategy, KINDS, aimedGround, 3);

function scenario(id: string, rest: Partial<Scenario> & { readonly stormy: boolean }): Scenario {
  const { stormy, ...overrides } = rest;
  return {
    id,
    title: id,
    shows: "that a small ledger keeps its word",
    system: toySystem,
    mustFire: stormy ? ["crash", "loss"] : [],
    goals: stormy ? ["a request timed out"] : [],
    expectedViolations: [],
    ...(stormy ? { strategy: "swarm" as const } : {}),
    plan(seed: number, options: PlanOptions = {}): Plan {
      const workload = Array.from({ length: ORDERS }, (_, i) => ({
        id: `add-${i + 1}`,
        at: SECOND + Math.floor((i * 18 * SECOND) / ORDERS),
        host: i % 2 === 0 ? "client-1" : "client-2",
        action: "add",
        body: 10 + ((seed * 7 + i) % 90),
      }));
      return {
        format: 2,
        scenario: id,
        seed,
        topology,
        knobs: { ...options.knobs },
        workload: options.workload ?? workload,
        faults: stormy ? generate(stormOf(options.strategy ?? "swarm"), seed) : [],
        defects: options.defects ?? [],
        healAt: HEAL_AT,
        duration: DURATION,
      };
    },
    ...overrides,
  };
}

export const calm = scenario("toy-calm", { stormy: false });
export const stormy = scenario("toy-storm", { stormy: true });
export const weak = scenario("toy-weak", { stormy: true, expectedViolations: ["T3"] });
/** Promises what never happens. */
export const boaster = scenario("toy-boaster", {
  stormy: true,
  mustFire: ["crash", "disk-full"],
  goals: ["the moon was reached"],
});

export const scenarios: readonly Scenario[] = [calm, stormy, weak, boaster];
