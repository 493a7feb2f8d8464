/**
 * The auditor: in the quiet period, reads back by linearizable reads what the shops were promised, and restores
 * the checkpoint.
 *
 * It judges nothing. What it read goes into the history, where the properties compare it with what was answered
 * and committed. It asks again until it is answered or the universe ends.
 */
import { type Host, type Micros, ms, type RecordOutcome, recordCall, sha256, TIMED_OUT } from "seedstorm";
import { invariant } from "../invariant.js";
import { getObject } from "../resources/objects.js";
import type { Resources } from "../resources/resources.js";
import { RESOURCES } from "../resources/types.js";
import { GOALS } from "./goals.js";
import type { PipelineKnobs } from "./knobs.js";
import { ACCEPTED_ORDERS, CHECKOUT_WORKERS, CHECKPOINT } from "./wire.js";

/** Offsets in one read. */
const BATCH = 64;
const PAUSE = ms(500);

export class Auditor {
  readonly #host: Host;
  readonly #resources: Resources;
  readonly #knobs: PipelineKnobs;
  readonly #shops: readonly string[];
  #requests = 0;

  constructor(host: Host, resources: Resources, knobs: PipelineKnobs, shops: readonly string[]) {
    this.#host = host;
    this.#resources = resources;
    this.#knobs = knobs;
    this.#shops = shops;
  }

  /** @param delay how long to wait until the quiet period is well under way. */
  async start(delay: Micros): Promise<void> {
    await this.#host.sleep(delay);
    await this.#readBack(await this.#offsets());
    await this.#restore();
  }

  /** What the shops were told, and everything below the queue's end, in ascending order. */
  async #offsets(): Promise<number[]> {
    const offsets = new Set<number>();
    for (const shop of this.#shops) {
      const accepted = await this.#host.request(ACCEPTED_ORDERS, shop, null, this.#knobs.attemptTimeout);
      if (accepted === TIMED_OUT) continue;
      for (const { offset } of accepted) offsets.add(offset);
    }
    const progress = await this.#untilAnswered(() =>
      this.#resources.read({ resource: RESOURCES.orders, read: "progress", group: CHECKOUT_WORKERS }),
    );
    for (let offset = 0; offset < (progress?.tail ?? 0); offset++) offsets.add(offset);
    return [...offsets].sort((a, b) => a - b);
  }

  async #readBack(offsets: readonly number[]): Promise<void> {
    for (let from = 0; from < offsets.length; from += BATCH) {
      const batch = offsets.slice(from, from + BATCH);
      const calls = batch.map((offset) => this.#call("read", `${RESOURCES.orders}/${offset}`));
      const headers = await this.#untilAnswered(() =>
        this.#resources.read({ resource: RESOURCES.orders, read: "headers", offsets: batch }),
      );
      invariant(headers.length === calls.length, "each offset that was asked for is answered, in its place");
      calls.forEach((answer, i) => {
        const header = headers[i];
        answer("ok", header ? { key: header.key, sha256: header.sha256 } : null);
      });
    }
  }

  /** The pointer by a linearizable read, then its object from whichever provider has it right. */
  async #restore(): Promise<void> {
    for (;;) {
      const answer = this.#call("restore", CHECKPOINT);
      const pointer = await this.#untilAnswered(() =>
        this.#resources.read({ resource: RESOURCES.checkpoints, read: "pointer", name: CHECKPOINT }),
      );
      if (pointer === null) return answer("fail", { reason: "no checkpoint" });
      const { objectCopies, sha256: address, version } = pointer;
      const verified = !this.#host.defect("hash-not-verified");
      const object = await getObject(this.#host, objectCopies, address, this.#knobs.attemptTimeout, verified);
      if (object !== undefined) {
        this.#host.reached(GOALS.checkpointRestored);
        if (object.provider !== objectCopies[0]) this.#host.reached(GOALS.checkpointFromCopy);
        return answer("ok", { sha256: sha256(object.content), version });
      }
      answer("fail", { reason: "no copy" });
      await this.#host.sleep(PAUSE);
    }
  }

  async #untilAnswered<T>(ask: () => Promise<T | undefined>): Promise<T> {
    for (;;) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      await this.#host.sleep(PAUSE);
    }
  }

  #call(operation: string, key: string): RecordOutcome {
    this.#requests += 1;
    const requestId = `${this.#host.id}#${this.#host.incarnation}/${this.#requests}`;
    return recordCall(this.#host, { requestId, operation, key, value: null });
  }
}
