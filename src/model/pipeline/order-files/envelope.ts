/**
 * What a receiver wraps around a delivery when it logs it: `{ received_at?, headers?, body }`. Header names come in any
 * case, their values as text or in lists, the body as data or as the raw text that was sent.
 */
import { parseExactJson, shown } from "seedstorm/explore";
import { A_TIME, timeOf } from "./times.js";

export interface Envelope {
  /** The body, or the whole line where nothing is wrapped around it. */
  readonly body: { readonly [key: string]: unknown };
  /** The path of the body in its line, for complaints. */
  readonly at: readonly string[];
  /** When the receiver got it, as far as it says; milliseconds since 1970. */
  readonly receivedAt: number | undefined;
  /** A header by its name in lower case; the first of several values. */
  header(name: string): string | undefined;
}

export type Opened =
  | { readonly ok: true; readonly envelope: Envelope }
  | { readonly ok: false; readonly path: string; readonly message: string };

type Fields = { readonly [key: string]: unknown };

/** @param shapes what a line may be, for the complaint that it is none of them. */
export function open(data: unknown, shapes: string): Opened {
  if (!isObject(data)) return refused("", `expected ${shapes}, got ${shown(data)}`);
  const unread = unreadHeader(data.headers);
  if (unread !== undefined) return unread;
  const isWrapped = "body" in data && !("deliveryId" in data);
  const header = (name: string): string | undefined => headerIn(data.headers, name);
  if (!isWrapped) return { ok: true, envelope: { body: data, at: [], receivedAt: undefined, header } };
  const body = bodyOf(data.body);
  if (!isObject(body))
    return refused("body", `expected an object, or its JSON as text, got ${shown(data.body)}`);
  const received = data.received_at;
  const receivedAt = received === undefined ? undefined : timeOf(received);
  if (received !== undefined && receivedAt === undefined)
    return refused("received_at", `expected ${A_TIME}, got ${shown(received)}`);
  return { ok: true, envelope: { body, at: ["body"], receivedAt, header } };
}

function bodyOf(body: unknown): unknown {
  if (typeof body !== "string") return body;
  try {
    return parseExactJson(body);
  } catch {
    return undefined;
  }
}

/** Headers by which senders say what a delivery is: one that can't be read must not pass for one that is not there. */
const OF_SENDERS = /^x-(?:shopify|wc)-/i;

function unreadHeader(headers: unknown): Opened | undefined {
  if (headers === undefined || headers === null) return undefined;
  if (!isObject(headers))
    return refused("headers", `expected an object with the names of headers as keys, got ${shown(headers)}`);
  for (const [name, value] of Object.entries(headers)) {
    const first: unknown = Array.isArray(value) ? value[0] : value;
    if (OF_SENDERS.test(name) && typeof first !== "string")
      return refused(`headers.${name}`, `expected text, or a list of texts, got ${shown(value)}`);
  }
  return undefined;
}

function headerIn(headers: unknown, name: string): string | undefined {
  if (!isObject(headers)) return undefined;
  const value = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === "string" ? first : undefined;
}

export function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refused(path: string, message: string): Opened {
  return { ok: false, path, message };
}
