/** What the pipeline calls its streams and buckets in JetStream. */
import { bucketStream } from "seedstorm/live";
import { RESOURCES } from "../../resources/types.js";

export const ORDERS = { stream: "ORDERS", subject: "orders.accepted" } as const;
/** Keeps advisories about dead letters. */
export const DEAD_LETTERS = { log: "dead-letters", stream: "DEAD_LETTERS" } as const;

export const BUCKETS = {
  effects: RESOURCES.effects,
  checkpoints: RESOURCES.checkpoints,
  leaders: RESOURCES.leaders,
  observations: RESOURCES.observations,
} as const;

/** The stream that stands for each resource, and that of the dead letters. */
export const STREAMS: ReadonlyMap<string, string> = new Map([
  [RESOURCES.orders, ORDERS.stream],
  ...Object.values(BUCKETS).map((bucket) => [bucket, bucketStream(bucket)] as const),
  [DEAD_LETTERS.log, DEAD_LETTERS.stream],
]);
