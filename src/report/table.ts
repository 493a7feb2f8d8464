/**
 * A campaign for people: a table with one row a scenario, what was really tried, each kind of failure with its smallest
 * plan and one command, and what the campaign promised and didn't keep.
 */
import type { Case } from "../explore/campaign/cases.js";
import { shardName } from "../explore/campaign/shards.js";
import { shrinkTraceLine } from "../explore/shrink/trace-text.js";
import type { Fault } from "../sim/faults/catalogue.js";
import { type CampaignReport, nameOf, nounIn, total, verdictOf } from "./campaign.js";
import { coverageLines } from "./coverage.js";
import { faultLine } from "./fault-text.js";
import { changesText, passesText } from "./nearest.js";
import { aligned, clean, cut, hanging, outdented, padded, type TextStyle, width } from "./text-style.js";
import { compact, count, duration, grouped, list } from "./words.js";

/** How many faults of a smallest plan are shown. */
const SHOWN_FAULTS = 6;

export function campaignLines(report: CampaignReport, style: TextStyle): string[] {
  return [
    ...tableLines(report, style),
    "",
    ...coverageLines(report, style),
    "",
    ...problemLines(report, style),
    ...closingLines(report, style),
  ];
}

/** Failures and broken promises only; nothing when there are none. */
export function problemLines(report: CampaignReport, style: TextStyle): string[] {
  const { color, columns } = style;
  const lines = [
    ...corpusLines(report, style),
    ...report.cases.flatMap((one) => caseLines(one, report, style)),
  ];
  for (const { message, binding } of report.unmetExpectations) {
    if (binding) lines.push(...outdented(`✗ ${message}`, columns).map((line) => color.red(line)));
  }
  for (const note of [...report.result.notices, ...notesOn(report)]) {
    lines.push(...outdented(`note: ${note}`, columns).map((line) => color.dim(line)));
  }
  return lines.length === 0 ? [] : [...lines, ""];
}

/** One kind of failure: its sentence, how often, how small, and how to see it. */
function caseLines(found: Case, report: CampaignReport, { color, columns }: TextStyle): string[] {
  const { finding, runs, plan, shrinkTrace } = found;
  const { scenario, seed, message } = finding;
  const inRuns =
    runs === 1
      ? `${scenario}, seed ${seed}`
      : `${count(runs, "run")} of ${scenario}, first with seed ${seed}`;
  return [
    ...outdented(`✗ ${nameOf(found)} ${message}`, columns).map((line) => color.red(line)),
    ...hanging("  ", `in ${inRuns}`, columns),
    ...(shrinkTrace === undefined
      ? []
      : [
          ...hanging("  ", shrinkTraceLine(shrinkTrace, nounIn(report, scenario)), columns),
          ...faultsLines(plan.faults, columns),
          ...passingLines(found, report, columns),
        ]),
    `  ${report.command(found)}`,
  ];
}

/** What the smallest plan needs to fail: without that it passes. */
function passingLines({ plan, repro, finding }: Case, report: CampaignReport, columns: number): string[] {
  if (repro?.passing === undefined) return [];
  const changes = changesText(plan, repro.passing, nounIn(report, finding.scenario));
  return hanging("    ", passesText(changes), columns);
}

function faultsLines(faults: readonly Fault[], columns: number): string[] {
  const texts = faults.slice(0, SHOWN_FAULTS).flatMap((fault) => {
    return hanging("    ", faultLine(fault), columns);
  });
  const more = faults.length - SHOWN_FAULTS;
  return more > 0 ? [...texts, `    and ${count(more, "more fault")}`] : texts;
}

function corpusLines({ corpus }: CampaignReport, { color, columns }: TextStyle): string[] {
  return corpus.flatMap(({ file, verdict, message, violation }) => {
    if (verdict === "held") return [];
    const what = violation === undefined ? message : `${violation.property} ${message}`;
    return [
      ...outdented(`✗ corpus: ${what}`, columns).map((line) => color.red(line)),
      ...(verdict === "violated" ? [`  npx seedstorm replay ${file}`] : []),
    ];
  });
}

