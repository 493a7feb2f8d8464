/** The words and options of the commands about many runs, and which function each of them calls. */

import { type Command, Option } from "commander";
import type { Shard } from "../src/explore/index.js";
import type { KnobValue, Strategy } from "../src/index.js";
import { InputError, parseShard, shown } from "../src/input/index.js";
import type { CommandContext } from "./cli-context.js";
import type { ExitCode } from "./exit-codes.js";
import {
  collect,
  collectKnob,
  lengthOf,
  MAX_RUNS,
  MOST_JOBS,
  parseLength,
  parseRuns,
  parseSeed,
  wholeNumber,
} from "./numbers.js";
import { REPORTERS, type Reporter } from "./reporters.js";
import { strategyOption } from "./strategy.js";

/** Options as commander hands them over. */
interface TypedOptions {
  readonly runs?: number;
  readonly for?: number;
  readonly seed: number;
  readonly jobs?: number;
  readonly shard?: Shard;
  readonly resume?: string;
  readonly save?: string | boolean;
  readonly defect?: readonly string[];
  readonly host?: readonly string[];
  readonly knob?: Readonly<Record<string, KnobValue>>;
  readonly strategy?: Strategy;
  readonly verify?: boolean;
  readonly verifyEvery?: number;
  readonly failFast?: boolean;
  readonly shrink?: boolean;
  readonly corpus?: string | boolean;
  readonly reporter?: Reporter;
  readonly json?: boolean;
  readonly html?: boolean;
  readonly quiet?: boolean;
  readonly output?: string;
  readonly futures: number;
  readonly points: number;
  readonly allowGaps?: boolean;
  readonly queue?: string;
  readonly block?: number;
  readonly patience: number;
}

const MOST_BLOCK_RUNS = 100_000;
const DEFAULT_PATIENCE_MS = 30_000;

