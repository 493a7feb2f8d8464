/**
 * A queue without an order: `enqueue`, `dequeue` of any item that is in it, null when it is empty, and `drain`.
 *
 * A dequeue whose answer is unknown took something, nobody knows what. Instead of trying every item it is counted: it stands for
 * one of the items that are there. Whoever finds nothing says that all of them were taken. That is exact, for such a
 * dequeue may take place as late as it likes.
 */
import type { Json } from "../../../sim/plan.js";
import { canonical, shownJson } from "../../values.js";
import type { Model } from "../model.js";
import { queueModel } from "./queue.js";

export interface Bag {
  /** Sorted. */
  readonly items: readonly string[];
  /** So many of them were taken out by dequeues that never said which. */
  readonly taken: number;
}

const EMPTY: Bag = { items: [], taken: 0 };

export const bagModel: Model<Bag> = {
  name: "unordered-queue",
  initial: EMPTY,
  knowsClients: false,
  step(bag, { f, input }, output) {
    const { items, taken } = bag;
    switch (f) {
      case "enqueue":
        return { items: [...items, canonical(input)].sort(), taken };
      case "dequeue": {
        if (output === undefined) return items.length === taken ? bag : { items, taken: taken + 1 };
        if (output === null) return items.length > taken ? undefined : items.length === 0 ? bag : EMPTY;
        const at = items.indexOf(canonical(output));
        if (at < 0 || items.length === taken) return undefined;
        return { items: items.toSpliced(at, 1), taken };
      }
      default:
        return undefined;
    }
  },
  onlyLooks: () => false,
  key: ({ items, taken }) => `${taken} ${items.join("\n")}`,
  tellState({ items, taken }) {
    if (items.length === taken) return "is empty";
    const first = items.slice(0, 8).map((item) => shownJson(JSON.parse(item) as Json));
    const rest = items.length > 8 ? ` and ${items.length - 8} more` : "";
    const gone = taken > 0 ? `, of which ${taken} may be gone` : "";
    return `holds ${first.join(", ")}${rest}${gone}`;
  },
  describe: queueModel.describe,
};
