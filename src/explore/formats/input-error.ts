/**
 * What a person gave us and we can't use: a file, a name, a number. Its message is one complete sentence that
 * says where, what was wrong and what was expected; the command prints it as it stands and ends with exit code 2.
 */
export class InputError extends Error {
  override readonly name = "InputError";
}

const SHOWN_CHARACTERS = 48;

/** Control characters, line separators and the marks that turn the direction of text: they must never reach a terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Text from a file with everything unprintable written as an escape. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
}

/** Any value as an error message shows it: JSON on one line, cut to a readable length. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  const text =
    typeof value === "string" ? JSON.stringify(value.slice(0, 2 * SHOWN_CHARACTERS)) : String(value);
  const letters = [...text];
  const cut =
    letters.length > SHOWN_CHARACTERS ? `${letters.slice(0, SHOWN_CHARACTERS - 1).join("")}…` : text;
  return printable(cut);
}

/** Names in a row, at most `limit` of them; what is cut is counted. */
export function listed(names: readonly string[], limit = 8): string {
  const first = names.slice(0, limit).map(printable).join(", ");
  return names.length > limit ? `${first} and ${names.length - limit} more` : first;
}

/** `names.0` as people write it: `faults[3].target`. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[\p{L}\p{N}_$-]{1,60}$/u.test(String(part)))
      text += text === "" ? String(part) : `.${String(part)}`;
    else text += `[${shown(String(part))}]`;
  }
  return text;
}
