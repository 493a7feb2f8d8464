/**
 * How order events get from the publisher to those who have subscribed: by a request to each of them or, where there are brokers, over a
 * topic that these keep for all. Either way an event comes at least once, and again until the subscriber has done with it what it does.
 *
 * Over the topic the publisher is done with an event when the brokers have it: they keep it for each subscriber, also for one that is away. A topic
 * keeps nothing for a subscriber that it has not heard of yet, so publishers declare all of them before they publish. Leaves out the order of
 * events: each order has one.
 */
import { type Host, type Json, type Micros, ms, SECOND } from "seedstorm";
import type { Outlet } from "../actors/channel-api.js";
import { BrokerClient } from "../broker/client.js";
import { BrokerDeadLetters } from "../channels/broker-dead-letters.js";
import { BrokerTopic } from "../channels/broker-topic.js";
import type { BrokerChannelConfig } from "../channels/config.js";
import { eventKey } from "./order.js";
import type { Deployment } from "./service.js";
import { ORDER_EVENT, type OrderEvent } from "./wire.js";

type Places = Pick<Deployment, "brokers" | "subscribers">;

/** Whether it will have come to every subscriber, whatever happens now. */
export type DeliverEvent = (event: OrderEvent) => Promise<boolean>;
/** Whether a subscriber has done with an event what it does. */
export type TakeEvent = (event: OrderEvent) => Promise<boolean>;

const SUBSCRIBER_TIMEOUT: Micros = 4 * SECOND;
/** Events that a subscriber is at, at a time. */
const AT_A_TIME = 4;
/** Before an event that could not be taken is given back, to come again. */
const GIVEN_BACK_AFTER: Micros = ms(500);

/** What can't be delivered so often, each time half a second later, is for an operator to look at. */
const TOPIC: BrokerChannelConfig = {
  name: "order-events",
  capacity: 1_000,
  whenFull: "block",
  sendTimeout: 4 * SECOND,
  receiveTimeout: 2 * SECOND,
  ackTimeout: 5 * SECOND,
  maxDeliveries: 500,
};

export function eventDelivery(host: Host, { brokers, subscribers }: Places): DeliverEvent {
  if (brokers.length === 0) {
    return async (event) => {
      const replies = subscribers.map((subscriber) =>
        host.request(ORDER_EVENT, subscriber, event, SUBSCRIBER_TIMEOUT),
      );
      return (await Promise.all(replies)).every((reply) => reply === true);
    };
  }
  const topic = topicOf(host, brokers);
  const declared = Promise.all(subscribers.map((subscriber) => topic.subscribe(subscriber).subscribed));
  return async (event) => {
    if (!(await declared).every(({ ok }) => ok)) return false;
    return (await topic.publish({ ...event }, eventKey(event.order, event.state))).ok;
  };
}

/** Has `take` called with every event, for as long as this host lives. */
export function subscribeToEvents(host: Host, { brokers }: Places, take: TakeEvent): void {
  if (brokers.length === 0) {
    host.onRequest(ORDER_EVENT, take);
    return;
  }
  const outlet = topicOf(host, brokers).subscribe(host.id);
  for (let n = 0; n < AT_A_TIME; n++) void takeForEver(host, outlet, take);
}

async function takeForEver(host: Host, outlet: Outlet<Json>, take: TakeEvent): Promise<void> {
  for (;;) {
    const received = await outlet.receive(host.id);
    if (!received.ok) continue;
    const { delivery } = received;
    const isTaken = await take(delivery.message as unknown as OrderEvent); // nobody publishes anything else there
    if (isTaken) await delivery.ack();
    else {
      await host.sleep(GIVEN_BACK_AFTER);
      await delivery.nack();
    }
  }
}

function topicOf(host: Host, brokers: readonly string[]): BrokerTopic<Json> {
  const broker = new BrokerClient(host, { brokers, timeout: 3 * SECOND, attemptTimeout: SECOND });
  const dead = new BrokerDeadLetters<Json>(host, broker, TOPIC.name);
  return new BrokerTopic<Json>(host, broker, TOPIC, (letter) => dead.accept(letter));
}
