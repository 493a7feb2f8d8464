/**
 * A semaphore: `acquire` and `release` of one permit, or of as many as are named. Only who holds permits gives them back.
 * Answered `false`: so many were not free, or not held. It starts with the permits that are its initial value.
 */
import { describePlainly, type Model } from "../model.js";
import { success, verbs, wholeOr } from "./verbs.js";

export const semaphoreVerbs = verbs(["acquire", wholeOr(1), success], ["release", wholeOr(1), success]);

export interface Permits {
  readonly free: number;
  /** Who holds how many, by name. */
  readonly held: readonly (readonly [client: string, permits: number])[];
}

export const semaphoreModel: Model<Permits> = {
  name: "semaphore",
  initial: { free: 1, held: [] },
  knowsClients: true,
  step(state, { f, client, input }, output) {
    const wanted = typeof input === "number" ? input : 1;
    const own = state.held.find(([name]) => name === client)?.[1] ?? 0;
    const possible = f === "acquire" ? state.free >= wanted : f === "release" ? own >= wanted : undefined;
    if (possible === undefined) return undefined;
    if (output === false) return possible ? undefined : state;
    if (!possible) return output === undefined ? state : undefined;
    const taken = f === "acquire" ? wanted : -wanted;
    const others = state.held.filter(([name]) => name !== client);
    const left = own + taken;
    const held =
      left === 0 ? others : [...others, [client, left] as const].sort(([a], [b]) => (a < b ? -1 : 1));
    return { free: state.free - taken, held };
  },
  onlyLooks: (_, output) => output === false,
  key: ({ held }) => JSON.stringify(held),
  tellState: ({ free, held }) => {
    const holders = held.map(([client, permits]) => `process ${client} holds ${permits}`).join(", ");
    return `has ${free} ${free === 1 ? "permit" : "permits"} free${holders === "" ? "" : `: ${holders}`}`;
  },
  describe: describePlainly,
};
