/**
 * A set: `add`, `remove`, `contains`, and `read` of all that is in it, in any order. The state is its elements in one text, a line
 * each, sorted.
 */
import type { Json } from "../../../sim/plan.js";
import { canonical, exoticOf, shownJson } from "../../values.js";
import { describePlainly, type Model } from "../model.js";
import { anything, done, elements, nothing, truth, verbs } from "./verbs.js";

export const setVerbs = verbs(
  ["add", anything, done],
  ["remove", anything, done],
  ["contains", anything, truth],
  ["read", nothing, elements],
);

/** The elements of what a set was read as. */
export const elementsOf = (output: Json | undefined): readonly Json[] =>
  (exoticOf("set", output) ?? []) as readonly Json[];

const linesOf = (state: string): string[] => (state === "" ? [] : state.split("\n"));

export const setState = (items: readonly Json[]): string =>
  [...new Set(items.map(canonical))].sort().join("\n");

export const setModel: Model<string> = {
  name: "set",
  initial: "",
  knowsClients: false,
  step(state, { f, input }, output) {
    switch (f) {
      case "add": {
        const lines = linesOf(state);
        const element = canonical(input);
        return lines.includes(element) ? state : [...lines, element].sort().join("\n");
      }
      case "remove": {
        const lines = linesOf(state);
        const element = canonical(input);
        return lines.includes(element) ? lines.filter((line) => line !== element).join("\n") : state;
      }
      case "contains":
        return output === undefined || output === linesOf(state).includes(canonical(input))
          ? state
          : undefined;
      case "read":
        return output === undefined || setState(elementsOf(output)) === state ? state : undefined;
      default:
        return undefined;
    }
  },
  onlyLooks: ({ f }) => f === "read" || f === "contains",
  key: (state) => state,
  tellState(state) {
    const lines = linesOf(state);
    if (lines.length === 0) return "is empty";
    const first = lines.slice(0, 8).map((line) => shownJson(JSON.parse(line) as Json));
    return `holds ${first.join(", ")}${lines.length > 8 ? ` and ${lines.length - 8} more` : ""}`;
  },
  describe: describePlainly,
};
