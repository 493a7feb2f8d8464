/**
 * What the brokers are declared: a stream of each kind, with consumers of each kind, and a bucket. Between them everything
 * that the broker can do is in use.
 */
import { type Micros, SECOND } from "seedstorm";
import type { BucketConfig, ConsumerConfig, StreamConfig } from "../config.js";

export const DUPLICATE_WINDOW: Micros = 6 * SECOND;

const REPLICATED = { replicas: 3, storage: "file" } as const;

export interface Declared {
  readonly stream: StreamConfig;
  readonly consumers: readonly ConsumerConfig[];
}

export function declared(brokers: readonly string[]): readonly Declared[] {
  const [first = "", second = ""] = brokers;
  return [
    {
      stream: {
        name: "ADVICE",
        subjects: ["$JS.EVENT.ADVISORY.>"],
        retention: "limits",
        ...REPLICATED,
      },
      consumers: [],
    },
    {
      stream: {
        name: "ORDERS",
        subjects: ["orders.>"],
        retention: "limits",
        duplicateWindow: DUPLICATE_WINDOW,
        ...REPLICATED,
      },
      consumers: [
        { name: "billing", ackWait: 3 * SECOND, maxDeliver: 4, maxAckPending: 3 },
        { name: "big", filters: ["orders.*.big"], ackWait: 4 * SECOND, maxDeliver: 5 },
        {
          name: "mail",
          mode: "push",
          deliverGroup: "mailers",
          ackWait: 3 * SECOND,
          maxDeliver: 4,
          maxAckPending: 4,
        },
      ],
    },
    {
      stream: { name: "JOBS", subjects: ["jobs.*"], retention: "work-queue", ...REPLICATED },
      consumers: [{ name: "crew", backOff: [1 * SECOND, 2 * SECOND, 4 * SECOND], maxDeliver: 4 }],
    },
    {
      stream: { name: "NEWS", subjects: ["news.>"], retention: "interest", ...REPLICATED },
      consumers: [
        { name: "readers", ackWait: 1 * SECOND, maxDeliver: 2, maxAckPending: 5 },
        { name: "archive", ackWait: 5 * SECOND, maxDeliver: 4, deliver: "new" },
      ],
    },
    {
      stream: {
        name: "RECENT",
        subjects: ["recent.*"],
        retention: "limits",
        maxMessages: 10,
        maxMessagesPerSubject: 4,
        maxAge: 12 * SECOND,
        maxMessageBytes: 300,
        ...REPLICATED,
      },
      consumers: [{ name: "tail", deliver: "new", ackWait: 2 * SECOND, maxDeliver: 2 }],
    },
    {
      stream: {
        name: "CAPPED",
        subjects: ["capped"],
        retention: "limits",
        maxMessages: 2,
        maxAge: 15 * SECOND,
        discard: "new",
        ...REPLICATED,
      },
      consumers: [],
    },
    {
      stream: {
        name: "LOCAL",
        subjects: ["local.>"],
        retention: "limits",
        replicas: 1,
        storage: "file",
        placement: first,
        duplicateWindow: DUPLICATE_WINDOW,
      },
      consumers: [{ name: "local", ackWait: 3 * SECOND, maxDeliver: 6 }],
    },
    {
      stream: {
        name: "FLEETING",
        subjects: ["fleeting"],
        retention: "limits",
        replicas: 1,
        storage: "memory",
        placement: second,
      },
      consumers: [],
    },
  ];
}

export const CACHE = "CACHE";

/** In memory of one broker: lost with each of its crashes. */
export const cacheOf = (brokers: readonly string[]): BucketConfig => ({
  name: CACHE,
  replicas: 1,
  storage: "memory",
  placement: brokers[1] ?? "",
});

export const BUCKET: BucketConfig = { name: "CONFIG", history: 8, replicas: 3, storage: "file" };

/** Pull consumers, by stream, that workers work for. */
export const PULLED: readonly (readonly [stream: string, consumer: string])[] = [
  ["ORDERS", "billing"],
  ["ORDERS", "big"],
  ["JOBS", "crew"],
  ["NEWS", "readers"],
  ["NEWS", "archive"],
  ["RECENT", "tail"],
  ["LOCAL", "local"],
];
