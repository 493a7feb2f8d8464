/** What was found in a history of transactions. */
import type { Dependency, Reason } from "./graph.js";
import type { AnomalyName } from "./levels.js";
import type { Transaction } from "./transaction.js";

/** A step of a circle: the first comes before the second in every order. */
export interface Step {
  readonly from: Transaction;
  readonly to: Transaction;
  readonly dependency: Dependency;
  readonly reason: Reason | undefined;
}

export type Anomaly =
  | {
      readonly kind: "cycle";
      readonly name: AnomalyName;
      /** Each begins where the one before ends, and the first where the last ends. */
      readonly steps: readonly Step[];
    }
  | {
      readonly kind: "observation";
      readonly name: AnomalyName;
      /** Who saw it or did it, and whose doing it was. */
      readonly transactions: readonly Transaction[];
      /** A sentence without its full stop, in which `T1`, `T2`, … are those transactions. */
      readonly reason: string;
    };
