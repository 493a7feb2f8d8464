/** The words and options of the commands about drills, and which function each of them calls. */

import { type Command, Option } from "commander";
import type { KnobValue } from "../src/index.js";
import type { CliContext } from "./cli-context.js";
import { DRILL_HOST } from "./end-of-process.js";
import type { ExitCode } from "./exit-codes.js";
import { collect, collectKnob, lengthOf, parseSeed, wholeNumber } from "./numbers.js";

/** Options as commander hands them over. */
interface TypedOptions {
  readonly backend?: string;
  readonly seed?: number;
  readonly for?: number;
  readonly control?: boolean;
  readonly repeat: number;
  readonly natsServer?: string;
  readonly syncInterval: "always" | "default";
  readonly faults?: string;
  readonly defect?: readonly string[];
  readonly knob?: Readonly<Record<string, KnobValue>>;
  readonly folder?: string;
  readonly patience?: number;
  readonly store: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly full?: boolean;
  readonly output?: string;
}

const MOST_DRILLS = 1_000;
const MOST_MEGABYTES = 100_000;
/** Room for the streams of the longest drill. */
const STORE_MEGABYTES = 512;

export function drillCommands(
  program: Command,
  { terminal }: Pick<CliContext, "terminal">,
  done: (code: ExitCode) => void,
): void {
  program
    .command("drill [name]")
    .description(
      "run a system as real processes over a real JetStream cluster on this machine, under real kills, pauses and partitions; needs nats-server",
    )
    .option(
      "--backend <id>",
      "what it runs on: jetstream-log, streams as logs under the system's own replicas, or jetstream, the engine's own queue and buckets (default: the first)",
    )
    .option("-s, --seed <number>", "what orders and faults are drawn from (default: drawn)", parseSeed)
    .option("--for <length>", "how long there are orders and faults (default: 60s)", lengthOf("--for"))
    .option("--faults <file>", "take the faults from a JSON file, such as a plan, instead of drawing them")
    .option("--control", "no faults: it must hold, or the harness has failed")
    .option(
      "--repeat <number>",
      "how many drills, with this seed and those that follow",
      wholeNumber("--repeat", 1, MOST_DRILLS),
      1,
    )
    .option("--nats-server <file>", "the nats-server program (default: the one on the PATH)")
    .addOption(
      new Option("--sync-interval <when>", "when JetStream syncs what it has written to disk")
        .choices(["always", "default"])
        .default("default"),
    )
    .option("--defect <id>", "plant a defect; may be given more than once", collect)
    .option("--knob <name=value>", "set a knob of the system; may be given more than once", collectKnob)
    .option("--folder <path>", "working folder, which is kept (default: a temporary folder)")
    .option(
      "--patience <length>",
      "how long starting up, and healing, may take (default: 120s)",
      lengthOf("--patience"),
    )
    .option(
      "--store <megabytes>",
      "what each server may store",
      wholeNumber("--store", 1, MOST_MEGABYTES),
      STORE_MEGABYTES,
    )
    .option("--json", "print one JSON object")
    .option("--full", "show every moment, however many")
    .option("-q, --quiet", "print nothing but violations")
    .option("-o, --output <file>", "where the history goes (default: a file in reports/)")
    .action(async (name: string | undefined, options: TypedOptions) => {
      const { drill } = await import("./drill.js");
      const { control = false, json = false, full = false, quiet = false, defect = [], knob = {} } = options;
      const settings = {
        ...{
          backend: options.backend,
          seed: options.seed,
          lengthMs: options.for,
          control,
          repeat: options.repeat,
        },
        ...{
          natsServer: options.natsServer,
          sync: options.syncInterval,
          faults: options.faults,
          defects: defect,
          knobs: knob,
        },
        ...{ folder: options.folder, patienceMs: options.patience, storeMegabytes: options.store },
        ...{ json, full, quiet, output: options.output },
      };
      done(await drill(name, settings, terminal));
    });

  program
    .command("judge <file>")
    .description("judge the history of a drill again, without a cluster")
    .option("--json", "print one JSON object")
    .option("--full", "show every moment, however many")
    .option("-q, --quiet", "print nothing but violations")
    .action(async (file: string, { json = false, full = false, quiet = false }: TypedOptions) => {
      const { judgeFile } = await import("./judge.js");
      done(await judgeFile(file, { json, full, quiet }, terminal));
    });

  // What a drill starts its processes with.
  program.command(`${DRILL_HOST} <settings>`, { hidden: true }).action(async (settings: string) => {
    const { drillHost } = await import("./drill-host.js");
    await drillHost(settings);
  });
}
