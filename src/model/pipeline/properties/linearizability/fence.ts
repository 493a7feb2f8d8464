/**
 * The fence of a resource as an object of its own: the highest epoch that it accepted. A write with an epoch is admitted
 * when the epoch is no lower, and raises the fence if it changes anything.
 */
import type { Json } from "seedstorm";
import { type Model, OPEN, type Operation, whole } from "seedstorm/check";
import { about, epochOf, refusalIn } from "./recorded.js";

/** The name of the object among the others of a resource. */
export const FENCE = "its fence";

/** Commands that may be admitted and still change nothing, so that the fence stays where it is. */
const changesNothing = (f: string, output: Json | undefined): boolean =>
  refusalIn(output) !== "" || (f === "create-group" && whole(output, "count") === 0);

export const fenceModel: Model<number> = {
  name: "fence",
  initial: 0,
  knowsClients: false,
  step(highest, { f, input }, output) {
    const epoch = epochOf(input) ?? highest;
    const admitted = epoch >= highest;
    if (output === undefined) return admitted ? epoch : highest;
    if (refusalIn(output) === "fenced") return admitted ? undefined : highest;
    if (!admitted) return undefined;
    return changesNothing(f, output) ? highest : epoch;
  },
  onlyLooks: ({ f }, output) => changesNothing(f, output),
  key: (highest) => highest,
  tellState: (highest) => (highest === 0 ? "has admitted no epoch yet" : `stands at epoch ${highest}`),
  describe({ f, input, output, ret }) {
    const refusal = refusalIn(output);
    const asked = `${f} under epoch ${epochOf(input) ?? "none"}`;
    return ret === OPEN ? `${asked} (no answer)` : `${asked} → ${refusal === "" ? "done" : refusal}`;
  },
};

/** What was asked of a resource under an epoch. */
export function underEpochs(operations: readonly Operation[]): Operation[] {
  return operations
    .filter(({ input }) => epochOf(input) !== undefined)
    .map((operation) => about(operation, FENCE));
}
