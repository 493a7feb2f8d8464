/**
 * A command about one universe, done in a thread of its own: an endless loop or a memory that is used up ends that thread, and
 * not the command. The thread does all of it, from loading the scenarios to the report, so that nothing is loaded twice; here it is
 * only watched, and what it writes is passed on.
 */
import { Worker } from "node:worker_threads";
import { threadLimits, Watch, type Watched } from "../src/explore/index.js";
import { InputError } from "../src/input/index.js";
import { type ExitCode, HarnessError } from "./exit-codes.js";
import type { ScenarioModule } from "./project.js";
import type { RunNames } from "./simulator.js";
import type { Terminal } from "./terminal.js";
import type { UniverseCommand } from "./universe-command.js";

/** What the largest universes take, which are measured and not sought by the thousand; a machine that swaps tells nobody anything. */
export const MEMORY_MB = 4_096;

export interface ApartWork {
  readonly command: UniverseCommand;
  /** Modules with the scenarios; none for our own. */
  readonly modules: readonly ScenarioModule[];
  /** Id of the one among our own systems whose scenarios are needed; all of them when left out. */
  readonly system: string | undefined;
  /** The module that was named on the command line, as lines to type name it. */
  readonly named: string | undefined;
}

/** What the thread is given. */
export interface ApartData
  extends ApartWork,
    Pick<Watched, "cells" | "position">,
    Pick<Terminal, "columns" | "outColors" | "errColors"> {}

/** What the thread says. */
export type ApartMessage =
  | { readonly kind: "out" | "err"; readonly lines: readonly string[] }
  /** A run begins: how it is named should it not come back. */
  | { readonly kind: "begins"; readonly names: RunNames }
  | { readonly kind: "ended"; readonly code: ExitCode }
  | { readonly kind: "failed"; readonly failure: Failure };

/** What was thrown, as far as it can be handed from thread to thread. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Of the harness's own failures: the command that brings it back. */
  readonly command?: string | undefined;
  readonly cause?: Failure;
}

/** @throws InputError, or HarnessError, as the command does where it is done in this thread. */
export async function apart(work: ApartWork, terminal: Terminal): Promise<ExitCode> {
  const { json, output, hangMs } = work.command.options;
  const watch = new Watch({ hangMs, memoryMb: MEMORY_MB, jobs: 1 });
  const watched = watch.over(() => void worker.terminate());
  const { cells, position } = watched;
  const { columns, outColors, errColors } = terminal;
  const data: ApartData = { ...work, cells, position, columns, outColors, errColors };
  const worker = new Worker(new URL("./apart-thread.js", import.meta.url), {
    workerData: data,
    resourceLimits: threadLimits(MEMORY_MB),
  });
  let names: RunNames | undefined;
  /** A thread that was ended by an error ends after it, and so does one that has said all. */
  let isOver = false;
  try {
    return await new Promise<ExitCode>((resolve, reject) => {
      worker.on("message", (message: ApartMessage) => {
        switch (message.kind) {
          case "out":
            terminal.out(message.lines);
            break;
          case "err":
            terminal.err(message.lines);
            break;
          case "begins":
            names = message.names;
            break;
          case "ended":
            isOver = true;
            resolve(message.code);
            break;
          case "failed":
            isOver = true;
            reject(errorOf(message.failure));
            break;
        }
      });
      const lost = (error: unknown): void => {
        if (isOver) return;
        isOver = true;
        resolve(reported(watched, error, names, { json, output }, terminal));
      };
      worker.on("error", lost);
      worker.on("exit", (code) => lost(new Error(`its thread ended with code ${code}`)));
    });
  } finally {
    watched.release();
  }
}

async function reported(
  watched: Watched,
  error: unknown,
  names: RunNames | undefined,
  options: { readonly json: boolean; readonly output: string | undefined },
  terminal: Terminal,
): Promise<ExitCode> {
  const { why, message } = watched.loss(error);
  if (names === undefined) throw new HarnessError(`no run was begun: ${message}`, undefined);
  const { reportLost } = await import("./execute-run.js");
  return reportLost(why, message, names, options, terminal);
}

function errorOf({ name, message, stack, command, cause }: Failure): Error {
  if (name === "InputError") return new InputError(message);
  if (name === "HarnessError")
    return new HarnessError(message, command, cause === undefined ? undefined : errorOf(cause));
  return Object.assign(new Error(message), { name, stack });
}
