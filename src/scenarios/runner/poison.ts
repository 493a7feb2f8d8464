/**
 * Messages that nobody can process: no envelope, no id, another tenant's name, a note of which a handler dies, an output
 * that is too large. Each ends in quarantine before it is terminated, and nothing waits for it for ever.
 */
import { faultsOf, together } from "seedstorm";
import { GOALS } from "../../model/runner/goals.js";
import { NODE_GROUND, runnerScenario } from "./define.js";

export const poison = runnerScenario({
  id: "runner-poison",
  title: "messages that nobody can process",
  shows:
    "Somebody publishes what is no event, speaks for another tenant, kills handlers or makes programs fail, while nodes crash. Each such message is " +
    "written down in quarantine and then terminated; the orders beside it go on.",
  workload: { poison: { min: 2, max: 6 } },
  knobs: { "environment/*": "RUNNER_CONSUMERS_ACK_WAIT=1000\nRUNNER_CONSUMERS_MAX_DELIVER=4" },
  storm: together(faultsOf(["crash", "pause"], NODE_GROUND, { min: 0, max: 4 })),
  mustFire: ["crash", "pause"],
  goals: [GOALS.quarantined, GOALS.quarantinedAtLastDelivery, GOALS.handlerDied, GOALS.programFailed],
});
