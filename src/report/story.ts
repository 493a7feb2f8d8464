/**
 * One run as a story for people: the universe and its storm, the events that matter, the verdict, and the
 * line that brings the same universe back.
 */
import { hasFailed } from "../explore/runs/judgement.js";
import type { Outcome, Scenario } from "../storm/scenario.js";
import { nearestLines } from "./nearest.js";
import { hanging, type TextStyle } from "./text-style.js";
import { timelineLines } from "./timeline.js";
import type { Recording } from "./trail.js";
import { headingLines, lifetime, stormLines, workloadLines } from "./universe.js";
import { faultLines, goalLines, propertyLines, violationLines } from "./verdict.js";
import { count, duration, grouped, list } from "./words.js";

export interface RunReport {
  readonly outcome: Outcome;
  readonly scenario: Scenario;
  /** How long it really took; undefined where nobody measured. */
  readonly wallTimeMs: number | undefined;
  /** What is to be typed to run it again. */
  readonly command: string;
  /** Tells every moment. */
  readonly full: boolean;
  /** Sentences about what was read for this run, one a line. */
  readonly notes: readonly string[];
  /** The nearest run that passes, to stand beside this one. */
  readonly passing?: Outcome;
  /** What recorders saw of the run, for the trails of what never happened. */
  readonly recording?: Recording;
  /** A second run was compared with this one, event by event, and was the same. */
  readonly verified: boolean;
}

/** The whole story; lines without a newline at the end. */
export function storyLines(report: RunReport, style: TextStyle): string[] {
  const { outcome, scenario, full } = report;
  const { color } = style;
  return [
    ...openingLines(report, style),
    color.bold("Story"),
    ...timelineLines(outcome, style, full),
    "",
    `${color.bold("Properties")}  and how often compared`,
    ...propertyLines(outcome, scenario, style),
    "",
    ...faultLines(outcome, style),
    ...goalLines(outcome, scenario, style),
    "",
    ...passingLines(report, style),
    ...closingLines(report, style),
  ];
}

/** The nearest run that passes, where one is known. */
export function passingLines({ outcome, passing, scenario }: RunReport, style: TextStyle): string[] {
  return passing === undefined ? [] : nearestLines(outcome, passing, scenario, style);
}

/** The verdict with its violations, the trace hash, and how to run it again. Without a violation three lines. */
export function closingLines(report: RunReport, style: TextStyle): string[] {
  const { outcome, scenario, wallTimeMs, command, verified, recording } = report;
  const { color, columns } = style;
  const virtualMs = outcome.virtualTime / 1000;
  const speed =
    wallTimeMs === undefined || wallTimeMs <= 0 ? "" : `, ${grouped(virtualMs / wallTimeMs)} times as fast`;
  const took = wallTimeMs === undefined ? "" : ` in ${duration(Math.round(wallTimeMs * 1000))}${speed}`;
  const facts = [
    `trace ${outcome.traceHash}${verified ? " (ran twice, the same)" : ""}`,
    count(outcome.events, "event"),
    `${duration(outcome.virtualTime)}${took}`,
  ];
  return [
    ...violationLines(outcome, scenario, style, recording),
    ...verdictLines(outcome, scenario, style),
    ...hanging("", facts.join(" · "), columns).map((line) => color.dim(line)),
    ...againLines(command, columns),
  ];
}

/** Which universe it is, its hosts, its storm and its load. */
export function openingLines({ outcome, scenario, notes }: RunReport, style: TextStyle): string[] {
  const { plan } = outcome;
  return [
    ...headingLines(`${lifetime(plan)} of virtual time`, plan, scenario, notes, style),
    ...stormLines(plan, style),
    ...workloadLines(plan, scenario.system.knobs ?? {}, style),
    "",
  ];
}

/** The reproducing command is kept in one piece whatever the width, so that it can be copied. */
function againLines(command: string, columns: number): string[] {
  const line = `again: ${command}`;
  return line.length <= columns ? [line] : ["again:", `  ${command}`];
}

function verdictLines(outcome: Outcome, scenario: Scenario, { color, columns }: TextStyle): string[] {
  const held = outcome.properties.filter(({ verdict }) => verdict === "held").length;
  const compared = outcome.properties.reduce((sum, { checked }) => sum + checked, 0);
  const properties = `${held} of ${outcome.properties.length} properties held, ${grouped(compared)} compared`;
  const line = (head: string, rest: string) => {
    const [first = "", ...more] = hanging("", `${head}${rest} · ${properties}`, columns);
    const paint =
      head === "violated" ? color.red.bold : head === "held" ? color.green.bold : color.yellow.bold;
    return [first.replace(head, paint(head)), ...more];
  };
  if (hasFailed(outcome, scenario)) {
    return line("violated", `: ${list([...new Set(outcome.violations.map(({ property }) => property))], 8)}`);
  }
  if (outcome.verdict === "unrecoverable") {
    return line("unrecoverable", ": by design nothing could go on; liveness is not judged");
  }
  return line("held", outcome.verdict === "violated" ? ", but for what this scenario declares" : "");
}
