/**
 * The deliveries in a text, each with the place where it stands: one a line, all in one array, or in a list object as the
 * interfaces of shops answer (`{ "orders": [...] }`, `{ "object": "list", "data": [...] }`). A file that holds several
 * values over several lines each is refused with the command that makes lines of them.
 */
import { InputError, parseExactJson, parseJson } from "seedstorm/explore";

export type Item =
  | {
      /** `12` for a line, `[3]` for an element. */
      readonly place: string;
      readonly data: unknown;
      /** It stands in a list of orders, where there are no headers. */
      readonly isListed: boolean;
    }
  | { readonly place: string; readonly problem: string };

const NOT_JSON = "expected one delivery as JSON on one line, and this is not JSON";

/** @throws InputError when the text is JSON in a form that is not read. */
export function itemsOf(text: string): Item[] {
  const whole = wholeJson(text);
  if (whole !== undefined) return elementsOf(whole);
  const lines = text.split("\n").map((line, index) => ({ place: String(index + 1), line: line.trim() }));
  const filled = lines.filter(({ line }) => line !== "");
  const [first] = filled;
  if (first !== undefined && /^[[{]+$/.test(first.line)) {
    if (beginsWithOne(text)) throw new InputError(SEVERAL);
    parseJson(text, "one delivery, or a list of them,"); // says where it is damaged or cut off
  }
  return filled.map(({ place, line }) => {
    const parsed = parsedOf(line);
    return parsed === undefined
      ? { place, problem: NOT_JSON }
      : { place, data: parsed.data, isListed: false };
  });
}

const SEVERAL =
  "expected one delivery a line, and its first line is only the beginning of one; `jq -c . FILE` makes lines of such a file (with jq 1.7 or newer: older ones change long numbers)";

/** Whether something else stands behind a whole value: engines say at which position. */
function beginsWithOne(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch (error) {
    const position = error instanceof Error ? /position (\d+)/.exec(error.message)?.[1] : undefined;
    return position !== undefined && parsedOf(text.slice(0, Number(position))) !== undefined;
  }
}

/** The text as one value, unless it is plainly one of several: a list, or an object over several lines. */
function wholeJson(text: string): { readonly data: unknown } | undefined {
  const trimmed = text.trim();
  if (!trimmed.startsWith("[") && !trimmed.startsWith("{")) return undefined;
  const firstLine = trimmed.split("\n", 1)[0] ?? "";
  if (firstLine !== trimmed && parsedOf(firstLine) !== undefined) return undefined;
  return parsedOf(trimmed);
}

function parsedOf(text: string): { readonly data: unknown } | undefined {
  try {
    return { data: parseExactJson(text) };
  } catch {
    return undefined;
  }
}

function elementsOf({ data }: { readonly data: unknown }): Item[] {
  if (Array.isArray(data)) return elements(data, "", false);
  if (typeof data === "object" && data !== null) {
    if ("orders" in data && Array.isArray(data.orders)) return elements(data.orders, "orders", true);
    if ("data" in data && Array.isArray(data.data)) return elements(data.data, "data", true);
  }
  return [{ place: "1", data, isListed: false }];
}

function elements(list: readonly unknown[], path: string, isListed: boolean): Item[] {
  // A list of bare orders is what an interface answers, with or without an object around it.
  return list.map((data, index) => ({
    place: `${path}[${index}]`,
    data,
    isListed: isListed || !(typeof data === "object" && data !== null && "headers" in data),
  }));
}
