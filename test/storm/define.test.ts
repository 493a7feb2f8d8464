import { describe, expect, it } from "vitest";
import {
  Answer,
  DAMAGE,
  defineScenario,
  defineSystem,
  fc,
  type Host,
  type HostSpec,
  type Operation,
  type Outcome,
  type Plan,
  property,
  rpc,
  runOn,
  STORM_KINDS,
  STRATEGIES,
  type System,
  seconds,
} from "../../src/index.js";

const PUT = rpc<string, string>("put");

/** Stores what clients put; refuses the word `no` and never answers to `never`. */
function server(host: Host): void {
  host.onRequest(PUT, (word) => (word === "never" ? new Promise<string>(() => undefined) : `${word}!`));
}

const silent = property.atEnd("seen", "Something is seen.", ["client"], () => undefined);

function systemWith(over: Partial<Parameters<typeof defineSystem>[0]> = {}): System {
  return defineSystem({
    id: "words",
    roles: { server },
    clients: ["client"],
    operations: {
      put: (client, { id, body }) =>
        client.operation("put", { key: id, value: body }, async () => {
          if (body === "no") return Answer.failed("refused");
          return client.request(PUT, "server", body as string);
        }),
    },
    properties: [silent],
    ...over,
  });
}

const system = systemWith();
const hosts = { server: 1, client: 2 };

function put(id: string, at: number, body: string, host = "client-1"): Operation {
  return { id, at, host, action: "put", body };
}

function runWith(workload: readonly Operation[], over: Partial<Plan> = {}, on = system): Promise<Outcome> {
  const scenario = defineScenario({ system: on, hosts });
  return runOn(on, { ...scenario.plan(1, { workload }), ...over });
}

const clientFacts = ({ history }: Outcome) =>
  history.flatMap((event) => (event.kind === "client" ? [event] : []));

describe("a system that is defined in a few lines", () => {
  it("does each operation of the workload at its time, and records the call and what came of it", async () => {
    const outcome = await runWith([
      put("a", seconds(1), "hello"),
      put("b", seconds(2), "no"),
      put("c", seconds(3), "never", "client-2"),
    ]);
    const facts = clientFacts(outcome).map(({ host, phase, key, value }) => [host, phase, key, value]);
    expect(facts).toEqual([
      ["client-1", "call", "a", "hello"],
      ["client-1", "ok", "a", "hello!"],
      ["client-1", "call", "b", "no"],
      ["client-1", "fail", "b", "refused"],
      ["client-2", "call", "c", "never"],
      ["client-2", "info", "c", null],
    ]);
    const calls = clientFacts(outcome).filter(({ phase }) => phase === "call");
    expect(calls.map(({ at }) => at)).toEqual([seconds(1), seconds(2), seconds(3)]);
    expect(new Set(calls.map(({ requestId }) => requestId)).size).toBe(3);
    expect(outcome.verdict).toBe("held");
  });

  it("does an operation once, as soon as its host is up again, and never tells the end of one that a crash cut off", async () => {
    const crash = (id: string, at: number): Plan["faults"][number] => ({
      id,
      kind: "crash",
      at,
      for: seconds(2),
      target: "client-1",
    });
    const outcome = await runWith([put("a", seconds(1), "never"), put("b", seconds(3), "hello")], {
      faults: [crash("f1", seconds(2)), crash("f2", seconds(9))],
    });
    const facts = clientFacts(outcome).map(({ phase, key }) => `${phase} ${key}`);
    expect(facts).toEqual(["call a", "call b", "ok b"]);
    const [, second] = clientFacts(outcome);
    expect(second?.at).toBeGreaterThanOrEqual(seconds(4));
    const ids = new Set(clientFacts(outcome).map(({ requestId }) => requestId));
    expect(ids.size).toBe(2);
  });

  it("is judged by the properties of every world, and by those of services where it has some", () => {
    const ids = ({ properties }: System) => properties.map(({ id }) => id);
    expect(ids(system)).toContain("world-time");
    expect(ids(system)).not.toContain("world-ledger");
    const create = () => ({ apply: () => ({ ok: true as const, value: null, applied: false }) });
    const calling = systemWith({ services: { payments: { create } } });
    expect(ids(calling)).toContain("world-ledger");
    expect(calling.services).toEqual(["payments"]);
  });

  it("can be called by its services' names", async () => {
    const create = () => ({ apply: () => ({ ok: true as const, value: 7, applied: false }) });
    let answer: unknown;
    const calling = systemWith({
      services: { payments: { create } },
      roles: {
        server: async (host) => {
          answer = await host.call("payments", "read", "t", null, seconds(1));
        },
      },
    });
    await runWith([], {}, calling);
    expect(answer).toEqual({ ok: true, value: 7 });
  });

  it("can be without any of its clients, and says how long operations took", async () => {
    expect(system.minHosts).toEqual({ client: 0 });
    const { history } = await runWith([put("a", seconds(1), "hello"), put("b", seconds(1), "never")]);
    const waits = system.latencies?.(history);
    expect(waits?.["done (put)"]?.map(({ took }) => took === undefined)).toEqual([false, true]);
  });

  it("refuses a plan with a role or an action that it does not know", async () => {
    const stranger = { id: "x", domain: { provider: "aws", region: "us-east" }, role: "sever" };
    await expect(runWith([], { topology: [stranger] })).rejects.toThrow(
      'topology[0].role: system words has no role "sever"; roles are server, client',
    );
    await expect(runWith([{ ...put("a", 1, ""), action: "get" }])).rejects.toThrow(
      'workload[0].action: system words has no operation "get"; operations are put',
    );
  });
});

