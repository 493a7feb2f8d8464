/**
 * A channel that the replicated broker keeps, for senders and receivers on any number of hosts: each makes a handle of its own.
 * Code that uses a `MemoryChannel` can use it as it is. A crash of any host loses nothing that was acknowledged, and a message
 * whose receiver crashed is delivered again.
 *
 * It differs from a channel in memory in what the network brings with it. The outcome of a send may be unknown; to send the same message
 * again under the same key is safe, and within the duplicate window the same key stands for the same message. Messages that are
 * delivered again come before all others, in the order in which they became due and not in that of their age. Deliveries count
 * when the broker has made them, also where they did not arrive. An ack is good as long as the message is kept, also when it was
 * delivered again meanwhile. Messages that grow too old are found when they are next to be delivered, or by a look that each
 * handle takes now and then. `close` closes this handle, not the channel.
 */
import type { Host, Json } from "seedstorm";
import type { Supervised } from "../actors/actor.js";
import type { Channel, DeadLetters, ReceiveResult, SendResult } from "../actors/channel-api.js";
import type { Broker } from "../broker/client-api.js";
import { BrokerTime, TIMES } from "./broker-time.js";
import {
  type BrokerChannelConfig,
  channelStream,
  channelSubject,
  checkChannel,
  consumerOf,
} from "./config.js";
import { Inlet } from "./inlet.js";
import { type Opened, open } from "./opening.js";
import { BrokerOutlet } from "./outlet.js";

/** The one consumer that all receivers share. */
const RECEIVERS = "receivers";

export class BrokerChannel<M extends Json> implements Channel<M> {
  readonly name: string;
  /** Whether the broker has the channel as it is configured. Where not, everything that is asked of it is answered with `closed`. */
  readonly opened: Promise<Opened>;
  readonly #inlet: Inlet;
  readonly #outlet: BrokerOutlet<M>;

  /**
   * @param deadLetters where messages go that were delivered too often or grew too old; `BrokerDeadLetters` outlive this host.
   * @throws RangeError that names what is wrong with the configuration.
   */
  constructor(host: Host, broker: Broker, config: BrokerChannelConfig, deadLetters: DeadLetters<M>) {
    checkChannel("channel", config);
    const { name } = config;
    const stream = channelStream(config);
    this.name = name;
    this.opened = open(host, [
      () => broker.createStream(stream),
      () => broker.createConsumer(stream.name, consumerOf(RECEIVERS, config, "all")),
      () => broker.createBucket(TIMES),
    ]);
    this.#inlet = new Inlet(host, broker, channelSubject(name), config, this.opened);
    this.#outlet = new BrokerOutlet<M>(host, broker, {
      source: { name, stream: stream.name, consumer: RECEIVERS },
      config,
      deadLetters,
      opened: this.opened,
      time: new BrokerTime(host, broker, name),
    });
  }

  send(message: M, key: string): Promise<SendResult> {
    return this.#inlet.send(message, key);
  }

  receive(receiver: string, holder?: Supervised): Promise<ReceiveResult<M>> {
    return this.#outlet.receive(receiver, holder);
  }

  close(): void {
    this.#inlet.close();
    this.#outlet.close();
  }
}
