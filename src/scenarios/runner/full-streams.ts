/**
 * Streams that take no more than so many messages and are soon full: gateway, relays, schedulers and effect workers are
 * refused, hold back what they have, and send it when an operator has made room.
 */
import { faultsOf, type fc, type Operation, seconds, together } from "seedstorm";
import { GOALS } from "../../model/runner/goals.js";
import { BROKER_GROUND, NODE_GROUND, runnerScenario } from "./define.js";
import { OPERATOR } from "./topology.js";

const LIMIT = 18;
const ENOUGH = 5_000;

const enlargement: fc.Arbitrary<readonly Operation[]> = seconds(20, 27).map((at) => [
  { id: "enlarge", at, host: OPERATOR, action: "enlarge", body: { messages: ENOUGH } },
]);

export const fullStreams = runnerScenario({
  id: "runner-full-streams",
  title: "streams that are full until an operator makes room",
  shows:
    "Every stream takes few messages and refuses more. What is refused is neither lost nor given up: it waits in outbox, store and gateway, in its order, and goes on " +
    "when the limit is raised; what was not in time for its order is taken back.",
  workload: { operator: enlargement, orders: { min: 6, max: 12 } },
  knobs: { streamLimit: LIMIT },
  storm: together(
    faultsOf(["crash", "pause"], NODE_GROUND, { min: 0, max: 2 }),
    faultsOf(["crash", "partition"], BROKER_GROUND, { min: 0, max: 2 }),
  ),
  mustFire: ["crash", "pause", "partition"],
  goals: [GOALS.streamFull, GOALS.streamsEnlarged, GOALS.compensationRun],
});
