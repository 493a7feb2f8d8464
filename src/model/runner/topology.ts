/** The streams, consumers and bucket that the runner needs, as nodes and gateway declare them. */
import { MILLISECOND, MINUTE, type Micros } from "seedstorm";
import type { BucketConfig, ConsumerConfig, StreamConfig } from "../broker/config.js";
import type { RunnerBroker } from "./broker-port.js";
import { effectConsumer } from "./effect-worker.js";
import { sagaConsumer, TRIGGER_ROLES } from "./saga-worker.js";
import type { Settings } from "./settings.js";
import { everything, laneFilter, rangeFilter, type StreamRole } from "./subjects.js";

export const ADVISORIES = "ADVISORIES";

export const advisoryConsumer = ({ consumers }: Settings): string => `${consumers.durablePrefix}-advisories`;

export interface Durability {
  readonly replicas: 1 | 3;
  readonly duplicateWindow: Micros;
  /** Messages that a stream keeps; 0 for no limit. */
  readonly maxMessages: number;
  /** For how long advisories are kept; left out: for ever. */
  readonly advisoriesFor?: Micros;
}

export const DUPLICATE_WINDOW: Micros = 2 * MINUTE;

export function streamsOf(
  settings: Settings,
  { replicas, duplicateWindow, maxMessages, advisoriesFor }: Durability,
): StreamConfig[] {
  const stream = (role: StreamRole, retention: StreamConfig["retention"]): StreamConfig => ({
    name: settings.streams[role],
    subjects: [everything(role)],
    retention,
    replicas,
    storage: "file",
    duplicateWindow,
    ...(maxMessages === 0 ? {} : { maxMessages, discard: "new" as const }),
  });
  return [
    stream("events", "limits"),
    stream("commands", "work-queue"),
    stream("facts", "limits"),
    {
      name: ADVISORIES,
      subjects: ["$JS.EVENT.ADVISORY.>"],
      retention: "limits",
      replicas,
      storage: "file",
      duplicateWindow,
      ...(advisoriesFor === undefined ? {} : { maxAge: advisoriesFor }),
    },
  ];
}

export function consumersOf(
  settings: Settings,
): { readonly stream: string; readonly config: ConsumerConfig }[] {
  const { streams, consumers, spread, effects } = settings;
  const { durablePrefix, deliverGroup, maxInFlight, ackWait, maxDeliver } = consumers;
  const found: { readonly stream: string; readonly config: ConsumerConfig }[] = [];
  for (let range = 0; range < spread.ranges; range++) {
    for (const role of TRIGGER_ROLES) {
      for (let lane = 0; lane < spread.lanes; lane++) {
        const config: ConsumerConfig = {
          name: sagaConsumer(durablePrefix, range, lane),
          mode: "push",
          deliverGroup,
          filters: [laneFilter(role, range, lane)],
          ackWait: ackWait * MILLISECOND,
          maxDeliver,
          maxAckPending: maxInFlight,
        };
        found.push({ stream: streams[role], config });
      }
    }
    const config: ConsumerConfig = {
      name: effectConsumer(durablePrefix, range),
      filters: [rangeFilter("commands", range)],
      ackWait: ackWait * MILLISECOND,
      maxDeliver,
      maxAckPending: 8 * effects.concurrency,
    };
    found.push({ stream: streams.commands, config });
  }
  found.push({
    stream: ADVISORIES,
    config: { name: advisoryConsumer(settings), ackWait: ackWait * MILLISECOND },
  });
  return found;
}

/** Declares everything, again and again until the broker has it. */
export async function declareAll(
  broker: RunnerBroker,
  settings: Settings,
  durability: Durability,
  pause: () => Promise<void>,
): Promise<void> {
  const until = async (declare: () => Promise<{ readonly status: string }>): Promise<void> => {
    for (;;) {
      const { status } = await declare();
      if (status === "ok" || status === "refused") return;
      await pause();
    }
  };
  for (const config of streamsOf(settings, durability)) await until(() => broker.createStream(config));
  for (const { stream, config } of consumersOf(settings))
    await until(() => broker.createConsumer(stream, config));
  const bucket: BucketConfig = {
    name: settings.placementBucket,
    replicas: durability.replicas,
    storage: "file",
    history: 5,
  };
  await until(() => broker.createBucket(bucket));
}
