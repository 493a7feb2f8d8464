/** The failures of a campaign, each kind once: what went wrong, in which runs, how small it became, what to type. */

import type { Case } from "../../explore/campaign/cases.js";
import { type Finding, sortOf } from "../../explore/campaign/summary.js";
import type { ShrinkTrace } from "../../explore/shrink/shrink.js";
import { shrinkTraceLine } from "../../explore/shrink/trace-text.js";
import { type CampaignReport, nameOf, nounIn } from "../campaign.js";
import { eventText } from "../event-text.js";
import { faultLine } from "../fault-text.js";
import { count, grouped, list, moment } from "../words.js";
import { CASE_ITEMS, DRAWN_CASES, type DrawnCase } from "./case-diagrams.js";
import { comparedWith, comparePart, differenceMarks } from "./compare-part.js";
import { diagramOf } from "./diagram.js";
import { diagramPart } from "./diagram-part.js";
import { html, type Markup, NOTHING } from "./markup.js";
import { command, sizeBar, table } from "./parts.js";
import { violationPart } from "./violation-part.js";

/** How many faults of a shrunk plan are shown. */
const SHOWN_FAULTS = 12;

/** @param drawn runs of the cases that have a diagram. */
export function failuresPart(report: CampaignReport, drawn: ReadonlyMap<Case, DrawnCase>): Markup {
  const corpus = report.corpus.filter(({ verdict }) => verdict !== "held");
  return html`${corpus.map(({ file, verdict, message }) => corpusPart(file, verdict, message))}
${report.cases.map((found, i) => casePart(found, report, diagramsPart(found, report, drawn.get(found), `case-${i}`)))}`;
}

/** What scenarios declare of themselves, and that it showed. */
export function weaknessesPart(report: CampaignReport): Markup {
  const declared = weaknesses(report).map((finding) => article(finding, report, "declared", NOTHING));
  if (declared.length === 0) return NOTHING;
  return html`<details><summary>${count(declared.length, "declared weakness")} that showed</summary>${declared}</details>`;
}

/** The first finding of each declared weakness. */
function weaknesses({ result }: CampaignReport): Finding[] {
  const seen = new Set<string>();
  return result.summary.findings.filter((finding) => {
    const key = `${finding.scenario} ${sortOf(finding)}`;
    const isFirst = finding.declared && !seen.has(key);
    seen.add(key);
    return isFirst;
  });
}

function corpusPart(file: string, verdict: string, message: string): Markup {
  return html`<article class="violation">
<h3><span class="badge violated">corpus</span> ${file} <span class="note">${verdict}</span></h3>
<p class="message">${message}</p>
</article>`;
}

function casePart(found: Case, report: CampaignReport, diagrams: Markup): Markup {
  const { finding } = found;
  const same = report.result.summary.findings.filter(
    (other) => other.scenario === finding.scenario && sortOf(other) === sortOf(finding) && other !== finding,
  );
  const also = same.length === 0 ? NOTHING : html`<p class="note">Also with ${seeds(same, found.runs)}.</p>`;
  const rest = html`<p class="again"><span>see it</span> ${command(report.command(found))}</p>${smallerPart(found, nounIn(report, found.finding.scenario))}${also}${diagrams}`;
  return article(finding, report, nameOf(found), rest);
}

/** What the case's plan comes to, its diagram, and that of the nearest run that passes. */
function diagramsPart(
  { finding, shrinkTrace }: Case,
  { scenarios }: CampaignReport,
  drawn: DrawnCase | undefined,
  name: string,
): Markup {
  const scenario = scenarios.find(({ id }) => id === finding.scenario);
  if (finding.kind !== "violation" || scenario === undefined) return NOTHING;
  if (drawn === undefined)
    return html`<p class="note">It has no diagram here: ${count(DRAWN_CASES, "case")} come before it, or it did not fail in this way again. The command above shows it.</p>`;
  const { failing, passing } = drawn;
  const { outcome } = failing;
  const compared = passing === undefined ? undefined : comparedWith(failing, passing, scenario);
  const marks = compared === undefined ? [] : differenceMarks(compared);
  const declared = scenario.expectedViolations;
  const { data, cut } = diagramOf({ ...failing, declared, marks, limit: CASE_ITEMS });
  const violation = outcome.violations.find(({ property }) => property === finding.property);
  const focus = violation?.at ?? 0;
  const which = shrinkTrace === undefined ? "The run" : "The smallest plan";
  return html`<h4>${which}</h4>
${violation === undefined ? NOTHING : violationPart(violation, failing, scenario, name)}
${diagramPart({ name, data, cut })}
${compared === undefined ? NOTHING : html`<h4>The nearest run that passes</h4>${comparePart(compared, name, { focus, limit: CASE_ITEMS })}`}`;
}

