/** What the command line is given by whoever starts it: a process, or a test. */
import type { Catalogue } from "../src/report/index.js";
import type { ApartWork } from "./apart.js";
import type { ExitCode } from "./exit-codes.js";
import type { Project, ProjectScenarios } from "./project.js";
import type { Simulator } from "./simulator.js";
import type { Terminal } from "./terminal.js";

export interface CliContext {
  readonly terminal: Terminal;
  /** Loads the simulator, with the scenarios of the project's modules in place of its own; called by commands that need it. */
  readonly simulator: (project: ProjectScenarios) => Promise<Simulator>;
  /** What the project's configuration says; called by commands that go by it. */
  readonly project: () => Promise<Project>;
  /** Does a command about one universe where it can be watched. */
  readonly apart: (work: ApartWork) => Promise<ExitCode>;
  /** What is known of our own scenarios without loading them; undefined where nothing is. */
  readonly catalogue: () => Catalogue | undefined;
  /** Shows stack traces of the harness's own failures. */
  readonly debug: boolean;
}

/** What commands are given: the simulator comes with the scenarios that this call is about. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly simulator: () => Promise<Simulator>;
  /** What the project's configuration says, read when it is first asked for. */
  readonly project: () => Promise<Project>;
}
