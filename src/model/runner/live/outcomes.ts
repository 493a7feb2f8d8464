/**
 * What JetStream's answers and silences mean, in the terms of a broker's client. What is not certainly undone is `unknown`; for
 * reads, and for whatever is harmless to repeat, silence is `unavailable`.
 */
import { JetStreamApiCodes, JetStreamApiError } from "@nats-io/jetstream";
import { RequestError } from "@nats-io/transport-node";
import type { BrokerOutcome, BrokerRefusal } from "../../broker/api.js";

/** Codes of the server's errors that say that a request is refused for good. Others may be over with the next try. */
const REFUSALS: ReadonlyMap<number, BrokerRefusal> = new Map([
  [JetStreamApiCodes.StreamNotFound, "no-such-stream"],
  [JetStreamApiCodes.ConsumerNotFound, "no-such-consumer"],
  [JetStreamApiCodes.StreamWrongLastSequence, "wrong-last-sequence"],
  [JetStreamApiCodes.StreamWrongLastSequenceUnknown, "wrong-last-sequence"],
  [10_054, "message-too-large"],
  [10_058, "exists"],
  [10_148, "exists"],
  [10_065, "subjects-overlap"],
  [10_100, "filters-overlap"],
  [10_052, "invalid"],
  [10_077, "stream-full"],
]);

/** Runs a request and says how it came out. */
export async function outcomeOf<R>(
  silence: "unknown" | "unavailable",
  request: () => Promise<R>,
): Promise<BrokerOutcome<R>> {
  try {
    return { status: "ok", value: await request() };
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    for (const each of [error, cause]) {
      if (!(each instanceof JetStreamApiError)) continue;
      const reason = REFUSALS.get(each.code);
      return reason === undefined ? { status: "unavailable" } : { status: "refused", reason };
    }
    // a server that knows of nobody who listens says so at once: then nothing was done
    const isNobody = cause instanceof RequestError && cause.isNoResponders();
    return { status: isNobody ? "unavailable" : silence };
  }
}
