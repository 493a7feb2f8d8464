/** The store's host crashes while its disk is slow, full, fails to sync or rots once. */
import * as fc from "fast-check";
import {
  type Fault,
  type FaultScope,
  faultsOf,
  MILLISECOND,
  type Micros,
  ms,
  prescribed,
  SECOND,
  stormBy,
  together,
} from "seedstorm";
import { STORAGE_GOALS as GOALS } from "../../model/storage/goals.js";
import { brokerScenario, SCOPE } from "./define.js";
import { STORE } from "./topology.js";

const VAULT: FaultScope = {
  ...SCOPE,
  hosts: SCOPE.hosts.filter(({ id }) => id === STORE),
  replicas: [STORE],
  moments: ["transaction-judged"],
};

const STAMPED_AT: readonly Micros[] = [5, 11, 17, 23, 29].map((second) => second * SECOND);

/** The disk is slow while transactions come one after the other, and power fails between any two of them. */
const crashAmongStamps = (at: Micros): fc.Arbitrary<Fault[]> =>
  together(
    prescribed<"disk-slow">({
      kind: fc.constant("disk-slow"),
      target: fc.constant(STORE),
      at: fc.constant(at - SECOND / 2),
      for: fc.constant(SECOND),
      factor: fc.integer({ min: 20, max: 100 }),
    }),
    prescribed<"crash">({
      kind: fc.constant("crash"),
      target: fc.constant(STORE),
      at: fc.constant(at),
      trigger: fc.record({
        moment: fc.constant("transaction-judged"),
        nth: fc.integer({ min: 2, max: 14 }),
        after: fc.integer({ min: 0, max: 5 * MILLISECOND }),
      }),
      for: ms(50, 800),
    }),
  );

export const storeCrashes = brokerScenario({
  id: "store-crashes",
  title: "a transactional store crashes on a disk in trouble",
  shows:
    "The store crashes between any two writes, while its disk is slow, stalls, is full, fails to sync, and is damaged once. Every commit that was answered stays, " +
    "every transaction saw what it would have seen alone, and the store opens again.",
  workload: {
    messages: { min: 1, max: 3 },
    keys: { min: 1, max: 3 },
    transfers: { min: 60, max: 140 },
    tended: 0,
    stamps: STAMPED_AT,
  },
  storm: together(
    stormBy(
      "aimed",
      ["crash", "crash-point", "disk-slow", "disk-stall", "disk-full", "fsync-failure"],
      VAULT,
      3,
    ),
    faultsOf(["crash-point", "crash", "disk-stall"], VAULT, { min: 2, max: 5 }),
    ...STAMPED_AT.map(crashAmongStamps),
    fc.oneof(
      fc.constant<Fault[]>([]),
      faultsOf(["bit-rot"], VAULT, { min: 1, max: 1 }),
      faultsOf(["latent-sector-error"], VAULT, { min: 1, max: 1 }),
    ),
  ),
  mustFire: [
    "crash",
    "crash-point",
    "disk-slow",
    "disk-stall",
    "disk-full",
    "fsync-failure",
    "bit-rot",
    "latent-sector-error",
  ],
  goals: [
    GOALS.conflict,
    GOALS.compacted,
    GOALS.rewritten,
    GOALS.copyRepaired,
    GOALS.recordedLate,
    GOALS.full,
    GOALS.commitRepeated,
  ],
});
