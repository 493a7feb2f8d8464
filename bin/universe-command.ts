/** The commands about one universe, as plain data: they can be done by another thread as well as by this one. */
import type { OutputOptions } from "./execute-run.js";
import type { ExitCode } from "./exit-codes.js";
import type { RunOptions } from "./run.js";
import type { Universes } from "./simulator.js";
import type { Writer } from "./terminal.js";

export type UniverseCommand =
  | { readonly name: "run"; readonly scenario: string; readonly options: RunOptions }
  | { readonly name: "replay"; readonly file: string; readonly options: OutputOptions };

export async function perform(
  command: UniverseCommand,
  universes: Universes,
  terminal: Writer,
): Promise<ExitCode> {
  switch (command.name) {
    case "run": {
      const { run } = await import("./run.js");
      return run(command.scenario, command.options, universes, terminal);
    }
    case "replay": {
      const { replay } = await import("./replay.js");
      return replay(command.file, command.options, universes, terminal);
    }
  }
}
