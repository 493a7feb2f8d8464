/**
 * Publishes what the plan says. A message with an id is published until it is acknowledged, as an outbox does, and now and
 * then once more for no reason; one without is tried once.
 */
import { type Host, type Json, type Micros, ms, type Operation, SECOND } from "seedstorm";
import type { BrokerOutcome, PublishAck } from "../api.js";
import type { BrokerClient } from "../client.js";
import { BROKER_GOALS as GOALS } from "./goals.js";

interface Publication {
  readonly subject: string;
  readonly data: Json;
  readonly id: string;
  /** Once more, so much later. */
  readonly repeatAfter: Micros;
  /** Expects that nobody publishes to the stream in between. */
  readonly expects: string;
}

const TRIES = 8;
const RETRY: Micros = ms(500);
/** Before anything is declared there is no stream for it. */
const DECLARED_WITHIN = 20;

export function startProducer(host: Host, client: BrokerClient, operations: readonly Operation[]): void {
  const now = host.clock.monotonic();
  for (const { at, body } of operations) {
    const publication = body as unknown as Publication; // as the workload makes it
    host.after(Math.max(0, at - now), () => void publish(host, client, publication));
  }
}

async function publish(host: Host, client: BrokerClient, publication: Publication): Promise<void> {
  const { subject, data, id, repeatAfter, expects } = publication;
  if (expects !== "") return publishNext(host, client, publication);
  const outcome = await publishWith(host, client, subject, data, id);
  if (outcome.status === "refused") {
    if (outcome.reason === "stream-full") host.reached(GOALS.full);
    if (outcome.reason === "message-too-large") host.reached(GOALS.tooLarge);
  }
  if (repeatAfter === 0 || outcome.status !== "ok") return;
  await host.sleep(repeatAfter);
  const again = await publishWith(host, client, subject, data, id);
  if (again.status === "ok") host.reached(again.value.duplicate ? GOALS.duplicate : GOALS.storedAgain);
}

async function publishWith(
  host: Host,
  client: BrokerClient,
  subject: string,
  data: Json,
  id: string,
): Promise<BrokerOutcome<PublishAck>> {
  for (let attempt = 1, undeclared = 0; ; attempt++) {
    const outcome = await client.publish(subject, data, id === "" ? {} : { messageId: id });
    const isUndeclared = outcome.status === "refused" && outcome.reason === "no-stream-for-subject";
    if (isUndeclared && undeclared++ < DECLARED_WITHIN) {
      attempt--;
    } else {
      if (outcome.status === "ok" || outcome.status === "refused") return outcome;
      if (id === "" || attempt === TRIES) return outcome;
      if (outcome.status === "unknown") host.reached(GOALS.publishRetried);
    }
    await host.sleep(RETRY);
  }
}

/** Looks where the stream is, and publishes only if nobody else has meanwhile. */
async function publishNext(
  host: Host,
  client: BrokerClient,
  { subject, data, expects }: Publication,
): Promise<void> {
  const state = await client.streamState(expects);
  if (state.status !== "ok") return;
  if (host.random.below(3) === 0) await host.sleep(host.random.below(4 * SECOND));
  const outcome = await client.publish(subject, data, { expectedLastSequence: state.value.lastSequence });
  if (outcome.status === "ok") host.reached(GOALS.expectationMet);
  if (outcome.status === "refused" && outcome.reason === "wrong-last-sequence") {
    host.reached(GOALS.expectationFailed);
  }
}
