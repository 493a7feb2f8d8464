/**
 * The history of a drill as a file of JSON Lines: first a line that says what was drilled and what is known of it, then one event
 * a line, in their order. It is all that there is of a drill once it is over: it can be judged again without any cluster.
 *
 * The plan in it is the one that properties judge by: its faults are those of the simulator's kinds that really began, with the
 * times and targets that they really had, and `healAt` is when everything was measured to be well again.
 */

import { InputError, printable, shown } from "../explore/formats/input-error.js";
import type { KnownScenario } from "../explore/formats/plan-checks.js";
import { planFrom } from "../explore/formats/plan-file.js";
import { readText } from "../explore/formats/read-file.js";
import type { FactKind, HistoryEvent } from "../sim/history.js";
import type { Plan } from "../sim/plan.js";

/** How a drill ended. Only what came to its end is judged for what should have happened by then. */
export type DrillEnding =
  | { readonly how: "complete" }
  | { readonly how: "interrupted" }
  /** It could not go on, for a reason that is no finding: a full disk, or what the engine holds could not be read back. */
  | { readonly how: "stopped"; readonly why: "full" | "unread"; readonly message: string }
  /** It never became well again; `message` says what was missing. */
  | { readonly how: "unhealed"; readonly message: string }
  /** The code on a host ended by itself. */
  | { readonly how: "host-ended"; readonly host: string; readonly message: string };

export interface DrillHeader {
  readonly format: "seedstorm-drill";
  readonly version: 1;
  readonly drill: string;
  readonly backend: string;
  /** Of the engine. */
  readonly server: { readonly version: string; readonly sync: string };
  readonly plan: Plan;
  /** Faults as they struck, those included that no simulation knows: one sentence each. */
  readonly struck: readonly string[];
  /** By kind: how many were drawn, and how many struck. */
  readonly faults: Readonly<Record<string, { readonly planned: number; readonly fired: number }>>;
  /** How long it took until everything was well again, in microseconds; null when that did not come. */
  readonly healing: number | null;
  readonly notes: readonly string[];
  readonly ending: DrillEnding;
}

export interface DrillHistory {
  readonly header: DrillHeader;
  readonly events: readonly HistoryEvent[];
}

export function historyText({ header, events }: DrillHistory): string {
  return `${[JSON.stringify(header), ...eventLines(events)].join("\n")}\n`;
}

/** Events as they stand in the file: their places say which they are, and nobody knows their causes. */
export function eventLines(events: readonly HistoryEvent[]): string[] {
  return events.map(({ id: _id, cause: _cause, ...event }) => JSON.stringify(event));
}

/** Whether a text begins as the history of a drill does. */
export function isDrillHistory(text: string): boolean {
  return text.startsWith('{"format":"seedstorm-drill"');
}

/** @throws InputError, its message beginning with the file's name. */
export function readHistory(path: string, drills: readonly KnownScenario[]): DrillHistory {
  return parseHistory(readText(path), path, drills);
}

/** @throws InputError that names the line. */
export function parseHistory(text: string, path: string, drills: readonly KnownScenario[]): DrillHistory {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const complain = (line: number, message: string): InputError =>
    new InputError(`${printable(path)}: line ${line}: ${message}`);
  const header = parsed(lines[0] ?? "");
  if (!isObject(header) || header.format !== "seedstorm-drill")
    throw complain(1, "expected the first line of a drill's history");
  if (header.version !== 1)
    throw complain(1, `version ${shown(header.version)} of the format is not known; expected 1`);
  const plan = planIn(header, drills, (message) => complain(1, message));
  const events = lines.slice(1).map((line, index): HistoryEvent => {
    const event = parsed(line);
    if (!isEvent(event)) throw complain(index + 2, `expected an event, got ${shown(line)}`);
    return { ...event, id: index, cause: -1 };
  });
  return { header: { ...(header as unknown as DrillHeader), plan }, events }; // its other fields are shown and not judged by
}

function planIn(
  header: Readonly<Record<string, unknown>>,
  drills: readonly KnownScenario[],
  complaint: (message: string) => InputError,
): Plan {
  try {
    return planFrom(header.plan, drills);
  } catch (error) {
    if (error instanceof InputError) throw complaint(`plan.${error.message}`);
    throw error;
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const KINDS: ReadonlySet<unknown> = new Set<FactKind>([
  ...(["client", "durable", "publish", "publish-ack", "deliver", "ack", "nack", "term"] as const),
  ...(["external", "state", "lease", "refusal", "fault", "host", "operator", "goal", "program"] as const),
]);

/** What every event has; what else those of a kind have was written by a `Host`. */
function isEvent(value: unknown): value is HistoryEvent {
  return (
    isObject(value) &&
    Number.isSafeInteger(value.at) &&
    typeof value.host === "string" &&
    KINDS.has(value.kind)
  );
}
