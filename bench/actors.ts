/** The actor layer on one host, told as under load: calls, casts, checkouts, messages of a channel, calls through a breaker. */
import { Actors } from "../src/model/actors/actors.js";
import { CircuitBreaker } from "../src/model/actors/breaker.js";
import { MemoryChannel } from "../src/model/actors/channel.js";
import { ElasticPool } from "../src/model/actors/pool.js";
import { BREAKER, CHANNEL, POOL } from "../src/model/jobs/config.js";
import type { Host } from "../src/sim/host.js";
import { SECOND } from "../src/sim/time.js";
import { World } from "../src/sim/world.js";

const DETAIL = "lean";
/** So many are done in one event of the universe. */
const BATCH = 100;

/** Does something so often, a batch in each event. */
async function onHost(times: number, start: (host: Host) => () => Promise<void>): Promise<number> {
  const world = new World({
    format: 2,
    scenario: "bench",
    seed: 1,
    topology: [{ id: "a", domain: { provider: "aws", region: "us-east" }, role: "host" }],
    knobs: {},
    workload: [],
    faults: [],
    defects: [],
    healAt: 1_000_000 * SECOND,
    duration: 1_000_000 * SECOND,
  });
  let done = 0;
  world.onBoot("a", async (host) => {
    const once = start(host);
    for (; done < times; done += BATCH) {
      await host.sleep(1_000);
      for (let i = 0; i < BATCH; i++) await once();
    }
  });
  await world.run();
  if (world.failure !== undefined) throw world.failure.error;
  return done;
}

export function actorCalls(times: number): Promise<number> {
  return onHost(times, (host) => {
    const echo = new Actors(host, { detail: DETAIL }).spawn<number, number>("echo", () => ({
      onCall: (n) => n,
    }));
    return async () => void (await echo.call(1, SECOND));
  });
}

export function actorCasts(times: number): Promise<number> {
  return onHost(times, (host) => {
    const sink = new Actors(host, { detail: DETAIL }).spawn<never, never, number>("sink", () => ({
      onCast: () => {},
    }));
    return async () => void sink.cast(1);
  });
}

export function poolCheckouts(times: number): Promise<number> {
  return onHost(times, (host) => {
    const actors = new Actors(host, { detail: DETAIL });
    const pool = new ElasticPool<number, number>(actors, POOL, () => ({}));
    return async () => {
      const checkout = await pool.checkout();
      if (checkout.ok) checkout.lease.checkin();
    };
  });
}

export function channelMessages(times: number): Promise<number> {
  return onHost(times, (host) => {
    const channel = new MemoryChannel<number>(host, { ...CHANNEL, detail: DETAIL }, () => true);
    return async () => {
      await channel.send(1, "a");
      const received = await channel.receive("r");
      if (received.ok) await received.delivery.ack();
    };
  });
}

export function breakerCalls(times: number): Promise<number> {
  return onHost(times, (host) => {
    const breaker = new CircuitBreaker(host, { ...BREAKER, detail: DETAIL });
    return async () => {
      const admission = breaker.admit();
      if (admission.admitted) admission.permit.report("success");
    };
  });
}
