/**
 * A queue, first in first out: `enqueue` a value, `dequeue` the oldest; a `dequeue` that was answered null found nothing.
 *
 * The state is one text with the items in their order, each with its length before it.
 */
import { comparable, type StateKey, shownKey } from "../../values.js";
import { describePlainly, type Model } from "../model.js";
import { anything, done, listed, nothing, something, verbs } from "./verbs.js";

/** A `drain` takes out all it finds: it is made into a `dequeue` for each item before anything is judged. */
export const queueVerbs = verbs(
  ["enqueue", something, done],
  ["dequeue", nothing, anything],
  ["drain", nothing, listed],
);

export const queueModel: Model<string> = {
  name: "queue",
  initial: "",
  knowsClients: false,
  step(items, { f, input }, output) {
    switch (f) {
      case "enqueue":
        return items + itemText(comparable(input));
      case "dequeue": {
        if (items === "") return output === undefined || output === null ? items : undefined;
        if (output === undefined) return items.slice(firstEnd(items));
        if (output === null) return undefined;
        const first = itemText(comparable(output));
        return items.startsWith(first) ? items.slice(first.length) : undefined;
      }
      default:
        return undefined;
    }
  },
  onlyLooks: ({ f }, output) => f === "dequeue" && output === null,
  key: (items) => items,
  tellState(items) {
    if (items === "") return "is empty";
    const end = firstEnd(items);
    let behind = 0;
    for (let at = end; at < items.length; at += firstEnd(items.slice(at))) behind++;
    const first = items.slice(items.indexOf(":") + 1, end);
    const rest = behind > 0 ? ` and ${behind} more behind it` : "";
    return `has ${items.startsWith("s") ? shownKey(first) : first} at its head${rest}`;
  },
  describe: (operation) =>
    operation.f === "dequeue" && operation.output === null ? "dequeue → nothing" : describePlainly(operation),
};

/** `s3:abc` for a text, `p2:17` for anything else. */
function itemText(item: StateKey): string {
  const text = String(item);
  return `${typeof item === "string" ? "s" : "p"}${text.length}:${text}`;
}

function firstEnd(items: string): number {
  const colon = items.indexOf(":");
  return colon + 1 + Number(items.slice(1, colon));
}
