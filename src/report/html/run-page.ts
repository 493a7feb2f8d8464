/**
 * The report of one run: what came of it, each violation with its evidence, the space-time diagram, latencies, and
 * what the storm did. All but the diagram and the plot is plain markup and can be read without any code.
 */
import type { Violation } from "../../check/property.js";
import type { Branching } from "../../explore/branch.js";
import { latencyOf } from "../../explore/campaign/measure-latency.js";
import type { Versions } from "../../explore/formats/versions.js";
import { hasFailed } from "../../explore/runs/judgement.js";
import type { Fault } from "../../sim/faults/catalogue.js";
import type { Outcome, Scenario } from "../../storm/scenario.js";
import { faultText, triggerText } from "../fault-text.js";
import { latenciesText, latencyChart } from "../latency.js";
import type { RecordedRun } from "../recorded-run.js";
import type { PacketLog } from "../recorder.js";
import { count, duration, grouped, moment } from "../words.js";
import { branchPart, inevitableMarks } from "./branch-part.js";
import { comparedWith, comparePart, differenceMarks } from "./compare-part.js";
import { DRAWN_ITEMS, diagramOf } from "./diagram.js";
import { diagramPart, MAIN } from "./diagram-part.js";
import { html, type Markup, NOTHING } from "./markup.js";
import { measurementsPart } from "./measurements.js";
import { type Client, pageHtml } from "./page.js";
import { badge, command, figures, foot, latencyPlace, section, table, tally } from "./parts.js";
import { violationPart } from "./violation-part.js";

export interface RunReport extends RecordedRun {
  readonly scenario: Scenario;
  /** What is to be typed to run it again. */
  readonly command: string;
  /** Sentences about this run, one a paragraph. */
  readonly notes: readonly string[];
  readonly versions: Versions;
  /** Facts and messages that the diagram draws. Default 20,000. */
  readonly limit?: number;
  /** It was a drill of real processes: its time was real, and nobody saw its messages. Default: a run in the simulator. */
  readonly real?: boolean;
  /** The nearest run that passes, to stand under this one. */
  readonly passing?: RecordedRun;
  /** When its failure became inevitable. */
  readonly branching?: Branching;
}

/** Violations of one property that are shown at first; the others are folded away. */
const OPEN_VIOLATIONS = 3;

export function runHtml(report: RunReport, client: Client): string {
  const { outcome, scenario, packets, disks, passing, branching, limit = DRAWN_ITEMS } = report;
  const { plan } = outcome;
  const compared = passing === undefined ? undefined : comparedWith(report, passing, scenario);
  const marks = [
    ...(branching === undefined ? [] : inevitableMarks(branching)),
    ...(compared === undefined ? [] : differenceMarks(compared)),
  ];
  const focus = outcome.violations[0]?.at ?? 0;
  const { data, cut } = diagramOf({
    outcome,
    packets,
    disks,
    declared: scenario.expectedViolations,
    limit,
    marks,
  });
  const chart = latencyChart(latencyOf(outcome, scenario.system));
  const title = `${plan.scenario}, seed ${plan.seed}`;
  const body = html`<main>
${header(report)}
${section("violations", "Violations", violationsPart(report))}
${branching === undefined ? NOTHING : section("inevitable", "When it became inevitable", branchPart(branching))}
${section("diagram-section", "Space-time diagram", diagramPart({ name: MAIN, data, cut }))}
${compared === undefined ? NOTHING : section("passing", "The nearest run that passes", comparePart(compared, MAIN, { focus, limit }))}
${chart === undefined ? NOTHING : section("latency", "Latency", latencyPlace(0), `${latenciesText([chart])}. Strips show when each kind of fault was active.`)}
${section("measurements", "Measured", measurementsPart(scenario.system.measurements?.(outcome), outcome.virtualTime))}
${section("properties", "Properties", propertiesPart(outcome, scenario))}
${section("faults", "Faults", faultsPart(outcome))}
${section("coverage", "Reached in this run", coveragePart(outcome, scenario))}
</main>
${foot(report.versions)}`;
  return pageHtml(
    { title: `${title}: ${outcome.verdict}`, body, data: { page: "run", latency: chart } },
    client,
  );
}

