/** A lock: `acquire` when it is free, `release` by the client that holds it. Answered `false`: it was not free, or not held. */
import type { Model } from "../model.js";
import { tellPlainly } from "../model.js";

export const lockModel: Model<string | null> = {
  name: "lock",
  initial: null,
  knowsClients: true,
  step(holder, { f, client }, output) {
    switch (f) {
      case "acquire":
        if (output === false) return holder === null ? undefined : holder;
        if (holder === null) return client;
        return output === undefined ? holder : undefined;
      case "release":
        if (output === false) return holder === client ? undefined : holder;
        if (holder === client) return null;
        return output === undefined ? holder : undefined;
      default:
        return undefined;
    }
  },
  onlyLooks: (_, output) => output === false,
  key: (holder) => holder,
  tellState: (holder) => (holder === null ? "is free" : `is held by process ${holder}`),
  tell: tellPlainly,
};
