/**
 * The position in the URL: the selected step, the window and the filters, in the part after `#`, so that a link to a page
 * is a link to a moment. Whatever is not understood is left out.
 */
import { EVERYTHING, type Filter } from "./model.js";
import type { View } from "./view.js";

export interface Position {
  /** Name of the selected step. */
  readonly at: string | undefined;
  readonly view: View | undefined;
  readonly filter: Filter;
}

/** @param hosts ids of hosts, by index. */
export function addressOf({ at, view, filter }: Position, hosts: readonly string[]): string {
  const parts: string[] = [];
  const add = (key: string, ...values: readonly string[]): void => {
    parts.push(`${key}=${values.map(encoded).join(",")}`);
  };
  if (at !== undefined) add("at", at);
  if (view !== undefined) add("view", String(Math.round(view.from)), String(Math.round(view.to)));
  if (filter.hosts.size > 0) add("no-hosts", ...[...filter.hosts].map((host) => hosts[host] ?? ""));
  if (filter.facts.size > 0) add("no-facts", ...filter.facts);
  if (filter.messages.size > 0) add("no-messages", ...filter.messages);
  if (filter.text !== "") add("text", filter.text);
  if (filter.slice) add("only", "evidence");
  if (!filter.disks) add("disks", "hidden");
  return parts.join("&");
}

export function positionIn(hash: string, hosts: readonly string[]): Position {
  const values = new Map<string, string>();
  for (const part of hash.replace(/^#/, "").split("&")) {
    const [key = "", value = ""] = part.split("=", 2);
    values.set(key, value);
  }
  const listed = (key: string): string[] =>
    (values.get(key) ?? "").split(",").flatMap((item) => (item === "" ? [] : [decoded(item)]));
  const hidden = listed("no-hosts").map((id) => hosts.indexOf(id));
  return {
    at: values.get("at"),
    view: viewIn(values.get("view") ?? ""),
    filter: {
      hosts: new Set(hidden.filter((host) => host >= 0)),
      facts: new Set(listed("no-facts")),
      messages: new Set(listed("no-messages")),
      text: decoded(values.get("text") ?? EVERYTHING.text),
      slice: values.get("only") === "evidence",
      disks: values.get("disks") !== "hidden",
    },
  };
}

function viewIn(text: string): View | undefined {
  const match = /^(\d{1,15}),(\d{1,15})$/.exec(text);
  if (match === null) return undefined;
  const from = Number(match[1]);
  const to = Number(match[2]);
  return from < to ? { from, to } : undefined;
}

/** As in a URL, but that a slash stays readable. Commas stand between values, so those within them are encoded. */
function encoded(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Cs}/gu, "\ufffd")).replaceAll("%2F", "/");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
