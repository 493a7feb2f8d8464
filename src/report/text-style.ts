/**
 * How text looks on a terminal: its width in columns, colours, wrapping and cutting. Widths count columns and not
 * characters; text that came from files is made printable before it gets here or by `clean`, so that nothing in a
 * plan can steer a terminal.
 */
import { Chalk } from "chalk";
import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";
import { printable } from "../explore/formats/input-error.js";

/** Writes text in a colour or a weight; one after the other adds up: `red.bold`. */
export interface Paint {
  (text: string): string;
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly blue: Paint;
  readonly magenta: Paint;
  readonly cyan: Paint;
}

export interface TextStyle {
  /** Columns that a line may take. */
  readonly columns: number;
  readonly color: Paint;
}

export const MIN_COLUMNS = 40;
export const MAX_COLUMNS = 160;

/**
 * @param columns clamped to what the layout can use.
 * @param colorLevel colours that the terminal has: none, 16, 256 or all of them.
 */
export function style(columns: number, colorLevel: 0 | 1 | 2 | 3): TextStyle {
  const clamped = Math.min(MAX_COLUMNS, Math.max(MIN_COLUMNS, Math.floor(columns)));
  return { columns: clamped, color: new Chalk({ level: colorLevel }) };
}

/** Columns that text takes; colours take none. */
export function width(text: string): number {
  const bare = text.includes(ESCAPE) ? text.replaceAll(COLOR, "") : text;
  return PLAIN.test(bare) ? bare.length : stringWidth(bare);
}

const ESCAPE = "\u001b";
const COLOR = new RegExp(String.raw`${ESCAPE}\[[\d;]*m`, "g");
/** Each character takes one column: most text is like that, and the libraries take long over it. */
const PLAIN =
  /^[\u0020-\u007e\u00a0-\u00ac\u00ae-\u00ff\u2013-\u2026\u2190-\u2193\u2212\u2264\u2265\u2500-\u257f\u2713\u2717]*$/;

const LETTERS = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Plain text cut to so many columns, the last of them `…` when something is missing. */
export function cut(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let result = "";
  let taken = 0;
  for (const { segment } of LETTERS.segment(text)) {
    taken += width(segment);
    if (taken > columns - 1) break;
    result += segment;
  }
  return `${result}…`;
}

/** Filled up with blanks on the right to so many columns. */
export function padded(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - width(text)));
}

/** Filled up with blanks on the left. */
export function aligned(text: string, columns: number): string {
  return " ".repeat(Math.max(0, columns - width(text))) + text;
}

/** Plain text in lines of at most so many columns, broken between words; a longer word is broken where it must be. */
export function wrapped(text: string, columns: number): string[] {
  const joined = unitsJoined(clean(text));
  const words = joined.split(" ");
  const isSimple = PLAIN.test(joined) && words.every(({ length }) => length <= columns);
  const lines = isSimple ? filled(words, columns) : wrapAnsi(joined, columns, { hard: true }).split("\n");
  return lines.map((line) => line.replaceAll("\u00a0", " "));
}

/** Words of plain text, none of them too long, in lines. */
function filled(words: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of words) {
    if (word === "") continue;
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** A number and its unit are one word. */
function unitsJoined(text: string): string {
  return text.replaceAll(/(\d) (?=(?:s|ms|µs|min|h|%)(?![\p{L}\p{N}]))/gu, "$1\u00a0");
}

/** Wrapped behind a head: the first line begins with it, the others with as many blanks. */
export function hanging(head: string, text: string, columns: number): string[] {
  const indent = width(head);
  return wrapped(text, Math.max(12, columns - indent)).map(
    (line, index) => `${index === 0 ? head : " ".repeat(indent)}${line}`,
  );
}

/** Wrapped so that all lines but the first are indented by two columns. */
export function outdented(text: string, columns: number): string[] {
  return wrapped(text, columns - 2).map((line, index) => (index === 0 ? line : `  ${line}`));
}

/** On one line, with nothing in it that a terminal would act on. */
export function clean(text: string): string {
  return printable(text.replaceAll(/\s+/g, " "));
}
