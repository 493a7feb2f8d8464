/**
 * A campaign for people: a table with one row a scenario, one sentence and one command for each failure, and
 * what the campaign promised and didn't keep.
 */
import type { Shortfall, Tally } from "../explore/tally.js";
import { aligned, clean, cut, type Look, outdented, padded, width } from "./look.js";
import { compact, count, duration, grouped, list } from "./words.js";

/** Failures of one scenario that are told; the rest is counted. */
const TOLD_FAILURES = 3;

export interface CampaignTelling {
  readonly tally: Tally;
  readonly wallTimeMs: number;
  /** What is to be typed to see one failure as a story. */
  readonly command: (scenario: string, seed: number) => string;
  readonly verified: boolean;
}

export function campaignLines(telling: CampaignTelling, look: Look): string[] {
  return [...tableLines(telling.tally, look), "", ...problemLines(telling, look), closing(telling, look)];
}

/** Failures and broken promises only; nothing when there are none. */
export function problemLines({ tally, command }: CampaignTelling, look: Look): string[] {
  const { color, columns } = look;
  const lines: string[] = [];
  const told = new Map<string, number>();
  for (const { scenario, seed, property, message } of tally.failures) {
    const n = (told.get(scenario) ?? 0) + 1;
    told.set(scenario, n);
    if (n > TOLD_FAILURES) continue;
    lines.push(...outdented(`✗ ${property} ${message}`, columns).map((line) => color.red(line)));
    lines.push(`  ${command(scenario, seed)}`);
  }
  for (const { scenario, violated } of tally.scenarios) {
    const left = violated - TOLD_FAILURES;
    if (left > 0) lines.push(`  and ${count(left, "more failed run")} of ${scenario.id}; --json has them`);
  }
  const shortfalls = tally.shortfalls();
  for (const { message, binding } of shortfalls) {
    if (binding) lines.push(...outdented(`✗ ${message}`, columns).map((line) => color.red(line)));
  }
  for (const note of notesOn(tally, shortfalls)) {
    lines.push(...outdented(`note: ${note}`, columns).map((line) => color.dim(line)));
  }
  return lines.length === 0 ? [] : [...lines, ""];
}

/** What a short campaign did not come to see, a line for each scenario. */
function notesOn(tally: Tally, shortfalls: readonly Shortfall[]): string[] {
  const notes = tally.scenarios.flatMap(({ scenario, runs }) => {
    const missed = shortfalls.filter((one) => one.scenario === scenario.id && !one.binding);
    if (missed.length === 0) return [];
    const names = missed.map(({ kind, name }) => (kind === "weakness" ? `the weakness in ${name}` : name));
    return [`${count(runs, "run")} of ${scenario.id} never saw ${list(names, 12)}`];
  });
  const idle = tally.idle();
  return idle.length === 0 ? notes : [...notes, `nothing to compare for ${list(idle, 12)}`];
}

function tableLines(tally: Tally, { color, columns }: Look): string[] {
  const heads = ["runs", "held", "violated", "events", "fired"];
  const rows = tally.scenarios.map((row) => ({
    name: row.scenario.id,
    failed: row.violated > 0,
    cells: [
      compact(row.runs),
      row.declared === 0 ? compact(row.held) : `${compact(row.held)}*`,
      compact(row.violated),
      compact(row.events),
      compact([...row.faults.values()].reduce((sum, { fired }) => sum + fired, 0)),
    ],
    unrecoverable: row.unrecoverable,
  }));
  const widths = heads.map((head, i) =>
    rows.reduce((most, { cells }) => Math.max(most, width(cells[i] ?? "")), head.length),
  );
  const numbers = widths.reduce((sum, n) => sum + n + 2, 0);
  const longest = rows.reduce((most, { name }) => Math.max(most, width(name)), 8);
  const names = Math.max(8, Math.min(longest, columns - numbers));
  const line = (name: string, cells: readonly string[]) =>
    padded(cut(clean(name), names), names) +
    cells.map((cell, i) => `  ${aligned(cell, widths[i] ?? 0)}`).join("");
  const lines = rows.map(({ name, cells, failed }) => {
    const text = line(name, cells);
    return failed ? color.red(text) : text;
  });
  const declared = rows.some(({ cells }) => cells[1]?.endsWith("*"));
  const unrecoverable = rows.filter((row) => row.unrecoverable > 0);
  return [
    color.bold(line("scenario", heads)),
    ...lines,
    ...(declared ? [color.dim("* some of them showed a weakness that the scenario declares")] : []),
    ...unrecoverable.map((row) =>
      color.dim(`${row.name}: ${count(row.unrecoverable, "run")} unrecoverable by design`),
    ),
  ];
}

function closing({ tally, wallTimeMs, verified }: CampaignTelling, { color }: Look): string {
  const runs = tally.total((row) => row.runs);
  const violated = tally.total((row) => row.violated);
  const binding = tally.shortfalls().filter((shortfall) => shortfall.binding).length;
  const perSecond = wallTimeMs > 0 ? ` (${grouped((runs * 1000) / wallTimeMs)} a second)` : "";
  const pace = `${duration(tally.total((row) => row.virtualTime))} in ${duration(Math.round(wallTimeMs * 1000))}`;
  const twice = verified ? ", each of them twice and the same" : "";
  const facts = `${count(runs, "run")}${twice}, ${pace}${perSecond}`;
  if (violated > 0) return `${color.red.bold("violated")} in ${count(violated, "run")} · ${facts}`;
  if (binding > 0) return `${color.red.bold("promises not kept")}: ${binding} · ${facts}`;
  return `${color.green.bold("held")} · ${facts}`;
}
