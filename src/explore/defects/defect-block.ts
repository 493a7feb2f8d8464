/**
 * One block of the kill table: runs with a planted defect, one after the other, until a property that must catch it
 * is violated or the budget is used up.
 *
 * A block is a campaign in which scenarios take turns, cut off at its first catch: what it comes to follows from its
 * settings alone. What other properties say before the catch is kept, once. A run that hangs or takes its thread with it is
 * a failure by that name, and no other run of the block is lost. The time of a block is that of one thread.
 */

import { type CampaignSettings, runAt, WHOLE } from "../campaign/settings.js";
import { type Finding, failures, type Summary } from "../campaign/summary.js";
import { finding } from "../runs/observe-run.js";
import { PoolUnusable, type Runner } from "../runs/runner.js";
import type { StopSignal } from "../runs/stop-signal.js";
import type { TaskEnd } from "../runs/task.js";

/** A run in which something fired. */
export interface Alarm {
  /** Runs of the block up to here, this one included. */
  readonly run: number;
  readonly scenario: string;
  readonly seed: number;
  /** The property that was violated first, or how the run failed to come to its end: `hung`, `endless`. */
  readonly property: string;
  readonly message: string;
}

export interface BlockResult {
  /** From 1. */
  readonly block: number;
  readonly seed: number;
  /** Runs that were done. */
  readonly runs: number;
  /** Real milliseconds that they took. */
  readonly ms: number;
  /** The first run that violated a property which must catch the defect. */
  readonly caught: Alarm | undefined;
  /** The first run before it that was failed by something else. */
  readonly before: Alarm | undefined;
  /** How often code asked whether the defect is planted. */
  readonly asked: number;
  readonly end: "caught" | "budget" | "interrupted";
}

export interface BlockOptions {
  readonly pool: Runner;
  readonly block: number;
  readonly settings: CampaignSettings & { readonly runs: number };
  readonly defect: string;
  /** Ids of the properties that must catch it. */
  readonly caughtBy: readonly string[];
  /** They are switched off, and any other property will do. */
  readonly others: boolean;
  readonly signal?: StopSignal;
  /** Called with the number of runs that have been done since it was called last. */
  readonly onRuns?: (runs: number) => void;
}

/** Runs that a thread is given at once: it stops at the first that fails. */
const BATCH = 8;
/** Threads that may die before their first run. */
const MOST_FALSE_STARTS = 3;

/** @throws PoolUnusable when no thread can work. */
export function runBlock(options: BlockOptions): Promise<BlockResult> {
  return new Block(options).run();
}

/** A run that a thread was lost in. */
interface Lost {
  readonly position: number;
  readonly why: "hung" | "died";
  readonly message: string;
  /** It is not run again. */
  readonly certain: boolean;
}

class Block {
  readonly #options: BlockOptions;
  #runs = 0;
  #ms = 0;
  #asked = 0;
  #caught: Alarm | undefined;
  #before: Alarm | undefined;
  #lost: Lost | undefined;
  #falseStarts = 0;
  #interrupted = false;

  constructor(options: BlockOptions) {
    this.#options = options;
  }

  async run(): Promise<BlockResult> {
    const { pool, settings, block, signal } = this.#options;
    while (this.#caught === undefined && this.#runs < settings.runs && !this.#interrupted) {
      if (signal?.aborted === true) break;
      if (this.#reportLost()) continue;
      const from = this.#runs;
      const runs = Math.min(BATCH, settings.runs - from, this.#untilLost());
      const began = performance.now();
      const end = await pool.attempt({ kind: "seeds", settings, shard: WHOLE, from, runs, failFast: true });
      this.#ms += performance.now() - began;
      this.#handle(end, runs);
    }
    return {
      block,
      seed: settings.seed,
      runs: this.#runs,
      ms: this.#ms,
      caught: this.#caught,
      before: this.#before,
      asked: this.#asked,
      end: this.#end(),
    };
  }

  #end(): BlockResult["end"] {
    if (this.#caught !== undefined) return "caught";
    return this.#runs >= this.#options.settings.runs ? "budget" : "interrupted";
  }

  #handle(end: TaskEnd, asked: number): void {
    switch (end.kind) {
      case "closed":
        this.#interrupted = true;
        return;
      case "lost":
        this.#lose(end);
        return;
      case "done": {
        if (end.result.kind !== "seeds") throw new PoolUnusable("a thread did something else than was asked");
        const { done, summary } = end.result;
        const found = failures(summary);
        this.#count(done, summary);
        this.#judge(found);
        if (done < asked && found.length === 0) this.#interrupted = true;
      }
    }
  }

  #count(done: number, { scenarios }: Summary): void {
    this.#runs += done;
    for (const { defectsAsked } of Object.values(scenarios))
      this.#asked += defectsAsked[this.#options.defect] ?? 0;
    this.#options.onRuns?.(done);
  }

  /** @param found what the last run was failed by. */
  #judge(found: readonly Finding[]): void {
    const first = firstOf(found);
    if (first === undefined) return;
    const { caughtBy, others } = this.#options;
    const counted = firstOf(found.filter((one) => caughtBy.includes(nameOf(one)) !== others));
    if (counted !== undefined) this.#caught = this.#alarm(counted);
    else this.#before ??= this.#alarm(first);
  }

  #alarm(found: Finding): Alarm {
    const { scenario, seed, message } = found;
    return { run: this.#runs, scenario, seed, property: nameOf(found), message };
  }

  /** The batch is done again up to the run that the thread was lost in; one that only died may do that run once more. */
  #lose({ position, why, message }: Extract<TaskEnd, { readonly kind: "lost" }>): void {
    if (position < 0) {
      if (++this.#falseStarts > MOST_FALSE_STARTS)
        throw new PoolUnusable(`worker threads can't start: ${message}`);
      return;
    }
    const at = this.#runs + position;
    const again = this.#lost?.position === at;
    this.#lost = { position: at, why, message, certain: why === "hung" || again };
  }

  #untilLost(): number {
    if (this.#lost === undefined || this.#lost.position < this.#runs) return BATCH;
    return Math.max(1, this.#lost.position - this.#runs);
  }

  /** Counts the run that a thread was lost in, once all before it are done. */
  #reportLost(): boolean {
    const lost = this.#lost;
    if (lost === undefined || !lost.certain || lost.position !== this.#runs) return false;
    const { settings, onRuns } = this.#options;
    this.#runs++;
    onRuns?.(1);
    this.#judge([finding(runAt(settings, WHOLE, lost.position), { kind: lost.why, message: lost.message })]);
    return true;
  }
}

/** By virtual time; the one that was reported first when several are of the same moment. */
function firstOf(findings: readonly Finding[]): Finding | undefined {
  return findings.reduce<Finding | undefined>(
    (first, one) => (first === undefined || one.at < first.at ? one : first),
    undefined,
  );
}

const nameOf = ({ property, kind }: Finding): string => (property === "" ? kind : property);
