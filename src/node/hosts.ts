/**
 * What can run on a host of a universe of programs: a definition, which knows no universe, and what it becomes when it is
 * prepared (bundled, compiled, its templates made), once for many runs.
 */
import { isAbsolute, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Host } from "../sim/host.js";
import type { World } from "../sim/world.js";
import type { SimulatedProcess } from "./env/simulated-process.js";
import type { Names } from "./net/names.js";
import { programOf } from "./program/bundle.js";
import { type Main, ProgramMachine } from "./program/machine.js";

/** What the hosts of one universe have in common. */
export interface Universe {
  readonly world: World;
  readonly names: Names;
}

/** Boots what a host runs, in each of its lives. */
export type BootHost = (host: Host, universe: Universe) => void;

/** What the definitions of one system's hosts are prepared with. */
export interface Preparation {
  /** Absolute path of the folder that relative paths begin in. */
  readonly base: string;
  /** How many hosts of this system need a thing of their own, by the thing's name. */
  readonly needs: Map<string, number>;
}

export interface HostDefinition {
  prepare(preparation: Preparation): Promise<BootHost>;
}

export interface NodeOptions {
  /** `process.env` of the program, besides what every process has. */
  readonly env?: Readonly<Record<string, string>>;
  /** `process.argv` from the third on. */
  readonly args?: readonly string[];
  /**
   * What becomes of an error that the program does not handle. `fail`, the default: the run has found something. `exit`: the
   * process ends with code 1 and is started again, as under a supervisor.
   */
  readonly onUncaught?: "fail" | "exit";
}

/** A program: its entry file, in TypeScript or JavaScript, as `node` would be given it. */
export function node(entry: string | URL, options: NodeOptions = {}): HostDefinition {
  return {
    async prepare({ base }) {
      const given = entry instanceof URL ? fileURLToPath(entry) : entry;
      const program = await programOf(isAbsolute(given) ? given : resolve(base, given));
      const main: Main = (simulated) => program.evaluate(simulated);
      return (host, universe) =>
        bootMachine(host, universe, program.entry, main, options, (stack) => program.mapped(stack));
    },
  };
}

/** A program that is at hand as a function: a client, or a server written for the test. */
export function main(
  run: (simulated: SimulatedProcess, universe: Universe) => unknown,
  options: NodeOptions = {},
): HostDefinition {
  return {
    prepare: async () => (host, universe) =>
      bootMachine(host, universe, "/main.js", (simulated) => run(simulated, universe), options),
  };
}

/** Has a machine run a program from now on. */
export function bootMachine(
  host: Host,
  { world, names }: Universe,
  entry: string,
  run: Main,
  { env = {}, args = [], onUncaught = "fail" }: NodeOptions,
  mapped?: (stack: string) => string,
): void {
  const machine = new ProgramMachine(host, names, { entry, env, args, onUncaught }, run, mapped);
  world.onUncaught(host.id, (error, kind) => machine.uncaught(error, kind));
  world.onWarning(host.id, (warning) => machine.warned(warning));
}
