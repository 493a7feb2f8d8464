/**
 * Puts the mutants of one system through the campaign that a user would run, in one process for as many of them as it is
 * good for. Runs that come to the mutated code most often are tried first, of each scenario one in turn. A process that says
 * nothing for a while hangs in a mutant: that is noticed too, and a new one goes on.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Summary } from "../../src/explore/campaign/summary.js";
import type { Mutant } from "./instrument.js";
import type { Coverage, Report, Request, Task } from "./worker.js";

export type End = "killed" | "survived" | "not covered";

export interface Judged {
  readonly end: End;
  /** What noticed it: a property, a promise of a scenario that was not kept, or how the run broke off. */
  readonly by: string;
  readonly scenario: string;
  /** Runs that came to the mutant, and how many of them were tried. */
  readonly reached: number;
  readonly tried: number;
}

const HANGS_AFTER_MS = 40_000;
const NODE_FLAGS = ["--no-allocation-site-pretenuring", "--max-semi-space-size=32"];

export class Judge {
  readonly #task: Task;
  #process: ChildProcess | undefined;
  #coverage: Coverage = [];
  #loading: ReadonlySet<string> = new Set();
  #parts: readonly Summary[] = [];

  constructor(task: Task) {
    this.#task = task;
  }

  /** Runs the campaign without any mutant; an error where it fails, for then it could judge nothing. */
  async prepare(): Promise<void> {
    const child = await this.#started();
    const report = await this.#ask(child, { type: "baseline" });
    if (report?.type !== "covered") throw new Error("the campaign without a mutant broke off");
    if (report.failed !== "") throw new Error(`the campaign fails without a mutant: ${report.failed}`);
    this.#coverage = report.coverage;
    this.#loading = new Set(report.loading);
    this.#parts = report.parts;
  }

  async judge({ id }: Mutant): Promise<Judged> {
    if (this.#loading.has(id)) return this.#alone(id, [...this.#coverage.keys()]);
    const runs = this.#runsOf(id);
    if (runs.length === 0) return { end: "not covered", by: "", scenario: "", reached: 0, tried: 0 };
    const judged = await this.#asked(await this.#started(), id, runs);
    return judged === "tainted" ? this.#alone(id, runs) : judged;
  }

  end(): void {
    this.#process?.kill("SIGKILL");
    this.#process = undefined;
  }

  /** In a process that has the mutant on from its start, and ends with it. */
  async #alone(id: string, runs: readonly number[]): Promise<Judged> {
    this.end();
    const judged = await this.#asked(await this.#started({ __STRYKER_ACTIVE_MUTANT__: id }), id, runs);
    this.end();
    if (judged === "tainted") throw new Error("a process with one mutant can't be tainted by another");
    return judged;
  }

  async #asked(
    child: ChildProcess | undefined,
    id: string,
    runs: readonly number[],
  ): Promise<Judged | "tainted"> {
    const report = await this.#ask(child, { type: "mutant", id, runs });
    const reached = runs.length;
    if (report === undefined) {
      this.end();
      return {
        end: "killed",
        by: "the run never ends or takes its process with it",
        scenario: "",
        reached,
        tried: 0,
      };
    }
    if (report.type !== "judged") throw new Error(`a mutant was answered with ${report.type}`);
    if (report.tainted) return "tainted";
    const { by, scenario, tried } = report;
    return { end: by === "" ? "survived" : "killed", by, scenario, reached, tried };
  }

  /** Runs that come to a mutant: of each scenario in turn, those that do so most often first. */
  #runsOf(id: string): number[] {
    const { scenarios } = this.#task;
    const hits = this.#coverage.map((run) => run.find(([one]) => one === id)?.[1] ?? 0);
    const rank = new Map<number, number>();
    for (let turn = 0; turn < scenarios.length; turn++) {
      const own = [...hits.keys()].filter((run) => run % scenarios.length === turn && (hits[run] ?? 0) > 0);
      own.sort((a, b) => (hits[b] ?? 0) - (hits[a] ?? 0) || a - b);
      for (const [i, run] of own.entries()) rank.set(run, i);
    }
    return [...rank.keys()].sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0) || a - b);
  }

  /** The process at work, or a new one; undefined where it doesn't even start. */
  async #started(env: Readonly<Record<string, string>> = {}): Promise<ChildProcess | undefined> {
    if (this.#process !== undefined) return this.#process;
    const child = fork(fileURLToPath(new URL("./worker.js", import.meta.url)), [JSON.stringify(this.#task)], {
      execArgv: NODE_FLAGS,
      env: { ...process.env, ...env },
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    this.#process = child;
    const report = await this.#ask(child);
    if (report?.type !== "ready") return undefined;
    if (this.#parts.length > 0) child.send({ type: "resume", parts: this.#parts } satisfies Request);
    return child;
  }

  /** The process's next report that ends something; undefined when it ends itself, or hangs. */
  #ask(child: ChildProcess | undefined, request?: Request): Promise<Report | undefined> {
    if (child === undefined) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      let timer = setTimeout(() => child.kill("SIGKILL"), HANGS_AFTER_MS);
      const done = (report?: Report): void => {
        clearTimeout(timer);
        child.off("message", heard).off("exit", gone);
        resolve(report);
      };
      const gone = (): void => {
        if (this.#process === child) this.#process = undefined;
        done();
      };
      const heard = (report: Report): void => {
        clearTimeout(timer);
        if (report.type !== "running") {
          done(report);
          return;
        }
        timer = setTimeout(() => child.kill("SIGKILL"), HANGS_AFTER_MS);
      };
      child.on("message", heard).on("exit", gone);
      if (request !== undefined) child.send(request);
    });
  }
}
