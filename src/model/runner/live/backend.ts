/**
 * JetStream as the runner's broker. Nodes declare what they need, as they do anywhere; the drill waits for their streams to be well, and
 * reads them back. What a replica holds that another does not, is for the property that compares replicas to find.
 */
import type { Backend } from "seedstorm/live";

export const runnerBackend: Backend = {
  id: "jetstream",
  title: "JetStream is the runner's broker",
  weaknesses: [],
  notJudged: [],
  roams: true,
  /** Its logs are the streams themselves. */
  streams: (logs) => new Map(logs.map((log) => [log, log])),
  prepare: () => Promise.resolve(),
  unwell: () => Promise.resolve([]),
  recordState: () => Promise.resolve(),
  knownInTheEnd: false,
  historyOf: (events) => events,
};
