/**
 * Works through what is delivered, well and badly: most is acked; some is given back at once or for later, some is
 * terminated, some takes longer than the ack wait with or without a sign of work, and some is forgotten. What is poison
 * never comes to a good end.
 */
import { type Host, type Micros, ms, SECOND } from "seedstorm";
import type { BrokerOutcome, Delivery } from "../api.js";
import type { BrokerClient } from "../client.js";
import { PULLED } from "./declared.js";
import { BROKER_GOALS as GOALS } from "./goals.js";

const PULL_WAIT: Micros = 2 * SECOND;
const RETRY: Micros = ms(700);
const BATCH = 3;
/** An answer that matters is given until it is taken. */
const TRIES = 4;

export function startWorker(host: Host, client: BrokerClient): void {
  for (const [stream, consumer] of PULLED) void work(host, client, stream, consumer);
}

/** Takes part in the push consumer. */
export function startMailer(host: Host, client: BrokerClient): void {
  client.subscribe(
    "ORDERS",
    "mail",
    (delivery) => {
      host.reached(GOALS.pushed);
      void handle(host, delivery);
    },
    "mailers",
  );
}

async function work(host: Host, client: BrokerClient, stream: string, consumer: string): Promise<void> {
  for (;;) {
    const outcome = await client.pull(stream, consumer, { batch: BATCH, wait: PULL_WAIT });
    if (outcome.status !== "ok") {
      await host.sleep(RETRY);
      continue;
    }
    await Promise.all(outcome.value.map((delivery) => handle(host, delivery)));
  }
}

async function handle(host: Host, delivery: Delivery): Promise<void> {
  if (delivery.deliveryCount > 1) host.reached(GOALS.redelivered);
  if (delivery.deliveryCount >= 4) host.reached(GOALS.lastDelivery);
  await host.sleep(ms(5) + host.random.below(ms(100)));
  const data = (delivery.data ?? {}) as { readonly poison?: boolean };
  // an archive takes anything, in the end
  const poison = data.poison === true && delivery.consumer !== "archive";
  const choice = host.random.below(100);
  if (poison && choice < 60) return;
  if (poison || choice < 8) {
    const delay = host.random.below(2) === 0 ? 0 : ms(500) + host.random.below(2 * SECOND);
    const outcome = await delivery.nak(delay);
    if (outcome.status === "ok" && delay > 0) host.reached(GOALS.naked);
    notCurrent(host, outcome);
    return;
  }
  if (choice < 12) {
    const outcome = await delivery.term("not wanted");
    if (outcome.status === "ok") host.reached(GOALS.terminated);
    notCurrent(host, outcome);
    return;
  }
  if (choice < 18) return;
  if (choice < 24) {
    for (let heartbeat = 0; heartbeat < 3; heartbeat++) {
      await host.sleep(ms(800));
      const outcome = await delivery.inProgress();
      if (outcome.status === "ok") host.reached(GOALS.putOff);
      notCurrent(host, outcome);
    }
  } else if (choice < 28) await host.sleep(4 * SECOND);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const { status } = await delivery.ack();
    if (status === "ok" || status === "refused") return;
    await host.sleep(RETRY);
  }
}

function notCurrent(host: Host, outcome: BrokerOutcome<void>): void {
  if (outcome.status === "refused" && outcome.reason === "not-current") host.reached(GOALS.notCurrent);
}
