/**
 * What people do to the pipeline besides ordering: operators redrive dead letters, reset checkpoints and drain
 * hosts, and somebody who means ill forges and replays observations, spoils stored objects and saves under
 * the wrong policy.
 */
import * as fc from "fast-check";
import { type HostSpec, type Json, type Micros, type Operation, SECOND } from "seedstorm";
import { withRole } from "./topology.js";

interface Action {
  readonly action: string;
  readonly body: Json;
}

/** What the topology's operator does, and when, as operations in this order; none where there is no operator. */
export function operations(
  topology: readonly HostSpec[],
  actions: readonly (Action & { readonly at: Micros })[],
): Operation[] {
  const [operator] = withRole(topology, "operator");
  if (operator === undefined) return [];
  return actions.map(({ at, action, body }, i) => ({
    id: `operator-${i + 1}`,
    at,
    host: operator.id,
    action,
    body,
  }));
}

/** Up to `most` actions between two moments, carried out by the topology's operator. */
export function operatorActions(
  topology: readonly HostSpec[],
  from: Micros,
  to: Micros,
  most: number,
): fc.Arbitrary<Operation[]> {
  const providers = [...new Set(withRole(topology, "replica").map((spec) => spec.domain.provider))];
  const provider = fc.constantFrom(...providers);
  const drained = fc.constantFrom(...withRole(topology, "worker", "gateway").map((spec) => spec.id));
  const action: fc.Arbitrary<Action> = fc.oneof(
    fc.constant({ action: "redrive", body: {} }),
    fc.constant({ action: "checkpoint-reset", body: {} }),
    fc
      .record({ host: drained, for: fc.integer({ min: SECOND, max: 5 * SECOND }) })
      .map((body) => ({ action: "drain", body })),
    fc.record({ domain: provider }).map((body) => ({ action: "forge-observation", body })),
    fc.record({ domain: provider }).map((body) => ({ action: "replay-observation", body })),
    fc.record({ provider }).map((body) => ({ action: "rot-objects", body })),
    fc.constant({ action: "save-under-wrong-policy", body: {} }),
  );
  return fc
    .array(fc.tuple(fc.integer({ min: from, max: to }), action), { maxLength: most, size: "max" })
    .map((draws) =>
      operations(
        topology,
        draws.sort(([a], [b]) => a - b).map(([at, action]) => ({ at, ...action })),
      ),
    );
}
