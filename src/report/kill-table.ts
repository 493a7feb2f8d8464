/**
 * The kill table for people at a terminal: a row for each defect, a sentence for each that was not caught or that something
 * else gave away first, and what the whole came to.
 */
import { type DefectFigures, figuresOf, totalsOf } from "../explore/defects/defect-figures.js";
import type { ControlResult, DefectResult, KillSettings } from "../explore/defects/defects.js";
import { cited, originText } from "./origin.js";
import { aligned, clean, cut, hanging, outdented, padded, type TextStyle, width } from "./text-style.js";
import { count, duration, grouped, list } from "./words.js";

export interface KillReport {
  readonly settings: KillSettings;
  /** Those that were begun, in their order. */
  readonly results: readonly DefectResult[];
  readonly controls: readonly ControlResult[];
  /** Defects that were asked for. */
  readonly planned: number;
  readonly interrupted: boolean;
  /** Real milliseconds. */
  readonly wallTimeMs: number;
  /** What is not in the table, in sentences. */
  readonly notes: readonly string[];
  /** What is to be typed to make it again. */
  readonly command: string;
}

const HEADS = ["blocks", "runs", "p90", "seconds", "p90", "size"] as const;
/** Narrower terminals are shown the first few figures. */
const ALL_FIGURES_FROM = 72;
const FIRST_FIGURES = 3;
/** Up to this many defects are described as well; `seedstorm list` has them all. */
const FEW = 4;
const LEGEND = "runs and seconds: the median of the blocks; size: faults + operations of the smallest plan";

export function killLines(report: KillReport, style: TextStyle): string[] {
  const { columns, color } = style;
  const notes = [...report.results.flatMap((result) => remarks(result, report.settings)), ...report.notes];
  return [
    ...(report.results.length === 0 ? [] : [...tableLines(report, style), ""]),
    ...(report.results.length > FEW ? [] : report.results.flatMap((result) => aboutLines(result, style))),
    ...problems(report).flatMap((text) => outdented(`✗ ${text}`, columns).map((line) => color.red(line))),
    ...notes.flatMap((text) => outdented(`note: ${text}`, columns).map((line) => color.dim(line))),
    ...report.controls.flatMap((control) => hanging("", controlSentence(control), columns)),
    ...hanging("", closing(report), columns),
  ];
}

/** What a defect breaks, where it comes from, and what is known of its kind. */
function aboutLines({ planting }: DefectResult, { columns, color }: TextStyle): string[] {
  const { defect } = planting;
  const origin = originText(defect);
  const text = `${defect.breaks}${origin === undefined ? "" : ` A ${origin}.`}`;
  const met = defect.incident;
  return [
    color.bold(cut(clean(defect.id), columns)),
    ...hanging("  ", text, columns),
    ...(met === undefined ? [] : hanging("  ", `Met before: ${cited(met)}, ${met.url}`, columns)),
    "",
  ];
}

/** One defect in one line, for those who wait. */
export function defectLine(result: DefectResult): string {
  const figures = figuresOf(result);
  const { blocks, caught, by } = figures;
  const shrinkTrace = result.shrinkTrace === undefined ? "" : `, shrunk to ${sizeText(result)}`;
  const how =
    caught === 0
      ? `caught in none of ${count(blocks, "block")}`
      : `${list(by.map(([property]) => property))} in ${caught} of ${count(blocks, "block")}, median ${medianText(figures.medianRuns, result.budget)}`;
  return `${result.planting.defect.id}: ${how}${shrinkTrace}${result.interrupted ? " (interrupted)" : ""}`;
}

/** What makes the command fail: defects that were not caught in some block, and alarms without a defect. */
export function problems({ results, controls, settings }: KillReport): string[] {
  return [
    // That one property alone knows a defect is worth knowing, and no failure.
    ...(settings.others === true ? [] : results.flatMap((result) => notCaught(result))),
    ...controls.flatMap(({ alarms }) =>
      alarms.map(
        ({ scenario, seed, property, kind, message }) =>
          `${scenario} with seed ${seed} raised an alarm without any defect: ${property === "" ? kind : property} ${message}`,
      ),
    ),
  ];
}

/** @param who catches; those that must, when left out. */
function notCaught(result: DefectResult, who = list(result.planting.defect.caughtBy)): string[] {
  const { id } = result.planting.defect;
  const missed = result.blocks.filter(({ end }) => end === "budget");
  if (missed.length === 0) return [];
  const { blocks, asked } = figuresOf(result);
  const which = list(
    missed.map(({ block }) => String(block)),
    10,
  );
  const where =
    blocks === 1
      ? ""
      : missed.length === blocks
        ? ` in any of ${blocks} blocks`
        : ` in ${missed.length} of ${blocks} blocks (${which})`;
  const never = asked ? "" : "; no code ever asked whether it is planted";
  return [`${id} was not caught by ${who} within ${count(result.budget, "run")}${where}${never}`];
}

