/**
 * Strategies compared, as a part of a document: for each defect how many runs it took under each of them, and what it all
 * comes to. The seeds are the same under each, so that what differs is the storms alone.
 */
import { type DefectFigures, figuresOf, median } from "../explore/defects/defect-figures.js";
import type { DefectResult, KillSettings } from "../explore/defects/defects.js";
import { versions } from "../explore/formats/versions.js";
import type { Strategy } from "../storm/scenario.js";
import { runsText } from "./kill-table.js";
import { marksOf, withPart } from "./marked.js";
import { count, grouped } from "./words.js";

/** What one strategy came to. */
export interface StrategyResults {
  readonly strategy: Strategy;
  /** Of the same defects in the same order for each strategy. */
  readonly results: readonly DefectResult[];
}

export interface StrategyReport {
  readonly settings: KillSettings;
  readonly compared: readonly StrategyResults[];
  /** What is to be typed to make it again. */
  readonly command: string;
}

const PART = "strategies";

/** The document with the comparison between its marks; a document of its own where there are none. */
export function withStrategies(document: string | undefined, report: StrategyReport): string[] {
  const part = strategyLines(report);
  const { begin, end } = marksOf(PART);
  return withPart(document, PART, part) ?? ["# Strategies compared", "", begin, ...part, end];
}

function strategyLines({ settings, compared, command }: StrategyReport): string[] {
  const { blocks, budget, seed } = settings;
  const { seedstorm, node } = versions();
  const columns = compared.map(({ strategy, results }) => ({ strategy, figures: results.map(figuresOf) }));
  const defects = compared[0]?.results.map(({ planting }) => planting) ?? [];
  const scopes = [...new Set(defects.flatMap(({ scenarios }) => scenarios.map(({ id }) => id)))];
  const heads = columns.map(({ strategy }) => strategy).join(" | ");
  const rule = columns.map(() => "--:").join("|");
  const summary = (name: string, of: (figures: readonly DefectFigures[]) => string): string =>
    `| ${name} | ${columns.map(({ figures }) => of(figures)).join(" | ")} |`;
  return [
    "",
    `This part is generated, by Seedstorm ${seedstorm} on Node ${node}. It is made again by`,
    "",
    "```",
    command,
    "```",
    "",
    `${count(defects.length, "defect")}, sought in ${scopes.join(", ")} alone: ${count(blocks, "block")} with at most ${grouped(budget)} runs each, seeds from ${grouped(seed)} on, the same`,
    "under each strategy. A cell has the median of the runs to the first catch, and the share of blocks that caught the defect where",
    "not all did.",
    "",
    `| | ${heads} |`,
    `|---|${rule}|`,
    summary("median of the medians", (figures) =>
      runsText(median(figures.map(({ medianRuns }) => medianRuns)), budget),
    ),
    summary("caught in every block", (figures) => String(figures.filter(isCaughtAlways).length)),
    summary("caught in some block", (figures) => String(figures.filter(({ caught }) => caught > 0).length)),
    summary("blocks that caught theirs", (figures) =>
      shareText(sum(figures, "caught"), sum(figures, "blocks")),
    ),
    `| runs in all | ${compared.map(({ results }) => grouped(runsOf(results))).join(" | ")} |`,
    `| fastest, alone or with others | ${columns.map((_, i) => String(fastest(columns, i, defects.length))).join(" | ")} |`,
    "",
    `| defect | ${heads} |`,
    `|---|${rule}|`,
    ...defects.map(
      ({ defect }, i) =>
        `| \`${defect.id}\` | ${columns.map(({ figures }) => cell(figures[i], budget)).join(" | ")} |`,
    ),
    "",
  ];
}

const isCaughtAlways = ({ caught, blocks }: DefectFigures): boolean => blocks > 0 && caught === blocks;

function cell(figures: DefectFigures | undefined, budget: number): string {
  if (figures === undefined || figures.blocks === 0) return "–";
  const { caught, blocks, medianRuns } = figures;
  const share = caught === blocks ? "" : ` (${caught}/${blocks})`;
  return `${runsText(medianRuns, budget)}${share}`.replaceAll(">", "\\>");
}

function runsOf(results: readonly DefectResult[]): number {
  return results.reduce((all, { blocks }) => all + blocks.reduce((runs, block) => runs + block.runs, 0), 0);
}

function sum(figures: readonly DefectFigures[], key: "caught" | "blocks"): number {
  return figures.reduce((all, one) => all + one[key], 0);
}

function shareText(part: number, whole: number): string {
  return whole === 0 ? "–" : `${Math.round((part / whole) * 1_000) / 10} %`;
}

/** For how many defects no other strategy had a lower median. Where none caught it, none is the fastest. */
function fastest(
  columns: readonly { readonly figures: readonly DefectFigures[] }[],
  index: number,
  defects: number,
): number {
  let wins = 0;
  for (let i = 0; i < defects; i++) {
    const medians = columns.map(({ figures }) => figures[i]?.medianRuns ?? Number.POSITIVE_INFINITY);
    const own = medians[index] ?? Number.POSITIVE_INFINITY;
    if (Number.isFinite(own) && own === Math.min(...medians)) wins++;
  }
  return wins;
}
