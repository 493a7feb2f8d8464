/**
 * A key-value store, one key at a time: `get` (or `read`), `put` (or `write`), `append` to a text, `cas` with `[old, new]`,
 * `delete`. A key that was never written reads as null, or as an empty text; a `delete` may say what it likes about
 * what it found.
 */
import { comparable, type StateKey, shownKey } from "../../values.js";
import { describePlainly, type Model } from "../model.js";
import { casRegisterModel, pairOf } from "./register.js";
import { anything, done, nothing, pair, success, verbs, words } from "./verbs.js";

export const kvVerbs = verbs(
  ["get read", nothing, anything],
  ["put write", anything, done],
  ["append", words, done],
  ["cas", pair, success],
  ["delete", nothing, done],
);

const isRead = (f: string): boolean => f === "get" || f === "read";

export const kvModel: Model<StateKey> = {
  name: "kv",
  initial: null,
  knowsClients: false,
  step(state, operation, output) {
    switch (operation.f) {
      case "get":
      case "read": {
        if (output === undefined || (output === "" && state === null)) return state;
        return comparable(output) === state ? state : undefined;
      }
      case "put":
      case "write":
        return comparable(operation.input);
      case "append": {
        const added = operation.input === null ? "" : String(comparable(operation.input));
        if (added === "") return state;
        return state === null ? added : `${state}${added}`;
      }
      case "delete":
        return null;
      case "cas":
        return casRegisterModel.step(state, operation, output);
      default:
        return undefined;
    }
  },
  outlook: {
    // What appends alone can make of a value begins with it.
    mayStillFit: (state, { f, output }) =>
      !isRead(f) || state === null || (typeof output === "string" && output.startsWith(String(state))),
    brings({ f, input }, { output }) {
      if (f === "append") return false;
      if (f === "delete" || output === undefined || output === null || output === "") return true;
      const value = comparable(f === "cas" ? pairOf(input)[1] : input);
      return typeof output === "string"
        ? output.startsWith(String(value ?? ""))
        : comparable(output) === value;
    },
  },
  onlyLooks: ({ f }, output) => isRead(f) || (f === "cas" && output === false),
  key: (state) => state,
  tellState: (state) => (state === null ? "has no value" : `holds ${shownKey(state)}`),
  describe: describePlainly,
};