function header({ outcome, scenario, command: again, notes, packets, real = false }: RunReport): Markup {
  const { plan } = outcome;
  const failed = hasFailed(outcome, scenario);
  const verdict = outcome.verdict === "violated" && !failed ? "held" : outcome.verdict;
  const declared =
    outcome.verdict === "violated" && !failed
      ? html` <span class="note">but for what this scenario declares</span>`
      : NOTHING;
  const counts = Object.values(outcome.faults);
  const fired = counts.reduce((sum, count) => sum + count.fired, 0);
  const planned = counts.reduce((sum, count) => sum + count.planned, 0);
  return html`<header class="top">
<p class="brand">seedstorm</p>
<h1>${plan.scenario} <span class="seed">seed ${plan.seed}</span> ${badge(verdict)}${declared}</h1>
<p class="lead">${scenario.title}</p>
${notes.map((note) => html`<p class="note">${note}</p>`)}
${figures([
  { name: real ? "time" : "virtual time", value: duration(outcome.virtualTime) },
  ...(real ? [] : [{ name: "events", value: grouped(outcome.events) }]),
  { name: "facts", value: grouped(outcome.history.length) },
  ...(real ? [] : [{ name: "messages", value: grouped(messagesIn(packets)) }]),
  { name: "hosts", value: String(plan.topology.length) },
  { name: "operations", value: grouped(plan.workload.length) },
  { name: "faults that struck", value: `${fired} of ${planned}` },
  { name: real ? "history" : "trace", value: outcome.traceHash },
])}
${plan.defects.length === 0 ? NOTHING : html`<p class="note">Planted defects: ${plan.defects.join(", ")}.</p>`}
<p class="again"><span>again</span> ${command(again)}</p>
</header>`;
}

const messagesIn = ({ packets, unrecorded }: PacketLog): number =>
  packets.length + [...unrecorded.values()].reduce((sum, n) => sum + n, 0);

/** What was violated, property by property. */
function violationsPart(report: RunReport): Markup {
  const byProperty = new Map<string, Violation[]>();
  for (const violation of report.outcome.violations) {
    const own = byProperty.get(violation.property);
    if (own === undefined) byProperty.set(violation.property, [violation]);
    else own.push(violation);
  }
  return html`${[...byProperty].map(([property, violations]) => propertyPart(property, violations, report))}`;
}

function propertyPart(property: string, violations: readonly Violation[], report: RunReport): Markup {
  const { outcome, scenario } = report;
  const known = outcome.properties.find(({ id }) => id === property);
  const more = known?.cut ?? 0;
  const shown = violations
    .slice(0, OPEN_VIOLATIONS)
    .map((violation) => violationPart(violation, report, scenario));
  const folded = violations
    .slice(OPEN_VIOLATIONS)
    .map((violation) => violationPart(violation, report, scenario));
  const declared = scenario.expectedViolations.includes(property);
  return html`<article class="violation">
<h3>${declared ? html`<span class="badge declared">${property} declared</span>` : html`<span class="badge violated">${property}</span>`} ${known === undefined ? NOTHING : html`<span class="note">must hold: ${known.sentence}</span>`}</h3>
${shown}
${folded.length === 0 ? NOTHING : html`<details><summary>${count(folded.length, "more violation")} of ${property}</summary>${folded}</details>`}
${more === 0 ? NOTHING : html`<p class="note">Contradicted by ${grouped(more)} more subjects that were counted and not reported.</p>`}
</article>`;
}

function propertiesPart({ properties }: Outcome, { expectedViolations }: Scenario): Markup {
  return table(properties, [
    { title: "", cell: ({ id }) => html`<b class="property">${id}</b>` },
    {
      title: "verdict",
      cell: ({ id, verdict }) =>
        html`${badge(verdict)}${verdict === "violated" && expectedViolations.includes(id) ? html` <span class="note">declared</span>` : NOTHING}`,
    },
    { title: "compared", cell: ({ checked }) => grouped(checked), number: true },
    { title: "what must hold", cell: ({ sentence }) => sentence },
  ]);
}

function faultsPart({ plan, history, faults }: Outcome): Markup {
  const fired = new Map<string, number>();
  for (const event of history) {
    if (event.kind === "fault" && event.phase === "fired") fired.set(event.fault, event.at);
  }
  const inOrder = [...plan.faults].sort((a, b) => a.at - b.at);
  const kinds = Object.entries(faults).map(([kind, { planned, fired: struck }]) =>
    tally(kind, struck, planned),
  );
  const struckAt = (fault: Fault): Markup => {
    const at = fired.get(fault.id);
    return at === undefined ? html`<span class="note">no effect</span>` : html`${moment(at)}`;
  };
  if (inOrder.length === 0) return NOTHING;
  return html`<ul class="tallies">${kinds}</ul>
<details><summary>${count(inOrder.length, "fault")} in the order of their times</summary>${table(inOrder, [
    { title: "from", cell: ({ at }) => moment(at), number: true },
    { title: "for", cell: (fault) => ("for" in fault ? duration(fault.for) : "a moment"), number: true },
    { title: "fault", cell: (fault) => `${faultText(fault)}${triggerText(fault)}` },
    { title: "first struck", cell: struckAt, number: true },
  ])}</details>`;
}

function coveragePart({ goals, buggify }: Outcome, scenario: Scenario): Markup {
  const names = [...new Set([...scenario.goals, ...Object.keys(goals)])];
  const goalItems = names.map((goal) => tally(goal, goals[goal] ?? 0));
  const buggifyItems = Object.entries(buggify).map(([point, hits]) => tally(point, hits));
  return html`${goalItems.length === 0 ? NOTHING : html`<h3>Goals</h3><ul class="tallies">${goalItems}</ul>`}
${buggifyItems.length === 0 ? NOTHING : html`<h3>Buggify points that fired</h3><ul class="tallies">${buggifyItems}</ul>`}`;
}
