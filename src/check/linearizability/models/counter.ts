/** A counter: `add` of a number, 1 when none is named, and `read`. It starts at 0 or at its initial value. */
import { describePlainly, type Model } from "../model.js";
import { done, nothing, verbs, whole, wholeOr } from "./verbs.js";

export const counterVerbs = verbs(["add inc increment", wholeOr(1), done], ["read get", nothing, whole]);

export const counterModel: Model<number> = {
  name: "counter",
  initial: 0,
  knowsClients: false,
  step(total, { f, input }, output) {
    switch (f) {
      case "add":
        return total + (typeof input === "number" ? input : 1);
      case "read":
        return output === undefined || output === total ? total : undefined;
      default:
        return undefined;
    }
  },
  onlyLooks: ({ f }) => f === "read",
  key: (total) => total,
  tellState: (total) => `stands at ${total}`,
  describe: describePlainly,
};
