/**
 * One process on a simulated host: a program's globals, modules of Node, timers and output, all made of a `Host`.
 *
 * A process lives until its host crashes or it exits. Nothing of it outlives that: module state is its own, its timers
 * never fire, and what it still does while its last event is worked out reaches nobody. The disk and the
 * host's network stack belong to the machine: an exit closes its connections as a kernel would, and keeps what
 * was written; only a crash of the host loses unsynced data.
 */
import { AsyncResource } from "node:async_hooks";
import type { EventEmitter } from "node:events";
import type { ProgramFact } from "../../sim/history.js";
import type { Host } from "../../sim/host.js";
import { MILLISECOND, type Micros } from "../../sim/time.js";
import type { NetworkStack } from "../net/stack.js";
import type { Output } from "./console.js";
import { wallClock } from "./date.js";
import { Entropy } from "./entropy.js";
import { refused } from "./refused.js";
import { TimerQueue } from "./timers.js";

export interface ProcessOptions {
  /** `process.env`, over what every process has. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute path of the program's entry file. */
  readonly entry: string;
  /** `process.argv` from the third on. */
  readonly args: readonly string[];
}

/** What the machine around a process hears of it. */
export interface CliContext {
  printed(output: Output, text: string): void;
  exited(code: number): void;
}

/** How the modules of Node and the global object are made: given by `program/`, which knows them all. */
export interface Furnishing {
  builtin(simulated: SimulatedProcess, name: string): unknown;
  hasBuiltin(name: string): boolean;
  globals(simulated: SimulatedProcess): ReadonlyMap<string, unknown>;
}

/** Thrown by `process.exit`, which must not return. */
export class ProcessExit extends Error {
  override readonly name = "ProcessExit";
  constructor(readonly exitCode: number) {
    super(`the process exited with code ${exitCode}`);
  }
}

/** What Node takes to get to a program. */
const COMING_UP: Micros = 30 * MILLISECOND;

export class SimulatedProcess {
  readonly timers: TimerQueue;
  readonly entropy: Entropy;
  /** Milliseconds since 1970 by the host's wall clock. */
  readonly now: () => number;
  readonly #startedAt: Micros;
  /** Set when the program asks for asynchronous contexts: from then on callbacks keep theirs. */
  tracksContexts = false;
  ended = false;
  readonly #builtins = new Map<string, unknown>();
  #globals: ReadonlyMap<string, unknown> | undefined;

  constructor(
    readonly host: Host,
    /** Counts the processes of this machine, from 1. */
    readonly number: number,
    readonly stack: NetworkStack,
    readonly options: ProcessOptions,
    readonly context: CliContext,
    readonly furnishing: Furnishing,
  ) {
    this.timers = new TimerQueue(host);
    this.entropy = new Entropy(host.random);
    this.now = wallClock(host.clock);
    this.#startedAt = host.clock.monotonic();
  }

  get globals(): ReadonlyMap<string, unknown> {
    this.#globals ??= this.furnishing.globals(this);
    return this.#globals;
  }

  /** The value of a global; it must be there. */
  global<T>(name: string): T {
    return this.globals.get(name) as T; // the caller knows what stands under the name
  }

  /** Since the process began: its program came up a little later, and libraries take 0 for no time at all. */
  age(): Micros {
    return this.host.clock.monotonic() - this.#startedAt + COMING_UP;
  }

  get processObject(): EventEmitter {
    return this.global<EventEmitter>("process");
  }

  /** The module of Node of this name, with or without `node:`, as this process sees it. */
  builtin<T = unknown>(specifier: string): T {
    const name = specifier.replace(/^node:/, "");
    if (!this.#builtins.has(name)) {
      if (!this.hasBuiltin(name))
        refused(`the module node:${name}`, "docs/your-code.md lists those that are");
      this.#builtins.set(name, this.furnishing.builtin(this, name));
    }
    return this.#builtins.get(name) as T; // as above
  }

  hasBuiltin(specifier: string): boolean {
    return this.furnishing.hasBuiltin(specifier.replace(/^node:/, ""));
  }

  /** Writes into the history what the program does, in its own terms. */
  note(phase: ProgramFact["phase"], text: string): void {
    if (!this.ended) this.host.record({ kind: "program", phase, text });
  }

  print(output: Output, text: string): void {
    if (!this.ended) this.context.printed(output, text);
  }

  /** The callback, in the asynchronous context that it was given in. */
  bound<F extends (...args: never[]) => unknown>(callback: F): F {
    if (!this.tracksContexts || typeof callback !== "function") return callback;
    const resource = new AsyncResource("SEEDSTORM");
    const run = callback as unknown as (...args: unknown[]) => unknown; // the caller of the result keeps to F
    const inContext = (...args: unknown[]) => resource.runInAsyncScope(run, undefined, ...args);
    return inContext as unknown as F; // same arguments, same result
  }

  /** Calls back in an event of its own, at once: what Node does with results of its threads. */
  soon(callback: () => void): void {
    this.timers.immediate(this.bound(callback));
  }

  /** Ends the process as `process.exit` does: listeners of `exit` run, then nothing more. Never returns. */
  exit(code: number): never {
    if (!this.ended) {
      this.processObject.emit("exit", code);
      this.end();
      this.context.exited(code);
    }
    throw new ProcessExit(code);
  }

  /** It stops where it stands. */
  end(): void {
    this.ended = true;
    this.timers.end();
    this.stack.closeAll();
  }
}
