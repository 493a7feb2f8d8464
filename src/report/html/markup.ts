/**
 * Markup from templates in which every value is escaped unless it is markup itself, and data for scripts that can't
 * end the element in which it stands.
 */

/** Text that is HTML already. Made by `html` and `verbatim` alone. */
export class Markup {
  constructor(readonly text: string) {}
}

type Value = string | number | Markup | readonly Markup[];

/** A template of markup: strings and numbers are escaped, markup and lists of markup are taken as they are. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  let text = parts[0] ?? "";
  values.forEach((value, i) => {
    text += textOf(value) + (parts[i + 1] ?? "");
  });
  return new Markup(text);
}

/** Takes text for markup: for what a build step has made. */
export function verbatim(text: string): Markup {
  return new Markup(text);
}

export const NOTHING = verbatim("");

function textOf(value: Value): string {
  if (value instanceof Markup) return value.text;
  if (typeof value === "string") return escaped(value);
  if (typeof value === "number") return String(value);
  return value.map(({ text }) => text).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** For text and for attributes in quotes. Characters that HTML has no place for become a replacement character. */
export function escaped(text: string): string {
  return text
    .replaceAll(NOT_IN_HTML, "\ufffd")
    .replaceAll(/[&<>"']/g, (letter) => ENTITIES[letter] ?? letter);
}

/** Lone surrogates, and control characters but for tab and newlines. */
const NOT_IN_HTML = /\p{Cs}|[^\P{Cc}\t\n\r]/gu;

/** JSON that can stand in a script element: it never contains `<`, nor the two line ends that only some parsers know. */
export function scriptJson(data: unknown): Markup {
  const json = JSON.stringify(data)
    .replaceAll("<", "\\u003c")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
  return verbatim(json);
}
