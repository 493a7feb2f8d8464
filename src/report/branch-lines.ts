/** The share of futures that fail, drawn over time, and what happened at the moment when nothing could help any more. */
import type { Branching } from "../explore/branch.js";
import type { HistoryEvent } from "../sim/history.js";
import { eventText } from "./event-text.js";
import { aligned, hanging, outdented, type TextStyle } from "./text-style.js";
import { count, moment } from "./words.js";

/** Events around the moment that are shown. */
const SHOWN_EVENTS = 12;
const WIDEST_BAR = 60;

/** @param history of the plan itself; empty to leave out what happened. */
export function branchLines(
  branching: Branching,
  history: readonly HistoryEvent[],
  style: TextStyle,
): string[] {
  const { property, violation, points, inevitable, complete } = branching;
  const { columns, color } = style;
  const times = points.map(({ at }) => moment(at));
  const widest = Math.max(...times.map((time) => time.length));
  const room = Math.max(10, Math.min(WIDEST_BAR, columns - widest - 9));
  const bars = points.map(({ failed, futures }, i) => {
    const share = futures === 0 ? 0 : failed / futures;
    const full = Math.round(share * room);
    const percent = `${Math.round(share * 100)} %`;
    const bar = `${"█".repeat(full)}${"·".repeat(room - full)}`;
    return `${aligned(times[i] ?? "", widest)} ${share === 1 ? color.red(bar) : bar} ${aligned(percent, 5)}`;
  });
  const futures = points[0]?.futures ?? 0;
  const title = `of ${count(futures, "future")} branched off at each moment, the share that violates ${property}`;
  return [
    ...outdented(`✗ ${property} at ${moment(violation.at)}: ${violation.message}`, columns).map((line) =>
      color.red(line),
    ),
    "",
    ...hanging("", title, columns),
    ...bars,
    "",
    ...verdictLines(branching, style),
    ...eventLines(history, inevitable.after, inevitable.by, style),
    ...(complete ? [] : [color.dim("interrupted: not all moments were tried")]),
  ];
}

function verdictLines(branching: Branching, { columns, color }: TextStyle): string[] {
  return hanging("", inevitableText(branching), columns).map((line) => color.bold(line));
}

/** When nothing could help any more, and when something still could. */
export function inevitableText({ points, inevitable }: Branching): string {
  const last = points.findLast(({ failed, futures }) => failed < futures);
  if (last === undefined) return "it was inevitable from the beginning: every future fails";
  const good = last.futures - last.failed;
  return `inevitable from ${moment(inevitable.by)} on; at ${moment(last.at)} ${count(good, "future")} of ${last.futures} still went well`;
}

/** What happened between the last moment of hope and the first without. */
function eventLines(
  history: readonly HistoryEvent[],
  after: number,
  by: number,
  { columns, color }: TextStyle,
): string[] {
  const between = history.filter(({ at }) => at >= after && at < Math.max(by, after + 1));
  if (between.length === 0) return [];
  const last = between.slice(-SHOWN_EVENTS);
  const cut = between.length - last.length;
  return [
    "",
    color.bold("What happened in between"),
    ...(cut > 0 ? [color.dim(`  ${count(cut, "earlier event")} left out`)] : []),
    ...last.flatMap((event) =>
      outdented(`${moment(event.at)} ${event.host}: ${eventText(event)}`, columns - 2).map(
        (line) => `  ${line}`,
      ),
    ),
  ];
}
