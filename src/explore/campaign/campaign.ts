/**
 * A campaign: runs without end or to a number, dealt out over worker threads in batches, their summaries added up in
 * the order of the runs. What it finds does not depend on how many threads there are.
 *
 * Nothing is lost: when a thread dies or hangs, the run that it was in is a finding and the others of its batch are
 * handed out again. What is known is written down every few seconds, so that a campaign that was killed can go on.
 * The end by a signal or by the clock lets the batches that are under way come home first; batches are kept
 * to a fraction of a second.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { type Versions, versions } from "../formats/versions.js";
import { finding } from "../runs/observe-run.js";
import { PoolUnusable, type Runner } from "../runs/runner.js";
import type { StopSignal } from "../runs/stop-signal.js";
import type { TaskEnd } from "../runs/task.js";
import { type CampaignSettings, runAt, runsOf, type Shard, WHOLE } from "./settings.js";
import {
  addFinding,
  addSummary,
  emptySummary,
  type Finding,
  failures,
  inOrder,
  rowOf,
  type Summary,
} from "./summary.js";

/** What is known of a campaign, or of one of its shards: what is written down, merged and resumed. */
export interface CampaignResult {
  /** Version of this format. */
  readonly format: 1;
  readonly kind: "campaign";
  readonly versions: Versions;
  readonly settings: CampaignSettings;
  readonly shard: Shard;
  /** Runs that are done: the first so many positions of the shard. */
  readonly done: number;
  /** Whether these are all. */
  readonly complete: boolean;
  /** Real milliseconds, those before a resumption included. */
  readonly wallTimeMs: number;
  /** Recovered problems, one sentence each. */
  readonly notices: readonly string[];
  /** The name of this campaign on the queue that it was put on, where results beyond `done` may wait. None once it is complete. */
  readonly queued?: string;
  readonly summary: Summary;
}

export interface Progress {
  readonly done: number;
  /** Infinity when only time ends the campaign. */
  readonly total: number;
  readonly failed: number;
  /** Since this campaign, or its resumption, began. */
  readonly runsPerSecond: number;
  /** Real milliseconds until the end, as far as can be estimated; undefined when it can't. */
  readonly remainingMs: number | undefined;
}

export type CampaignOptions = CampaignRequest & {
  /** Does the runs, and is left open. */
  readonly pool: Runner;
};

export interface CampaignRequest {
  readonly settings: CampaignSettings;
  readonly shard?: Shard;
  /** Real milliseconds after which no more runs are begun. */
  readonly forMs?: number;
  /** Only these positions of the shard: what somebody else adds up. */
  readonly block?: { readonly from: number; readonly runs: number };
  /** The campaign's name on a queue. */
  readonly queued?: string;
  /** Goes on from here. Its settings and its shard are taken as they are. */
  readonly resume?: CampaignResult;
  /** Ends with the first run that fails. */
  readonly failFast?: boolean;
  /** Ends it: batches under way come home within `GRACE_MS`, then threads are ended. */
  readonly signal?: StopSignal;
  /** Called at most every `PROGRESS_MS`. */
  readonly onProgress?: (progress: Progress) => void;
  /** Called with each finding that is kept, in the order of the runs. */
  readonly onFinding?: (finding: Finding) => void;
  readonly onNotice?: (notice: string) => void;
  /** Called with what is known every `CHECKPOINT_MS`. */
  readonly onCheckpoint?: (result: CampaignResult) => void;
  /** Milliseconds between two checkpoints. */
  readonly checkpointMs?: number;
}

const PROGRESS_MS = 100;
const CHECKPOINT_MS = 3_000;
const GRACE_MS = 5_000;
/** How long a batch should take. */
const BATCH_MS = 200;
const FIRST_BATCH = 4;
const LARGEST_BATCH = 64;
/** Batches that may be done before an earlier one is: while one hangs, the others go on. */
const MOST_WAITING = 2_000;
/** Threads are worth their start when they have this many runs each. */
const RUNS_PER_THREAD = 8;

/** Runs that belong together: `runs` positions from `from` on. */
interface Batch {
  readonly from: number;
  readonly runs: number;
  /** How often a thread has died in its only run. */
  readonly deaths: number;
}

interface Part {
  readonly runs: number;
  readonly summary: Summary;
}

/** How many threads a number of runs is worth. */
function threadsFor(runs: number, jobs: number): number {
  return Math.max(1, Math.min(jobs, Math.ceil(runs / RUNS_PER_THREAD)));
}