export function campaignCommands(
  program: Command,
  { terminal, simulator, project }: CommandContext,
  done: (code: ExitCode) => void,
): void {
  const jobs = ["-j, --jobs <number>", "worker threads (default: one for each core)"] as const;
  const parseJobs = wholeNumber("--jobs", 1, MOST_JOBS);

  const check = program
    .command("check [scenarios...]")
    .description(
      "run many universes on all cores, and shrink each kind of failure; all scenarios when none is named",
    )
    .option("-n, --runs <number>", "runs in all, scenarios in turn (default: 200 for each)", parseRuns)
    .option("--for <length>", "how long, in real time: 90s, 10m, 1.5h", parseLength)
    .option("-s, --seed <number>", "seed of the first run; the others follow it (default: 1)", parseSeed)
    .option(...jobs, parseJobs)
    .option("--queue <url>", "have the runs done by workers on other machines: a NATS server with JetStream")
    .option(
      "--block <runs>",
      "runs that a worker takes from the queue at a time (default: 200)",
      wholeNumber("--block", 1, MOST_BLOCK_RUNS),
    )
    .option("--shard <index/count>", "only every count-th seed: 3/8", parseShard)
    .option("--resume <file>", "continue a campaign that was interrupted, from its result")
    .option("--save <file>", "where the result is kept while it runs (default: a file in reports/)")
    .option("--no-save", "write nothing into reports/")
    .option("--corpus <folder>", "repro files to replay first (default: corpus)")
    .option("--no-corpus", "replay no corpus")
    .option("--defect <id>", "plant a defect; may be given more than once", collect)
    .option("--knob <name=value>", "set a knob of the system; may be given more than once", collectKnob)
    .addOption(strategyOption())
    .option("--verify", "run every plan twice and compare every event")
    .option("--no-verify", "run none twice")
    .option(
      "--verify-every <number>",
      "run the plans of every n-th seed twice (default: 20)",
      wholeNumber("--verify-every", 1, MAX_RUNS),
    )
    .option("--fail-fast", "stop at the first failure")
    .option("--no-shrink", "leave failures as they were found");
  reporting(check).action(async (scenarios: string[], options: TypedOptions) => {
    const { check: command } = await import("./check.js");
    const { seed, shard, resume, save, corpus, defect = [], knob = {}, shrink = true } = options;
    const { runs: usual, corpus: folder, reports } = await project();
    // What is resumed has its own number, and a length of time needs none.
    const runs = options.runs ?? (resume === undefined && options.for === undefined ? usual : undefined);
    const checkOptions = {
      ...reportOptions(options),
      runs,
      forMs: options.for,
      seed,
      jobs: options.jobs,
      shard,
      resume,
      save: save === true ? undefined : save,
      defects: defect,
      knobs: knob,
      strategy: options.strategy,
      verifyEvery: options.verify === undefined ? options.verifyEvery : Number(options.verify),
      failFast: options.failFast ?? false,
      shrink,
      queue: options.queue,
      blockRuns: options.block,
      corpus: corpus === false ? undefined : typeof corpus === "string" ? corpus : folder,
      reports,
    };
    done(await command(scenarios, checkOptions, await simulator(), terminal));
  });

  program
    .command("work")
    .description("take the runs that check --queue has put into a queue, and run them until Ctrl-C")
    .requiredOption("--queue <url>", "a NATS server with JetStream, as in nats://queue.example.com:4222")
    .option(...jobs, parseJobs)
    .addOption(
      new Option("--patience <length>", "how long a worker may be silent before its block goes to another")
        .argParser(lengthOf("--patience"))
        .default(DEFAULT_PATIENCE_MS, "30s"),
    )
    .option("-q, --quiet", "print refusals and problems only")
    .action(async ({ queue = "", jobs: threads, patience, quiet = false }: TypedOptions) => {
      const { workOnQueue } = await import("./work.js");
      const workOptions = { queue, jobs: threads, patienceMs: patience, quiet };
      done(await workOnQueue(workOptions, await simulator(), terminal));
    });

  const merge = program
    .command("merge <files...>")
    .description("combine the results of a campaign's shards")
    .option("--save <file>", "write the merged result to a file")
    .option("--allow-gaps", "merge what there is, and name what is missing");
  reporting(merge).action(async (files: string[], options: TypedOptions) => {
    const { merge: command } = await import("./merge.js");
    const save = typeof options.save === "string" ? options.save : undefined;
    const mergeOptions = { ...reportOptions(options), save, allowGaps: options.allowGaps ?? false };
    done(await command(files, mergeOptions, await simulator(), terminal));
  });

  program
    .command("shrink <file>")
    .description("reduce a failing plan to a small one that fails in the same way")
    .option("-n, --runs <number>", "runs at most", parseRuns, 2_000)
    .addOption(
      new Option("--for <length>", "real time at most: 90s, 10m")
        .argParser(parseLength)
        .default(120_000, "2m"),
    )
    .option(...jobs, parseJobs)
    .option("--json", "print one JSON object")
    .option("-q, --quiet", "print the command to replay it, and nothing else")
    .option("-o, --output <file>", "where the small plan goes (default: beside the file)")
    .action(async (file: string, options: TypedOptions & { runs: number; for: number }) => {
      const { shrink } = await import("./shrink.js");
      const { runs, jobs: threads, json = false, quiet = false, output } = options;
      const shrinkOptions = { runs, forMs: options.for, jobs: threads, json, quiet, output };
      done(await shrink(file, shrinkOptions, await simulator(), terminal));
    });

  program
    .command("branch <file>")
    .description("find when a failure became inevitable, by running other futures from a series of moments")
    .option("--futures <number>", "futures of each moment", wholeNumber("--futures", 1, 100_000), 100)
    .option("--points <number>", "moments", wholeNumber("--points", 5, 1_000), 16)
    .option(...jobs, parseJobs)
    .option("--json", "print one JSON object")
    .option("--html", "print a page: the run's diagram with the moment in it, beside a future that went well")
    .option("-o, --output <file>", "write to a file instead of standard output")
    .action(async (file: string, options: TypedOptions) => {
      const { branch } = await import("./branch.js");
      const { futures, points, jobs: threads, json = false, html = false, output } = options;
      const branchOptions = { futures, points, jobs: threads, json, html, output };
      done(await branch(file, branchOptions, await simulator(), terminal));
    });

  program
    .command("sweep <scenario>")
    .description("crash at every durable write and external call of a healthy run, before and after it")
    .option("-s, --seed <number>", "seed of the healthy run", parseSeed, 1)
    .option("--host <id>", "crash only this host; may be given more than once", collect)
    .option(...jobs, parseJobs)
    .option("--defect <id>", "plant a defect; may be given more than once", collect)
    .option("--knob <name=value>", "set a knob of the system; may be given more than once", collectKnob)
    .option("--json", "print one JSON object")
    .option("-q, --quiet", "print failures only")
    .option("-o, --output <file>", "write to a file instead of standard output")
    .action(async (scenario: string, options: TypedOptions) => {
      const { sweep } = await import("./sweep.js");
      const { seed, jobs: threads, defect = [], knob = {}, host = [] } = options;
      const { json = false, quiet = false, output } = options;
      const sweepOptions = {
        seed,
        jobs: threads,
        defects: defect,
        knobs: knob,
        hosts: host,
        json,
        quiet,
        output,
        reports: (await project()).reports,
      };
      done(await sweep(scenario, sweepOptions, await simulator(), terminal));
    });
}

function reporting(command: Command): Command {
  const reporter = new Option("--reporter <name>", `what to print: ${REPORTERS.join(", ")}`).argParser(
    parseReporter,
  );
  return command
    .addOption(reporter)
    .option("--json", "short for --reporter json")
    .option("-q, --quiet", "print failures only")
    .option("-o, --output <file>", "write to a file instead of standard output");
}

function reportOptions({ reporter, json = false, quiet = false, output }: TypedOptions) {
  return { reporter: reporter ?? (json ? "json" : "text"), quiet, output } as const;
}

function parseReporter(text: string): Reporter {
  const reporter = REPORTERS.find((name) => name === text);
  if (reporter === undefined) {
    throw new InputError(`--reporter: expected one of ${REPORTERS.join(", ")}, got ${shown(text)}`);
  }
  return reporter;
}
