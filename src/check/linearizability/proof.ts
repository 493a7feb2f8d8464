/**
 * A contradiction written as a small proof: let these operations be; this was known; then that was seen; no
 * order fits.
 */
import type { Contradiction } from "./contradiction.js";
import type { Model } from "./model.js";
import { isOpen, type Operation } from "./operation.js";

export interface ProofWords {
  /** A position of the history for people: `at 12.402 s`, `in line 17`. */
  readonly moment: (position: number) => string;
  /** What the object is, at the beginning of a sentence: `The register`. */
  readonly object: string;
  readonly client: (client: string) => string;
}

/** One sentence: what was answered, and what alone would have been right. */
export function sentence<S>(
  model: Model<S>,
  contradiction: Contradiction,
  { moment, object, client }: ProofWords,
): string {
  const { culprit, spoiler } = contradiction;
  const seen =
    culprit.call === culprit.ret
      ? `"${model.describe(culprit)}" took place ${moment(culprit.ret)}`
      : `${client(culprit.client)} was answered "${model.describe(culprit)}" ${moment(culprit.ret)} (asked ${moment(culprit.call)})`;
  if (contradiction.reason !== undefined) return `${seen}: ${contradiction.reason}.`;
  const since =
    spoiler === undefined
      ? ""
      : `; that fitted last before "${model.describe(spoiler)}" of ${client(spoiler.client)}, ${past(spoiler)} ${moment(spoiler.ret)}`;
  return `${seen}, and no order of the operations explains it: ${knowledge(contradiction, object)}${since}.`;
}

const past = ({ call, ret }: Operation): string => (call === ret ? "which took place" : "which had returned");

/** `whatever the order, the register holds 5`. */
function knowledge({ known, more }: Contradiction, object: string): string {
  const lower = object.slice(0, 1).toLowerCase() + object.slice(1);
  const wrong = known.filter(({ fits }) => !fits).map(({ text }) => text);
  const right = known.filter(({ fits }) => fits).map(({ text }) => text);
  if (known.length === 0) return `what ${lower} was by then can't be found within the budget`;
  if (right.length > 0) {
    return `it fits only while ${lower} ${choice(right)}, and then another answer given before has no place left`;
  }
  const rest = more ? " (or the like)" : "";
  return `whatever the order, ${lower} ${choice(wrong)}${rest} all the while`;
}

/** `holds 3, 4 or 5`; `is free, or is held by client 3`. */
function choice(texts: readonly string[]): string {
  const first = texts[0] ?? "";
  if (texts.length <= 1) return first;
  const verb = first.slice(0, first.indexOf(" ") + 1);
  if (verb === "" || !texts.every((text) => text.startsWith(verb))) return texts.join(", or ");
  const rests = texts.map((text) => text.slice(verb.length));
  return `${verb}${rests.slice(0, -1).join(", ")} or ${rests.at(-1) ?? ""}`;
}

/** The proof, line by line. */
export function proof<S>(model: Model<S>, contradiction: Contradiction, words: ProofWords): string[] {
  const { moment, client } = words;
  const { culprit, window, cut, known, spoiler, more } = contradiction;
  const names = new Map(window.map((operation, index) => [operation, nameOf(index)]));
  const name = (operation: Operation): string => names.get(operation) ?? "?";
  const during = (operation: Operation): string =>
    isOpen(operation)
      ? `${moment(operation.call)}, never answered`
      : `${moment(operation.call)} to ${moment(operation.ret)}`;
  const lines = ["Let"];
  for (const operation of window) {
    const late = operation !== culprit && operation.ret > culprit.ret && !isOpen(operation);
    const explained = late
      ? `${model.describe({ ...operation, output: undefined })}, not answered yet`
      : model.describe(operation);
    lines.push(`  ${name(operation)} = ${explained}   [${client(operation.client)}, ${during(operation)}]`);
  }
  if (contradiction.reason !== undefined) {
    const { reason } = contradiction;
    return [...lines, `Then ${reason}.`, "So no order fits: a contradiction."];
  }
  if (cut > 0) lines.push(`  and ${cut} more that were under way as well.`);
  const answer = name(culprit);
  const object = words.object.slice(0, 1).toLowerCase() + words.object.slice(1);
  const wrong = known.filter(({ fits }) => !fits).map(({ text }) => text);
  const right = known.filter(({ fits }) => fits).map(({ text }) => text);
  if (known.length > 0 && right.length === 0) {
    const rest = more ? ", among others of which none fits" : "";
    lines.push(
      `Then, in every order that fits what was answered before, ${object} ${choice(wrong)}${rest} while ${answer} is under way.`,
    );
    lines.push(`But ${answer} says otherwise.`);
  } else if (right.length > 0) {
    lines.push(`Then ${answer} fits only while ${object} ${choice(right)}.`);
    lines.push("But with it there, another operation that was answered before has no place left.");
  } else
    lines.push(
      `Then no order has a place for ${answer}; what ${object} could be by then was too much to work out.`,
    );
  if (spoiler !== undefined) {
    lines.push(
      `It fitted last before ${name(spoiler)}, ${past(spoiler)} (${moment(spoiler.ret)}) before ${answer} was asked (${moment(culprit.call)}).`,
    );
  } else if (right.length === 0) {
    lines.push(
      `Nothing that could come before ${answer} ever made it so, or what did had been undone for good.`,
    );
  }
  lines.push("So no order fits: a contradiction.");
  return lines;
}

/** A, B, … Z, A1, B1, … */
function nameOf(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : `${letter}${Math.floor(index / 26)}`;
}
