/** Where the checker and brute force disagree about a random history. */
import { checkLinearizability, readyModel } from "../src/check/index.js";
import { parseHistory } from "../src/explore/formats/history-file.js";
import { NOT_JSON, type RandomKind, randomHistory } from "./random-histories.js";

export interface Compared {
  readonly hasOrder: boolean;
  /** Undefined where they agree. */
  readonly difference: string | undefined;
}

/** Reads the history from both formats, checks it by everything that a ready model has, and by search alone. */
export function differenceIn(kind: RandomKind, name: string): Compared {
  const { operations, json, edn } = randomHistory(kind, name);
  const expected = kind.hasOrder(operations);
  const { model, accounting, ledgerDecides } = readyModel(kind.model, kind.initial);
  for (const text of json.includes(NOT_JSON) ? [edn] : [json, edn]) {
    const file = parseHistory(text, "history", kind.model);
    const full = checkLinearizability(model, file.operations, { accounting, ledgerDecides, witness: true });
    const searched = kind.model === "set-full" ? full : checkLinearizability(model, file.operations);
    for (const { verdict } of [full, searched]) {
      if ((verdict === "linearizable") !== expected) {
        return { hasOrder: expected, difference: `${verdict}, expected ${expected}:\n${text}` };
      }
    }
    if (expected && kind.model !== "set-full") {
      for (const order of full.orders.values()) {
        let state = model.initial;
        for (const operation of order) {
          const after = model.step(state, operation, operation.output);
          if (after === undefined)
            return { hasOrder: true, difference: `the witness does not fit:\n${text}` };
          state = after;
        }
      }
    }
  }
  return { hasOrder: expected, difference: undefined };
}
