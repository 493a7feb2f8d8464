/**
 * What scenarios of channels over the broker have in common: their hosts, messages from a few seconds on until well after the storm,
 * and enough quiet in the end for every message to come to its own.
 */
import {
  defineScenario,
  fc,
  type KnobValue,
  type Micros,
  type Scenario,
  type ScenarioDefinition,
  SECOND,
} from "seedstorm";
import type { Sending } from "../../model/channels/people.js";
import { channelSystem } from "./system.js";

const FIRST: Micros = 3 * SECOND;
const LAST: Micros = 44 * SECOND;
const HEAL_AT: Micros = 30 * SECOND;
const DURATION: Micros = 75 * SECOND;
const SNAPSHOT_EVERY = 64;

const DESTINATIONS: readonly Sending["to"][] = [
  "work",
  "work",
  "work",
  "requests",
  "samples",
  "signals",
  "news",
  "news",
];

export interface Messages {
  /** How often somebody sends. */
  readonly times: { readonly min: number; readonly max: number };
  /** And how many messages at once. */
  readonly atOnce: { readonly min: number; readonly max: number };
}

type Definition = Pick<
  ScenarioDefinition,
  "title" | "shows" | "goals" | "certain" | "storm" | "strategy" | "mustFire"
> & {
  readonly id: string;
  readonly messages?: Partial<Messages>;
  /** One in so many sendings begins with poison. Default: 7. */
  readonly poison?: number;
  readonly knobs?: Readonly<Record<string, KnobValue>>;
};

export function channelScenario({ id, messages = {}, poison = 7, knobs, ...rest }: Definition): Scenario {
  const { times = { min: 20, max: 40 }, atOnce = { min: 1, max: 3 } } = messages;
  return defineScenario({
    ...rest,
    id,
    system: channelSystem,
    hosts: { broker: 3, receiver: 3, sender: 2, clerk: 1 },
    healAt: HEAL_AT,
    duration: DURATION,
    knobs: { "raft.snapshotEvery": SNAPSHOT_EVERY, ...knobs },
    workload: {
      send: {
        by: "sender",
        times,
        from: FIRST,
        to: LAST,
        body: fc.record({
          to: fc.constantFrom(...DESTINATIONS),
          messages: fc.integer(atOnce),
          poison: fc.integer({ min: 1, max: poison }).map((n) => n === 1),
        }),
      },
    },
  });
}
