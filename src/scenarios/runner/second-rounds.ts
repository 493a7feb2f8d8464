/**
 * Providers fail for long, so that commands are put off again and again, and nodes that send a command on its way again do not hear
 * that it has been: what brokers answer is lost for a moment. By then the command may have failed once more elsewhere, and be put off for its
 * next round; that one is not the one that is done with.
 */
import { fc, ms, seconds, several, together } from "seedstorm";
import { CARRIER, PAYMENTS } from "../../model/runner/business/files.js";
import { GOALS } from "../../model/runner/goals.js";
import { runnerScenario } from "./define.js";
import { BROKERS, NODES } from "./topology.js";

export const secondRounds = runnerScenario({
  id: "runner-second-rounds",
  title: "commands are put off again and again, and who sends them on does not hear so",
  shows:
    "Providers refuse to work for many seconds, and links from brokers to single nodes are cut for about as long as it takes to put a command off once more. Each command comes " +
    "back, is done or given up, and its saga ends.",
  workload: { orders: { min: 8, max: 14 } },
  knobs: {
    "environment/*": "RUNNER_EFFECTS_TRIES=12\nRUNNER_EFFECTS_FIRST_PAUSE=300\nRUNNER_SCHEDULER_POLL=100",
  },
  storm: together(
    ...[PAYMENTS, CARRIER].map((service) =>
      several<"external-errors">(
        { min: 2, max: 3 },
        {
          kind: fc.constant("external-errors"),
          target: fc.constant(`external/${service}`),
          ratio: fc.constant(1),
          at: seconds(2, 20),
          for: seconds(4, 9),
        },
      ),
    ),
    several<"partition">(
      { min: 10, max: 18 },
      {
        kind: fc.constant("partition"),
        a: fc.constant(BROKERS),
        b: fc.constantFrom(...NODES).map((node) => [node]),
        oneWay: fc.constant(true),
        at: seconds(3, 28),
        for: ms(300, 1_800),
      },
    ),
  ),
  mustFire: ["external-errors", "partition"],
  certain: [GOALS.effectRetried],
  goals: [GOALS.effectRetried, GOALS.breakerHeld, GOALS.secondDeliveryWaited],
});
