/**
 * What a client of the broker writes into the history: each request as a call with its outcome, and each message's way as
 * `publish`, `publish-ack`, `deliver`, `ack`, `nack` and `term`; and when a subscription begins and ends.
 */
import { domainName, type Host, type Json, recordCall, type StreamFact } from "seedstorm";
import { recordOutcome } from "../replication/recorded-outcome.js";
import type { BrokerOutcome } from "./api.js";

export class BrokerRecorder {
  readonly #host: Host;
  readonly #client: string;
  #calls = 0;

  constructor(host: Host, client: string) {
    this.#host = host;
    this.#client = client;
  }

  /**
   * Records a call, waits for what it comes to and records that.
   *
   * @param about what the request is about: a stream, a consumer, a subject, a key.
   * @param shown what is recorded of the answer.
   */
  async call<R>(
    operation: string,
    about: string,
    value: Json,
    work: () => Promise<BrokerOutcome<R>>,
    shown: (value: R) => Json,
  ): Promise<BrokerOutcome<R>> {
    this.#calls++;
    const requestId = `${this.#client}:broker-${this.#calls}`;
    const name = `broker/${operation}`;
    const record = recordCall(this.#host, { requestId, operation: name, key: about, value });
    const outcome = await work();
    recordOutcome(record, outcome, shown);
    return outcome;
  }

  /** A member of a push consumer begins, or says goodbye. */
  subscription(member: string, to: "begun" | "over", stream: string, consumer: string): void {
    const detail = { stream, consumer };
    this.#host.record({ kind: "state", entity: "subscription", name: member, from: "", to, detail });
  }

  message(
    kind: StreamFact["kind"],
    stream: string,
    sequence: number,
    key: string,
    delivery?: { readonly consumer: string; readonly deliveryCount: number },
  ): void {
    const { consumer = "", deliveryCount = 0 } = delivery ?? {};
    this.#host.record({
      kind,
      stream,
      group: consumer,
      sequence,
      key,
      deliveryId: delivery === undefined ? "" : `${stream}/${consumer}/${sequence}#${deliveryCount}`,
      deliveryCount,
      domain: delivery === undefined ? "" : domainName(this.#host.domain),
    });
  }
}
