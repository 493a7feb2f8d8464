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
  const add = (key: string, value: string): void => {
    parts.push(`${key}=${encodeURIComponent(value).replaceAll("%2F", "/").replaceAll("%2C", ",")}`);
  };
  if (at !== undefined) add("at", at);
  if (view !== undefined) add("view", `${Math.round(view.from)},${Math.round(view.to)}`);
  if (filter.hosts.size > 0) add("no-hosts", [...filter.hosts].map((host) => hosts[host] ?? "").join(","));
  if (filter.facts.size > 0) add("no-facts", [...filter.facts].join(","));
  if (filter.messages.size > 0) add("no-messages", [...filter.messages].join(","));
  if (filter.text !== "") add("text", filter.text);
  if (filter.slice) add("only", "evidence");
  return parts.join("&");
}

export function positionIn(hash: string, hosts: readonly string[]): Position {
  const values = new Map<string, string>();
  for (const part of hash.replace(/^#/, "").split("&")) {
    const [key = "", value = ""] = part.split("=", 2);
    values.set(key, decoded(value));
  }
  const listed = (key: string): string[] => (values.get(key) ?? "").split(",").filter((item) => item !== "");
  const hidden = listed("no-hosts").map((id) => hosts.indexOf(id));
  return {
    at: values.get("at"),
    view: viewIn(values.get("view") ?? ""),
    filter: {
      hosts: new Set(hidden.filter((host) => host >= 0)),
      facts: new Set(listed("no-facts")),
      messages: new Set(listed("no-messages")),
      text: values.get("text") ?? EVERYTHING.text,
      slice: values.get("only") === "evidence",
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

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
