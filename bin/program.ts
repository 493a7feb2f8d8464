/**
 * The command line: which words and options there are, and which function each of them calls. Commands and the
 * simulator are loaded when they are needed, so that help comes at once.
 */

import { resolve } from "node:path";
import { Command, CommanderError } from "commander";
import type { KnobValue, Strategy } from "../src/index.js";
import { InputError, printable, seedstormVersion, shown } from "../src/input/index.js";
import type { Catalogue } from "../src/report/index.js";
import { campaignCommands } from "./campaign-commands.js";
import type { CliContext } from "./cli-context.js";
import { defectsCommand } from "./defects-command.js";
import { drillCommands } from "./drill-commands.js";
import { type ExitCode, firstLine, HARNESS_FAILED, HarnessError, HELD, UNUSABLE } from "./exit-codes.js";
import { withScenariosOf } from "./invocation.js";
import { collect, collectKnob, lengthOf, parseSeed, wholeNumber } from "./numbers.js";
import type { Project, ProjectScenarios } from "./project.js";
import { runnerCommand } from "./runner-command.js";
import type { Simulator } from "./simulator.js";
import { strategyOption } from "./strategy.js";
import type { UniverseCommand } from "./universe-command.js";

/** Runs the command that the arguments name. Never throws: whatever happens becomes a sentence and an exit code. */
export async function main(args: readonly string[], context: CliContext): Promise<ExitCode> {
  const { terminal } = context;
  let code: ExitCode = HELD;
  const program = build(context, (result) => {
    code = result;
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? HELD : UNUSABLE;
    if (error instanceof InputError) {
      terminal.err([`error: ${error.message}`]);
      return UNUSABLE;
    }
    terminal.err(harnessFailure(error, args, context.debug));
    return HARNESS_FAILED;
  }
}

function harnessFailure(error: unknown, args: readonly string[], debug: boolean): string[] {
  const message = error instanceof HarnessError ? error.message : `the harness failed: ${firstLine(error)}`;
  const command = error instanceof HarnessError ? error.command : undefined;
  const again = command ?? ["npx seedstorm", ...args].join(" ");
  const cause = error instanceof HarnessError && error.cause !== undefined ? error.cause : error;
  const stack = debug && cause instanceof Error ? [cause.stack ?? ""] : [];
  return [
    `error: ${printable(message)}`,
    `again: ${printable(again)} (SEEDSTORM_DEBUG=1 shows where)`,
    ...stack,
  ];
}

function build(
  { terminal, simulator: load, apart, project: find, catalogue }: CliContext,
  done: (code: ExitCode) => void,
): Command {
  const program = new Command("seedstorm")
    .description("Deterministic simulation and chaos testing: one seed is one universe.")
    .version(seedstormVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help for a command")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out([text.trimEnd()]),
      writeErr: (text) => terminal.err([text.trimEnd()]),
      getOutHelpWidth: () => terminal.columns,
      getErrHelpWidth: () => terminal.columns,
    })
    .option(
      "--scenarios <module>",
      "scenarios of your own: a module that exports them; goes before the command (default: those that seedstorm.config.ts names)",
    )
    .addHelpText("after", EXIT_CODES);
  let found: Promise<Project> | undefined;
  const project = (): Promise<Project> => {
    found ??= find();
    return found;
  };
  /** The project, with the scenarios that the command line names in place of its own. */
  const asked = async (): Promise<ProjectScenarios> => {
    const { scenarios } = program.opts<{ scenarios?: string }>();
    const configured = await project();
    if (scenarios === undefined) return configured;
    withScenariosOf(scenarios);
    const named = { path: resolve(scenarios), asked: `--scenarios: ${shown(scenarios)}` };
    return { ...configured, scenarios: [named] };
  };
  const simulator = async (): Promise<Simulator> => load(await asked());
  const oneUniverse = async (command: UniverseCommand, system?: string): Promise<ExitCode> => {
    const { scenarios: named } = program.opts<{ scenarios?: string }>();
    return apart({ command, modules: (await asked()).scenarios, system, named });
  };
  /** Undefined where the scenarios are not our own. */
  const known = async (): Promise<Catalogue | undefined> => {
    const { scenarios } = program.opts<{ scenarios?: string }>();
    return scenarios === undefined && (await project()).scenarios.length === 0 ? catalogue() : undefined;
  };

  program
    .command("init")
    .description("write a configuration, an example and a CI step into the current project")
    .action(async () => {
      const { init } = await import("./init.js");
      done(init(process.cwd(), terminal));
    });

  program
    .command("list [scenario]")
    .description("list scenarios, systems, properties, faults and defects")
    .option("--json", "print one JSON object")
    .action(async (scenario: string | undefined, { json = false }: TypedOptions) => {
      const { list } = await import("./list.js");
      done(list(scenario, { json }, (await known()) ?? (await catalogued(simulator())), terminal));
    });

  const runCommand = program
    .command("run <scenario>")
    .description("run one universe, and print its story and verdict")
    .option(
      "-s, --seed <number>",
      "which universe: a whole number, decimal or 0x… (default: drawn)",
      parseSeed,
    )
    .option(
      "--orders <file>",
      "real orders instead of made-up ones: webhook deliveries as JSON Lines or a JSON list, gzipped or not; - for standard input",
    )
    .option("--lenient", "skip and count unusable deliveries of the order file")
    .option("--plan-out <file>", "write the plan to a file, for replay")
    .option("--defect <id>", "plant a defect; may be given more than once", collect)
    .option("--knob <name=value>", "set a knob of the system; may be given more than once", collectKnob)
    .addOption(strategyOption())
    .action(async (scenario: string, options: TypedOptions) => {
      const { seed, orders, lenient = false, planOut, defect = [], knob = {} } = options;
      const runOptions = {
        ...outputOptions(options),
        seed,
        orders,
        lenient,
        planOut,
        defects: defect,
        knobs: knob,
        strategy: options.strategy,
      };
      // A strategy that does not fit is answered with the scenarios that it fits, which are of any system.
      const system = options.strategy === undefined ? systemOf(scenario, await known()) : undefined;
      done(await oneUniverse({ name: "run", scenario, options: runOptions }, system));
    });
  report(runCommand);

  campaignCommands(program, { terminal, simulator, project }, done);
  defectsCommand(program, { terminal, simulator, project }, done);

  drillCommands(program, { terminal }, done);
  runnerCommand(program, { terminal }, done);

  report(program.command("replay <file>"))
    .description("run the universe of a plan or repro file again, and show what led to its failure")
    .action(async (file: string, options: TypedOptions) => {
      done(await oneUniverse({ name: "replay", file, options: outputOptions(options) }));
    });

  program
    .command("linearizable <file>")
    .description(
      "check whether a recorded history is linearizable; reads what Jepsen, Knossos and Porcupine write: JSON, EDN, logs, gzip, - for standard input",
    )
    .requiredOption(
      "-m, --model <name>",
      "what the object is: register, cas-register, multi-register, kv, queue, unordered-queue, set, set-full, counter, bank, log, lock, reentrant-lock, fenced-lock, semaphore, or a module with a model of your own",
    )
    .option("--initial <json>", "what each object holds at the start (default: nothing)")
    .option("--sort", "go by the times of the events instead of the order of the lines")
    .option("--witness", "print a linearization, where there is one")
    .option(
      "--budget <steps>",
      "steps of the model before it gives up, which is not a pass (default: 20,000,000)",
      wholeNumber("--budget", 1, MOST_STEPS),
    )
    .option("--html <file>", "draw it as a page")
    .option("--json", "print one JSON object")
    .action(
      async (file: string, { sort = false, witness = false, json = false, ...options }: HistoryOptions) => {
        const { linearizable } = await import("./linearizable.js");
        done(await linearizable(file, { ...options, sort, witness, json }, terminal));
      },
    );

  program
    .command("anomalies <file>")
    .description(
      "find anomalies in a history of transactions, with their proofs, and the consistency models that they rule out",
    )
    .requiredOption(
      "-w, --workload <name>",
      "what the transactions do: list-append, rw-register, bank or long-fork",
    )
    .option(
      "--promise <model>",
      "what must hold, from read-uncommitted to strict-serializable",
      "strict-serializable",
    )
    .option(
      "--total <number>",
      "what all accounts of a bank hold (default: what the first read shows)",
      wholeNumber("--total", 0, MOST_STEPS),
    )
    .option("--overdraft", "accounts of a bank may go below zero")
    .option("--sort", "go by the times of the events instead of the order of the lines")
    .option("--html <file>", "draw it as a page")
    .option("--json", "print one JSON object")
    .action(
      async (
        file: string,
        { sort = false, overdraft = false, json = false, ...options }: TransactionOptions,
      ) => {
        const { anomalies } = await import("./anomalies.js");
        done(await anomalies(file, { ...options, sort, overdraft, json }, terminal));
      },
    );

  program
    .command("report <file> [repros...]")
    .description(
      "write an HTML page from a plan, a repro file, a drill's history or a campaign's result; with a campaign, repro files show how small its failures became",
    )
    .option("-o, --output <file>", "where the page goes (default: a file in reports/)")
    .option("--open", "show it in the browser")
    .option(
      "--limit <number>",
      "facts and messages that the diagram draws (default: 20,000)",
      wholeNumber("--limit", 1, MOST_DRAWN),
    )
    .action(async (file: string, repros: string[], { output, open = false, limit }: TypedOptions) => {
      const { report } = await import("./report.js");
      const { reports } = await project();
      done(await report(file, repros, { output, open, limit, reports }, await simulator(), terminal));
    });

  for (const command of [program, ...program.commands]) {
    const help = command === program ? "seedstorm --help" : `seedstorm ${command.name()} --help`;
    command.configureOutput({
      outputError: (text, write) => write(`${text.trim().replaceAll(/\s+/g, " ")}; see ${help}`),
    });
  }
  return program;
}

