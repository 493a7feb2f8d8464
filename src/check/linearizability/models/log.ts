/**
 * A log to which is only appended: `append` of a value, which may answer `{"offset": 3}`, and `read` of all, or of the one value at an
 * offset, null past the end. The state is a line for each value.
 */
import type { Json } from "../../../sim/plan.js";
import { canonical, shownJson } from "../../values.js";
import { describePlainly, type Model } from "../model.js";
import { anything, entriesOf, type Shape, verbs, wholeOr } from "./verbs.js";

/** An offset where one is named, and nothing where clients just repeat what they appended. */
const offset: Shape = {
  text: "an acknowledgement, or {offset}",
  read(value) {
    const named = entriesOf(value)?.find(([key]) => key === '"offset"')?.[1];
    return named === undefined ? true : Number.isSafeInteger(named) ? named : undefined;
  },
};

export const logVerbs = verbs(["append", anything, offset], ["read", wholeOr(null), anything]);

const linesOf = (state: string): string[] => (state === "" ? [] : state.slice(0, -1).split("\n"));

export const logModel: Model<string> = {
  name: "log",
  initial: "",
  knowsClients: false,
  step(state, { f, input }, output) {
    switch (f) {
      case "append":
        if (typeof output === "number" && output !== linesOf(state).length) return undefined;
        return `${state}${canonical(input)}\n`;
      case "read": {
        if (output === undefined) return state;
        if (typeof input === "number") {
          const there = linesOf(state)[input] ?? "null";
          return canonical(output) === there ? state : undefined;
        }
        const all = Array.isArray(output)
          ? output.map((value) => `${canonical(value as Json)}\n`).join("")
          : undefined;
        return all === state ? state : undefined;
      }
      default:
        return undefined;
    }
  },
  outlook: {
    mayStillFit: (state, { input, output }) =>
      typeof input === "number"
        ? input >= linesOf(state).length
        : Array.isArray(output) &&
          output
            .map((value) => `${canonical(value as Json)}\n`)
            .join("")
            .startsWith(state),
    brings: () => false,
  },
  onlyLooks: ({ f }) => f === "read",
  key: (state) => state,
  tellState(state) {
    const lines = linesOf(state);
    if (lines.length === 0) return "is empty";
    return `has ${lines.length} ${lines.length === 1 ? "value" : "values"}, ${shownJson(JSON.parse(lines.at(-1) ?? "null") as Json)} last`;
  },
  describe: describePlainly,
};
