/**
 * The report of a campaign: the verdict, each failure with how small it was made and what to type to see it, what
 * was promised and never seen, and what was really tried. All but the latency plots is plain markup.
 */
import type { CampaignResult } from "../../explore/campaign.js";
import { type Shortfall, shortfalls } from "../../explore/promises.js";
import type { Repro } from "../../explore/repro-file.js";
import { runsOf } from "../../explore/settings.js";
import { failures } from "../../explore/summary.js";
import type { Scenario } from "../../scenarios/scenario.js";
import { count, duration, grouped } from "../words.js";
import { coverageParts } from "./campaign-coverage.js";
import { failuresPart } from "./campaign-failures.js";
import type { LatencyChart } from "./data.js";
import { html, type Markup, NOTHING } from "./markup.js";
import { type Client, pageHtml } from "./page.js";
import { badge, command, figures, foot, latencyPlace, section, shareBar, table } from "./parts.js";

/** A repro file, told together with the failure that it is of. */
export interface NamedRepro {
  readonly file: string;
  readonly repro: Repro;
}

export interface CampaignReport {
  readonly result: CampaignResult;
  /** The campaign's scenarios, in its order. */
  readonly scenarios: readonly Scenario[];
  readonly repros: readonly NamedRepro[];
  /** Latencies by scenario, of runs of this campaign that were run again for them. */
  readonly latency: readonly { readonly scenario: string; readonly chart: LatencyChart }[];
  /** What is to be typed to see one run. */
  commandFor(scenario: string, seed: number): string;
  /** What is to be typed to run the whole campaign again. */
  readonly command: string;
}

export function campaignHtml(report: CampaignReport, client: Client): string {
  const { result, latency } = report;
  const { scenarios } = result.settings;
  const verdict = verdictOf(report);
  const name = scenarios.length === 1 ? (scenarios[0] ?? "") : count(scenarios.length, "scenario");
  const runs = latency.reduce((sum, { chart }) => sum + chart.runs, 0);
  const body = html`<main>
${header(report, name, verdict)}
${section("failures", "Failures", failuresPart(report))}
${section("promises", "Promised and not seen", promisesPart(shortfallsOf(report)))}
${section("scenarios", "Scenarios", scenariosPart(report))}
${section("latency", "Latency", latencyPart(latency), `How long orders took to be accepted and to be processed, by when they were first sent, in ${count(runs, "run")} of this campaign; strips show how much of the time each kind of fault was active.`)}
${coverageParts(report)}
${section("notices", "Trouble on the way", noticesPart(result.notices))}
</main>
${foot(result.versions)}`;
  return pageHtml(
    { title: `Campaign over ${name}: ${verdict}`, body, data: { page: "campaign", latency } },
    client,
  );
}

function shortfallsOf({ result, scenarios }: CampaignReport): readonly Shortfall[] {
  return shortfalls(result.summary, scenarios, result.complete && result.shard.of === 1);
}

function verdictOf(report: CampaignReport): "held" | "failed" | "incomplete" {
  if (failures(report.result.summary).length > 0) return "failed";
  if (shortfallsOf(report).some(({ binding }) => binding)) return "failed";
  return report.result.complete ? "held" : "incomplete";
}

function header(report: CampaignReport, name: string, verdict: string): Markup {
  const { result } = report;
  const { settings, shard, summary, done, wallTimeMs } = result;
  const rows = Object.values(summary.scenarios);
  const sum = (of: (row: (typeof rows)[number]) => number): number =>
    rows.reduce((all, row) => all + of(row), 0);
  const total = runsOf(settings, shard);
  const defects =
    settings.defects.length === 0
      ? NOTHING
      : html`<p class="note">Planted defects: ${settings.defects.join(", ")}.</p>`;
  return html`<header class="top">
<p class="brand">seedstorm</p>
<h1>Campaign <span class="seed">${name}</span> ${badge(verdict)}</h1>
${figures([
  {
    name: "runs",
    value: Number.isFinite(total) && total !== done ? `${grouped(done)} of ${grouped(total)}` : grouped(done),
  },
  { name: "held", value: grouped(sum(({ held }) => held)) },
  { name: "failed", value: grouped(sum(({ failed }) => failed)) },
  { name: "unrecoverable by design", value: grouped(sum(({ unrecoverable }) => unrecoverable)) },
  { name: "run twice and compared", value: grouped(sum(({ verified }) => verified)) },
  { name: "events", value: grouped(sum(({ events }) => events)) },
  { name: "virtual time", value: duration(sum(({ virtualTime }) => virtualTime)) },
  { name: "real time", value: duration(Math.round(wallTimeMs * 1000)) },
  { name: "runs a second", value: wallTimeMs > 0 ? grouped((done / wallTimeMs) * 1000) : "–" },
  { name: "seeds from", value: String(settings.seed) },
  ...(shard.of > 1 ? [{ name: "shard", value: `${shard.index} of ${shard.of}` }] : []),
])}
${defects}
${result.complete ? NOTHING : html`<p class="note">It was ended before all of its runs were done; what is told here is what is known.</p>`}
<p class="again"><span>again</span> ${command(report.command)}</p>
</header>`;
}

function noticesPart(notices: readonly string[]): Markup {
  return notices.length === 0 ? NOTHING : html`<ul>${notices.map((notice) => html`<li>${notice}</li>`)}</ul>`;
}

function promisesPart(all: readonly Shortfall[]): Markup {
  if (all.length === 0) return NOTHING;
  const items = all.map(({ message, binding }) => {
    return html`<li>${message}${binding ? NOTHING : html` <span class="note">(too few runs for this to count)</span>`}</li>`;
  });
  return html`<ul>${items}</ul>`;
}

function scenariosPart({ result, scenarios }: CampaignReport): Markup {
  const titles = new Map(scenarios.map(({ id, title }) => [id, title]));
  const rows = Object.values(result.summary.scenarios);
  return table(rows, [
    {
      title: "scenario",
      cell: ({ scenario }) => html`<b title="${titles.get(scenario) ?? ""}">${scenario}</b>`,
    },
    {
      title: "verdict",
      cell: ({ failed, runs }) => badge(failed > 0 ? "failed" : runs === 0 ? "idle" : "held"),
    },
    {
      title: "",
      cell: ({ held, declared, failed, unrecoverable }) =>
        shareBar([
          { name: "held", size: held - declared },
          { name: "declared", size: declared },
          { name: "unrecoverable", size: unrecoverable },
          { name: "failed", size: failed },
        ]),
    },
    { title: "runs", cell: ({ runs }) => grouped(runs), number: true },
    { title: "held", cell: ({ held }) => grouped(held), number: true },
    { title: "showed a declared weakness", cell: ({ declared }) => grouped(declared), number: true },
    { title: "failed", cell: ({ failed }) => grouped(failed), number: true },
    { title: "unrecoverable", cell: ({ unrecoverable }) => grouped(unrecoverable), number: true },
    { title: "events", cell: ({ events }) => grouped(events), number: true },
    {
      title: "faults that struck",
      cell: ({ faults }) => grouped(Object.values(faults).reduce((sum, { fired }) => sum + fired, 0)),
      number: true,
    },
  ]);
}

function latencyPart(latency: CampaignReport["latency"]): Markup {
  if (latency.length === 0) return NOTHING;
  const cards = latency.map(
    ({ scenario }, index) => html`<div><h3>${scenario}</h3>${latencyPlace(index)}</div>`,
  );
  return html`<div class="cards">${cards}</div>`;
}
