/** The bare kernel: callback events over the heap, requests that are awaited, and the whole network model. */

import { Lane } from "../src/sim/events.js";
import { message, rpc, TIMED_OUT } from "../src/sim/host.js";
import type { HostSpec, Plan } from "../src/sim/plan.js";
import { Random } from "../src/sim/random.js";
import { Scheduler } from "../src/sim/scheduler.js";
import { SECOND } from "../src/sim/time.js";
import { World } from "../src/sim/world.js";

const HOSTS = 100;

/** Callback events: a hundred timers that set themselves again at random distances. */
export async function callbackEvents(events: number): Promise<number> {
  const scheduler = new Scheduler();
  const random = new Random("bench/callbacks");
  const lanes = Array.from({ length: HOSTS }, (_, i) => new Lane(i, `host-${i}`, 1));
  const again = (lane: Lane): void => {
    if (scheduler.events < events)
      scheduler.schedule(scheduler.now + random.below(1_000), lane, "tick", 7, again, lane, 0);
  };
  for (const lane of lanes) scheduler.schedule(0, lane, "tick", 7, again, lane, 0);
  await scheduler.run(Number.MAX_SAFE_INTEGER, (_, error) => {
    throw error;
  });
  return scheduler.events;
}

/** Awaited sleeps: a hundred async loops over the heap, each event drained. */
export async function asyncEvents(events: number): Promise<number> {
  const world = new World(planOf(HOSTS));
  for (const machine of world.machines) {
    world.onBoot(machine.id, async (host) => {
      const random = host.random;
      while (world.scheduler.events < events) await host.sleep(random.below(1_000));
    });
  }
  await runOut(world);
  return world.scheduler.events;
}

const PING = rpc<number, number>("ping");
const SHOUT = message<number>("shout");

/** Requests: hosts in ping-pong through the network model, each with the next, each request with a time-out of its own. */
export async function requests(events: number, hosts = HOSTS): Promise<{ events: number; requests: number }> {
  const world = new World(planOf(hosts));
  let answered = 0;
  world.machines.forEach((machine, i) => {
    const peer = world.machines[(i + 1) % hosts]?.id ?? machine.id;
    world.onBoot(machine.id, async (host) => {
      host.onRequest(PING, (n) => n + 1);
      await host.sleep(1);
      let n = 0;
      while (world.scheduler.events < events) {
        const reply = await host.request(PING, peer, n, SECOND);
        if (reply === TIMED_OUT) throw new Error("no fault, no time-out");
        n = reply;
        answered++;
      }
    });
  });
  await runOut(world);
  return { events: world.scheduler.events, requests: answered };
}

/** One-way messages through the network model. */
export async function messages(events: number): Promise<number> {
  const world = new World(planOf(HOSTS));
  world.machines.forEach((machine, i) => {
    const peer = world.machines[(i + 1) % HOSTS]?.id ?? machine.id;
    world.onBoot(machine.id, (host) => {
      host.onMessage(SHOUT, (n) => {
        if (world.scheduler.events < events) host.send(SHOUT, peer, n + 1);
      });
      host.after(1, () => host.send(SHOUT, peer, 0));
    });
  });
  await runOut(world);
  return world.scheduler.events;
}

async function runOut(world: World): Promise<void> {
  await world.run();
  if (world.failure !== undefined) throw world.failure.error;
}

function planOf(hosts: number): Plan {
  const topology: HostSpec[] = Array.from({ length: hosts }, (_, i) => ({
    id: `host-${i}`,
    domain: { provider: "aws", region: "us-east", zone: `${i % 3}` },
    role: "host",
  }));
  const duration = 1_000_000 * SECOND;
  return {
    format: 2,
    scenario: "bench",
    seed: 1,
    topology,
    knobs: {},
    workload: [],
    faults: [],
    defects: [],
    healAt: duration,
    duration,
  };
}
