/**
 * Quarantine: a message that can't be processed is written down with the reason, durably, before it is terminated. A message
 * that the broker gave up by itself, since its last handler died, is found by its advisory and written down too.
 */
import { type Json, SECOND } from "seedstorm";
import { ADVISORY_SUBJECTS, type Advisory, type Delivery, type StoredMessage } from "../broker/api.js";
import { type NodeContext, type Transacted, transact } from "./context.js";
import { HEADERS } from "./envelope.js";
import { describe, type RunnerError } from "./errors.js";
import { GOALS } from "./goals.js";
import type { QuarantineRecord } from "./records.js";
import { addressOf } from "./subjects.js";

export interface About {
  readonly sagas: readonly string[];
  readonly eventId: string;
  readonly correlation: string;
}

export const NOTHING_KNOWN: About = { sagas: [], eventId: "", correlation: "" };

/** False: the store did not take it, and the message is to come again. */
export async function quarantine(
  context: NodeContext,
  delivery: Delivery,
  error: RunnerError,
  about: About = NOTHING_KNOWN,
): Promise<boolean> {
  const { host } = context;
  const { stream, consumer, sequence, subject, deliveryCount } = delivery;
  const reason = describe(error);
  const record: QuarantineRecord = {
    stream,
    consumer,
    sequence,
    subject,
    reason,
    deliveries: deliveryCount,
    ...about,
  };
  if (host.defect("term-before-quarantine")) await delivery.term(reason);
  const done = await put(context, record);
  if (!done.ok) return false;
  if (done.value) context.meters.count("runner_quarantined_total");
  context.log.write("error", `quarantined ${stream}/${sequence}: ${reason}`, {
    tenantId: addressOf(subject)?.tenant ?? "",
  });
  host.reached(GOALS.quarantined);
  if (host.defect("quarantine-not-final")) await delivery.nak(2 * SECOND);
  else await delivery.term(reason);
  return true;
}

/** Whether it was not there before. */
async function put(context: NodeContext, record: QuarantineRecord): Promise<Transacted<boolean>> {
  const { keys } = context;
  const tenant = addressOf(record.subject)?.tenant ?? "";
  const key = keys.quarantine(tenant, record.stream, record.sequence);
  return transact(context, async (transaction) => {
    if ((await transaction.get(key)) !== undefined) return false;
    transaction.put(key, record as unknown as Json);
    return true;
  });
}

/** What an advisory says was given up. False: to be tried again. */
export async function quarantineGivenUp(context: NodeContext, delivery: Delivery): Promise<boolean> {
  if (!delivery.subject.startsWith(`${ADVISORY_SUBJECTS.maxDeliveries}.`)) return true;
  const { stream, consumer, sequence, deliveryCount } = delivery.data as unknown as Advisory; // what the broker says
  const found = await context.broker.readStream(stream, { after: sequence - 1, limit: 1 });
  if (found.status !== "ok") return found.status === "refused";
  const message = found.value[0];
  if (message?.sequence !== sequence) return true;
  const done = await put(context, {
    stream,
    consumer,
    sequence,
    subject: message.subject,
    reason: "given up by the broker",
    deliveries: deliveryCount,
    ...aboutGivenUp(message),
  });
  if (!done.ok) return false;
  if (done.value) context.meters.count("runner_quarantined_total");
  context.host.reached(GOALS.quarantinedByAdvisory);
  return true;
}

/** What a message says of itself, though nobody has worked on it: perhaps nobody has got it at all. */
function aboutGivenUp({ headers, data }: StoredMessage): About {
  const { eventId } = Object(data) as { readonly eventId?: Json }; // of anything but an object there is none
  return {
    sagas: [],
    eventId: typeof eventId === "string" ? eventId : "",
    correlation: headers[HEADERS.correlation] ?? "",
  };
}
