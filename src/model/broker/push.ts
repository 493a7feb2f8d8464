/**
 * Pushing: the leader delivers what there is to whoever has subscribed, each message to one of them, in turns.
 *
 * Who has subscribed is known only as long as they say so again, and to every broker; it is in no log. A push that gets
 * lost is a delivery without an answer like any other.
 */
import { type Host, type Micros, ms } from "seedstorm";
import type { BrokerGroup } from "./groups.js";
import { PUSH, SUBSCRIBE, type Subscribed, UNSUBSCRIBE } from "./protocol.js";

/** After so long without a sign of life a subscriber is gone. */
const SILENT_AFTER: Micros = ms(3_500);

interface Subscriber extends Subscribed {
  readonly host: string;
  readonly until: Micros;
}

export class Pusher {
  readonly #host: Host;
  readonly #groupOf: (stream: string) => BrokerGroup | undefined;
  /** By `STREAM/CONSUMER` and member; the one whose turn it is comes first. */
  readonly #subscribers = new Map<string, Map<string, Subscriber>>();
  readonly #pushing = new Set<string>();
  /** Members that said goodbye, and when: a sign of life that was overtaken by it does not bring them back. */
  readonly #gone = new Map<string, Micros>();

  constructor(host: Host, groupOf: (stream: string) => BrokerGroup | undefined) {
    this.#host = host;
    this.#groupOf = groupOf;
    host.onMessage(SUBSCRIBE, (body, from) => {
      const { stream, consumer, deliverGroup, member } = body;
      if (this.#gone.has(member)) return;
      const key = `${stream}/${consumer}`;
      const until = host.clock.monotonic() + SILENT_AFTER;
      const subscriber = { stream, consumer, deliverGroup, member, host: from, until };
      const members = this.#subscribers.get(key);
      if (members === undefined) this.#subscribers.set(key, new Map([[member, subscriber]]));
      else members.set(member, subscriber);
      this.push(stream, consumer);
    });
    host.onMessage(UNSUBSCRIBE, ({ stream, consumer, member }) => {
      const now = host.clock.monotonic();
      for (const [other, since] of this.#gone) if (since + SILENT_AFTER < now) this.#gone.delete(other);
      this.#gone.set(member, now);
      this.#subscribers.get(`${stream}/${consumer}`)?.delete(member);
    });
  }

  /** Delivers what can be delivered now. */
  push(stream: string, consumer: string): void {
    const key = `${stream}/${consumer}`;
    if (this.#pushing.has(key)) return;
    this.#pushing.add(key);
    void this.#push(stream, consumer).then(() => this.#pushing.delete(key));
  }

  async #push(stream: string, consumer: string): Promise<void> {
    for (;;) {
      const group = this.#groupOf(stream);
      const there = group?.machine.stream(stream);
      const found = there?.consumer(consumer);
      if (group === undefined || there === undefined || found?.config.mode !== "push") return;
      if (!group.member.isLeader || there.deliveries.available(found) === 0) return;
      const subscriber = this.#next(`${stream}/${consumer}`, found.config.deliverGroup);
      if (subscriber === undefined) return;
      const { host, member } = subscriber;
      const command = { type: "deliver", stream, consumer, batch: 1, to: member } as const;
      const proposed = await group.propose(command, undefined);
      if (!proposed.ok) return;
      const { result } = proposed;
      if (!result.ok || result.kind !== "delivered" || result.messages.length === 0) return;
      this.#host.send(PUSH, host, { stream, consumer, member, messages: result.messages });
    }
  }

  #next(key: string, deliverGroup: string | undefined): Subscriber | undefined {
    const members = this.#subscribers.get(key);
    const now = this.#host.clock.monotonic();
    for (const [member, subscriber] of members ?? []) {
      members?.delete(member);
      const isSilent = subscriber.until < now && !this.#host.defect("broker-pushes-to-the-silent");
      if (isSilent || subscriber.deliverGroup !== deliverGroup) continue;
      members?.set(member, subscriber); // behind the others
      return subscriber;
    }
    return undefined;
  }
}
