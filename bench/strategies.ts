/**
 * `node build/bench/strategies.js [--blocks 5] [--budget 400] [--seed 1] [--jobs N] [--in SCENARIO]… [--output FILE] [DEFECT…]`:
 * strategies compared on the kill table. Every planted defect that has an expected property is sought by each of the three
 * strategies in turn, in the storms alone and with the same seeds. Prints a part of a document, or replaces that part in the file
 * that `--output` names: `docs/defects.md`.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type KillSettings, type Planting, plantAll } from "../src/explore/defects/defects.js";
import { RunPool } from "../src/explore/runs/pool.js";
import { type StrategyResults, withStrategies } from "../src/report/strategies-markdown.js";
import { REGISTRY, scenarios, systems } from "../src/scenarios/index.js";
import { STRATEGIES } from "../src/storm/scenario.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    blocks: { type: "string", default: "5" },
    budget: { type: "string", default: "400" },
    seed: { type: "string", default: "1" },
    jobs: { type: "string" },
    in: { type: "string", multiple: true },
    output: { type: "string" },
  },
});

const settings: KillSettings = {
  blocks: Number(values.blocks),
  budget: Number(values.budget),
  seed: Number(values.seed),
};
const scopes = scenarios.filter(
  ({ id, strategy }) => strategy !== undefined && (values.in?.includes(id) ?? true),
);
const plantings: Planting[] = systems.flatMap((system) => {
  const own = scopes.filter((scenario) => scenario.system === system);
  return own.length === 0
    ? []
    : system.defects
        .filter(
          ({ id, caughtBy }) => caughtBy.length > 0 && (positionals.length === 0 || positionals.includes(id)),
        )
        .map((defect) => ({ system, defect, scenarios: own }));
});
if (plantings.length === 0) throw new Error("there is no such defect in any of these scenarios");

const pool = new RunPool({
  registry: REGISTRY,
  ...(values.jobs === undefined ? {} : { jobs: Number(values.jobs) }),
});
const compared: StrategyResults[] = [];
for (const strategy of STRATEGIES) {
  const results = await plantAll(plantings, {
    pool,
    settings: { ...settings, strategy },
    shrinkRuns: 0,
    onDefect: ({ planting, blocks }) => {
      const caught = blocks.filter((block) => block.caught !== undefined).length;
      process.stderr.write(
        `${strategy} ${planting.defect.id}: caught in ${caught} of ${blocks.length} blocks\n`,
      );
    },
  });
  compared.push({ strategy, results });
}
await pool.close();

const { output } = values;
const command = ["npm run build && node build/bench/strategies.js", ...process.argv.slice(2)].join(" ");
const document = output !== undefined && existsSync(output) ? readFileSync(output, "utf8") : undefined;
const text = `${withStrategies(document, { settings, compared, command }).join("\n")}\n`;
if (output === undefined) process.stdout.write(text);
else writeFileSync(output, text);
