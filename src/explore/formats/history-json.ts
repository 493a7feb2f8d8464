/** JSON of a history with all the digits of its numbers: what a double cannot keep becomes an exact value, as plain data. */
import { exactNumber, ordinaryKey } from "../../check/values.js";
import type { Json } from "../../sim/plan.js";
import { InputError } from "./input-error.js";
import { withTokens } from "./json-tokens.js";

/** Where something stands that `JSON.parse` would change, or that could be taken for an exact value. */
const NEEDS_CARE = /\d{16}|[.eE]\d|\d[.eE]|"#|\\u0023/;

/** @throws InputError */
export function parseHistoryJson(text: string): Json {
  try {
    const parsed: unknown = JSON.parse(text); // refuses what is not JSON, whatever is done with its numbers below
    if (!NEEDS_CARE.test(text)) return parsed as Json;
  } catch {
    throw new InputError("expected one event as JSON, and this is not JSON");
  }
  const number = (token: string): string => {
    const exact = exactNumber(token);
    if (exact === undefined)
      throw new InputError(`expected a number with a smaller exponent, got ${token.slice(0, 40)}`);
    return JSON.stringify(exact);
  };
  const key = (token: string): string => JSON.stringify(ordinaryKey(JSON.parse(token) as string));
  const exact = withTokens(text, number, key);
  return JSON.parse(exact) as Json; // as what was parsed above
}
