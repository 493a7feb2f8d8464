/**
 * A key-value store, one key at a time: `get` (or `read`), `put` (or `write`), `append` to a text, `cas` with `[old, new]`,
 * `delete`. A key that was never written reads as null, or as an empty text.
 */
import { comparable, type Model, type StateKey, shownKey, tellPlainly } from "../model.js";
import { casRegisterModel, pairOf } from "./register.js";

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
      case "write": {
        const next = comparable(operation.input);
        return next === state ? state : next;
      }
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
  onlyLooks: ({ f }, output) => isRead(f) || output === false,
  key: (state) => state,
  tellState: (state) => (state === null ? "has no value" : `holds ${shownKey(state)}`),
  tell: tellPlainly,
};
