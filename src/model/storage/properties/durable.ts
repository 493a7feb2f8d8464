/**
 * A commit that was answered is never lost: when a store opens, everything that it has ever answered is in it. And a store
 * recovers: it reports no damage while its disk has been damaged no more than once.
 *
 * Each record stands twice, so one rotten bit or sector is survived. Two of them may hit the same record; so may one write
 * that went astray, which is missing in one place and overwrites another. From then on nothing is promised, nor after the
 * disk came back empty.
 */
import type { EventOf } from "seedstorm";
import { type Check, type Property, type ViewKind, when } from "seedstorm/check";

/** Copies of one record that a fault can spoil. */
const COPIES_SPOILT: Readonly<Record<string, number>> = {
  "bit-rot": 1,
  "latent-sector-error": 1,
  "misdirected-write": 2,
  "disk-wipe": 2,
};

interface Damage extends Check {
  /** Whether a host's disk may have lost both copies of something. */
  isBeyondRepair(host: string): boolean;
}

const damage: ViewKind<Damage> = {
  subscribes: ["fault"],
  start({ plan }) {
    const hosts = new Set(plan.topology.map(({ id }) => id));
    const spoilt = new Map<string, number>();
    /** By faults on whole zones and the like. */
    let everywhere = 0;
    return {
      on(event) {
        if (event.kind !== "fault" || event.phase !== "fired") return;
        const copies = COPIES_SPOILT[event.faultKind] ?? 0;
        if (!hosts.has(event.target)) everywhere += copies;
        else spoilt.set(event.target, (spoilt.get(event.target) ?? 0) + copies);
      },
      isBeyondRepair: (host) => (spoilt.get(host) ?? 0) + everywhere > 1,
    };
  },
};

export const durable: Property = {
  id: "store-commit-durable",
  kind: "always",
  sentence: "Every commit that was answered is there when the store opens again.",
  subscribes: ["state"],
  start(context) {
    const disks = context.view(damage);
    const answered = new Map<string, { readonly txn: number; readonly event: EventOf<"state"> }>();
    return {
      on(event) {
        if (event.kind !== "state") return;
        if (event.entity === "commit-answer") {
          const txn = Number(event.to);
          if (txn > (answered.get(event.name)?.txn ?? 0)) answered.set(event.name, { txn, event });
        } else if (event.entity === "store" && event.to === "open") {
          const last = answered.get(event.name);
          if (last === undefined || disks.isBeyondRepair(event.host)) return;
          context.checked();
          const txn = Number(event.detail.txn);
          if (txn >= last.txn) return;
          context.violated(
            event.name,
            `${event.name} had answered transaction ${last.txn} ${when(last.event)} and opened with ${txn} as its last ${when(event)}.`,
            [last.event, event],
          );
        }
      },
    };
  },
};

export const recovers: Property = {
  id: "store-recovers",
  kind: "always",
  sentence: "A store opens again after any crash, and after one damage to what its disk holds.",
  subscribes: ["state"],
  start(context) {
    const disks = context.view(damage);
    return {
      on(event) {
        if (event.kind !== "state" || event.entity !== "store" || disks.isBeyondRepair(event.host)) return;
        context.checked();
        if (event.to !== "damaged") return;
        context.violated(
          event.name,
          `${event.name} says ${when(event)} that something which counted is missing, though its disk was damaged once at most.`,
          [event],
        );
      },
    };
  },
};
