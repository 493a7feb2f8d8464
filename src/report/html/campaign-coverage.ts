/**
 * What a campaign really tried: faults, goals, properties and buggify points by scenario, crash points, states of
 * machines. What never happened stands out, because it has proved nothing.
 */
import type { ScenarioSummary } from "../../explore/campaign/summary.js";
import type { Scenario } from "../../storm/scenario.js";
import type { CampaignReport } from "../campaign.js";
import { compact, grouped } from "../words.js";
import { html, type Markup, NOTHING } from "./markup.js";
import { section, table, tally } from "./parts.js";

export function coverageParts({ rows, scenarios }: CampaignReport): Markup {
  const scenario = new Map(scenarios.map((known) => [known.id, known]));
  const promises = (row: ScenarioSummary, of: (known: Scenario) => readonly string[]): readonly string[] => {
    const known = scenario.get(row.scenario);
    return known === undefined ? [] : of(known);
  };
  const faults = heat(rows, {
    names: (row) => [...Object.keys(row.faults), ...promises(row, ({ mustFire }) => mustFire)],
    count: (row, kind) => row.faults[kind]?.fired,
    title: (row, kind) =>
      `${grouped(row.faults[kind]?.fired ?? 0)} of ${grouped(row.faults[kind]?.planned ?? 0)} planned struck`,
    promised: (row) => promises(row, ({ mustFire }) => mustFire),
  });
  const goals = heat(rows, {
    names: (row) => [...promises(row, (known) => known.goals), ...Object.keys(row.goals)],
    count: (row, goal) => row.goals[goal],
    title: (row, goal) => `reached ${grouped(row.goals[goal] ?? 0)} times`,
    promised: (row) => promises(row, (known) => known.goals),
  });
  const buggify = heat(rows, {
    names: (row) => Object.keys(row.buggify),
    count: (row, point) => row.buggify[point],
    title: (row, point) => `fired ${grouped(row.buggify[point] ?? 0)} times`,
    promised: () => [],
  });
  return html`${section("properties", "Properties", propertiesPart(scenarios, rows))}
${section("faults", "Faults that struck", faults, "How often a fault of each kind did something that code could notice. Marked cells are promised and never happened.")}
${section("goals", "Goals", goals, "How often each goal was reached.")}
${section("buggify", "Buggify points", buggify, "How often each point fired.")}
${section("crash-points", "Crash points", crashPointsPart(rows), "Durable writes and external calls that hosts passed, and crashes just before and just after one.")}
${section("states", "States seen", statesPart(rows))}`;
}

interface Heat {
  names(row: ScenarioSummary): readonly string[];
  /** Undefined where it isn't part of the scenario. */
  count(row: ScenarioSummary, name: string): number | undefined;
  title(row: ScenarioSummary, name: string): string;
  promised(row: ScenarioSummary): readonly string[];
}

/** Names down, scenarios across; the darker a cell, the more often. */
function heat(rows: readonly ScenarioSummary[], { names, count, title, promised }: Heat): Markup {
  const all = [...new Set(rows.flatMap((row) => names(row)))].sort();
  if (all.length === 0) return NOTHING;
  const sum = (name: string): number => rows.reduce((total, row) => total + (count(row, name) ?? 0), 0);
  const cell = (row: ScenarioSummary, name: string): Markup => {
    const hits = count(row, name);
    const isPromised = promised(row).includes(name);
    if (hits === undefined && !isPromised) return html`<td class="none">·</td>`;
    const shade = hits === undefined || hits === 0 ? (isPromised ? "zero" : "none") : `warm-${shadeOf(hits)}`;
    return html`<td class="${shade}" title="${row.scenario}: ${title(row, name)}">${compact(hits ?? 0)}</td>`;
  };
  const head = rows.map(({ scenario }) => html`<th scope="col" class="slanted">${scenario}</th>`);
  const lines = all.map((name) => {
    const total = sum(name);
    return html`<tr><th scope="row">${name}</th>${rows.map((row) => cell(row, name))}<td class="${total === 0 ? "zero" : "sum"}">${compact(total)}</td></tr>\n`;
  });
  return html`<div class="wide"><table class="heat"><thead><tr><th></th>${head}<th scope="col" class="slanted">all</th></tr></thead><tbody>${lines}</tbody></table></div>`;
}

/** By powers of ten, 1 to 5. */
function shadeOf(hits: number): number {
  return Math.min(5, String(Math.floor(hits)).length);
}

function propertiesPart(scenarios: readonly Scenario[], rows: readonly ScenarioSummary[]): Markup {
  const sentences = new Map(
    scenarios.flatMap(({ system }) => system.properties).map(({ id, sentence }) => [id, sentence]),
  );
  const seen = new Set(rows.flatMap(({ properties }) => Object.keys(properties)));
  const ids = [
    ...[...sentences.keys()].filter((id) => seen.has(id)),
    ...[...seen].filter((id) => !sentences.has(id)),
  ];
  const sum = (id: string, of: "checked" | "violated"): number =>
    rows.reduce((total, { properties }) => total + (properties[id]?.[of] ?? 0), 0);
  return table(ids, [
    { title: "", cell: (id) => html`<b class="property">${id}</b>` },
    { title: "compared", cell: (id) => grouped(sum(id, "checked")), number: true },
    { title: "runs that violated it", cell: (id) => grouped(sum(id, "violated")), number: true },
    { title: "what must hold", cell: (id) => sentences.get(id) ?? "" },
  ]);
}

function crashPointsPart(rows: readonly ScenarioSummary[]): Markup {
  const sums = new Map<string, { passed: number; before: number; after: number }>();
  for (const { crashPoints } of rows) {
    for (const [host, { passed, before, after }] of Object.entries(crashPoints)) {
      const own = sums.get(host) ?? { passed: 0, before: 0, after: 0 };
      sums.set(host, { passed: own.passed + passed, before: own.before + before, after: own.after + after });
    }
  }
  return table(
    [...sums],
    [
      { title: "host", cell: ([host]) => host },
      { title: "passed", cell: ([, { passed }]) => grouped(passed), number: true },
      { title: "crashed before one", cell: ([, { before }]) => grouped(before), number: true },
      { title: "after one", cell: ([, { after }]) => grouped(after), number: true },
    ],
  );
}

function statesPart(rows: readonly ScenarioSummary[]): Markup {
  const sums = new Map<string, number>();
  for (const { states } of rows) {
    for (const [state, hits] of Object.entries(states)) sums.set(state, (sums.get(state) ?? 0) + hits);
  }
  if (sums.size === 0) return NOTHING;
  const items = [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([state, hits]) => tally(state, hits));
  return html`<ul class="tallies">${items}</ul>`;
}
