/** The failures of a campaign, each sort once: what went wrong, in which runs, how small it was made, what to type. */
import { ladderLine } from "../../explore/ladder-text.js";
import type { Ladder } from "../../explore/shrink/shrink.js";
import { type Finding, sortOf } from "../../explore/summary.js";
import { eventText } from "../event-text.js";
import { faultLength, faultText } from "../fault-text.js";
import { count, grouped, moment } from "../words.js";
import type { CampaignReport, NamedRepro } from "./campaign-page.js";
import { html, type Markup, NOTHING } from "./markup.js";
import { command, sizeBar, table } from "./parts.js";

/** Findings of one scenario and sort, in the order of their runs; never empty. */
interface Sort {
  readonly first: Finding;
  readonly all: readonly Finding[];
  /** How many there were, those that were not kept included. */
  readonly total: number;
}

export function failuresPart(report: CampaignReport): Markup {
  const sorts = sortsOf(report);
  const failing = sorts.filter(({ first }) => !first.declared);
  const declared = sorts.filter(({ first }) => first.declared);
  const told = declared.map((sort) => failurePart(sort, report));
  return html`${failing.map((sort) => failurePart(sort, report))}
${declared.length === 0 ? NOTHING : html`<details><summary>${count(declared.length, "weakness")} that scenarios declare and that showed</summary>${told}</details>`}`;
}

function sortsOf({ result }: CampaignReport): Sort[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of result.summary.findings) {
    const key = `${finding.scenario} ${sortOf(finding)}`;
    const own = groups.get(key);
    if (own === undefined) groups.set(key, [finding]);
    else own.push(finding);
  }
  return [...groups.values()].map((all) => {
    const first = all[0] as Finding; // a group is made with its first finding
    const total = result.summary.scenarios[first.scenario]?.findings[sortOf(first)] ?? all.length;
    return { first, all, total };
  });
}

const KINDS: Readonly<Record<Finding["kind"], string>> = {
  violation: "violated",
  diverged: "diverged",
  endless: "endless",
  hung: "hung",
  died: "died",
  broken: "broken",
};

function failurePart({ first, all, total }: Sort, report: CampaignReport): Markup {
  const { scenario, seed, property, message, at, evidence, declared } = first;
  const sentence = report.scenarios
    .flatMap(({ system }) => system.properties)
    .find(({ id }) => id === property)?.sentence;
  const repro = report.repros.find((named) => isOf(named, first));
  const others = all.slice(1).map((finding) => String(finding.seed));
  const when = at > 0 ? html`<b>${moment(at)}</b> ` : NOTHING;
  return html`<article class="violation">
<h3><span class="badge ${declared ? "declared" : "violated"}">${property === "" ? KINDS[first.kind] : property}</span> ${scenario} <span class="note">in ${count(total, "run")}${sentence === undefined ? "" : `; must hold: ${sentence}`}</span></h3>
<p class="message">${when}${message}</p>
${evidence.length === 0 ? NOTHING : html`<ol class="evidence">${evidence.map((event) => html`<li>${moment(event.at)} <b>${event.host}</b> ${eventText(event)}</li>`)}</ol>`}
<p class="again"><span>see it</span> ${command(report.commandFor(scenario, seed))}</p>
${repro === undefined ? NOTHING : reproPart(repro)}
${others.length === 0 ? NOTHING : html`<p class="note">Also seeds ${others.join(", ")}${total > all.length ? ` and ${grouped(total - all.length)} more runs` : ""}.</p>`}
</article>`;
}

/** Shrinking may have changed the seed, but neither the scenario nor the property. */
function isOf({ repro }: NamedRepro, { scenario, property }: Finding): boolean {
  return repro.plan.scenario === scenario && repro.expected?.property === property;
}

function reproPart({ file, repro }: NamedRepro): Markup {
  const { ladder, plan } = repro;
  const faults = plan.faults.map(
    (fault) => html`<li>${moment(fault.at)} ${faultText(fault)}${faultLength(fault)}</li>`,
  );
  return html`<p class="again"><span>smaller</span> ${command(`npx seedstorm replay ${file}`)}</p>
${ladder === undefined ? NOTHING : html`<p>${ladderLine(ladder)}</p>`}
${faults.length === 0 ? NOTHING : html`<ul>${faults}</ul>`}
${ladder === undefined || ladder.rungs.length === 0 ? NOTHING : html`<details><summary>the ladder, ${count(ladder.rungs.length, "rung")}</summary>${ladderPart(ladder)}</details>`}`;
}

function ladderPart({ from, rungs }: Ladder): Markup {
  const most = Math.max(1, from.faults + from.operations);
  const rows = [{ ...from, what: "as it was found", runs: 0 }, ...rungs];
  return table(rows, [
    { title: "made smaller", cell: ({ what }) => what },
    { title: "faults", cell: ({ faults }) => grouped(faults), number: true },
    { title: "operations", cell: ({ operations }) => grouped(operations), number: true },
    { title: "hosts", cell: ({ hosts }) => grouped(hosts), number: true },
    { title: "", cell: ({ faults, operations }) => sizeBar((faults + operations) / most) },
    { title: "after runs", cell: ({ runs }) => grouped(runs), number: true },
  ]);
}
