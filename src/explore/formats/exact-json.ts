/**
 * JSON with every digit of its whole numbers: those that a double can't keep are read as bigints. Nobody's id may change
 * its last digits on the way into a plan or into a complaint.
 */
import { withTokens } from "./json-tokens.js";

const LONG_NUMBER = /\d{16}/;

/** @throws SyntaxError when it is not JSON. */
export function parseExactJson(text: string): unknown {
  const parsed: unknown = JSON.parse(text);
  if (!LONG_NUMBER.test(text)) return parsed;
  const mark = unusedKey(text);
  const exact: bigint[] = [];
  const marked = withTokens(text, (token) => {
    if (!/^-?\d{16,}$/.test(token) || Number.isSafeInteger(Number(token))) return token;
    exact.push(BigInt(token));
    return `{"${mark}":${exact.length - 1}}`;
  });
  return exact.length === 0 ? parsed : JSON.parse(marked, (_, value: unknown) => exactIn(value, mark, exact));
}

function exactIn(value: unknown, mark: string, exact: readonly bigint[]): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, mark)) return value;
  return exact[(value as Readonly<Record<string, number>>)[mark] ?? 0]; // made above, with the index of one
}

/** A key that the text has nowhere. */
function unusedKey(text: string): string {
  let key = "integer";
  while (text.includes(key)) key += "_";
  return key;
}
