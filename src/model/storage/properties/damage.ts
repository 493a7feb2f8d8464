/**
 * Whether faults have done more to a store's disk than a store survives.
 *
 * Each record stands twice, so one rotten bit or sector is survived. Two of them may hit the same record; so may one write
 * that went astray, which is missing in one place and overwrites another. From then on nothing is promised, nor after the
 * disk came back empty.
 */
import type { Check, ViewKind } from "seedstorm/check";

/** Copies of one record that a fault can spoil. */
const COPIES_SPOILT: Readonly<Record<string, number>> = {
  "bit-rot": 1,
  "latent-sector-error": 1,
  "misdirected-write": 2,
  "disk-wipe": 2,
};

export interface Damage extends Check {
  /** Whether a host's disk may have lost both copies of something. */
  isBeyondRepair(host: string): boolean;
}

export const damage: ViewKind<Damage> = {
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