function seeds(others: readonly Finding[], runs: number): string {
  const known = list(
    others.map(({ seed }) => String(seed)),
    9,
  );
  const more = runs - 1 - others.length;
  return `${others.length === 1 ? "seed" : "seeds"} ${known}${more > 0 ? ` and in ${count(more, "more run")}` : ""}`;
}

/** @param name what stands in the badge: the property, or how the run failed to end. */
function article(
  finding: Finding,
  { scenarios, result }: CampaignReport,
  name: string,
  rest: Markup,
): Markup {
  const { scenario, seed, property, message, at, evidence, declared } = finding;
  const properties = scenarios.find(({ id }) => id === scenario)?.system.properties ?? [];
  const sentence = properties.find(({ id }) => id === property)?.sentence;
  const runs = result.summary.scenarios[scenario]?.findings[sortOf(finding)] ?? 1;
  const when = at > 0 ? html`<b>${moment(at)}</b> ` : NOTHING;
  const events = evidence.map((event) => {
    return html`<li>${moment(event.at)} <b>${event.host}</b> ${eventText(event)}</li>`;
  });
  const known = declared
    ? NOTHING
    : html` data-name="${name} in ${scenario}" id="failure-${scenario}-${property}"`;
  return html`<article class="violation"${known}>
<h3><span class="badge ${declared ? "declared" : "violated"}">${declared ? property : name}</span> ${scenario} <span class="note">in ${count(runs, "run")}, first with seed ${seed}${sentence === undefined ? "" : `; must hold: ${sentence}`}</span></h3>
<p class="message">${when}${message}</p>
${events.length === 0 ? NOTHING : html`<ol class="evidence">${events}</ol>`}
${rest}
</article>`;
}

/** How small the plan was made, and what is left of its storm. */
function smallerPart({ plan, shrinkTrace }: Case, noun: string | undefined): Markup {
  if (shrinkTrace === undefined) return NOTHING;
  const faults = plan.faults.slice(0, SHOWN_FAULTS).map((fault) => {
    return html`<li>${faultLine(fault)}</li>`;
  });
  const left = plan.faults.length - SHOWN_FAULTS;
  return html`<p>${shrinkTraceLine(shrinkTrace, noun)}</p>
${faults.length === 0 ? NOTHING : html`<ul>${faults}${left > 0 ? html`<li class="note">and ${left} more</li>` : NOTHING}</ul>`}
${shrinkTrace.steps.length === 0 ? NOTHING : html`<details><summary>the ladder, ${count(shrinkTrace.steps.length, "rung")}</summary>${ladderPart(shrinkTrace)}</details>`}`;
}

function ladderPart({ from, steps }: ShrinkTrace): Markup {
  const most = Math.max(1, from.faults + from.operations);
  const rows = [{ ...from, what: "as it was found", runs: 0 }, ...steps];
  return table(rows, [
    { title: "made smaller", cell: ({ what }) => what },
    { title: "faults", cell: ({ faults }) => grouped(faults), number: true },
    { title: "operations", cell: ({ operations }) => grouped(operations), number: true },
    { title: "hosts", cell: ({ hosts }) => grouped(hosts), number: true },
    { title: "", cell: ({ faults, operations }) => sizeBar((faults + operations) / most) },
    { title: "after runs", cell: ({ runs }) => grouped(runs), number: true },
  ]);
}
