/**
 * The kill table as a page: the verdict, what was not caught, and for each system a table that can be sorted, with what
 * each defect breaks and a public report of its kind. All of it is plain markup.
 */
import { type DefectFigures, figuresOf, totalsOf } from "../../explore/defects/defect-figures.js";
import type { DefectResult } from "../../explore/defects/defects.js";
import { type Versions, versions } from "../../explore/formats/versions.js";
import type { System } from "../../storm/scenario.js";
import {
  byText,
  controlSentence,
  type KillReport,
  medianText,
  problems,
  remarks,
  runsText,
  secondsText,
  sizeText,
} from "../kill-table.js";
import { addressOf, originText } from "../origin.js";
import { count, duration, grouped, list } from "../words.js";
import { html, type Markup, NOTHING } from "./markup.js";
import { type Client, pageHtml } from "./page.js";
import { badge, command, figures, foot, section, sizeBar, table } from "./parts.js";

interface Row {
  readonly result: DefectResult;
  readonly figures: DefectFigures;
}

/** @param by which versions made it. */
export function killTableHtml(report: KillReport, client: Client, by: Versions = versions()): string {
  const rows = report.results.map((result): Row => ({ result, figures: figuresOf(result) }));
  const systems = [...new Set(report.results.map(({ planting }) => planting.system))];
  const verdict = wordFor(report);
  const body = html`<main>
${header(report, verdict)}
${section("problems", "Not caught, or caught without a defect", listed(problems(report)))}
${systems.map((system) => systemPart(system, rows, report))}
${section("before", "Something else fired first", listed(report.results.flatMap((result) => remarks(result, report.settings))))}
${section("control", "Without a defect", listed(report.controls.map(controlSentence)))}
${section("notes", "Left out", listed(report.notes))}
</main>
${foot(by)}`;
  const title = `Kill table of ${count(rows.length, "defect")}: ${verdict}`;
  return pageHtml({ title, body, data: { page: "defects" } }, client);
}

function wordFor(report: KillReport): "held" | "failed" | "incomplete" {
  if (problems(report).length > 0) return "failed";
  return report.interrupted ? "incomplete" : "held";
}

function header(report: KillReport, verdict: string): Markup {
  const { settings, results, planned, wallTimeMs, interrupted } = report;
  const { finished, caught, medianRuns, runs } = totalsOf(results);
  const open = planned - finished;
  const unfinished = html`<p class="note">It was interrupted before ${count(open, "defect")} ${open === 1 ? "was" : "were"} finished: this is what was known by then.</p>`;
  return html`<header class="top">
<p class="brand">seedstorm</p>
<h1>Kill table ${badge(verdict)}</h1>
${figures([
  { name: "caught in every block", value: `${caught} of ${count(finished, "defect")}` },
  {
    name: "median of the medians",
    value: finished === 0 ? "–" : medianText(medianRuns, settings.budget),
  },
  { name: "blocks each", value: grouped(settings.blocks) },
  { name: "runs of a block at most", value: grouped(settings.budget) },
  { name: "runs in all", value: grouped(runs) },
  { name: "real time", value: duration(Math.round(wallTimeMs * 1000)) },
  { name: "seeds from", value: String(settings.seed) },
])}
<p class="note">Each defect is a protection that is switched off. It is sought in disjoint blocks of seeds, the scenarios of its
system taking turns; runs are counted up to and with the first that violates an expected property. Seconds are those of one thread.</p>
${interrupted ? unfinished : NOTHING}
<p class="again"><span>again</span> ${command(report.command)}</p>
</header>`;
}

function listed(sentences: readonly string[]): Markup {
  return sentences.length === 0 ? NOTHING : html`<ul>${sentences.map((one) => html`<li>${one}</li>`)}</ul>`;
}

