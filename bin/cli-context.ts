/** What the command line is given by whoever starts it: a process, or a test. */
import type { Simulator } from "./simulator.js";
import type { Terminal } from "./terminal.js";

export interface CliContext {
  readonly terminal: Terminal;
  /** Loads the simulator, with the scenarios of a module in place of its own; called by commands that need it. */
  readonly simulator: (scenarios?: string) => Promise<Simulator>;
  /** Shows stack traces of the harness's own failures. */
  readonly debug: boolean;
}
