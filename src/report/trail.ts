/**
 * The trail of a key, for what should have happened and never did: evidence shows where it was seen last, which says little of what
 * became of it. The trail has each fact and, where the run was recorded, each message in which the key stands, and the timers that were
 * set while one of these was handled or as a consequence of such a fact, in order, with what was made durable and what was lost among
 * them.
 *
 * The key is the first word of the violation's sentence by which its evidence calls something. Left out are timers
 * that came to nothing: time-outs of requests that were answered, and what ran at the moment at which it was set.
 */
import type { Violation } from "../check/property.js";
import type { HistoryEvent } from "../sim/history.js";
import type { Outcome, Scenario } from "../storm/scenario.js";
import { factText } from "./loss-text.js";
import type { PacketLog, RecordedPacket } from "./recorder.js";
import type { RecordedTimer, TimerLog } from "./timer-recorder.js";
import { timerText } from "./timer-text.js";
import { moment } from "./words.js";

/** What recorders saw of a run besides its history. */
export interface Recording {
  readonly packets: PacketLog;
  readonly timers: TimerLog;
}

export interface TrailStep {
  readonly at: number;
  readonly host: string;
  readonly text: string;
  /** Id of the fact; undefined for a message and for a timer. */
  readonly fact: number | undefined;
  /** A message that never arrived, or a timer that died with its host. */
  readonly lost: boolean;
}

export interface Trail {
  readonly key: string;
  /** The last ones, in order. */
  readonly steps: readonly TrailStep[];
  /** Steps before these. */
  readonly earlier: number;
  /** Where it ends, in a sentence. */
  readonly end: string;
}

/** The last ones are shown, of each; what is said again and again is shown once. */
const SHOWN_FACTS = 12;
const SHOWN_MESSAGES = 8;
const SHOWN_TIMERS = 8;

/** Whether a property, when it is violated, says that something never happened. */
export function isOfAbsence(property: string, { system }: Scenario): boolean {
  const kind = system.properties.find(({ id }) => id === property)?.kind;
  return kind === "eventually" || kind === "at-end";
}

/** Undefined for a violation that is no absence, or whose sentence names nothing that its evidence does. */
export function trailOf(
  { property, message, evidence }: Violation,
  outcome: Outcome,
  scenario: Scenario,
  recording?: Recording,
): Trail | undefined {
  const { history, virtualTime } = outcome;
  if (!isOfAbsence(property, scenario)) return undefined;
  const events = evidence.flatMap((id) => history[id] ?? []);
  const key = keyIn(message, events);
  if (key === undefined) return undefined;
  const facts = history.filter((event) => mentions(event, key));
  const packets = (recording?.packets.packets ?? []).filter(({ body }) => mentions(body, key));
  const timers = recording === undefined ? [] : timersOf(facts, packets, recording.timers);
  const messages = repeatedOnce(packets.map(stepOfMessage));
  const rearmed = rearmedOnce(timers);
  const mentioning = [
    ...facts.slice(-SHOWN_FACTS).map((event) => stepOfFact(event, outcome)),
    ...messages.slice(-SHOWN_MESSAGES),
  ].sort((a, b) => a.at - b.at);
  const last = mentioning.at(-1);
  if (last === undefined) return undefined;
  const steps = [...mentioning, ...rearmed.slice(-SHOWN_TIMERS)].sort((a, b) => a.at - b.at);
  const nothing = timers.some(({ end }) => end > last.at) ? "but for timers nothing more" : "nothing more";
  const end = `${nothing} of ${key} from ${moment(last.at)} to the end at ${moment(virtualTime)}`;
  return { key, steps, earlier: facts.length + messages.length + rearmed.length - steps.length, end };
}

/** Timers that were set in the turns of these facts and messages, or as consequences of the facts. */
function timersOf(
  facts: readonly HistoryEvent[],
  packets: readonly RecordedPacket[],
  { timers, turnsOfFacts }: TimerLog,
): readonly RecordedTimer[] {
  const causes = new Set(facts.map(({ id }) => id));
  const turn = (host: string, number: number | undefined): string => `${host} ${number}`;
  const turns = new Set([
    ...facts.map(({ id, host }) => turn(host, turnsOfFacts[id])),
    ...packets.map(({ from, sent }) => turn(from, sent.turn)),
    ...packets.flatMap(({ to, ends }) => ends.map((end) => turn(to, end.turn))),
  ]);
  return timers.filter(
    (timer) => (causes.has(timer.cause) || turns.has(turn(timer.host, timer.turn))) && !isNothing(timer),
  );
}

