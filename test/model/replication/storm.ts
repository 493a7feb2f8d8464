/** Random trouble for a cluster of three: never more at a time than a majority can bear on its disks. */
import type { Fault } from "../../../src/sim/faults/catalogue.js";
import { Random } from "../../../src/sim/random.js";
import { MILLISECOND, SECOND } from "../../../src/sim/time.js";

export interface StormOptions {
  readonly hosts: readonly string[];
  readonly from: number;
  readonly until: number;
  readonly faults: number;
  /** Whether disks may lose what they acknowledged: on one host of a storm only. */
  readonly damage: boolean;
}

const HARMLESS_TO_DISKS = [
  "crash",
  "crash",
  "crash-all",
  "crash-point",
  "crash-point",
  "pause",
  "partition",
  "isolate",
  "one-way",
  "loss",
  "duplication",
  "reorder",
  "clog",
  "slow-link",
  "flaky-link",
  "fsync-failure",
  "disk-full",
  "disk-slow",
  "disk-stall",
  "clock-freeze",
  "clock-drift",
] as const;
const DAMAGING = ["bit-rot", "misdirected-write", "latent-sector-error", "disk-wipe"] as const;

export function storm(seed: number, options: StormOptions): Fault[] {
  const random = new Random(`storm/${seed}`);
  const { hosts, from, until } = options;
  const victim = random.pick(hosts);
  const faults: Fault[] = [];
  for (let i = 0; i < options.faults; i++) {
    const damages = options.damage && random.chance(0.25);
    const kind = damages ? random.pick(DAMAGING) : random.pick(HARMLESS_TO_DISKS);
    const at = random.between(from, until - 2 * SECOND);
    const length = Math.min(random.between(100 * MILLISECOND, 6 * SECOND), until - at);
    const target = damages ? victim : random.pick(hosts);
    faults.push(...make(kind, `f${i}`, at, length, target, hosts, random));
  }
  return faults;
}

function make(
  kind: (typeof HARMLESS_TO_DISKS)[number] | (typeof DAMAGING)[number],
  id: string,
  at: number,
  length: number,
  target: string,
  hosts: readonly string[],
  random: Random,
): Fault[] {
  const other = random.pick(hosts.filter((host) => host !== target));
  const lasting = { id, at, for: length };
  switch (kind) {
    case "crash":
      return [{ kind, target, ...lasting }];
    case "crash-all":
      return [{ kind: "crash", target: "*", ...lasting }];
    case "crash-point": {
      const side = random.chance(0.5) ? "before" : "after";
      return [{ kind, target, point: random.between(1, 30), side, ...lasting }];
    }
    case "pause":
    case "disk-full":
    case "disk-stall":
    case "clock-freeze":
    case "disk-wipe":
      return [{ kind, target, ...lasting }];
    case "partition":
      return [{ kind: "partition", a: [target], b: [other], oneWay: false, ...lasting }];
    case "isolate":
      return [
        { kind: "partition", a: [target], b: hosts.filter((h) => h !== target), oneWay: false, ...lasting },
      ];
    case "one-way":
      return [{ kind: "partition", a: [target], b: [other], oneWay: true, ...lasting }];
    case "loss":
    case "duplication":
      return [{ kind, from: target, to: "*", ratio: 0.3, ...lasting }];
    case "reorder":
      return [{ kind, from: target, to: "*", ratio: 0.3, by: 300 * MILLISECOND, ...lasting }];
    case "clog":
      return [{ kind, from: target, to: other, ...lasting }];
    case "slow-link":
      return [{ kind, from: target, to: other, factor: 20, ...lasting }];
    case "flaky-link":
      return [{ kind, from: target, to: "*", up: 700 * MILLISECOND, down: 500 * MILLISECOND, ...lasting }];
    case "disk-slow":
      return [{ kind, target, factor: 50, ...lasting }];
    case "clock-drift":
      return [{ kind, target, ppm: 50_000, ...lasting }];
    case "fsync-failure":
    case "bit-rot":
    case "misdirected-write":
    case "latent-sector-error":
      return [{ kind, target, id, at }];
  }
}
