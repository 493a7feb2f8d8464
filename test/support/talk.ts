/** Traffic for tests of the network: every host sends a numbered message to every other one, again and again. */
import { message } from "../../src/sim/host.js";
import { MILLISECOND } from "../../src/sim/time.js";
import type { World } from "../../src/sim/world.js";

interface Body {
  readonly n: number;
  readonly sentAt: number;
}

export interface Arrival extends Body {
  readonly from: string;
  readonly to: string;
  readonly at: number;
}

export interface TalkOptions {
  /** Default 10 ms. */
  readonly every?: number;
  /** Rounds; default 100. */
  readonly rounds?: number;
  readonly bytes?: number;
}

const TALK = message<Body>("talk");

/** What arrived, in the order in which it did, growing while the world runs. */
export function talk(
  world: World,
  { every = 10 * MILLISECOND, rounds = 100, bytes = 256 }: TalkOptions = {},
): Arrival[] {
  const arrivals: Arrival[] = [];
  const ids = world.plan.topology.map(({ id }) => id);
  for (const id of ids) {
    world.onBoot(id, async (host) => {
      host.onMessage(TALK, (body, from) => arrivals.push({ from, to: id, ...body, at: world.now }));
      for (let n = 0; n < rounds; n++) {
        await host.sleep(every);
        for (const other of ids) if (other !== id) host.send(TALK, other, { n, sentAt: world.now }, bytes);
      }
    });
  }
  return arrivals;
}

export function between(arrivals: readonly Arrival[], from: string, to: string): Arrival[] {
  return arrivals.filter((arrival) => arrival.from === from && arrival.to === to);
}

/** Numbers in the order of arrival. */
export const numbers = (arrivals: readonly Arrival[]): number[] => arrivals.map(({ n }) => n);

/** How long each was on its way. */
export const latencies = (arrivals: readonly Arrival[]): number[] =>
  arrivals.map(({ at, sentAt }) => at - sentAt);
