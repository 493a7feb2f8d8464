/**
 * The trail of a key, for what should have happened and never did: evidence shows where it was seen last, which says little of what
 * became of it. The trail has each fact and, where messages were recorded, each message in which the key stands, in order, with what was
 * made durable and what was lost among them, up to the last one.
 *
 * The key is the first word of the violation's sentence by which its evidence calls something. Timers leave no trail of their own:
 * what they led to stands in it.
 */
import type { Violation } from "../check/property.js";
import type { HistoryEvent } from "../sim/history.js";
import type { Outcome, Scenario } from "../storm/scenario.js";
import { factText } from "./loss-text.js";
import type { PacketLog, RecordedPacket } from "./recorder.js";
import { moment } from "./words.js";

export interface TrailStep {
  readonly at: number;
  readonly host: string;
  readonly text: string;
  /** Id of the fact; undefined for a message. */
  readonly fact: number | undefined;
  /** A message that never arrived. */
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

/** The last ones are shown, of either; what is said again and again is shown once. */
const SHOWN_FACTS = 12;
const SHOWN_MESSAGES = 8;

/** Undefined for a violation that is no absence, or whose sentence names nothing that its evidence does. */
export function trailOf(
  { property, message, evidence }: Violation,
  outcome: Outcome,
  { system }: Scenario,
  log?: PacketLog,
): Trail | undefined {
  const { history, virtualTime } = outcome;
  const kind = system.properties.find(({ id }) => id === property)?.kind;
  if (kind !== "eventually" && kind !== "at-end") return undefined;
  const events = evidence.flatMap((id) => history[id] ?? []);
  const key = keyIn(message, events);
  if (key === undefined) return undefined;
  const facts = history.filter((event) => mentions(event, key)).map((event) => stepOfFact(event, outcome));
  const messages = (log?.packets ?? []).filter(({ body }) => mentions(body, key)).map(stepOfMessage);
  const kinds = repeatedOnce(messages);
  const steps = [...facts.slice(-SHOWN_FACTS), ...kinds.slice(-SHOWN_MESSAGES)].sort((a, b) => a.at - b.at);
  const last = steps.at(-1);
  if (last === undefined) return undefined;
  const end = `nothing more of ${key} from ${moment(last.at)} to the end at ${moment(virtualTime)}`;
  return { key, steps, earlier: facts.length + kinds.length - steps.length, end };
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
  const lost = ends.every(({ fate }) => fate !== "delivered");
  const became = lost ? `, ${ends[0]?.fate ?? "lost"}` : "";
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
