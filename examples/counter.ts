/**
 * The smallest complete system in the storm: a counter on one host, and a bug.
 *
 * Clients ask a host to add to a counter. It writes each addition into a journal and answers. In `counter` it answers at
 * once and brings the journal to the disk twice a second, so that a crash forgets additions that were confirmed;
 * `counter-mended` waits for the disk. One property says what must hold of both.
 */
import * as fc from "fast-check";
import {
  answered,
  generate,
  type Host,
  type HostSpec,
  type Operation,
  type Plan,
  type Property,
  rpc,
  type Scenario,
  SECOND,
  type StormGround,
  type System,
  swarm,
  TIMED_OUT,
  type World,
  worldProperties,
} from "seedstorm";

const ADD = rpc<{ readonly id: string }, "added">("counter/add");
const READ = rpc<null, { readonly ids: readonly string[] }>("counter/read");

const JOURNAL = "journal";
const PATIENCE = 2 * SECOND;
const SYNC_INTERVAL = SECOND / 2;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The counter: what it holds in memory is what the journal says, line by line. */
async function counter(host: Host): Promise<void> {
  const waitsForDisk = host.knobs.waitsForDisk === true;
  const ids = new Set<string>();
  if (host.disk.exists(JOURNAL)) {
    for (const line of decoder.decode(await host.disk.read(JOURNAL)).split("\n"))
      if (line !== "") ids.add(line);
  }
  host.onRequest(READ, () => ({ ids: [...ids] }));
  host.onRequest(ADD, async ({ id }) => {
    if (!ids.has(id)) host.disk.append(JOURNAL, encoder.encode(`${id}\n`));
    ids.add(id);
    if (waitsForDisk) await host.disk.fsync(JOURNAL);
    return "added";
  });
  while (!waitsForDisk) {
    await host.sleep(SYNC_INTERVAL);
    if (host.disk.exists(JOURNAL)) await host.disk.fsync(JOURNAL);
  }
}

/** A client: adds when its plan says so, and again until somebody confirms it. */
function client(host: Host, additions: readonly Operation[]): void {
  for (const { id, at } of additions) {
    host.after(at, async () => {
      const fact = { kind: "client", requestId: id, operation: "add", key: id, value: null } as const;
      host.record({ ...fact, phase: "call" });
      while ((await host.request(ADD, "server", { id }, PATIENCE)) === TIMED_OUT) await host.sleep(SECOND);
      host.record({ ...fact, phase: "ok" });
    });
  }
}

/** An auditor: when the storm is over, it asks what the counter holds. */
async function auditor(host: Host, healAt: number): Promise<void> {
  await host.sleep(healAt + 5 * SECOND);
  const fact = { kind: "client", requestId: "audit", operation: "read", key: "counter" } as const;
  host.record({ ...fact, phase: "call", value: null });
  const held = await host.request(READ, "server", null, PATIENCE);
  if (held !== TIMED_OUT) host.record({ ...fact, phase: "ok", value: held.ids });
}

const C1: Property = {
  id: "C1",
  kind: "always",
  sentence: "An addition that was confirmed is counted ever after.",
  reads: ["client"],
  start(context) {
    const confirmed = new Map<string, Parameters<typeof context.violated>[2][number]>();
    return {
      on(event) {
        if (event.kind !== "client" || event.phase !== "ok") return;
        if (event.operation === "add") {
          confirmed.set(event.key, event);
          return;
        }
        const held = new Set(event.value as readonly string[]); // as the auditor records it
        for (const [id, confirmation] of confirmed) {
          context.compared();
          if (held.has(id)) continue;
          const when = `${confirmation.at / SECOND} s`;
          context.violated(id, `${id} was confirmed at ${when} and is not counted any more.`, [
            confirmation,
            event,
          ]);
        }
      },
    };
  },
};

const counterSystem: System = {
  id: "counter",
  title: "a counter with a journal",
  properties: [C1, ...worldProperties],
  defects: [],
  waits: (history) => ({ counted: answered(history, "add") }),
  expendable: { client: 0, auditor: 0 },
  build(world: World, plan: Plan): void {
    world.onBoot("server", counter);
    world.onBoot("client", (host) =>
      client(
        host,
        plan.workload.filter((operation) => operation.host === "client"),
      ),
    );
    world.onBoot("auditor", (host) => auditor(host, plan.healAt));
  },
};

const DOMAIN = { provider: "aws", region: "us-east", zone: "a" };
const SERVER: HostSpec = { id: "server", domain: DOMAIN, role: "server" };
const TOPOLOGY: readonly HostSpec[] = [
  SERVER,
  { id: "client", domain: { ...DOMAIN, zone: "b" }, role: "client" },
  { id: "auditor", domain: { ...DOMAIN, zone: "b" }, role: "auditor" },
];
const HEAL_AT = 20 * SECOND;
const GROUND: StormGround = { from: SECOND, healAt: HEAL_AT, hosts: [SERVER], replicas: [], services: [] };

const plans = fc.record({
  faults: swarm(["crash", "pause", "loss", "disk-slow"], GROUND, 3),
  times: fc.array(fc.integer({ min: SECOND, max: HEAL_AT }), { minLength: 5, maxLength: 20 }),
});

function counterScenario(id: string, title: string, waitsForDisk: boolean): Scenario {
  return {
    id,
    title,
    shows: "A server that crashes, stands still and has a slow disk, behind a link that loses packets.",
    system: counterSystem,
    promisesFaults: ["crash", "pause", "loss", "disk-slow"],
    goals: [],
    expectedViolations: [],
    plan(seed, options = {}): Plan {
      const { faults, times } = generate(plans, seed);
      const additions = times.map((at, i) => ({
        id: `addition-${i + 1}`,
        at,
        host: "client",
        action: "add",
        body: null,
      }));
      return {
        format: 1,
        scenario: id,
        seed,
        topology: TOPOLOGY,
        knobs: { waitsForDisk, ...options.knobs },
        workload: options.workload ?? additions,
        faults,
        defects: options.defects ?? [],
        healAt: HEAL_AT,
        duration: 40 * SECOND,
      };
    },
  };
}

export const scenarios: readonly Scenario[] = [
  counterScenario("counter", "answers before its journal is on the disk", false),
  counterScenario("counter-mended", "waits for the disk before it answers", true),
];
