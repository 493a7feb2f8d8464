/** JSON from a file, with a complaint that says what was expected and where it breaks. */
import { parseExactJson } from "./exact-json.js";
import { InputError } from "./input-error.js";

/**
 * @param what what the text should be: `a repro file`.
 * @throws InputError
 */
export function parseJson(text: string, what: string): unknown {
  try {
    return parseExactJson(text);
  } catch (error) {
    if (text.trim() === "") throw new InputError(`expected ${what}, got an empty file`);
    throw new InputError(`expected ${what} as JSON${whereJsonBreaks(error, text)}`);
  }
}

/** Engines say where JSON breaks in different words; a position is all that is taken from them. */
function whereJsonBreaks(error: unknown, text: string): string {
  const position = error instanceof Error ? /position (\d+)/.exec(error.message)?.[1] : undefined;
  if (position === undefined) return ", and it is not complete or not JSON";
  const before = text.slice(0, Number(position)).split("\n");
  return `, and it breaks at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

/** An object as JSON has it, whose fields may be anything. */
export function isObject(data: unknown): data is { readonly [key: string]: unknown } {
  return typeof data === "object" && data !== null && !Array.isArray(data);
}
