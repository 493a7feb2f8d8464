/** A lease: free, held under an epoch, ended by its holder or by time. That time has passed is the lease's own doing. */
import { type Model, OPEN, type Operation, text, whole } from "seedstorm/check";
import { ownOperation, type ResourceRecord, refusalIn } from "./recorded.js";

export interface LeaseState {
  readonly holder: string;
  readonly epoch: number;
  readonly held: boolean;
}

export const leaseModel: Model<LeaseState> = {
  name: "lease",
  initial: { holder: "", epoch: 0, held: false },
  knowsClients: false,
  step(lease, { f, input }, output) {
    const holder = text(input, "holder");
    const refusal = refusalIn(output);
    switch (f) {
      case "acquire": {
        if (refusal !== "") return lease; // by what was asked alone
        const state = text(output, "state");
        const epoch = whole(output, "epoch");
        if (lease.held) {
          if (output === undefined) return lease;
          const expected = lease.holder === holder ? "granted" : "busy";
          return state === expected && epoch === lease.epoch ? lease : undefined;
        }
        const next = lease.epoch + 1;
        if (output !== undefined && (state !== "granted" || epoch !== next)) return undefined;
        return { holder, epoch: next, held: true };
      }
      case "renew":
      case "release": {
        const own = lease.held && lease.holder === holder && lease.epoch === whole(input, "epoch");
        if (!own) return output === undefined || refusal === "not-held" ? lease : undefined;
        if (refusal !== "") return undefined;
        return f === "renew" ? lease : { ...lease, held: false };
      }
      case "expire":
        return lease.held && lease.epoch === whole(input, "epoch") ? { ...lease, held: false } : undefined;
      default:
        return undefined;
    }
  },
  onlyLooks: ({ f }, output) => f === "renew" || refusalIn(output) !== "" || text(output, "state") === "busy",
  key: ({ holder, epoch, held }) => `${epoch} ${held} ${holder}`,
  tellState({ holder, epoch, held }) {
    if (epoch === 0) return "was never held";
    return held ? `is held by ${holder} under epoch ${epoch}` : `is free after epoch ${epoch} of ${holder}`;
  },
  describe({ f, input, output, ret }) {
    const epoch = whole(input, "epoch");
    if (f === "expire") return `the lease ends after epoch ${epoch ?? "?"}`;
    const asked = `${f} by ${text(input, "holder")}${epoch === undefined ? "" : ` under epoch ${epoch}`}`;
    if (ret === OPEN) return `${asked} (no answer)`;
    const refusal = refusalIn(output);
    const granted = whole(output, "epoch");
    const state = text(output, "state");
    return `${asked} → ${refusal === "" ? state : refusal}${granted === undefined ? "" : `, epoch ${granted}`}`;
  },
};

/** What was asked of leases, and where time ended them. */
export function leaseOperations(record: ResourceRecord): Operation[] {
  const operations = record.operations();
  for (const { change, at } of record.calls) {
    if (change.of === "lease" && change.state === "expired") {
      operations.push(ownOperation(change.name, "expire", { epoch: change.epoch }, at));
    }
  }
  return operations;
}
