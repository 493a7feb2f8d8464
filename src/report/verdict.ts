/**
 * What a run came to: each property with how often it was compared, every violation with its evidence, which
 * faults did something, which goals were reached. Violations that a scenario declares as its weakness are
 * shown as such.
 */
import type { PropertyReport, Violation } from "../check/property.js";
import type { Outcome, Scenario } from "../storm/scenario.js";
import { factText } from "./loss-text.js";
import { aligned, clean, cut, hanging, outdented, padded, type TextStyle, width } from "./text-style.js";
import { type Recording, trailOf } from "./trail.js";
import { compact, count, grouped, list, moment } from "./words.js";

/** Columns in which a sentence can be read; with less room it stands below the property's name. */
const LEAST_SENTENCE = 24;
/** Of each property. */
const SHOWN_VIOLATIONS = 3;
const SHOWN_EVIDENCE = 8;

/** One line for each property: whether it held, how often it was compared, what it says. */
export function propertyLines(outcome: Outcome, scenario: Scenario, { columns, color }: TextStyle): string[] {
  const longest = outcome.properties.reduce((most, { id }) => Math.max(most, id.length), 2);
  return outcome.properties.flatMap((report) => {
    const declared = scenario.expectedViolations.includes(report.id);
    const { mark, word } = verdictWords(report, declared);
    const violated = declared ? color.yellow : color.red;
    const paint = report.verdict === "violated" ? violated : color.dim;
    const head = `  ${mark} ${padded(clean(report.id), longest)} ${aligned(compact(report.checked), 6)}  `;
    const sentence = `${word}${clean(report.sentence)}`;
    const room = columns - width(head);
    if (room < LEAST_SENTENCE) {
      const name = cut(`  ${mark} ${clean(report.id)} ${compact(report.checked)}`, columns);
      return [
        report.verdict === "violated" ? violated(name) : name,
        ...hanging("    ", sentence, columns).map((line) => paint(line)),
      ];
    }
    const text = cut(sentence, room);
    return [report.verdict === "violated" ? violated(head + text) : head + color.dim(text)];
  });
}

function verdictWords({ verdict }: PropertyReport, declared: boolean): { mark: string; word: string } {
  switch (verdict) {
    case "held":
      return { mark: "✓", word: "" };
    case "violated":
      return declared ? { mark: "!", word: "violated, as declared: " } : { mark: "✗", word: "violated: " };
    case "vacuous":
      return { mark: "·", word: "nothing to compare: " };
    case "unrecoverable":
      return { mark: "?", word: "not judged: " };
  }
}

/**
 * Violations in their sentences, a few of each property, with the events that contradict it.
 *
 * @param recording what recorders saw of the run, for the trails of what never happened.
 */
export function violationLines(
  outcome: Outcome,
  scenario: Scenario,
  style: TextStyle,
  recording?: Recording,
): string[] {
  const groups = new Map<string, Violation[]>();
  for (const violation of outcome.violations) {
    const group = groups.get(violation.property) ?? [];
    groups.set(violation.property, group);
    group.push(violation);
  }
  return [...groups].flatMap(([property, violations]) => {
    const declared = scenario.expectedViolations.includes(property);
    const unreported = outcome.properties.find(({ id }) => id === property)?.cut ?? 0;
    const more = Math.max(0, violations.length - SHOWN_VIOLATIONS) + unreported;
    return [
      ...violations.slice(0, SHOWN_VIOLATIONS).flatMap((one) => oneViolation(one, declared, outcome, style)),
      // One trail of a kind says as much as many.
      ...violations.slice(0, 1).flatMap((one) => trailLines(one, outcome, scenario, style, recording)),
      ...(more > 0 ? [`  and ${count(more, "more violation")} of ${property}`] : []),
    ];
  });
}

function oneViolation(
  { property, at, message, evidence, place }: Violation,
  declared: boolean,
  outcome: Outcome,
  { columns, color }: TextStyle,
): string[] {
  const mark = declared ? "!" : "✗";
  const text = `${mark} ${property} at ${moment(at)}: ${message}${declared ? " (declared by this scenario)" : ""}`;
  const paint = declared ? color.yellow : color.red;
  const proof = evidence.slice(0, SHOWN_EVIDENCE).flatMap((id) => {
    const event = outcome.history[id]; // an id is a position in the history
    if (event === undefined) return [];
    const line = `${moment(event.at)} ${event.host}: ${factText(outcome, event)}`;
    return outdented(line, columns - 4).map((part) => `    ${part}`);
  });
  const more = evidence.length - SHOWN_EVIDENCE;
  return [
    ...outdented(text, columns).map((line) => paint(line)),
    // In one piece whatever the width, so that it can be clicked.
    ...(place === undefined || message.includes(place) ? [] : [`    in ${place}`]),
    ...proof,
    ...(more > 0 ? [`    and ${count(more, "more event")}`] : []),
  ];
}

/** Of what never happened: where its key was seen, up to the last time. */
function trailLines(
  violation: Violation,
  outcome: Outcome,
  scenario: Scenario,
  { columns, color }: TextStyle,
  recording: Recording | undefined,
): string[] {
  const trail = trailOf(violation, outcome, scenario, recording);
  if (trail === undefined) return [];
  const { key, steps, earlier, end } = trail;
  const line = (text: string): string[] => outdented(text, columns - 4).map((part) => `    ${part}`);
  return [
    `  the trail of ${key}${earlier === 0 ? "" : `, after ${count(earlier, "step")}`}:`,
    ...steps.flatMap(({ at, host, text }) => line(`${moment(at)} ${host}: ${text}`)),
    ...line(end).map((part) => color.yellow(part)),
  ];
}

/** What the storm did, kind by kind. */
export function faultLines(outcome: Outcome, { columns, color }: TextStyle): string[] {
  const kinds = Object.entries(outcome.faults);
  if (kinds.length === 0) return [];
  const texts = kinds.map(([kind, { planned, fired }]) => {
    return `${kind} ${fired === planned ? `${fired}` : `${fired} of ${planned}`}`;
  });
  return hanging(`${color.bold("Fired")}  `, list(texts, 40), columns);
}

export function goalLines(outcome: Outcome, scenario: Scenario, { columns, color }: TextStyle): string[] {
  const reached = Object.entries(outcome.goals).filter(([, hits]) => hits > 0);
  const missed = scenario.goals.filter((goal) => (outcome.goals[goal] ?? 0) === 0);
  if (reached.length === 0 && missed.length === 0) return [];
  const texts = reached.map(([goal, hits]) => (hits === 1 ? goal : `${goal} ×${grouped(hits)}`));
  const lines = hanging(
    `${color.bold("Goals")}  `,
    texts.length === 0 ? "none reached" : list(texts, 40),
    columns,
  );
  if (missed.length > 0) lines.push(...hanging("  ", `not in this run: ${list(missed, 20)}`, columns));
  return lines;
}
