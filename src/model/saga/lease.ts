/**
 * A runner's lease on a run: while it lasts, no other runner executes the run.
 *
 * The database decides when it is over, by its own time. The runner trusts it for less than that, from the
 * moment on at which it *asked* for it, so that it stops before anybody else can begin, even when the two
 * clocks drift apart. It goes by a timer, since a clock can stand still when it is read. A runner that stood
 * still itself must first let its timers catch up: `confirm` does so, and is called before anything that
 * can't be taken back. What a runner writes is checked against the lease by the database, in the same
 * transaction.
 */
import { type Host, TIMED_OUT, type Timer } from "seedstorm";
import type { DatabaseClient } from "./database-client.js";
import { GOALS } from "./goals.js";
import { backoff, type SagaKnobs } from "./knobs.js";
import { type Job, jobKey } from "./records.js";
import type { Statement } from "./table.js";

/** How long a lease that was just asked for may be trusted. */
export class Trust {
  over = false;
  readonly #timer: Timer;

  constructor(host: Host, knobs: SagaKnobs) {
    this.#timer = host.after(knobs.leaseTrust, () => {
      this.over = true;
    });
  }

  cancel(): void {
    this.#timer.cancel();
  }
}

export class Lease {
  readonly #host: Host;
  readonly #database: DatabaseClient;
  readonly #knobs: SagaKnobs;
  /** The lease's row. */
  readonly key: string;
  readonly holder: string;
  readonly epoch: number;
  readonly #job: Job;
  #trust: Trust;
  #ended = false;
  #renewal: Timer | undefined;

  constructor(
    host: Host,
    database: DatabaseClient,
    knobs: SagaKnobs,
    grant: { readonly key: string; readonly holder: string; readonly epoch: number; readonly job: Job },
    trust: Trust,
  ) {
    this.#host = host;
    this.#database = database;
    this.#knobs = knobs;
    this.key = grant.key;
    this.holder = grant.holder;
    this.epoch = grant.epoch;
    this.#job = grant.job;
    this.#trust = trust;
    this.#renewLater();
  }

  /** Whether the runner must take it for lost. */
  get lost(): boolean {
    return this.#ended || this.#trust.over;
  }

  /** Whether it still holds, after all that was due by now has happened. */
  async confirm(): Promise<boolean> {
    if (!this.#host.defect("lease-unconfirmed")) await this.#host.sleep(1);
    return !this.lost;
  }

  /** What every write under this lease is checked by. */
  check(): Statement {
    return { do: "check", key: this.key, where: { holder: this.holder, epoch: this.epoch } };
  }

  /** Gives it back: goes into the transaction with which the runner is done with the run. */
  release(): Statement {
    return { do: "update", key: this.key, set: { holder: null } };
  }

  /** The runner has nothing more to do with the run. */
  end(): void {
    this.#ended = true;
    this.#renewal?.cancel();
    this.#trust.cancel();
  }

  #renewLater(): void {
    this.#renewal = this.#host.after(this.#knobs.renewInterval, () => {
      void this.#renew();
    });
  }

  async #renew(): Promise<void> {
    if (this.lost) return;
    if (!this.#host.buggify("saga: renewal skipped")) {
      const trust = new Trust(this.#host, this.#knobs);
      const reply = await this.#database.transact(this.#extension());
      if (this.#ended) return trust.cancel();
      if (reply !== TIMED_OUT && reply.status === "committed" && !trust.over) {
        this.#trust.cancel();
        this.#trust = trust;
      } else {
        trust.cancel();
        if (reply !== TIMED_OUT && reply.status === "refused") this.#fenced();
      }
    }
    this.#renewLater();
  }

  #extension(): readonly Statement[] {
    const { leaseTtl, jobBackoff } = this.#knobs;
    return [
      {
        do: "update",
        key: this.key,
        where: { holder: this.holder, epoch: this.epoch },
        set: {},
        stamps: { until: leaseTtl },
      },
      {
        do: "update",
        key: jobKey(this.#job.id),
        where: { state: "executing", attempt: this.#job.attempt },
        set: {},
        stamps: { availableAt: leaseTtl + backoff(jobBackoff, this.#job.attempt) },
      },
    ];
  }

  #fenced(): void {
    this.#host.reached(GOALS.fenced);
    this.end();
  }
}
