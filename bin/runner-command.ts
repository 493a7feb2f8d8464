/** The words and options of the command that runs a process of the runner. */
import type { Command } from "commander";
import type { CliContext } from "./cli-context.js";
import type { ExitCode } from "./exit-codes.js";

interface TypedOptions {
  readonly config?: string;
  readonly check?: boolean;
}

export function runnerCommand(
  program: Command,
  { terminal }: Pick<CliContext, "terminal">,
  done: (code: ExitCode) => void,
): void {
  program
    .command("runner [part]")
    .description(
      "run a process of the runner node over a real NATS JetStream until it is stopped: node (default), store, gateway or providers; see docs/runner.md",
    )
    .option("-c, --config <file>", "its settings (default: what RUNNER_CONFIG names, else runner.yaml)")
    .option("--check", "say whether the settings are good, and start nothing")
    .action(async (part: string | undefined, { config, check = false }: TypedOptions) => {
      const { runner } = await import("./runner.js");
      done(await runner(part ?? "node", { config, check }, terminal));
    });
}
