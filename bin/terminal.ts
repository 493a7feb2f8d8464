/**
 * The context of the command: where it writes, how wide and how colourful, the real clock and real randomness. Commands see
 * these through `Terminal` alone, so that tests can give them others.
 */

import { randomInt } from "node:crypto";
import type { ColorSupportLevel } from "chalk";
import { writeWhole } from "../src/input/index.js";
import { HARNESS_FAILED, INTERRUPTED } from "./exit-codes.js";

export interface Terminal {
  /** Lines for standard output. */
  out(lines: readonly string[]): void;
  /** Lines for standard error. */
  err(lines: readonly string[]): void;
  readonly columns: number;
  readonly outColors: ColorSupportLevel;
  readonly errColors: ColorSupportLevel;
  /** Overwrites the last progress line on standard error; an empty text wipes it. Does nothing where nobody watches. */
  progress(text: string): void;
  /** Milliseconds of real time since some point. */
  now(): number;
  /** A seed that nobody chose. */
  drawSeed(): number;
  /** @throws InputError when the file can't be written. */
  write(path: string, text: string): void;
  /**
   * Aborted by the first Ctrl-C from now on, so that what is known can still be reported; the second one ends
   * the process at once.
   */
  interruption(): AbortSignal;
}

/** What commands need that only write, and are not waited for. */
export type Writer = Omit<Terminal, "progress" | "interruption">;

type Environment = Readonly<Record<string, string | undefined>>;

interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const DEFAULT_COLUMNS = 80;
/** Drawn seeds are short enough to be typed. */
const DRAWN_SEEDS = 2 ** 32;

export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  return {
    out: (lines) => write(stdout, lines),
    err: (lines) => write(stderr, lines),
    columns: columnsOf(stdout, env),
    outColors: colorsOf(stdout, env),
    errColors: colorsOf(stderr, env),
    progress: (text) => {
      if (stderr.isTTY) stderr.write(`\r\u001b[2K${text}`);
    },
    now: () => performance.now(),
    drawSeed,
    write: writeWhole,
    interruption,
  };
}

export function drawSeed(): number {
  return randomInt(DRAWN_SEEDS);
}

function interruption(): AbortSignal {
  const controller = new AbortController();
  process.once("SIGINT", () => {
    process.once("SIGINT", () => process.exit(INTERRUPTED));
    controller.abort();
  });
  return controller.signal;
}

function write(stream: NodeJS.WriteStream, lines: readonly string[]): void {
  if (lines.length > 0) stream.write(`${lines.join("\n")}\n`);
}

/** `COLUMNS` where it is set, else what the terminal says, else 80. */
export function columnsOf(stream: Stream, env: Environment): number {
  const wanted = /^\d{1,4}$/.test(env.COLUMNS ?? "") ? Number(env.COLUMNS) : 0;
  return wanted > 0 ? wanted : stream.columns || DEFAULT_COLUMNS;
}

/** `FORCE_COLOR` decides; else `NO_COLOR` and streams that are no terminals have none. */
export function colorsOf(stream: Stream, env: Environment): ColorSupportLevel {
  switch (env.FORCE_COLOR) {
    case undefined:
      break;
    case "0":
    case "false":
      return 0;
    case "2":
      return 2;
    case "3":
      return 3;
    default:
      return 1;
  }
  const isPlain = (env.NO_COLOR ?? "") !== "" || env.TERM === "dumb" || stream.isTTY !== true;
  return isPlain ? 0 : 1;
}

/** A reader who has seen enough closes the pipe: that is no failure, and the exit code stays the run's. */
export function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") return;
      process.stderr.write(`error: cannot write the output: the system says ${error.code}\n`);
      process.exit(HARNESS_FAILED);
    });
  }
}
