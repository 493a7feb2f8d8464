/**
 * A drill for people: where it stood, what struck it and when, what happened, and the verdict. It says that there is no replay:
 * a seed fixes what is drawn, and the history is the evidence.
 */
import { hasFailed } from "../explore/runs/judgement.js";
import type { Outcome, Scenario } from "../storm/scenario.js";
import { hanging, type TextStyle } from "./text-style.js";
import { timelineLines } from "./timeline.js";
import { headingLines, workloadLines } from "./universe.js";
import { goalLines, propertyLines, violationLines } from "./verdict.js";
import { count, duration, grouped, list } from "./words.js";

export interface DrillReport {
  readonly outcome: Outcome;
  readonly scenario: Scenario;
  /** `nats-server 2.15.2, sync_interval default, backend jetstream-log`. */
  readonly engine: string;
  /** What struck, a sentence each. */
  readonly struck: readonly string[];
  /** How long it took until everything was well again; null when that did not come. */
  readonly healing: number | null;
  /** What is accepted, done, and how much of it. */
  readonly notes: readonly string[];
  /** It was ended before its time: what it never came to is not judged. */
  readonly interrupted: boolean;
  /** The file that has the history, and the command that judges it again. */
  readonly history: string;
  readonly again: string;
  readonly full: boolean;
}

/** Faults that are listed one by one. */
const LISTED = 40;

export function drillLines(report: DrillReport, style: TextStyle): string[] {
  const { outcome, scenario, engine, struck, full, notes } = report;
  const { color, columns } = style;
  const { plan } = outcome;
  const length = `a drill of ${duration(outcome.virtualTime)} on ${engine}`;
  const rest = struck.length - LISTED;
  return [
    ...headingLines(length, plan, scenario, notes, style),
    ...hanging(`${color.bold("Faults")}  `, faultsText(report), columns),
    ...struck.slice(0, LISTED).flatMap((line) => hanging("  ", line, columns)),
    ...(rest > 0 ? [`  and ${count(rest, "more fault")}`] : []),
    ...workloadLines(plan, scenario.system.knobs ?? {}, style),
    "",
    color.bold("Story"),
    ...timelineLines(outcome, style, full),
    "",
    `${color.bold("Properties")}  and how often compared`,
    ...propertyLines(outcome, scenario, style),
    "",
    ...goalLines(outcome, scenario, style),
    "",
    ...drillClosingLines(report, style),
  ];
}

/** The verdict with its violations, and where the history is. */
export function drillClosingLines(report: DrillReport, style: TextStyle): string[] {
  const { outcome, scenario, history, again } = report;
  const { color, columns } = style;
  const facts = [
    `history ${outcome.traceHash}`,
    count(outcome.events, "event"),
    duration(outcome.virtualTime),
    history,
  ];
  return [
    ...violationLines(outcome, scenario, style),
    ...verdictLines(report, style),
    ...hanging("", facts.join(" · "), columns).map((line) => color.dim(line)),
    ...hanging(
      "",
      "a seed fixes what is drawn, not how processes interleave: there is no replay, the history is the evidence",
      columns,
    ).map((line) => color.dim(line)),
    `judge again: ${again}`,
  ];
}

function faultsText({ struck, healing, outcome }: DrillReport): string {
  const planned = Object.values(outcome.faults).reduce((sum, { planned }) => sum + planned, 0);
  const healed =
    healing === null ? "it never healed" : `everything was well ${duration(healing)} after the last`;
  if (planned === 0) return healing === null ? "none" : "none; a control";
  return `${struck.length} of ${planned} struck; ${healed}`;
}

function verdictLines(
  { outcome, scenario, interrupted }: DrillReport,
  { color, columns }: TextStyle,
): string[] {
  const held = outcome.properties.filter(({ verdict }) => verdict === "held").length;
  const compared = outcome.properties.reduce((sum, { checked }) => sum + checked, 0);
  const rest = `${held} of ${outcome.properties.length} properties held, ${grouped(compared)} compared`;
  const failed = hasFailed(outcome, scenario);
  const head = failed ? "violated" : interrupted ? "interrupted" : "held";
  const names = failed
    ? `: ${list([...new Set(outcome.violations.map(({ property }) => property))], 8)}`
    : "";
  const [first = "", ...more] = hanging("", `${head}${names} · ${rest}`, columns);
  const paint = failed ? color.red.bold : interrupted ? color.yellow.bold : color.green.bold;
  return [first.replace(head, paint(head)), ...more];
}
