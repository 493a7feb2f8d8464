/**
 * What clients of a store may believe of their answers: transactions are strictly serializable. `store-serializable` looks into the
 * store; this one knows only what clients were answered and when, so it also notices a snapshot that is old, and a commit
 * that was confirmed and lost.
 *
 * Clients record each transaction as a client's call, with the registers that it reads and writes. Of a store whose disk was damaged
 * beyond repair nothing is asked. Left out: what a scan did not find.
 */
import { type Property, strictSerializable } from "seedstorm/check";
import { damage } from "./damage.js";

/** @param operation by which clients record a transaction. */
export function strictlySerializable(operation: string): Property {
  const answers = strictSerializable({
    id: "store-strict-serializable",
    workload: "rw-register",
    operation,
  });
  return {
    ...answers,
    subscribes: ["client", "state"],
    start(context) {
      const disks = context.view(damage);
      const stores = new Set<string>();
      const transactions = answers.start(context);
      return {
        on(event) {
          if (event.kind === "state" && event.entity === "store") stores.add(event.host);
          else transactions.on?.(event);
        },
        end(now) {
          if ([...stores].some((host) => disks.isBeyondRepair(host))) return;
          transactions.end?.(now);
        },
      };
    },
  };
}