/** What a short campaign did not come to see, a line for each scenario. */
function notesOn({ rows, unmetExpectations, vacuous }: CampaignReport): string[] {
  const notes = rows.flatMap(({ scenario, runs }) => {
    const missed = unmetExpectations.filter((one) => one.scenario === scenario && !one.binding);
    if (missed.length === 0) return [];
    const names = missed.map(({ kind, name }) => (kind === "weakness" ? `the weakness in ${name}` : name));
    return [`${count(runs, "run")} of ${scenario} never saw ${list(names, 12)}`];
  });
  return vacuous.length === 0 ? notes : [...notes, `nothing to compare for ${list(vacuous, 12)}`];
}

function tableLines({ rows }: CampaignReport, { color, columns }: TextStyle): string[] {
  const heads = ["runs", "held", "violated", "events", "fired"];
  const texts = rows.map((row) => ({
    name: row.scenario,
    failed: row.failed > 0,
    cells: [
      compact(row.runs),
      row.declared === 0 ? compact(row.held) : `${compact(row.held)}*`,
      compact(row.failed),
      compact(row.events),
      compact(Object.values(row.faults).reduce((sum, { fired }) => sum + fired, 0)),
    ],
  }));
  const widths = heads.map((head, i) =>
    texts.reduce((most, { cells }) => Math.max(most, width(cells[i] ?? "")), head.length),
  );
  const numbers = widths.reduce((sum, n) => sum + n + 2, 0);
  const longest = texts.reduce((most, { name }) => Math.max(most, width(name)), 8);
  const names = Math.max(8, Math.min(longest, columns - numbers));
  const line = (name: string, cells: readonly string[]) =>
    padded(cut(clean(name), names), names) +
    cells.map((cell, i) => `  ${aligned(cell, widths[i] ?? 0)}`).join("");
  const lines = texts.map(({ name, cells, failed }) => {
    const text = line(name, cells);
    return failed ? color.red(text) : text;
  });
  const declared = rows.some((row) => row.declared > 0);
  return [
    color.bold(line("scenario", heads)),
    ...lines,
    ...(declared ? [color.dim("* some of them showed a weakness that the scenario declares")] : []),
    ...rows
      .filter(({ unrecoverable }) => unrecoverable > 0)
      .map((row) => color.dim(`${row.scenario}: ${count(row.unrecoverable, "run")} unrecoverable by design`)),
  ];
}

function closingLines(report: CampaignReport, { color, columns }: TextStyle): string[] {
  const { result, corpus, unmetExpectations, interrupted } = report;
  const { wallTimeMs, shard } = result;
  const runs = total(report, (row) => row.runs);
  const failed = total(report, (row) => row.failed);
  const verified = total(report, (row) => row.verified);
  const binding = unmetExpectations.filter((unmetExpectation) => unmetExpectation.binding).length;
  const perSecond = wallTimeMs > 0 ? ` (${grouped((runs * 1000) / wallTimeMs)} a second)` : "";
  const pace = `${duration(total(report, (row) => row.virtualTime))} in ${duration(Math.round(wallTimeMs * 1000))}`;
  const all = verified === runs ? "each" : grouped(verified);
  const same = report.cases.some(({ finding }) => finding.kind === "diverged") ? "" : " and the same";
  const twice = verified > 0 ? `, ${all} of them twice${same}` : "";
  const part = shard.of === 1 ? "" : ` of shard ${shardName(shard)}`;
  const facts = `${count(runs, "run")}${part}${twice}, ${pace}${perSecond}`;
  const replayed = corpus.length === 0 ? "" : ` · ${count(corpus.length, "file")} of the corpus`;
  const ended = interrupted ? " · interrupted" : "";
  const verdict = ((): string => {
    switch (verdictOf(report)) {
      case "held":
        return color.green.bold("held");
      case "harness":
        return `${color.red.bold("the harness failed")} in ${count(failed, "run")}`;
      case "violated":
        if (failed > 0) return `${color.red.bold("violated")} in ${count(failed, "run")}`;
        return binding > 0
          ? `${color.red.bold("promises not kept")}: ${binding}`
          : color.red.bold("violated in the corpus");
    }
  })();
  return hanging("", `${verdict} · ${facts}${replayed}${ended}`, columns + (verdict.length - width(verdict)));
}