/** @throws PoolUnusable when no thread can work. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const campaign = new Campaign(options);
  return campaign.run();
}

class Campaign {
  readonly #options: CampaignOptions;
  readonly #settings: CampaignSettings;
  readonly #shard: Shard;
  readonly #total: number;
  readonly #pool: Runner;
  readonly #startedAt = performance.now();
  readonly #wallTimeBefore: number;
  readonly #doneBefore: number;
  readonly #notices: string[];
  /** Parts that are done, by their first position, until all before them are. */
  readonly #waiting = new Map<number, Part>();
  /** Batches to hand out once more. */
  readonly #again: Batch[] = [];
  #summary: Summary;
  /** All positions before this one are in the summary. */
  #done: number;
  /** The first position that was never handed out. */
  #next: number;
  #batchRuns: number;
  #stopping = false;
  #failed = 0;
  #lastProgress = 0;
  #lastCheckpoint = performance.now();

  constructor(options: CampaignOptions) {
    const { resume, block } = options;
    this.#options = options;
    this.#settings = resume?.settings ?? options.settings;
    this.#shard = resume?.shard ?? options.shard ?? WHOLE;
    const all = runsOf(this.#settings, this.#shard);
    this.#total = block === undefined ? all : Math.min(all, block.from + block.runs);
    this.#summary = emptySummary();
    if (resume !== undefined) addSummary(this.#summary, resume.summary);
    for (const scenario of this.#settings.scenarios) rowOf(this.#summary, scenario);
    this.#notices = [...(resume?.notices ?? [])];
    this.#done = resume?.done ?? block?.from ?? 0;
    this.#doneBefore = this.#done;
    this.#next = this.#done;
    this.#wallTimeBefore = resume?.wallTimeMs ?? 0;
    this.#failed = this.#countFailed();
    this.#pool = options.pool;
    this.#batchRuns = options.pool.batchRuns ?? FIRST_BATCH;
  }

  async run(): Promise<CampaignResult> {
    const { signal, forMs } = this.#options;
    let grace: NodeJS.Timeout | undefined;
    const end = (): void => {
      this.#stopping = true;
      grace ??= setTimeout(() => void this.#pool.close(), GRACE_MS);
    };
    const deadline =
      forMs === undefined
        ? undefined
        : setTimeout(() => {
            this.#stopping = true;
          }, forMs);
    signal?.addEventListener("abort", end, { once: true });
    if (signal?.aborted === true) end();
    const ticking = setInterval(() => this.#tick(), PROGRESS_MS);
    try {
      const threads = threadsFor(this.#total - this.#done, this.#pool.jobs);
      await Promise.all(Array.from({ length: threads }, () => this.#work()));
      this.#reportUnordered();
      return this.#result();
    } finally {
      clearInterval(ticking);
      clearTimeout(deadline);
      clearTimeout(grace);
      signal?.removeEventListener("abort", end);
    }
  }

  /** What one thread is kept busy with. */
  async #work(): Promise<void> {
    for (;;) {
      while (this.#waiting.size >= MOST_WAITING && this.#again.length === 0) await sleep(PROGRESS_MS);
      const batch = this.#take();
      if (batch === undefined) return;
      const began = performance.now();
      const end = await this.#pool.attempt({
        kind: "seeds",
        settings: this.#settings,
        shard: this.#shard,
        from: batch.from,
        runs: batch.runs,
        failFast: this.#options.failFast ?? false,
      });
      if (!this.#handle(batch, end)) return;
      if (end.kind === "done") this.#adapt(batch.runs, performance.now() - began);
    }
  }

  #take(): Batch | undefined {
    const again = this.#again.shift();
    if (again !== undefined) return again;
    if (this.#stopping) return undefined;
    const runs = Math.min(this.#batchRuns, this.#total - this.#next);
    if (runs <= 0) return undefined;
    const batch: Batch = { from: this.#next, runs, deaths: 0 };
    this.#next += runs;
    return batch;
  }

  /** False when there is nothing more to do for this thread. */
  #handle(batch: Batch, end: TaskEnd): boolean {
    switch (end.kind) {
      case "closed":
        return false;
      case "lost":
        this.#lose(batch, end);
        return true;
      case "done": {
        if (end.result.kind !== "seeds") throw new PoolUnusable("a thread did something else than was asked");
        const { done, summary, notices = [] } = end.result;
        for (const notice of notices) this.#notice(notice);
        if (done > 0) this.#deliver(batch.from, { runs: done, summary });
        if (batch.deaths > 0 && done > 0) {
          this.#notice(
            `a worker thread died in ${this.#name(batch.from)}, which went through when it was run again`,
          );
        }
        return true;
      }
    }
  }

  /** A thread is gone: the run that it was in is a finding, the others of its batch are handed out again. */
  #lose(batch: Batch, { why, position, message }: Extract<TaskEnd, { readonly kind: "lost" }>): void {
    if (position < 0) {
      if (batch.deaths >= 2) throw new PoolUnusable(`worker threads can't start: ${message}`);
      this.#handOutAgain({ ...batch, deaths: batch.deaths + 1 });
      return;
    }
    const culprit = batch.from + position;
    const rest = batch.runs - position - 1;
    if (position > 0) this.#handOutAgain({ from: batch.from, runs: position, deaths: 0 });
    // A thread may die of something that was no fault of its run: it is asked once more, alone.
    if (why === "died" && batch.deaths === 0) this.#handOutAgain({ from: culprit, runs: 1, deaths: 1 });
    else this.#deliver(culprit, this.#lostRun(culprit, why, message));
    if (rest > 0) this.#handOutAgain({ from: culprit + 1, runs: rest, deaths: 0 });
  }

  #lostRun(position: number, kind: "hung" | "died", message: string): Part {
    const run = runAt(this.#settings, this.#shard, position);
    const summary = emptySummary();
    const row = rowOf(summary, run.scenario);
    row.runs = 1;
    row.failed = 1;
    const sentence = kind === "hung" ? message : `the run took its worker thread with it: ${message}`;
    addFinding(summary, finding(run, { kind, message: sentence }));
    return { runs: 1, summary };
  }

  #handOutAgain(batch: Batch): void {
    this.#again.push(batch);
    this.#again.sort((a, b) => a.from - b.from);
  }

  /** Adds parts as soon as all before them are there. */
  #deliver(from: number, part: Part): void {
    if (this.#options.failFast === true && this.#failed > 0) return;
    this.#waiting.set(from, part);
    for (let next = this.#waiting.get(this.#done); next !== undefined; next = this.#waiting.get(this.#done)) {
      this.#waiting.delete(this.#done);
      this.#done += next.runs;
      const known = new Set(this.#summary.findings);
      addSummary(this.#summary, next.summary);
      if (next.summary.findings.length > 0) {
        for (const finding of this.#summary.findings) {
          if (!known.has(finding)) this.#options.onFinding?.(finding);
        }
        this.#failed = this.#countFailed();
      }
      if (this.#options.failFast === true && this.#failed > 0) {
        this.#stopping = true;
        this.#waiting.clear();
      }
    }
  }

  /** Batches so long that handing them out costs nothing, and so short that an end is soon. */
  #adapt(runs: number, tookMs: number): void {
    if (this.#pool.batchRuns !== undefined) return;
    const fitting = Math.round((runs * BATCH_MS) / Math.max(1, tookMs));
    this.#batchRuns = Math.max(1, Math.min(LARGEST_BATCH, fitting, this.#batchRuns * 2));
  }

  #tick(): void {
    const now = performance.now();
    if (now - this.#lastProgress >= PROGRESS_MS) {
      this.#lastProgress = now;
      this.#options.onProgress?.(this.#progress(now));
    }
    if (now - this.#lastCheckpoint >= (this.#options.checkpointMs ?? CHECKPOINT_MS)) {
      this.#lastCheckpoint = now;
      this.#options.onCheckpoint?.(this.#result());
    }
  }

  #progress(now: number): Progress {
    const elapsed = Math.max(1, now - this.#startedAt);
    const waiting = [...this.#waiting.values()].reduce((sum, { runs }) => sum + runs, 0);
    const done = this.#done + waiting;
    const perMs = (done - this.#doneBefore) / elapsed;
    const { forMs } = this.#options;
    const byRuns = perMs > 0 ? (this.#total - done) / perMs : Number.POSITIVE_INFINITY;
    const byTime = forMs === undefined ? Number.POSITIVE_INFINITY : Math.max(0, forMs - elapsed);
    const remaining = Math.min(byRuns, byTime);
    return {
      done,
      total: this.#total,
      failed: this.#failed,
      runsPerSecond: perMs * 1000,
      remainingMs: Number.isFinite(remaining) ? remaining : undefined,
    };
  }

  #result(): CampaignResult {
    const complete = this.#done >= this.#total || (this.#settings.runs === null && this.#isTimeOver());
    const { queued } = this.#options;
    return {
      format: 1,
      kind: "campaign",
      versions: versions(),
      settings: this.#settings,
      shard: this.#shard,
      done: this.#done,
      complete,
      wallTimeMs: this.#wallTimeBefore + (performance.now() - this.#startedAt),
      notices: [...this.#notices],
      ...(queued === undefined || complete ? {} : { queued }),
      summary: inOrder(this.#summary, this.#settings.scenarios),
    };
  }

  #isTimeOver(): boolean {
    const { forMs, signal } = this.#options;
    return forMs !== undefined && signal?.aborted !== true && this.#stopping;
  }

  /** A campaign that was ended in the middle may know more than it can count: that is at least reported. */
  #reportUnordered(): void {
    for (const { summary } of this.#waiting.values()) {
      for (const { scenario, seed, message } of failures(summary)) {
        this.#notice(
          `not counted, for runs before it were not over: ${scenario} with seed ${seed}: ${message}`,
        );
      }
    }
  }

  #countFailed(): number {
    return Object.values(this.#summary.scenarios).reduce((sum, { failed }) => sum + failed, 0);
  }

  #notice(notice: string): void {
    this.#notices.push(notice);
    this.#options.onNotice?.(notice);
  }

  #name(position: number): string {
    const { scenario, seed } = runAt(this.#settings, this.#shard, position);
    return `${scenario} with seed ${seed}`;
  }
}
