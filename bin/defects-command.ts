/** The words and options of `seedstorm defects`. */

import type { Command } from "commander";
import type { Strategy } from "../src/index.js";
import { InputError, SEEDS_OF_A_BLOCK } from "../src/input/index.js";
import type { CommandContext } from "./cli-context.js";
import type { ExitCode } from "./exit-codes.js";
import { collect, MAX_RUNS, MOST_JOBS, parseSeed, wholeNumber } from "./numbers.js";
import { strategyOption } from "./strategy.js";

/** Options as commander hands them over. */
interface TypedOptions {
  readonly system?: string;
  readonly in?: readonly string[];
  readonly strategy?: Strategy;
  readonly blocks: number;
  readonly budget: number;
  readonly budgets?: string;
  readonly saveBudgets?: string;
  readonly seed: number;
  readonly jobs?: number;
  readonly control?: number;
  readonly shrink: boolean;
  readonly others?: boolean;
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly html?: boolean;
  readonly output?: string;
}

const MOST_BLOCKS = 1_000;
export function defectsCommand(
  program: Command,
  { terminal, simulator }: CommandContext,
  done: (code: ExitCode) => void,
): void {
  program
    .command("defects [ids...]")
    .description(
      "plant each defect and count how many universes it takes to catch it; all defects when none is named",
    )
    .option("--system <id>", "only the defects of this system")
    .option("--in <scenario>", "look for them in this scenario; may be given more than once", collect)
    .addOption(strategyOption())
    .option("--blocks <number>", "disjoint blocks of seeds", wholeNumber("--blocks", 1, MOST_BLOCKS), 20)
    .option(
      "--budget <runs>",
      "runs of a block at most, scenarios in turn",
      wholeNumber("--budget", 1, SEEDS_OF_A_BLOCK),
      2_000,
    )
    .option(
      "--budgets <file>",
      "the runs of a block for each defect by its id, as --save-budgets writes them",
    )
    .option(
      "--save-budgets <file>",
      "write down budgets: twice what each defect's slowest block took, and 20",
    )
    .option(
      "--control <runs>",
      "also run each system without a defect, which must raise no alarm",
      wholeNumber("--control", 1, MAX_RUNS),
    )
    .option("-s, --seed <number>", "first seed of the first block", parseSeed, 1)
    .option(
      "-j, --jobs <number>",
      "worker threads (default: one for each core)",
      wholeNumber("--jobs", 1, MOST_JOBS),
    )
    .option("--others", "count only catches by other properties than the one that must catch it")
    .option("--no-shrink", "leave catches as they were found")
    .option("--json", "print one JSON object")
    .option("--markdown", "print Markdown; the text around the table in the file of --output is kept")
    .option("--html", "print a page: one file that needs no network, with tables to sort")
    .option("-o, --output <file>", "write to a file instead of standard output")
    .action(async (ids: string[], options: TypedOptions) => {
      const { system, in: scenarios = [], strategy, blocks, budget, budgets, saveBudgets } = options;
      const { seed, jobs, control, shrink, output, others = false } = options;
      const format = formatOf(options);
      const { defects } = await import("./defects.js");
      const defectsOptions = {
        ...{ system, scenarios, strategy, blocks, budget, budgets, saveBudgets },
        ...{ seed, jobs, control, shrink, output, others },
        format,
      } as const;
      done(await defects(ids, defectsOptions, await simulator(), terminal));
    });
}

const FORMATS = ["json", "markdown", "html"] as const;

/** @throws InputError when two are asked for. */
function formatOf(options: TypedOptions): (typeof FORMATS)[number] | "text" {
  const [format = "text", ...others] = FORMATS.filter((one) => options[one] === true);
  if (others.length > 0) {
    throw new InputError(`--${[format, ...others].join(" and --")}: expected only one of them`);
  }
  return format;
}
