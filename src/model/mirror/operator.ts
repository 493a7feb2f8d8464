/**
 * The operator: retires grains, sends shutdown signals to consumers, takes a cluster's mirroring down for a
 * while, and now and then puts a row into the log's table by hand. Stands outside of the failure model.
 */
import { type Host, type Micros, type Operation, TIMED_OUT } from "seedstorm";
import type { Sites } from "./cluster.js";
import type { MirrorKnobs } from "./knobs.js";
import { INSERT_ROW, LOOKUP, RETIRE, SHUTDOWN_SIGNAL } from "./wire.js";

/** What an operator is asked to do, by the workload's verb. */
export interface OperatorTask {
  readonly grain?: string;
  readonly cluster?: string;
  /** How long mirroring is down. */
  readonly for?: Micros;
}

/** Rows that this version can't decode: of a type or a content that it doesn't know, or of both. */
const UNKNOWN_ROWS = [
  { type: "snapshot.v2", payload: "\u0002\u00ff not for this version" },
  { type: "snapshot.v2", payload: '{"items":"not for this version"}' },
  { type: "full-state", payload: '"not for this version"' },
] as const;

export class Operator {
  readonly #host: Host;
  readonly #knobs: MirrorKnobs;
  readonly #sites: Sites;
  #signals = 0;

  constructor(host: Host, knobs: MirrorKnobs, sites: Sites) {
    this.#host = host;
    this.#knobs = knobs;
    this.#sites = sites;
  }

  /** @param operations this host's part of the workload: `retire`, `signal`, `suspend` and `insert-row`. */
  start(operations: readonly Operation[]): void {
    for (const { at, action, body } of operations) {
      this.#host.after(at, () => {
        void this.#perform(action, body as OperatorTask, at); // what a workload of this system holds for the verb
      });
    }
  }

  async #perform(action: string, task: OperatorTask, at: Micros): Promise<void> {
    const { grain = "", cluster = "" } = task;
    this.#host.record({ kind: "operator", operation: action, detail: { ...task } });
    switch (action) {
      case "retire":
        return this.#retire(grain);
      case "signal":
        return this.#signal(cluster, false);
      case "suspend":
        await this.#signal(cluster, true);
        await this.#host.sleep(task.for ?? 0);
        return this.#signal(cluster, false);
      case "insert-row":
        await this.#host.request(
          INSERT_ROW,
          this.#sites.log,
          { grain, ...(UNKNOWN_ROWS[at % UNKNOWN_ROWS.length] ?? UNKNOWN_ROWS[0]) },
          this.#knobs.controlTimeout,
        );
    }
  }

  async #retire(grain: string): Promise<void> {
    const { controlTimeout, clientTimeout } = this.#knobs;
    const placements = await this.#host.request(LOOKUP, this.#sites.directory, null, controlTimeout);
    if (placements === TIMED_OUT) return;
    const placement = placements.find((candidate) => candidate.grain === grain);
    if (placement !== undefined)
      await this.#host.request(RETIRE, placement.cluster, { grain }, clientTimeout);
  }

  /** Goes on until the cluster has heard it: one that stays shut down would be forgotten. */
  async #signal(cluster: string, value: boolean): Promise<void> {
    const signal = { value, number: ++this.#signals };
    for (;;) {
      const reply = await this.#host.request(SHUTDOWN_SIGNAL, cluster, signal, this.#knobs.controlTimeout);
      if (reply !== TIMED_OUT) return;
    }
  }
}
