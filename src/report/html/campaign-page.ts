/**
 * The report of a campaign: the verdict, each failure with how small it was made and what to type to see it, what
 * was promised and never seen, and what was really tried. All but the latency plots is plain markup.
 */
import type { Case } from "../../explore/campaign/cases.js";
import { runsOf } from "../../explore/campaign/settings.js";
import { type CampaignReport, total, verdictOf } from "../campaign.js";
import { latenciesText, latencyChart } from "../latency.js";
import { count, duration, grouped } from "../words.js";
import { coverageParts } from "./campaign-coverage.js";
import { failuresPart, weaknessesPart } from "./campaign-failures.js";
import type { DrawnCase } from "./case-diagrams.js";
import type { CampaignPage } from "./data.js";
import { html, type Markup, NOTHING } from "./markup.js";
import { type Client, pageHtml } from "./page.js";
import { badge, command, contents, figures, foot, latencyPlace, section, shareBar, table } from "./parts.js";

export interface CampaignPageInput {
  readonly report: CampaignReport;
  /** What is to be typed to make this campaign again. */
  readonly again: string;
  /** Runs of its cases, for their diagrams. */
  readonly drawn: ReadonlyMap<Case, DrawnCase>;
}

export function campaignHtml(input: CampaignPageInput, client: Client): string {
  const { report, drawn } = input;
  const { result, scenarios } = report;
  const verdict = wordFor(report);
  const name = scenarios.length === 1 ? (scenarios[0]?.id ?? "") : count(scenarios.length, "scenario");
  const latency = report.rows.flatMap(({ scenario, latency }) => {
    const chart = latencyChart(latency);
    return chart === undefined ? [] : [{ scenario, chart }];
  });
  const runs = latency.reduce((sum, { chart }) => sum + chart.runs, 0);
  const sections = html`${section("failures", "Failures", failuresPart(report, drawn))}
${section("promises", "Promised and not seen", promisesPart(report))}
${section("scenarios", "Scenarios", html`${scenariosPart(report)}${weaknessesPart(report)}`)}
${section("latency", "Latency", latencyPart(latency), `${latenciesText(latency.map(({ chart }) => chart))}, in ${count(runs, "run")} of this campaign; strips show how much of the time each kind of fault was active. Percentiles are within 3\u00a0%.`)}
${coverageParts(report)}
${section("notices", "Trouble on the way", noticesPart(result.notices))}`;
  const body = html`<main>
${header(input, name, verdict)}
${contents(sections)}
${sections}
</main>
${foot(result.versions)}`;
  return pageHtml(
    { title: `Campaign over ${name}: ${verdict}`, body, data: { page: "campaign", latency } },
    client,
  );
}

/** What the badge says. A campaign that was ended early and found nothing has shown less than one that held. */
function wordFor(report: CampaignReport): "held" | "failed" | "incomplete" {
  if (verdictOf(report) !== "held") return "failed";
  return report.result.complete ? "held" : "incomplete";
}

function header({ report, again }: CampaignPageInput, name: string, verdict: string): Markup {
  const { settings, shard, done, wallTimeMs, complete } = report.result;
  const all = runsOf(settings, shard);
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
    value: Number.isFinite(all) && all !== done ? `${grouped(done)} of ${grouped(all)}` : grouped(done),
  },
  { name: "held", value: grouped(total(report, ({ held }) => held)) },
  { name: "failed", value: grouped(total(report, ({ failed }) => failed)) },
  { name: "unrecoverable by design", value: grouped(total(report, ({ unrecoverable }) => unrecoverable)) },
  { name: "run twice and compared", value: grouped(total(report, ({ verified }) => verified)) },
  { name: "events", value: grouped(total(report, ({ events }) => events)) },
  { name: "virtual time", value: duration(total(report, ({ virtualTime }) => virtualTime)) },
  { name: "real time", value: duration(Math.round(wallTimeMs * 1000)) },
  { name: "runs a second", value: wallTimeMs > 0 ? grouped((done / wallTimeMs) * 1000) : "–" },
  { name: "seeds from", value: String(settings.seed) },
  ...(shard.of > 1 ? [{ name: "shard", value: `${shard.index} of ${shard.of}` }] : []),
])}
${defects}
${complete ? NOTHING : html`<p class="note">It was ended before all of its runs were done; this is what is known.</p>`}
<p class="again"><span>again</span> ${command(again)}</p>
</header>`;
}

function noticesPart(notices: readonly string[]): Markup {
  return notices.length === 0 ? NOTHING : html`<ul>${notices.map((notice) => html`<li>${notice}</li>`)}</ul>`;
}

function promisesPart({ unmetExpectations, vacuous }: CampaignReport): Markup {
  const binding = unmetExpectations
    .filter((one) => one.binding)
    .map(({ message }) => html`<li>${message}</li>`);
  const never = vacuous.map(
    (id) => html`<li>${id} never had anything to compare: of it nothing is proved</li>`,
  );
  const noted = unmetExpectations
    .filter((one) => !one.binding)
    .map(({ message }) => html`<li>${message}</li>`);
  const items = binding.length + never.length === 0 ? NOTHING : html`<ul>${binding}${never}</ul>`;
  if (noted.length === 0) return items;
  const summary = `${count(noted.length, "promise")} not kept yet, in too few runs for it to count`;
  return html`${items}<details><summary>${summary}</summary><ul>${noted}</ul></details>`;
}

function scenariosPart({ rows, scenarios }: CampaignReport): Markup {
  const titles = new Map(scenarios.map(({ id, title }) => [id, title]));
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

function latencyPart(latency: CampaignPage["latency"]): Markup {
  if (latency.length === 0) return NOTHING;
  const cards = latency.map(
    ({ scenario }, index) => html`<div><h3>${scenario}</h3>${latencyPlace(index)}</div>`,
  );
  return html`<div class="cards">${cards}</div>`;
}
