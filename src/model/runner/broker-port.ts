/**
 * What the runner needs of a broker: streams, durable consumers that are pulled from or that push, publishing under a message id,
 * and a bucket that is written to and watched. The broker of the simulation offers it, and so does a real one.
 */
import type { BrokerOutcome, Bucket, StreamState } from "../broker/api.js";
import type { Broker } from "../broker/client-api.js";

export type RunnerBucket = Pick<Bucket, "put" | "watch">;

/** How far a stream has come. */
export type StreamReach = Pick<StreamState, "messages" | "firstSequence" | "lastSequence">;

export interface RunnerBroker
  extends Pick<
    Broker,
    | "createStream"
    | "updateStream"
    | "createConsumer"
    | "createBucket"
    | "publish"
    | "pull"
    | "subscribe"
    | "readStream"
    | "consumerState"
  > {
  streamState(stream: string): Promise<BrokerOutcome<StreamReach>>;
  bucket(name: string): RunnerBucket;
}
