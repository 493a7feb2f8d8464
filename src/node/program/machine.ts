/**
 * A simulated machine that runs a program: from each boot on, its network stack, its process, and a supervisor that starts
 * the process again when it has exited.
 *
 * What a program throws and does not handle is, as its `onUncaught` has it, a failure of the run or an exit with code 1.
 * Listeners of the program's own (`uncaughtException`, `unhandledRejection`) come first, as in Node. An exit is not a
 * crash: the machine goes on, what was written is kept, connections are closed.
 */
import type { UncaughtKind } from "../../sim/drain.js";
import type { Host } from "../../sim/host.js";
import { MILLISECOND, type Micros, SECOND } from "../../sim/time.js";
import { HANDLED, type Uncaught } from "../../sim/world.js";
import { hasBuiltin, makeBuiltin } from "../builtins/index.js";
import type { Output } from "../env/console.js";
import { globalsOf } from "../env/globals.js";
import { type CliContext, type ProcessOptions, SimulatedProcess } from "../env/simulated-process.js";
import type { Names } from "../net/names.js";
import { NetworkStack } from "../net/stack.js";

export interface MachineOptions extends ProcessOptions {
  /** `fail`: the run has found something. `exit`: the process ends with code 1, as it would outside. */
  readonly onUncaught: "fail" | "exit";
}

/** What a machine runs: given a new process, does all that is done at its start. */
export type Main = (simulated: SimulatedProcess) => unknown;

const FIRST_BACK_OFF: Micros = 100 * MILLISECOND;
const LONGEST_BACK_OFF: Micros = 5 * SECOND;
/** A process that lasted so long has come up: the next back-off is the first one again. */
const CAME_UP: Micros = 10 * SECOND;
const UNCAUGHT_EXIT = 1;
/** Characters of a printed line that the history keeps. */
const LONGEST_LINE = 2_000;

const FURNISHING = { builtin: makeBuiltin, hasBuiltin, globals: globalsOf };

export class ProgramMachine implements CliContext {
  readonly stack: NetworkStack;
  readonly #host: Host;
  readonly #options: MachineOptions;
  readonly #main: Main;
  readonly #mapped: (stack: string) => string;
  #process: SimulatedProcess;
  #processes = 0;
  #startedAt: Micros = 0;
  #backOff: Micros = FIRST_BACK_OFF;

  /** @param mapped gives the text of a stack trace its places in the sources. */
  constructor(
    host: Host,
    names: Names,
    options: MachineOptions,
    main: Main,
    mapped = (stack: string) => stack,
  ) {
    this.#host = host;
    this.#options = options;
    this.#main = main;
    this.#mapped = mapped;
    this.stack = new NetworkStack(host, names);
    this.#process = this.#start();
  }

  printed(_output: Output, text: string): void {
    this.#host.record({ kind: "program", phase: "output", text: text.slice(0, LONGEST_LINE) });
  }

  exited(code: number): void {
    this.#host.record({ kind: "program", phase: "exit", text: `with code ${code}` });
    const lasted = this.#host.clock.monotonic() - this.#startedAt;
    if (lasted >= CAME_UP) this.#backOff = FIRST_BACK_OFF;
    this.#host.after(this.#backOff, () => this.#startAgain());
    this.#backOff = Math.min(this.#backOff * 2, LONGEST_BACK_OFF);
  }

  /** What its process threw and did not catch. */
  uncaught(error: unknown, kind: UncaughtKind): ReturnType<Uncaught> {
    const simulated = this.#process;
    if (simulated.ended) return HANDLED; // a process that is over throws nothing
    try {
      if (this.#askListeners(error, kind)) return HANDLED;
    } catch (another) {
      return this.#fatal(another);
    }
    return this.#fatal(error);
  }

  /**
   * Node warns of something in its process: a line on its standard error stream. Most warnings come once in the life of the real process,
   * and so in one universe and not in the next; these come for each emitter.
   */
  warned(warning: unknown): boolean {
    if (!(warning instanceof Error) || warning.name !== "MaxListenersExceededWarning") return false;
    this.#process.print("stderr", `(node) ${warning.name}: ${warning.message}`);
    return true;
  }

  #askListeners(error: unknown, kind: UncaughtKind): boolean {
    const { processObject } = this.#process;
    return processObject.emit(kind, error, kind) || processObject.emit("uncaughtException", error, kind);
  }

  #fatal(error: unknown): ReturnType<Uncaught> {
    if (this.#process.ended) return HANDLED;
    const described = this.#described(error);
    this.#host.record({ kind: "program", phase: "error", text: described.message });
    if (this.#options.onUncaught === "fail") return { error: described };
    this.#process.end();
    this.exited(UNCAUGHT_EXIT);
    return HANDLED;
  }

  /** The error with the place in the program's own source, where there is one. */
  #described(error: unknown): Error {
    if (!(error instanceof Error)) return new Error(String(error));
    const given = String(error.stack ?? error);
    const stack = this.#mapped(given);
    const frame = ownFrame(given.split("\n"), stack.split("\n"));
    const place = frame === undefined ? "" : ` (${frame.replace(/^\s*at (?:.*\()?|\)$/g, "")})`;
    const described = new Error(`${error.message}${place}`, { cause: error });
    return Object.assign(described, { name: error.name, stack });
  }

  #startAgain(): void {
    this.#host.record({ kind: "program", phase: "start", text: "by the supervisor" });
    this.#process = this.#start();
  }

  #start(): SimulatedProcess {
    const simulated = new SimulatedProcess(
      this.#host,
      ++this.#processes,
      this.stack,
      this.#options,
      this,
      FURNISHING,
    );
    this.#startedAt = this.#host.clock.monotonic();
    this.#process = simulated;
    // In a promise's continuation, so that what it throws is the process's and not the supervisor's.
    void Promise.resolve(simulated).then(this.#main);
    return simulated;
  }
}

/** The first line of a stack trace that is of the program's own source: it was mapped, and not to a package. */
function ownFrame(given: readonly string[], mapped: readonly string[]): string | undefined {
  return mapped.find((line, index) => line !== given[index] && !line.includes("node_modules"));
}