async function catalogued(simulator: Promise<Simulator>): Promise<Catalogue> {
  const { catalogueOf } = await import("../src/report/index.js");
  return catalogueOf((await simulator).scenarios);
}

/** The id of a scenario's system; undefined when that is not known without loading all. */
function systemOf(scenario: string, catalogue: Catalogue | undefined): string | undefined {
  return catalogue?.scenarios.find(({ id }) => id === scenario)?.system;
}

/** Facts and messages that browsers can still draw. */
const MOST_DRAWN = 1_000_000;

const EXIT_CODES = `
Exit codes: 0 all held, 1 a property was violated, 2 the input was unusable, 3 the harness failed,
130 interrupted.`;

/** Looks at a model that may be asked for. */
const MOST_STEPS = 999_999_999;

interface TransactionOptions {
  readonly html?: string;
  readonly workload: string;
  readonly promise: string;
  readonly total?: number;
  readonly overdraft?: boolean;
  readonly sort?: boolean;
  readonly json?: boolean;
}

interface HistoryOptions {
  readonly html?: string;
  readonly model: string;
  readonly initial?: string;
  readonly budget?: number;
  readonly sort?: boolean;
  readonly witness?: boolean;
  readonly json?: boolean;
}

/** Options as commander hands them over. */
interface TypedOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verify?: boolean;
  readonly full?: boolean;
  readonly hangAfter?: number;
  readonly output?: string;
  readonly seed?: number;
  readonly orders?: string;
  readonly lenient?: boolean;
  readonly planOut?: string;
  readonly open?: boolean;
  readonly limit?: number;
  readonly defect?: readonly string[];
  readonly knob?: Readonly<Record<string, KnobValue>>;
  readonly strategy?: Strategy;
}

function report(command: Command): Command {
  return command
    .option("--json", "print one JSON object")
    .option("--verify", "run it twice and name the first event that differs")
    .option("--full", "show every moment, however many")
    .option("--hang-after <length>", "real time that a run may take (default: 30s)", lengthOf("--hang-after"))
    .option("-q, --quiet", "print nothing but violations")
    .option("-o, --output <file>", "write to a file instead of standard output");
}

function outputOptions(options: TypedOptions) {
  const { json = false, quiet = false, verify = false, full = false, output, hangAfter } = options;
  return { json, quiet, verify, full, output, hangMs: hangAfter };
}
