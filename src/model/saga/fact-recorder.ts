/**
 * Says in the history's own words what became durable: how a run's status changed, and who got, kept and gave
 * up the lease of a run. Properties go by what was written; this is for readers.
 *
 * It asserts what statements make sure of whoever asks for them: runs and leases only move forward. After a restart of the database it knows nothing of what stood there before, and tells the next change of a
 * run as one from nowhere.
 */
import type { Host, Write } from "seedstorm";
import { invariant } from "../invariant.js";
import { asLease, asRun, isTerminal, type LeaseRow, type SagaRun } from "./records.js";
import type { Row } from "./table.js";

const UNKNOWN = "unknown";

export class FactRecorder {
  readonly #host: Host;
  readonly #runs = new Map<string, SagaRun>();
  readonly #leases = new Map<string, LeaseRow>();

  constructor(host: Host) {
    this.#host = host;
  }

  record(writes: readonly Write[]): void {
    for (const { key, value } of writes) {
      if (value === null) continue;
      const row = value as Row; // only rows are written
      if (key.startsWith("run/")) this.#run(row);
      else if (key.startsWith("lease/")) this.#lease(key, row);
    }
  }

  #run(row: Row): void {
    const run = asRun(row);
    const { id, status, currentStepIdx, compensateIdx, cancelRequested, stepModules } = run;
    const before = this.#runs.get(id);
    this.#runs.set(id, run);
    invariant(currentStepIdx <= stepModules.length, "a run's progress never passes its steps");
    if (before !== undefined) {
      invariant(before.currentStepIdx <= currentStepIdx, "a run's progress never goes back");
      if (before.status === status) return;
      invariant(!isTerminal(before.status), "a run that has ended stays as it ended");
    }
    const from = before?.status ?? (status === "pending" ? "absent" : UNKNOWN);
    const detail = { currentStepIdx, compensateIdx, cancelRequested };
    this.#host.record({ kind: "state", entity: "saga", name: id, from, to: status, detail });
  }

  #lease(key: string, row: Row): void {
    const lease = asLease(row);
    const { sagaId, holder, epoch } = lease;
    const before = this.#leases.get(key);
    this.#leases.set(key, lease);
    invariant(before === undefined || before.epoch <= epoch, "a lease's epoch never goes back");
    if (holder === null) {
      if (before?.holder == null) return;
      this.#say("release", sagaId, before.holder, epoch);
    } else if (before?.holder === holder && before.epoch === epoch) this.#say("renew", sagaId, holder, epoch);
    else {
      if (before?.holder != null) this.#say("expire", sagaId, before.holder, before.epoch);
      this.#say("grant", sagaId, holder, epoch);
    }
  }

  #say(phase: "grant" | "renew" | "expire" | "release", lease: string, holder: string, epoch: number): void {
    this.#host.record({ kind: "lease", phase, lease, holder, epoch });
  }
}
