/** Three brokers and a client each for what a test wants to do, with what the harness says of the run. */
import type { Fault, Host, Micros } from "seedstorm";
import { SECOND } from "seedstorm";
import { expect } from "vitest";
import { startBroker } from "../../../src/model/broker/broker.js";
import { BrokerClient } from "../../../src/model/broker/client.js";
import { World } from "../../../src/sim/world.js";
import { planOf } from "../../support/universe.js";

export const BROKERS = ["b1", "b2", "b3"] as const;

export interface ClusterOptions {
  readonly faults?: readonly Fault[];
  readonly defects?: readonly string[];
  readonly seed?: number;
  readonly duration?: Micros;
}

/** Runs each client's script on a host of its own: `c1`, `c2`, … Every script must have ended when the run is over. */
export async function withBrokers(
  scripts: readonly ((client: BrokerClient, host: Host) => Promise<void>)[],
  { faults = [], defects = [], seed = 1, duration = 60 * SECOND }: ClusterOptions = {},
): Promise<World> {
  const clients = scripts.map((_, at) => `c${at + 1}`);
  const plan = planOf({ hosts: [...BROKERS, ...clients], faults, defects, seed, duration });
  const world = new World(plan);
  let ended = 0;
  for (const id of BROKERS) {
    world.onBoot(id, async (host) => {
      await startBroker(host, { brokers: BROKERS, snapshotEvery: 20 });
    });
  }
  for (const [at, id] of clients.entries()) {
    world.onBoot(id, async (host) => {
      await scripts[at]?.(new BrokerClient(host, { brokers: BROKERS, timeout: 20 * SECOND }), host);
      ended++;
    });
  }
  await world.run();
  expect(world.failure).toBeUndefined();
  expect(ended).toBe(scripts.length);
  return world;
}

/** The value of an outcome that must be good. */
export function good<R>(outcome: { readonly status: string; readonly value?: R }): R {
  expect(outcome).toMatchObject({ status: "ok" });
  return outcome.value as R; // it is good
}
