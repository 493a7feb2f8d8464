/**
 * Registers: `read`, `write`, and `cas` with `[old, new]`. Empty at first, which reads as null.
 *
 * A `cas` that was answered has taken place; one that was answered `false` has found something else than its old value.
 */
import type { Json } from "../../../sim/plan.js";
import { comparable, type StateKey, shownKey } from "../../values.js";
import { describePlainly, type Model } from "../model.js";
import { anything, done, nothing, pair, success, verbs } from "./verbs.js";

export const registerVerbs = verbs(["read", nothing, anything], ["write", anything, done]);

export const casRegisterVerbs = { ...registerVerbs, ...verbs(["cas", pair, success]) };

export const registerModel: Model<StateKey> = {
  name: "register",
  initial: null,
  knowsClients: false,
  step(state, { f, input }, output) {
    switch (f) {
      case "read":
        return output === undefined || comparable(output) === state ? state : undefined;
      case "write":
        return comparable(input);
      default:
        return undefined;
    }
  },
  outlook: {
    mayStillFit: (_, { f }) => f !== "read",
    brings: ({ f, input }, { output = null }) =>
      comparable(f === "cas" ? pairOf(input)[1] : input) === comparable(output),
  },
  onlyLooks: ({ f }, output) => f === "read" || (f === "cas" && output === false),
  key: (state) => state,
  tellState: (state) => (state === null ? "is empty" : `holds ${shownKey(state)}`),
  describe: describePlainly,
};

export const casRegisterModel: Model<StateKey> = {
  ...registerModel,
  name: "cas-register",
  step(state, operation, output) {
    if (operation.f !== "cas") return registerModel.step(state, operation, output);
    const [expected, next] = pairOf(operation.input);
    const matches = comparable(expected) === state;
    if (output === false) return matches ? undefined : state;
    if (matches) return comparable(next);
    return output === undefined ? state : undefined;
  },
};

/** What a `cas` was asked: old and new. */
export function pairOf(input: Json): readonly [Json, Json] {
  return Array.isArray(input) ? [(input[0] ?? null) as Json, (input[1] ?? null) as Json] : [null, null];
}