/** Requests that were answered, and what was put off to the same moment. */
function isNothing({ kind, outcome, at, end }: RecordedTimer): boolean {
  return (kind === "time-out" && outcome === "cancelled") || (outcome === "fired" && at === end);
}

/** A timer that is set again and again comes to one step: the last of those of a host that were about as long and ended alike. */
function rearmedOnce(timers: readonly RecordedTimer[]): TrailStep[] {
  const rows = new Map<string, RecordedTimer[]>();
  for (const timer of timers) {
    const { host, kind, outcome, request } = timer;
    const magnitude = Math.floor(Math.log2(timer.due - timer.at + 1));
    const key = JSON.stringify([host, kind, outcome, request, magnitude]);
    const row = rows.get(key) ?? [];
    rows.delete(key); // the order is that of the last ones
    rows.set(key, row);
    row.push(timer);
  }
  return [...rows.values()].flatMap((row) => {
    const [first, last] = [row[0], row.at(-1)];
    if (first === undefined || last === undefined) return [];
    const again = row.length === 1 ? "" : `, the last of ${row.length} since ${moment(first.at)}`;
    return [
      {
        at: last.at,
        host: last.host,
        text: `${timerText(last)}${again}`,
        fact: undefined,
        lost: last.outcome === "lost",
      },
    ];
  });
}

/** Messages that say the same to the same host, as the last of them, with how many there were. */
function repeatedOnce(messages: readonly TrailStep[]): TrailStep[] {
  const last = new Map<string, { readonly step: TrailStep; readonly times: number }>();
  for (const step of messages) {
    const key = `${step.host} ${step.text}`;
    const times = (last.get(key)?.times ?? 0) + 1;
    last.delete(key); // the order is that of the last ones
    last.set(key, { step, times });
  }
  return [...last.values()].map(({ step, times }) =>
    times === 1 ? step : { ...step, text: `${step.text}, the last of ${times}` },
  );
}

function stepOfFact(event: HistoryEvent, outcome: Outcome): TrailStep {
  return { at: event.at, host: event.host, text: factText(outcome, event), fact: event.id, lost: false };
}

function stepOfMessage({ name, kind, from, to, sent, ends }: RecordedPacket): TrailStep {
  const lost = ends.every(({ outcome }) => outcome !== "delivered");
  const became = lost ? `, ${ends[0]?.outcome ?? "lost"}` : "";
  return {
    at: sent.at,
    host: from,
    text: `${kind} ${name} to ${to}${became}`,
    fact: undefined,
    lost,
  };
}

/** Words that names are made of: `saga-3`, `run/saga-3`, `cart/ada@west`. */
const WORD = /[A-Za-z][\w./:@#-]*[\w]/g;

function keyIn(message: string, events: readonly HistoryEvent[]): string | undefined {
  for (const [word] of message.matchAll(WORD)) {
    // What names a single thing has a number or a mark in it, and is no host.
    if (!/[\d/@:]/.test(word) || events.some(({ host }) => host === word)) continue;
    if (events.some((event) => mentions(event, word))) return word;
  }
  return undefined;
}

/** Whether a text in this value has the key in it, as a name and not as a part of a longer one. */
function mentions(value: unknown, key: string): boolean {
  if (typeof value === "string") return hasName(value, key);
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return false;
  if (Array.isArray(value)) return value.some((item) => mentions(item, key));
  return Object.entries(value).some(([name, inner]) => hasName(name, key) || mentions(inner, key));
}

const PART_OF_NAME = /[A-Za-z0-9_-]/;

function hasName(text: string, key: string): boolean {
  for (let at = text.indexOf(key); at >= 0; at = text.indexOf(key, at + 1)) {
    const [before, after] = [text[at - 1] ?? " ", text[at + key.length] ?? " "];
    if (!PART_OF_NAME.test(before) && !PART_OF_NAME.test(after)) return true;
  }
  return false;
}
