/**
 * A runner: looks for jobs, claims one, and walks its run until it has ended or belongs to somebody else.
 *
 * Several runners share the queue. A job that is executing when its lease has run out belongs to a runner
 * that died or lost sight of the database, and is claimed like any other: attempts are unlimited, with a
 * pause that grows from one to the next. What decides between two runners is the run's lease, whatever jobs
 * there are. A deploy lets walks end at the next step, gives their jobs back and goes on with the new
 * version; the version outlives a crash.
 */
import { type Host, TIMED_OUT } from "seedstorm";
import { type BackwardEnd, walkBack } from "./backward.js";
import { DatabaseClient } from "./database-client.js";
import { type ForwardEnd, walkForward } from "./forward.js";
import { GOALS } from "./goals.js";
import { backoff, type SagaKnobs } from "./knobs.js";
import { Lease, Trust } from "./lease.js";
import {
  asJob,
  asLease,
  isTerminal,
  type Job,
  jobKey,
  type LeaseRow,
  leaseKey,
  progressOf,
  runKey,
  type SagaRun,
  stepsOf,
} from "./records.js";
import { runRowsOf, Session } from "./session.js";
import { LeaseLost } from "./step-world.js";
import type { Statement } from "./table.js";
import { Version } from "./version.js";
import { DEPLOY } from "./wire.js";

export class Runner {
  readonly #host: Host;
  readonly #knobs: SagaKnobs;
  readonly #database: DatabaseClient;
  readonly #version: Version;
  /** This life's name, as leases have it. */
  readonly #holder: string;
  #executing = 0;

  constructor(host: Host, knobs: SagaKnobs, database: string) {
    this.#host = host;
    this.#knobs = knobs;
    this.#database = new DatabaseClient(host, database, knobs);
    this.#version = new Version(host, knobs.version);
    this.#holder = `${host.id}/${host.incarnation}`;
  }

