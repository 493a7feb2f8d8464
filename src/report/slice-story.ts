/**
 * A failed run told by what led to it: the universe and its storm, then for the first violation of each property the
 * causal slice, event by event in causal order, with the evidence marked.
 */
import type { Violation } from "../check/property.js";
import { causalSlice } from "../explore/runs/slice.js";
import type { HistoryEvent } from "../sim/history.js";
import { eventText } from "./event-text.js";
import { closingLines, type RunReport } from "./story.js";
import { hanging, type TextStyle } from "./text-style.js";
import { lifetime, stormLines, universeLines, workloadLines } from "./universe.js";
import { count, moment } from "./words.js";

/** Properties whose slices are told. */
const SHOWN_SLICES = 3;

export function sliceLines(report: RunReport, style: TextStyle): string[] {
  const { outcome, scenario, notes } = report;
  const { color, columns } = style;
  const { plan } = outcome;
  const firsts = firstOfEachProperty(outcome.violations);
  return [
    ...hanging("", `${plan.scenario} · seed ${plan.seed} · ${lifetime(plan)} of virtual time`, columns).map(
      (line) => color.bold(line),
    ),
    ...hanging("", scenario.title, columns),
    ...notes.flatMap((note) => hanging("", note, columns)),
    "",
    ...universeLines(plan, style),
    "",
    ...stormLines(plan, style),
    ...workloadLines(plan, scenario.system.knobs ?? {}, style),
    "",
    ...firsts.slice(0, SHOWN_SLICES).flatMap((violation) => [...oneSlice(violation, report, style), ""]),
    ...closingLines(report, style),
  ];
}

function oneSlice(violation: Violation, { outcome }: RunReport, { columns, color }: TextStyle): string[] {
  const evidence = new Set(violation.evidence);
  const { events, cut } = causalSlice(outcome.plan, outcome.history, violation.evidence);
  const title = `What led to ${violation.property}: ${events.length} of ${count(outcome.history.length, "event")}; --full shows the whole story`;
  return [
    ...hanging("", title, columns).map((line) => color.bold(line)),
    ...(cut > 0 ? [color.dim(`  ${count(cut, "more cause")} left out`)] : []),
    ...events.flatMap((event) =>
      eventLines(event, evidence.has(event.id), columns).map((line) => {
        if (evidence.has(event.id)) return color.red(line);
        return event.kind === "fault" || event.kind === "host" ? color.yellow(line) : line;
      }),
    ),
  ];
}

function eventLines(event: HistoryEvent, isEvidence: boolean, columns: number): string[] {
  const mark = isEvidence ? "✗" : event.kind === "fault" || event.kind === "host" ? "!" : " ";
  return hanging(`${mark} `, `${moment(event.at)} ${event.host}: ${eventText(event)}`, columns);
}

function firstOfEachProperty(violations: readonly Violation[]): Violation[] {
  const seen = new Set<string>();
  return violations.filter(({ property }) => {
    if (seen.has(property)) return false;
    seen.add(property);
    return true;
  });
}
