import type { Host } from "seedstorm";
import type { Channel } from "../../../src/model/actors/channel-api.js";
import { BrokerClient } from "../../../src/model/broker/client.js";
import { BrokerChannel } from "../../../src/model/channels/broker-channel.js";
import { BrokerDeadLetters } from "../../../src/model/channels/broker-dead-letters.js";

const CONFIG = {
  name: "tasks",
  capacity: 100,
  whenFull: "block",
  ackTimeout: 30_000_000,
  maxDeliveries: 5,
} as const;

/** The channel, as this host has it: each host that uses it makes a handle like this. */
export function openTasks(host: Host, brokers: readonly string[]): Channel<string> {
  const client = new BrokerClient(host, { brokers });
  const dead = new BrokerDeadLetters<string>(host, client, "office");
  const config = { ...CONFIG, sendTimeout: 5_000_000, receiveTimeout: 10_000_000 };
  return new BrokerChannel<string>(host, client, config, (letter) => dead.accept(letter));
}

/** Has one task done; one that was not done comes again. */
export async function doOne(
  channel: Channel<string>,
  work: (task: string) => Promise<boolean>,
): Promise<void> {
  const received = await channel.receive("a worker");
  if (!received.ok) return;
  const { message, ack, nack } = received.delivery;
  await ((await work(message)) ? ack() : nack());
}
