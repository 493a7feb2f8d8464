/**
 * Registers: `read`, `write`, and `cas` with `[old, new]`. Empty at first, which reads as null.
 *
 * A `cas` that was answered has taken place; one that was answered `false` has found something else than its old value.
 */
import type { Json } from "../../../sim/plan.js";
import { comparable, type Model, type StateKey, shownKey, tellPlainly } from "../model.js";

export const registerModel: Model<StateKey> = {
  name: "register",
  initial: null,
  knowsClients: false,
  step(state, { f, input }, output) {
    switch (f) {
      case "read":
        return output === undefined || comparable(output) === state ? state : undefined;
      case "write":
        return changed(state, input);
      default:
        return undefined;
    }
  },
  outlook: {
    mayStillFit: (_, { f }) => f !== "read",
    brings: ({ f, input }, { output = null }) =>
      comparable(f === "cas" ? pairOf(input)[1] : input) === comparable(output),
  },
  onlyLooks: ({ f }, output) => f === "read" || output === false,
  key: (state) => state,
  tellState: (state) => (state === null ? "is empty" : `holds ${shownKey(state)}`),
  tell: tellPlainly,
};

export const casRegisterModel: Model<StateKey> = {
  ...registerModel,
  name: "cas-register",
  step(state, operation, output) {
    if (operation.f !== "cas") return registerModel.step(state, operation, output);
    const [expected, next] = pairOf(operation.input);
    const matches = comparable(expected) === state;
    if (output === false) return matches ? undefined : state;
    if (matches) return changed(state, next);
    return output === undefined ? state : undefined;
  },
};

function changed(state: StateKey, value: Json): StateKey {
  const next = comparable(value);
  return next === state ? state : next;
}

/** What a `cas` was asked: old and new. */
export function pairOf(input: Json): readonly [Json, Json] {
  return Array.isArray(input) ? [(input[0] ?? null) as Json, (input[1] ?? null) as Json] : [null, null];
}
