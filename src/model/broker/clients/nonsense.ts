/**
 * Declarations that make no sense by themselves or beside those that are there, each with what is documented to be the answer;
 * and a few at the edge that do make sense, and are the same as what is there.
 */
import { SECOND } from "seedstorm";
import type { BrokerRefusal } from "../api.js";
import type { ConsumerConfig, StreamConfig } from "../config.js";

/** `done`: it does make sense. */
type Expected = BrokerRefusal | "done";

export type Nonsense =
  | { readonly of: "stream" | "change"; readonly config: StreamConfig; readonly answer: Expected }
  | {
      readonly of: "consumer";
      readonly stream: string;
      readonly config: ConsumerConfig;
      readonly answer: Expected;
    };

const ODD: StreamConfig = {
  name: "ODD",
  subjects: ["odd.*"],
  retention: "limits",
  replicas: 3,
  storage: "file",
};
const WORKER: ConsumerConfig = { name: "odd", filters: ["shift.odd.*"] };

const invalidStreams: readonly Partial<StreamConfig>[] = [
  { name: "ODD.NAME" },
  { subjects: [] },
  { subjects: ["odd..one"] },
  { subjects: ["odd.*", "odd.one"] },
  { subjects: ["odd.>", "other", "odd.one.*"] },
  { storage: "memory" },
  { placement: "broker-a" },
  { replicas: 1, placement: "broker-z" },
  { maxMessages: 0 },
  { maxBytes: -1 },
  { maxAge: 0.5 },
  { maxMessagesPerSubject: 0 },
  { maxMessageBytes: 0 },
  { duplicateWindow: 0 },
];

const invalidConsumers: readonly Partial<ConsumerConfig>[] = [
  { name: "odd/name" },
  { filters: ["shift.>.one"] },
  { filters: ["elsewhere.*"] },
  { filters: ["shift.odd.*", "shift.*.odd"] },
  { deliverGroup: "crew" },
  { backOff: [] },
  { backOff: [SECOND, SECOND, SECOND], maxDeliver: 2 },
  { backOff: [SECOND, 0] },
  { ackWait: 0 },
  { maxDeliver: 0 },
  { maxAckPending: 0 },
  { deliver: { fromSequence: 0 } },
];

const stream = (of: "stream" | "change", answer: Expected, config: Partial<StreamConfig>): Nonsense => ({
  of,
  answer,
  config: { ...ODD, ...config },
});
const consumer = (answer: Expected, config: Partial<ConsumerConfig>, name = "SHIFTS"): Nonsense => ({
  of: "consumer",
  stream: name,
  answer,
  config: { ...WORKER, ...config },
});

/** What must be there for these answers: streams, with consumers. */
export const BESIDE: readonly (readonly [stream: string, ...consumers: string[]])[] = [
  ["SHIFTS", "day", "night"],
  ["RING", "right"],
];

/** What stands beside them is never changed: the streams of the admin, and those of the steward. */
export const NONSENSE: readonly Nonsense[] = [
  consumer("filters-overlap", { filters: ["shift.odd.*"] }),
  stream("stream", "subjects-overlap", { subjects: ["shift.odd.*"] }),
  stream("stream", "exists", { name: "SHIFTS", subjects: ["shift.*.*"] }),
  consumer("exists", { name: "night", filters: ["shift.*.night"] }),
  stream("change", "no-such-stream", {}),
  consumer("no-such-stream", {}, "ODD"),
  stream("change", "not-changeable", { name: "SHIFTS", subjects: ["shift.*.*"] }),
  stream("change", "subjects-overlap", {
    name: "SHIFTS",
    subjects: ["shift.*.*", "ring.b.*"],
    retention: "work-queue",
  }),
  ...invalidStreams.map((config) => stream("stream", "invalid", config)),
  stream("change", "invalid", { name: "SHIFTS", subjects: ["shift.*.*"], maxMessages: 0 }),
  ...invalidConsumers.map((config) => consumer("invalid", config)),
  { of: "consumer", stream: "SHIFTS", answer: "filters-overlap", config: { name: "all" } },
  stream("stream", "done", { subjects: ["odd", "odd.*", "odd.*.one", "even.>"] }),
  stream("stream", "done", { subjects: ["shift", "shift.*", "shift.*.*.>", "ring"], maxMessages: 1 }),
  consumer("done", { filters: ["shift.*.odd", "shift.*.even"], deliver: { fromSequence: 1 } }),
  consumer("done", { filters: ["shift.odd.odd"], backOff: [SECOND, SECOND], maxDeliver: 2 }),
];
