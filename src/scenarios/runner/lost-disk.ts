/**
 * Streams of one replica, whose broker loses its disk. Nothing brings them back, and the run is declared unrecoverable; until
 * then, and after it, nothing is done twice, and no tenant gets what is another's.
 */
import { type Fault, faultsOf, fc, SECOND, seconds, together } from "seedstorm";
import { NODE_GROUND, runnerScenario } from "./define.js";
import { BROKERS } from "./topology.js";

const [HOLDER, ...OTHERS] = BROKERS;

const wipe = fc
  .record({
    at: seconds(4, 24),
    // every fourth run loses a disk that no stream is on, and goes on
    who: fc.constantFrom(HOLDER, HOLDER, HOLDER, ...OTHERS.slice(0, 1)),
  })
  .map(({ at, who }): Fault[] => [{ kind: "disk-wipe", id: "wipe", at, for: SECOND, target: who }]);

export const lostDisk = runnerScenario({
  id: "runner-lost-disk",
  title: "streams of one replica, and the loss of its disk",
  shows:
    "The broker that alone has all streams loses what it stored. What it had acked is gone, which streams of one replica do not promise against: the run is declared " +
    "unrecoverable. Everything that concerns safety holds; where another broker loses its disk, the rest holds too.",
  workload: { orders: { min: 6, max: 12 } },
  knobs: { streamReplicas: 1 },
  storm: together(wipe, faultsOf(["pause", "crash"], NODE_GROUND, { min: 0, max: 1 })),
  mustFire: ["disk-wipe", "pause", "crash"],
});
