import { beginFault } from "../../../src/sim/faults/catalogue.js";
import type { Cluster } from "./cluster.js";

/** A partition that begins now and stays until it is healed by what is returned. */
export function cut(
  cluster: Cluster,
  a: readonly string[],
  b: readonly string[],
  oneWay: boolean,
): () => void {
  const { world } = cluster;
  const heal = beginFault(
    { id: "cut", kind: "partition", at: world.now, for: 1, a, b, oneWay },
    world,
    () => {},
  );
  return heal ?? (() => {});
}
