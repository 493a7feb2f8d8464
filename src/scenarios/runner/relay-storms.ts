/**
 * The gateway answers late, with 5xx, with 4xx, or not at all though it has done what it was asked; the
 * brokers' leader is cut off; links are bad. What is repeated takes effect once; what is refused for good
 * becomes a dead letter, and the saga is told of it.
 */
import { type Fault, type FaultKind, faultsOf, fc, numbered, seconds, together } from "seedstorm";
import { GOALS } from "../../model/runner/goals.js";
import { runnerScenario, SCOPE } from "./define.js";
import { BROKERS } from "./topology.js";

const LINKS: readonly FaultKind[] = ["loss", "slow-link", "flaky-link", "clog", "duplication", "reorder"];

/** Trouble with what the gateway or a broker is asked, or with what it answers. */
const answers: fc.Arbitrary<Fault[]> = fc
  .array(
    fc.record({
      at: seconds(2, 24),
      for: seconds(1, 5),
      kind: fc.constantFrom("loss" as const, "duplication" as const),
      ratio: fc.constantFrom(0.3, 0.6, 1),
      who: fc.constantFrom("gateway", "gateway", ...BROKERS),
      isReply: fc.boolean(),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((drawn) =>
    numbered(
      drawn.map(({ isReply, who, ...fault }) => ({
        ...fault,
        ...(isReply ? { from: who, to: "*" } : { from: "*", to: who }),
      })),
    ),
  );

export const relayStorms = runnerScenario({
  id: "runner-relay-storms",
  title: "a gateway that applies and times out, refuses, and fails",
  shows:
    "Answers of the gateway are lost after it has carried out a command, it fails before and after its commit, and refuses what can't be. Relays repeat " +
    "under the same id, in the order of each instance, and inform sagas of what was refused.",
  workload: { doomed: 40, orders: { min: 6, max: 12 } },
  knobs: { buggify: true },
  storm: together(answers, faultsOf(LINKS, SCOPE, { min: 1, max: 4 })),
  mustFire: LINKS,
  goals: [GOALS.deadLettered, GOALS.dispatchRetried, GOALS.commandReplayed, GOALS.compensationRun],
});
