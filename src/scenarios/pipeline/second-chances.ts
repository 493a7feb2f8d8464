/**
 * What is taken up again is lost again. Whoever took a key over stands still or crashes before it has done anything with it, so that
 * another one takes it over from there; a new holder of the lease that has raised the fences never writes under them; dead letters are sent on
 * their way again, and the workers that get them are lost.
 */
import * as fc from "fast-check";
import {
  type HostSpec,
  type Micros,
  ms,
  type Operation,
  seconds,
  several,
  soonAfter,
  together,
} from "seedstorm";
import { pipelineScenario } from "./define.js";
import { operations } from "./operators.js";

const VISIBILITY: Micros = seconds(3);
const RESERVATION: Micros = seconds(2);
const LEASE_TTL: Micros = seconds(3);

/** A crash or a pause that begins soon after one of the next times that a moment comes, at the host where it came. */
const lostAt = (
  moments: readonly string[],
  count: { readonly min: number; readonly max: number },
  length: fc.Arbitrary<number>,
) =>
  fc.oneof(
    ...(["crash", "pause"] as const).map((kind) =>
      several<typeof kind>(count, {
        kind: fc.constant(kind),
        target: fc.constant("@"),
        at: seconds(3, 26),
        trigger: soonAfter(moments, 2, 20),
        for: length,
      }),
    ),
  );

/** Dead letters are sent on their way again, a few times in the storm and once when it is over. */
function redrives(topology: readonly HostSpec[]): fc.Arbitrary<Operation[]> {
  return fc.tuple(seconds(10, 14), seconds(15, 20), seconds(21, 26), seconds(36, 38)).map((times) =>
    operations(
      topology,
      times.map((at) => ({ at, action: "redrive", body: {} })),
    ),
  );
}

export const secondChances = pipelineScenario({
  id: "second-chances",
  title: "who takes something over is lost as well, and dead letters are sent again",
  shows:
    "Gateways, workers and holders of the lease are lost just when they have taken over a key, raised the fences or got a dead letter again. Keys are taken over a " +
    "second and a third time, each order is charged once at most, and what was sent on its way again is done or a dead letter again.",
  workload: { orders: { min: 20, max: 36 }, redelivered: 20, poison: 10, declined: 10 },
  knobs: {
    visibility: VISIBILITY,
    reservation: RESERVATION,
    leaseTtl: LEASE_TTL,
    maintenanceInterval: seconds(2),
    maxDeliver: 3,
  },
  operations: redrives,
  storm: () =>
    together(
      lostAt(["webhook-reserved", "effect-reserved"], { min: 4, max: 8 }, ms(3_000, 5_000)),
      lostAt(["key-taken-over", "key-taken-over-again"], { min: 3, max: 6 }, ms(3_000, 5_000)),
      lostAt(["lease-renewed"], { min: 2, max: 4 }, ms(3_500, 6_000)),
      lostAt(["fence-raised"], { min: 2, max: 4 }, ms(3_500, 6_000)),
      lostAt(["dead-letter-delivered"], { min: 2, max: 5 }, ms(1_000, 4_500)),
      several<"external-errors">(
        { min: 2, max: 4 },
        {
          kind: fc.constant("external-errors"),
          target: fc.constant("external/payments"),
          ratio: fc.constant(1),
          at: seconds(4, 20),
          for: seconds(3, 6),
        },
      ),
    ),
  mustFire: ["crash", "pause", "external-errors"],
  certain: ["reservation taken over", "dead letters redriven", "lease changed hands"],
  goals: [
    "reservation taken over",
    "reservation taken over again",
    "lease changed hands",
    "dead letter",
    "dead letters redriven",
    "redelivery",
  ],
});
