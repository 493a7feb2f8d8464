/**
 * A failed run by what led to it: the universe and its storm, then for the first violation of each property the
 * causal slice, event by event in causal order, with the evidence marked.
 */
import type { Violation } from "../check/property.js";
import { causalSlice } from "../explore/runs/slice.js";
import type { HistoryEvent } from "../sim/history.js";
import { factText } from "./loss-text.js";
import { closingLines, openingLines, passingLines, type RunReport } from "./story.js";
import { hanging, type TextStyle } from "./text-style.js";
import { count, moment } from "./words.js";

/** Properties whose slices are shown. */
const SHOWN_SLICES = 3;

export function sliceLines(report: RunReport, style: TextStyle): string[] {
  const firsts = firstOfEachProperty(report.outcome.violations);
  return [
    ...openingLines(report, style),
    ...firsts.slice(0, SHOWN_SLICES).flatMap((violation) => [...oneSlice(violation, report, style), ""]),
    ...passingLines(report, style),
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
      eventLines(event, factText(outcome, event), evidence.has(event.id), columns).map((line) => {
        if (evidence.has(event.id)) return color.red(line);
        return event.kind === "fault" || event.kind === "host" ? color.yellow(line) : line;
      }),
    ),
  ];
}

function eventLines(event: HistoryEvent, text: string, isEvidence: boolean, columns: number): string[] {
  const mark = isEvidence ? "✗" : event.kind === "fault" || event.kind === "host" ? "!" : " ";
  return hanging(`${mark} `, `${moment(event.at)} ${event.host}: ${text}`, columns);
}

function firstOfEachProperty(violations: readonly Violation[]): Violation[] {
  const seen = new Set<string>();
  return violations.filter(({ property }) => {
    if (seen.has(property)) return false;
    seen.add(property);
    return true;
  });
}
