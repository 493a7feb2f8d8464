/**
 * Who works in the office. Senders send what the workload says, and once more when they do not know what has become of it. Receivers
 * take messages one by one, most of which they are done with; some they give back, forget or are too slow for, and poison they
 * never come to an end with. The clerk reads the dead letters, in the end all of them.
 */
import { type ClientAction, type Host, type Json, MILLISECOND, type Micros, ms, SECOND } from "seedstorm";
import type { Delivery, Outlet } from "../actors/channel-api.js";
import { BrokerClient } from "../broker/client.js";
import { OPERATION, recordChannelCall } from "./facts.js";
import { GOALS } from "./goals.js";
import { CHANNEL_NAMES, type ChannelName, type Letter, Office, WORK_TIME } from "./office.js";

/** A broker that does not answer is given up before a sender's time is over. */
const PATIENCE = { timeout: 1_500 * MILLISECOND, attemptTimeout: 500 * MILLISECOND } as const;
const SENT_AGAIN_AFTER: Micros = ms(500);
const SLOWER_THAN_THE_ACK: Micros = 4 * SECOND;
const READ_EVERY: Micros = 5 * SECOND;
const READ_LIMIT = 500;
const RETRY: Micros = SECOND;

/** What a sender is to do at once: so many messages to one channel, or to the topic. */
export interface Sending {
  readonly to: ChannelName | "news";
  readonly messages: number;
  /** The first of them is poison. */
  readonly poison: boolean;
}

export interface ReceiverKnobs {
  /** How many times as long receivers of channels take for each message. Subscribers are quick. */
  readonly slowness: number;
}

/** One for each life of a host. */
const offices = new WeakMap<Host, Office>();

function officeOf(host: Host, brokers: readonly string[]): Office {
  let office = offices.get(host);
  if (office === undefined) {
    office = new Office(host, new BrokerClient(host, { brokers, ...PATIENCE }));
    offices.set(host, office);
  }
  return office;
}

/** Sends as many messages as the operation says, all at once. */
export const send: ClientAction = async ({ host }, { id, body }, cluster) => {
  const office = officeOf(host, cluster.hosts("broker"));
  const { to, messages, poison } = body as unknown as Sending; // workloads write sendings
  const keys = Array.from({ length: messages }, (_, i) => `${id}.${i + 1}`);
  await Promise.all(keys.map((key, i) => sendOne(host, office, to, key, { poison: poison && i === 0 })));
};

async function sendOne(
  host: Host,
  office: Office,
  to: Sending["to"],
  key: string,
  letter: Letter,
): Promise<void> {
  const once = () =>
    to === "news" ? office.news.publish(letter, key) : office.channel(to).send(letter, key);
  const sent = await once();
  if (sent.ok || sent.error !== "unknown") return;
  await host.sleep(SENT_AGAIN_AFTER);
  await once();
}

export function startReceiver(host: Host, brokers: readonly string[], { slowness }: ReceiverKnobs): void {
  const office = officeOf(host, brokers);
  if (host.incarnation > 1) host.reached(GOALS.resubscribed);
  for (const name of CHANNEL_NAMES) void receiveForEver(host, office.channel(name), slowness);
  void receiveForEver(host, office.news.subscribe(host.id), 1);
}

async function receiveForEver(host: Host, outlet: Outlet<Letter>, slowness: number): Promise<void> {
  for (;;) {
    const received = await outlet.receive(host.id);
    if (received.ok) await handle(host, received.delivery, slowness);
    else if (received.error === "closed") return;
  }
}

async function handle(host: Host, delivery: Delivery<Letter>, slowness: number): Promise<void> {
  await host.sleep(slowness * (WORK_TIME + host.random.below(WORK_TIME)));
  const choice = host.random.below(100);
  if (delivery.message.poison || choice < 8) {
    await delivery.nack();
    return;
  }
  if (choice < 12) return; // forgotten
  if (choice < 15) await host.sleep(SLOWER_THAN_THE_ACK);
  await delivery.ack();
}

export function startClerk(host: Host, brokers: readonly string[]): void {
  const { dead } = officeOf(host, brokers);
  void readForEver(host, dead);
}

async function readForEver(host: Host, dead: Office["dead"]): Promise<void> {
  for (;;) {
    const record = recordChannelCall(host, OPERATION.readDeadLetters, dead.name, null);
    const read = await dead.read(0, READ_LIMIT);
    if (read.status === "ok") {
      const found = read.value.map(({ channel, key, reason }) => ({ channel, key, reason }));
      record("ok", found as Json);
    } else record("fail", { error: read.status });
    await host.sleep(read.status === "ok" ? READ_EVERY : RETRY);
  }
}