function systemPart(system: System, all: readonly Row[], report: KillReport): Markup {
  const rows = all.filter(({ result }) => result.planting.system === system);
  const scenarios = rows[0]?.result.planting.scenarios.map(({ id }) => id) ?? [];
  const named = new Set(rows.flatMap(({ result }) => result.planting.defect.caughtBy));
  const properties = table(
    system.properties.filter(({ id }) => named.has(id)),
    [
      { title: "property", cell: ({ id }) => html`<b>${id}</b>` },
      { title: "what must hold", cell: ({ sentence }) => sentence },
    ],
  );
  const content = html`${defectsTable(rows, report.settings.budget)}
<details><summary>What the properties say that must catch them</summary>${properties}</details>`;
  const note = `Scenarios, in turn: ${list(scenarios, 40)}.`;
  return section(`system-${system.id}`, `${system.title}`, content, note);
}

function defectsTable(rows: readonly Row[], budget: number): Markup {
  return table(rows, [
    {
      title: "defect",
      cell: ({ result }) => aboutCell(result),
      sort: ({ result }) => result.planting.defect.id,
    },
    {
      title: "origin",
      cell: ({ result }) => result.planting.defect.origin ?? "–",
      sort: ({ result }) => result.planting.defect.origin,
    },
    {
      title: "expected",
      cell: ({ result }) => result.planting.defect.caughtBy.join(", "),
      sort: ({ result }) => result.planting.defect.caughtBy[0],
    },
    {
      title: "caught by",
      cell: ({ figures }) =>
        html`${figures.caught < figures.blocks ? badge("failed") : NOTHING} ${byText(figures)}`,
      sort: ({ figures: { by } }) => by[0]?.[0],
    },
    {
      title: "blocks",
      cell: ({ figures: { caught, blocks } }) => `${caught}/${blocks}`,
      number: true,
      sort: ({ figures: { caught, blocks } }) => (blocks === 0 ? undefined : caught / blocks),
    },
    {
      title: "runs",
      cell: ({ result, figures: { blocks, medianRuns } }) =>
        blocks === 0 ? "–" : runsText(medianRuns, result.budget),
      number: true,
      sort: ({ figures: { medianRuns } }) => medianRuns,
    },
    { title: "", cell: ({ figures: { medianRuns } }) => sizeBar(shareOf(medianRuns ?? budget, budget)) },
    {
      title: "90 %",
      cell: ({ result, figures: { blocks, p90Runs } }) =>
        blocks === 0 ? "–" : runsText(p90Runs, result.budget),
      number: true,
      sort: ({ figures: { p90Runs } }) => p90Runs,
    },
    {
      title: "seconds",
      cell: ({ figures: { medianSeconds } }) => secondsText(medianSeconds),
      number: true,
      sort: ({ figures: { medianSeconds } }) => medianSeconds,
    },
    {
      title: "smallest plan",
      cell: ({ result }) => sizeText(result),
      sort: ({ result: { shrinkTrace } }) => shrinkTrace && shrinkTrace.to.faults + shrinkTrace.to.operations,
    },
    { title: "met before", cell: ({ result }) => incidentCell(result) },
  ]);
}

/** On a scale on which each doubling takes the same room. */
const shareOf = (runs: number, budget: number): number =>
  budget <= 1 ? 1 : Math.log2(Math.max(1, runs)) / Math.log2(budget);

function aboutCell({ planting: { defect } }: DefectResult): Markup {
  const origin = originText(defect) ?? "";
  return html`<b class="property" title="${origin}">${defect.id}</b><p class="breaks">${defect.breaks}</p>`;
}

function incidentCell({ planting: { defect } }: DefectResult): Markup {
  const { incident } = defect;
  if (incident === undefined) return html`–`;
  const { what, by, year } = incident;
  const address = addressOf(incident);
  const link = address === undefined ? what : html`<a href="${address}" rel="noreferrer">${what}</a>`;
  return html`<p class="breaks">${link} <span class="note">${by}, ${year}</span></p>`;
}
