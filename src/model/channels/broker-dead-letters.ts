/**
 * Dead letters of any number of channels in a stream of the broker, each once however often it is left, until somebody sees to them.
 * Leaves out how long they are kept: for ever.
 */
import type { Host, Json } from "seedstorm";
import type { DeadLetter } from "../actors/channel-api.js";
import type { BrokerOutcome } from "../broker/api.js";
import type { Broker } from "../broker/client-api.js";
import { checkName } from "./config.js";
import { type Opened, open } from "./opening.js";

export class BrokerDeadLetters<M extends Json> {
  readonly name: string;
  readonly #host: Host;
  readonly #broker: Broker;
  readonly #stream: string;
  readonly #opened: Promise<Opened>;

  /** @throws RangeError for a name that can't be written into a subject. */
  constructor(host: Host, broker: Broker, name: string) {
    checkName("dead letters", name);
    this.name = name;
    this.#host = host;
    this.#broker = broker;
    this.#stream = `DEAD_${name}`;
    this.#opened = open(host, [
      () =>
        broker.createStream({
          name: this.#stream,
          subjects: [`dead.${name}.>`],
          retention: "limits",
          replicas: 3,
          storage: "file",
        }),
    ]);
  }

  /** What a channel's `DeadLetters` is to be: `(letter) => dead.accept(letter)`. False when it is not certain that it is here. */
  async accept({ channel, message, key, sequence, reason }: DeadLetter<M>): Promise<boolean> {
    if (!(await this.#opened).ok) return false;
    const subject = `dead.${this.name}.${channel.replace("/", ".")}.${sequence}`;
    const data = { channel, message, key, sequence, reason };
    const outcome = await this.#broker.publish(subject, data, { expectedLastSubjectSequence: 0 });
    const isHereAlready = outcome.status === "refused" && outcome.reason === "wrong-last-sequence";
    return outcome.status === "ok" || isHereAlready || this.#host.defect("channel-dead-letter-unconfirmed");
  }

  /** The oldest first. */
  async read(after: number, limit: number): Promise<BrokerOutcome<readonly DeadLetter<M>[]>> {
    const outcome = await this.#broker.readStream(this.#stream, { after, limit });
    if (outcome.status !== "ok") return outcome;
    return { status: "ok", value: outcome.value.map(({ data }) => data as unknown as DeadLetter<M>) }; // as accepted
  }
}
