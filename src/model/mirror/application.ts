/**
 * An application that uses the mirrored grains: writes at their primary, wherever the directory says it is,
 * and reads from replicas. It stands outside of the failure model.
 *
 * A write that was refused was certainly not done and is tried again at the primary that the directory names
 * then. A write that got no answer may have been done; it is told as such and left alone.
 */
import { type Host, type Json, millis, type Operation, TIMED_OUT } from "seedstorm";
import type { MirrorKnobs } from "./knobs.js";
import { LOOKUP, READ_REPLICA, WRITE, type WriteRequest } from "./wire.js";

const ATTEMPTS = 6;
const PAUSE = millis(400);

type Outcome = { readonly phase: "ok" | "fail" | "info"; readonly value: Json };

export class Application {
  readonly #host: Host;
  readonly #knobs: MirrorKnobs;
  readonly #directory: string;
  readonly #primaries = new Map<string, string>();

  constructor(host: Host, knobs: MirrorKnobs, directory: string) {
    this.#host = host;
    this.#knobs = knobs;
    this.#directory = directory;
  }

  /** @param operations this host's part of the workload: `write` and `read`. */
  start(operations: readonly Operation[]): void {
    for (const operation of operations) {
      this.#host.after(operation.at, () => {
        void this.#perform(operation);
      });
    }
  }

  async #perform({ id, action, body }: Operation): Promise<void> {
    if (action === "write") {
      const request = body as unknown as WriteRequest; // what a workload of this system holds for the verb
      const { grain, field, value } = request;
      this.#record("call", id, action, grain, { field, value });
      const { phase, value: outcome } = await this.#write(request);
      this.#record(phase, id, action, grain, outcome);
    } else if (action === "read") {
      const { grain, cluster } = body as { readonly grain: string; readonly cluster: string }; // as above
      this.#record("call", id, action, grain, { cluster });
      const { phase, value } = await this.#read(grain, cluster);
      this.#record(phase, id, action, grain, value);
    }
  }

  async #write(request: WriteRequest): Promise<Outcome> {
    const { grain, field, value } = request;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) await this.#host.sleep(PAUSE);
      const primary = this.#primaries.get(grain) ?? (await this.#findPrimary(grain));
      if (primary === undefined) continue;
      const reply = await this.#host.request(WRITE, primary, request, this.#knobs.clientTimeout);
      if (reply !== TIMED_OUT && reply.status === "ok") {
        return { phase: "ok", value: { field, value, sequence: reply.sequence } };
      }
      this.#primaries.delete(grain);
      if (reply === TIMED_OUT || reply.status === "unknown")
        return { phase: "info", value: { field, value } };
    }
    return { phase: "fail", value: { field, value } };
  }

  async #read(grain: string, cluster: string): Promise<Outcome> {
    const reply = await this.#host.request(READ_REPLICA, cluster, { grain }, this.#knobs.clientTimeout);
    if (reply === TIMED_OUT) return { phase: "info", value: { cluster } };
    if (reply.status === "refused") return { phase: "fail", value: { cluster, reason: reply.reason } };
    return { phase: "ok", value: { cluster, sequence: reply.sequence, fields: reply.fields } };
  }

  async #findPrimary(grain: string): Promise<string | undefined> {
    const placements = await this.#host.request(LOOKUP, this.#directory, null, this.#knobs.controlTimeout);
    if (placements === TIMED_OUT) return undefined;
    for (const placement of placements) this.#primaries.set(placement.grain, placement.cluster);
    return this.#primaries.get(grain);
  }

  #record(
    phase: "call" | "ok" | "fail" | "info",
    requestId: string,
    operation: string,
    key: string,
    value: Json,
  ) {
    this.#host.record({ kind: "client", phase, requestId, operation, key, value });
  }
}
