/**
 * An application that uses the mirrored grains: writes at their primary, wherever the directory says it is,
 * and reads from replicas. It stands outside of the failure model.
 *
 * A write that was refused was certainly not done and is tried again at the primary that the directory names
 * then. A write that got no answer may have been done; it is recorded as such and left alone.
 */
import { Answer, Client, type Host, ms, type Operation, TIMED_OUT } from "seedstorm";
import type { MirrorKnobs } from "./knobs.js";
import { LOOKUP, READ_REPLICA, WRITE, type WriteRequest } from "./wire.js";

const ATTEMPTS = 6;
const PAUSE = ms(400);

export class Application {
  readonly #host: Host;
  readonly #client: Client;
  readonly #knobs: MirrorKnobs;
  readonly #directory: string;
  readonly #primaries = new Map<string, string>();

  constructor(host: Host, knobs: MirrorKnobs, directory: string) {
    this.#host = host;
    this.#client = new Client(host);
    this.#knobs = knobs;
    this.#directory = directory;
  }

  /** @param operations this host's part of the workload: `write` and `read`. */
  start(operations: readonly Operation[]): void {
    for (const operation of operations) {
      this.#host.after(operation.at, () => {
        void this.#carryOut(operation);
      });
    }
  }

  async #carryOut({ id, action, body }: Operation): Promise<void> {
    if (action === "write") {
      const request = body as unknown as WriteRequest; // what a workload of this system holds for the verb
      const { grain, field, value } = request;
      const call = { requestId: id, key: grain, value: { field, value } };
      await this.#client.operation(action, call, () => this.#write(request));
    } else if (action === "read") {
      const { grain, cluster } = body as { readonly grain: string; readonly cluster: string }; // as above
      const call = { requestId: id, key: grain, value: { cluster } };
      await this.#client.operation(action, call, () => this.#read(grain, cluster));
    }
  }

  async #write(request: WriteRequest): Promise<Answer> {
    const { grain, field, value } = request;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) await this.#host.sleep(PAUSE);
      const primary = this.#primaries.get(grain) ?? (await this.#findPrimary(grain));
      if (primary === undefined) continue;
      const reply = await this.#host.request(WRITE, primary, request, this.#knobs.clientTimeout);
      if (reply !== TIMED_OUT && reply.status === "ok") {
        return Answer.ok({ field, value, sequence: reply.sequence });
      }
      this.#primaries.delete(grain);
      if (reply === TIMED_OUT) this.#forget(primary);
      if (reply === TIMED_OUT || reply.status === "unknown") return Answer.unknown({ field, value });
    }
    return Answer.failed({ field, value });
  }

  async #read(grain: string, cluster: string): Promise<Answer> {
    const reply = await this.#host.request(READ_REPLICA, cluster, { grain }, this.#knobs.clientTimeout);
    if (reply === TIMED_OUT) {
      this.#forget(cluster);
      return Answer.unknown({ cluster });
    }
    if (reply.status === "refused") return Answer.failed({ cluster, reason: reply.reason });
    return Answer.ok({ cluster, sequence: reply.sequence, fields: reply.fields });
  }

  /** A cluster that does not answer may be lost: whose primary it was is asked anew, for all grains. */
  #forget(cluster: string): void {
    for (const [grain, primary] of this.#primaries) if (primary === cluster) this.#primaries.delete(grain);
  }

  async #findPrimary(grain: string): Promise<string | undefined> {
    const placements = await this.#host.request(LOOKUP, this.#directory, null, this.#knobs.controlTimeout);
    if (placements === TIMED_OUT) return undefined;
    for (const placement of placements) this.#primaries.set(placement.grain, placement.cluster);
    return this.#primaries.get(grain);
  }
}