  async start(): Promise<void> {
    await this.#version.recover();
    this.#host.onRequest(DEPLOY, async ({ version }) => {
      await this.#version.deploy(version);
      return { status: "done" };
    });
    void this.#pollForEver();
  }

  async #pollForEver(): Promise<void> {
    const { pollInterval, concurrency } = this.#knobs;
    const quarter = pollInterval >> 2;
    for (;;) {
      await this.#host.sleep(pollInterval + this.#host.random.between(-quarter, quarter));
      if (this.#executing < concurrency) await this.#poll(concurrency - this.#executing);
    }
  }

  async #poll(limit: number): Promise<void> {
    const due = await this.#database.query({
      scans: [
        {
          prefix: "job/",
          where: { state: ["available", "executing"] },
          past: ["availableAt"],
          lowest: { field: "availableAt", limit },
        },
      ],
    });
    if (due === TIMED_OUT) return;
    for (const [, row] of due.rows) await this.#consider(asJob(row));
  }

  async #consider(job: Job): Promise<void> {
    const { sagaId } = job;
    const exclusive = leaseKey(this.#host.defect("AW7") ? job.id : sagaId);
    const found = await this.#database.query({
      keys: [exclusive, runKey(sagaId)],
      scans: [{ prefix: stepsOf(sagaId) }],
    });
    if (found === TIMED_OUT) return;
    const lease = found.rows.find(([key]) => key === exclusive)?.[1];
    const rows = runRowsOf(sagaId, found.rows);
    if (rows === undefined) return;
    const seen = lease === undefined ? undefined : asLease(lease);
    if (job.attempt > 0 && this.#host.defect("AW2")) return this.#discard(job);
    if (seen !== undefined && seen.holder !== null && seen.until > found.now) return this.#snooze(job);

    const trust = new Trust(this.#host, this.#knobs);
    const epoch = (seen?.epoch ?? 0) + 1;
    const reply = await this.#database.transact(this.#claim(job, rows.run, exclusive, seen, epoch));
    if (reply === TIMED_OUT || reply.status !== "committed") {
      trust.cancel();
      if (reply !== TIMED_OUT) this.#host.reached(GOALS.claimLost);
      return;
    }
    const claimed: Job = { ...job, state: "executing", attempt: job.attempt + 1 };
    const grant = { key: exclusive, holder: this.#holder, epoch, job: claimed };
    const held = new Lease(this.#host, this.#database, this.#knobs, grant, trust);
    if (claimed.attempt > 1 && !isTerminal(rows.run.status)) this.#host.reached(GOALS.rescued);
    const version = this.#version.number;
    void this.#execute(new Session(this.#host, this.#knobs, this.#database, version, held, claimed, rows));
  }

  /**
   * The run is taken as it was read, or not at all: until somebody else has its lease, what its last runner wrote may still come,
   * and whoever goes on from before that does things twice.
   */
  #claim(
    job: Job,
    run: SagaRun,
    key: string,
    seen: LeaseRow | undefined,
    epoch: number,
  ): readonly Statement[] {
    const { leaseTtl, jobBackoff } = this.#knobs;
    const jobStamps = { availableAt: leaseTtl + backoff(jobBackoff, job.attempt + 1) };
    const stamps = { since: 0, until: leaseTtl };
    const jobTaken = { state: "executing", attempt: job.attempt + 1 };
    const leaseTaken = { sagaId: job.sagaId, holder: this.#holder, epoch };
    if (seen === undefined) {
      return [
        {
          do: "update",
          key: jobKey(job.id),
          where: { attempt: job.attempt },
          set: jobTaken,
          stamps: jobStamps,
        },
        { do: "insert", key, row: leaseTaken, stamps },
      ];
    }
    const guarded = !this.#host.defect("AW6");
    const jobAsSeen = guarded
      ? { where: { state: job.state, attempt: job.attempt }, past: ["availableAt"] }
      : {};
    const leaseAsSeen = guarded
      ? { where: { holder: seen.holder, epoch: seen.epoch }, past: seen.holder === null ? [] : ["until"] }
      : {};
    return [
      { do: "update", key: jobKey(job.id), ...jobAsSeen, set: jobTaken, stamps: jobStamps },
      { do: "update", key, ...leaseAsSeen, set: leaseTaken, stamps },
      { do: "check", key: runKey(run.id), where: guarded ? progressOf(run) : {} },
    ];
  }

  async #execute(session: Session): Promise<void> {
    this.#executing++;
    const { number } = this.#version;
    const mayGoOn = (): boolean => this.#version.number === number;
    try {
      await this.#walk(session, mayGoOn);
    } catch (error) {
      if (!session.lease.lost && !(error instanceof LeaseLost)) throw error;
      this.#host.reached(GOALS.leaseLost);
    }
    session.lease.end();
    this.#executing--;
  }

  async #walk(session: Session, mayGoOn: () => boolean): Promise<void> {
    const { host, knobs, run } = session;
    const back = run.status === "compensating" && !host.defect("AW8");
    if (isTerminal(run.status)) {
      await session.commit(session.jobDone());
      return;
    }
    if (back) {
      host.reached(GOALS.resumedBackward);
      const first = run.error?.compensate_from_idx ?? null;
      if (host.defect("forgotten-compensation-index")) session.know({ compensateIdx: first });
    }
    let end: ForwardEnd | BackwardEnd = back ? "turned" : await walkForward(session, mayGoOn);
    if (end === "turned") end = await walkBack(session, mayGoOn);
    switch (end) {
      case "handed-back":
        host.reached(GOALS.handedBack);
        await session.commit(session.handingBack(0));
        break;
      case "unknown-module":
        host.reached(GOALS.unknownModule);
        await session.commit(session.handingBack(knobs.snooze));
        break;
      default:
        this.#count(session);
    }
  }

  #count({ host, run }: Session): void {
    if (run.status === "completed") host.reached(GOALS.completed);
    else if (run.status === "rolled_back") host.reached(GOALS.rolledBack);
    else if (run.status === "failed") host.reached(GOALS.failed);
  }

  /** The run is being executed, by another job's runner: this job can wait. */
  async #snooze(job: Job): Promise<void> {
    this.#host.reached(GOALS.secondJobWaited);
    await this.#database.transact([
      {
        do: "update",
        key: jobKey(job.id),
        where: { state: job.state, attempt: job.attempt },
        past: ["availableAt"],
        set: {},
        stamps: { availableAt: this.#knobs.snooze },
      },
    ]);
  }

  async #discard(job: Job): Promise<void> {
    await this.#database.transact([
      { do: "update", key: jobKey(job.id), where: { attempt: job.attempt }, set: { state: "discarded" } },
    ]);
  }
}