/** What fired before the properties that must; where those are switched off, what nothing else caught. */
export function remarks(result: DefectResult, { others }: Pick<KillSettings, "others">): string[] {
  const { before, blocks } = figuresOf(result);
  if (others === true) return notCaught(result, `any property but ${list(result.planting.defect.caughtBy)}`);
  const { id, caughtBy } = result.planting.defect;
  return before.map(([property, n]) => {
    const first = result.blocks.find((block) => block.before?.property === property)?.before;
    const example = first === undefined ? "" : `, first in ${first.scenario} with seed ${first.seed}`;
    return `${id} made ${property} fire before ${list(caughtBy)} in ${n} of ${count(blocks, "block")}${example}`;
  });
}

function tableLines({ results }: KillReport, { columns, color }: TextStyle): string[] {
  const rows = results.map((result) => ({ result, figures: figuresOf(result) }));
  const heads = HEADS.slice(0, columns < ALL_FIGURES_FROM ? FIRST_FIGURES : HEADS.length);
  const texts = rows.map(({ result, figures }) => ({
    name: result.planting.defect.id,
    by: byText(figures),
    good: figures.caught === figures.blocks && figures.blocks > 0,
    cells: cellsOf(result, figures).slice(0, heads.length),
  }));
  const widths = heads.map((head, i) =>
    texts.reduce((most, { cells }) => Math.max(most, width(cells[i] ?? "")), head.length),
  );
  const taken = widths.reduce((sum, n) => sum + n + 2, 2);
  const longest = (of: (row: (typeof texts)[number]) => string, least: number): number =>
    texts.reduce((most, row) => Math.max(most, width(of(row))), least);
  const bys = longest(({ by }) => by, 9);
  const names = Math.max(
    8,
    Math.min(
      longest(({ name }) => name, 6),
      columns - taken - Math.min(bys, 12),
    ),
  );
  const room = Math.max(9, columns - taken - names);
  const line = (name: string, cells: readonly string[], by: string): string =>
    `${padded(cut(clean(name), names), names)}${cells.map((cell, i) => `  ${aligned(cell, widths[i] ?? 0)}`).join("")}  ${cut(by, room)}`;
  return [
    color.bold(line("defect", heads, "caught by")),
    ...texts.map(({ name, cells, by, good }) => {
      const text = line(name, cells, by);
      return good ? text : color.red(text);
    }),
    ...hanging("", LEGEND, columns).map((text) => color.dim(text)),
  ];
}

function cellsOf(result: DefectResult, figures: DefectFigures): string[] {
  const { blocks, caught, medianRuns, p90Runs, medianSeconds, p90Seconds } = figures;
  return [
    `${caught}/${blocks}`,
    blocks === 0 ? "–" : runsText(medianRuns, result.budget),
    blocks === 0 ? "–" : runsText(p90Runs, result.budget),
    secondsText(medianSeconds),
    secondsText(p90Seconds),
    sizeText(result, "+"),
  ];
}

/** Properties that caught it; with how often each, when there are several. */
export function byText({ by }: DefectFigures): string {
  if (by.length === 0) return "–";
  return by.map(([property, n]) => (by.length === 1 ? property : `${property} ×${n}`)).join(", ");
}

export function runsText(runs: number | undefined, budget: number): string {
  if (runs === undefined) return `>${grouped(budget)}`;
  return Number.isInteger(runs) ? grouped(runs) : runs.toFixed(1);
}

export const medianText = (runs: number | undefined, budget: number): string =>
  `${runsText(runs, budget)} ${runs === 1 ? "run" : "runs"}`;

export function secondsText(seconds: number | undefined): string {
  if (seconds === undefined) return "–";
  return seconds < 10 ? seconds.toFixed(1) : grouped(seconds);
}

/** Faults and operations of the smallest plan. */
export function sizeText({ shrinkTrace }: DefectResult, between?: string): string {
  if (shrinkTrace === undefined) return "–";
  const { faults, operations } = shrinkTrace.to;
  if (between !== undefined) return `${faults}${between}${operations}`;
  return `${count(faults, "fault")} and ${count(operations, "operation")}`;
}

export function controlSentence({ system, runs, failed, seed, ms, interrupted }: ControlResult): string {
  const alarms = failed === 0 ? "no alarm" : `an alarm in ${count(failed, "run")}`;
  const ended = interrupted ? ", interrupted" : "";
  return `control: ${count(runs, "run")} of ${system} without a defect, seeds from ${seed} on, in ${duration(Math.round(ms) * 1000)}${ended}: ${alarms}`;
}

export function closing(report: KillReport): string {
  const { results, planned, wallTimeMs, interrupted } = report;
  const { finished, caught, medianRuns, runs } = totalsOf(results);
  const medians =
    finished < 2 ? "" : ` · median of the medians ${medianText(medianRuns, report.settings.budget)}`;
  const open = planned - finished;
  const ended = interrupted ? ` · interrupted, ${count(open, "defect")} not finished` : "";
  const took = duration(Math.round(wallTimeMs) * 1000);
  const by = report.settings.others === true ? " by other properties than those that must" : "";
  return `${caught} of ${count(finished, "defect")} caught in every block${by}${medians} · ${count(runs, "run")} in ${took}${ended}`;
}
