/** The poison producer: somebody who may publish to the stream of events and does not know what belongs there. */
import type { Host, Json, Operation } from "seedstorm";
import type { RunnerBroker } from "./broker-port.js";
import { CLIENT_PAUSE, type RunnerKnobs } from "./knobs.js";

interface Produce {
  readonly subject: string;
  readonly data: Json;
}

export class Producer {
  readonly #host: Host;
  readonly #knobs: RunnerKnobs;
  readonly #broker: RunnerBroker;

  constructor(host: Host, knobs: RunnerKnobs, broker: RunnerBroker) {
    this.#host = host;
    this.#knobs = knobs;
    this.#broker = broker;
  }

  start(operations: readonly Operation[]): void {
    for (const { id, at, body } of operations) {
      const produce = body as unknown as Produce; // the workload's own shape
      this.#host.after(at, () => {
        void this.#produce(id, produce);
      });
    }
  }

  async #produce(messageId: string, { subject, data }: Produce): Promise<void> {
    const call = { requestId: messageId, operation: "poison", key: subject } as const;
    this.#host.record({ kind: "client", phase: "call", ...call, value: data });
    for (let tried = 0; tried < this.#knobs.clientTries; tried++) {
      const published = await this.#broker.publish(subject, data, { messageId });
      if (published.status === "ok") {
        const { stream, sequence } = published.value;
        this.#host.record({ kind: "client", phase: "ok", ...call, value: { stream, sequence } });
        return;
      }
      if (published.status === "refused") {
        this.#host.record({ kind: "client", phase: "fail", ...call, value: published.reason });
        return;
      }
      await this.#host.sleep(CLIENT_PAUSE);
    }
    this.#host.record({ kind: "client", phase: "info", ...call, value: null });
  }
}