describe("a scenario that is defined in a few lines", () => {
  const storm = ["crash", "loss"] as const;
  const workload = { put: { by: "client", body: fc.constantFrom("a", "b") } };
  const scenario = defineScenario({ system, hosts, workload, storm });

  it("has hosts by role and number, clients on the internet", () => {
    const named = (topology: readonly HostSpec[]) =>
      topology.map(({ id, domain }) => `${id} ${domain.provider}`);
    expect(named(scenario.plan(1).topology)).toEqual([
      "server aws",
      "client-1 internet",
      "client-2 internet",
    ]);
    const spread = { server: { count: 4, spread: "providers" as const } };
    const wide = defineScenario({ system, hosts: spread });
    expect(named(wide.plan(1).topology)).toEqual([
      "server-1 aws",
      "server-2 gcp",
      "server-3 azure",
      "server-4 aws",
    ]);
  });

  it("draws one plan for a seed, and the same universe under each strategy", () => {
    expect(scenario.plan(5)).toEqual(scenario.plan(5));
    expect(scenario.plan(6).workload).not.toEqual(scenario.plan(5).workload);
    const [first, ...others] = STRATEGIES.map((strategy) => scenario.plan(5, { strategy }));
    for (const other of others) {
      expect({ ...other, faults: [] }).toEqual({ ...first, faults: [] });
      expect(other.faults).not.toEqual(first?.faults);
    }
  });

  it("strikes servers only, with the kinds that it names, and aims some of them", () => {
    const plans = Array.from({ length: 100 }, (_, i) => scenario.plan(i + 1));
    const faults = plans.flatMap((plan) => plan.faults);
    expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(storm));
    expect(scenario.mustFire).toEqual(storm);
    const targets = faults.flatMap((fault) => (fault.kind === "crash" ? [fault.target] : []));
    expect(new Set(targets)).toEqual(new Set(["server", "@"]));
    expect(faults.some(({ trigger }) => trigger !== undefined)).toBe(true);
  });

  it("damages no disk and no service that is not there, when it names no kinds", () => {
    const { plan } = defineScenario({ system, hosts, storm: { most: 1 } });
    const kinds = new Set(
      Array.from({ length: 200 }, (_, i) => plan(i).faults.map(({ kind }) => kind)).flat(),
    );
    const expected = STORM_KINDS.filter((kind) => !DAMAGE.has(kind) && !kind.startsWith("external-"));
    expect([...kinds].sort()).toEqual([...expected].sort());
  });

  it("keeps its hours", () => {
    const {
      healAt,
      duration,
      workload: operations,
      faults,
    } = defineScenario({
      system,
      hosts,
      workload: { put: { by: "client", times: 50, from: seconds(2) } },
      storm: { kinds: ["crash"], from: seconds(4), most: 20 },
      strategy: "swarm",
      healAt: seconds(10),
      duration: seconds(20),
    }).plan(3);
    expect([healAt, duration]).toEqual([seconds(10), seconds(20)]);
    expect(operations).toHaveLength(50);
    for (const { at } of operations) expect(at >= seconds(2) && at <= seconds(10)).toBe(true);
    for (const { at } of faults) expect(at >= seconds(4) && at <= seconds(10)).toBe(true);
  });

  it("takes other orders, knobs and defects in the place of its own", () => {
    const own = defineScenario({
      system,
      hosts,
      workload,
      knobs: { a: 1, b: 1 },
      defaults: () => ({ b: 0, c: 0 }),
    });
    const orders = [put("x", seconds(9), "x")];
    const plan = own.plan(1, { workload: orders, knobs: { a: 2 }, defects: ["d"] });
    expect(plan).toMatchObject({ workload: orders, knobs: { a: 2, b: 1, c: 0 }, defects: ["d"] });
  });

  it("refuses a workload that nobody does, and a number of hosts that is none", () => {
    const nobody = () => defineScenario({ system, hosts, workload: { put: { by: "cilent" } } });
    expect(nobody).toThrow('workload.put.by: there is no host of role "cilent"');
    expect(() => defineScenario({ system, hosts: { server: 1.5 } })).toThrow(
      "hosts.server: expected a whole number, got 1.5",
    );
  });
});
