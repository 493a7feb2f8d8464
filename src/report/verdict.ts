/**
 * What a run came to: each property with how often it was compared, every violation with its evidence, which faults
 * did something, which goals were reached. Violations that a scenario declares as its weakness are told as such.
 */
import type { PropertyReport } from "../check/property.js";
import type { Outcome, Scenario } from "../scenarios/scenario.js";
import { eventText } from "./event-text.js";
import { aligned, clean, cut, hanging, type Look, padded } from "./look.js";
import { compact, count, grouped, list, moment } from "./words.js";

const SHOWN_VIOLATIONS = 10;
const SHOWN_EVIDENCE = 8;

/** One line for each property. */
export function propertyLines(outcome: Outcome, scenario: Scenario, { columns, color }: Look): string[] {
  const longest = outcome.properties.reduce((most, { id }) => Math.max(most, id.length), 2);
  return outcome.properties.map((report) => {
    const declared = scenario.expectedViolations.includes(report.id);
    const { mark, word } = verdictWords(report, declared);
    const paint = report.verdict === "violated" && !declared ? color.red : color.reset;
    const checked = aligned(compact(report.checked), 6);
    const head = `  ${mark} ${padded(report.id, longest)} ${padded(word, 13)} ${checked}  `;
    return paint(`${head}${color.dim(cut(clean(report.sentence), columns - head.length))}`);
  });
}

function verdictWords(report: PropertyReport, declared: boolean): { mark: string; word: string } {
  switch (report.verdict) {
    case "held":
      return { mark: "✓", word: "held" };
    case "violated":
      return declared ? { mark: "!", word: "declared" } : { mark: "✗", word: "violated" };
    case "idle":
      return { mark: "·", word: "idle" };
    case "unrecoverable":
      return { mark: "?", word: "unrecoverable" };
  }
}

/** Each violation in its sentence, with the events that contradict the property. */
export function violationLines(outcome: Outcome, scenario: Scenario, { columns, color }: Look): string[] {
  const lines = outcome.violations
    .slice(0, SHOWN_VIOLATIONS)
    .flatMap(({ property, at, message, evidence }) => {
      const declared = scenario.expectedViolations.includes(property);
      const head = `${declared ? "!" : "✗"} ${property} `;
      const text = `at ${moment(at)}: ${message}${declared ? " (declared by this scenario)" : ""}`;
      const told = hanging(head, text, columns).map((line) =>
        declared ? color.yellow(line) : color.red(line),
      );
      const proof = evidence.slice(0, SHOWN_EVIDENCE).flatMap((id) => {
        const event = outcome.history[id]; // an id is a position in the history
        if (event === undefined) return [];
        return hanging("    ", `${moment(event.at)} ${event.host}: ${eventText(event)}`, columns);
      });
      const more = evidence.length - SHOWN_EVIDENCE;
      return [...told, ...proof, ...(more > 0 ? [`    and ${count(more, "more event")}`] : [])];
    });
  const cutViolations = outcome.violations.length - SHOWN_VIOLATIONS;
  const unreported = outcome.properties.reduce((sum, report) => sum + (report.cut ?? 0), 0);
  if (cutViolations > 0) lines.push(`and ${count(cutViolations, "more violation")}; --json has all of them`);
  if (unreported > 0)
    lines.push(`and ${count(unreported, "more subject")} that contradict a property in the same way`);
  return lines;
}

/** What the storm did, kind by kind. */
export function faultLines(outcome: Outcome, { columns, color }: Look): string[] {
  const kinds = Object.entries(outcome.faults);
  if (kinds.length === 0) return [];
  const told = kinds.map(([kind, { planned, fired }]) => {
    return `${kind} ${fired === planned ? `${fired}` : `${fired} of ${planned}`}`;
  });
  return hanging(`${color.bold("Fired")}  `, list(told, 40), columns);
}

export function goalLines(outcome: Outcome, scenario: Scenario, { columns, color }: Look): string[] {
  const reached = Object.entries(outcome.goals).filter(([, hits]) => hits > 0);
  const missed = scenario.goals.filter((goal) => (outcome.goals[goal] ?? 0) === 0);
  if (reached.length === 0 && missed.length === 0) return [];
  const told = reached.map(([goal, hits]) => (hits === 1 ? goal : `${goal} ×${grouped(hits)}`));
  const lines = hanging(
    `${color.bold("Goals")}  `,
    told.length === 0 ? "none reached" : list(told, 40),
    columns,
  );
  if (missed.length > 0) lines.push(...hanging("  ", `not in this run: ${list(missed, 20)}`, columns));
  return lines;
}
