/**
 * Those who stood still and go on as if nothing had happened. A gateway wakes when another has taken its
 * webhook over, a worker when its delivery belongs to somebody else, the holder of the lease when another
 * holds it, a leader when another leads; an old observation is sent once more, and an object that was stored
 * long ago comes back damaged. All of them are too late, and each learns that where it acts.
 */
import * as fc from "fast-check";
import { type HostSpec, ms, type Operation, seconds, several, soonAfter, together } from "seedstorm";
import { pipelineScenario } from "./define.js";
import { withRole } from "./topology.js";

const VISIBILITY = seconds(4);
const LEASE_TTL = seconds(3);
const RESERVATION = seconds(3);
const WEBHOOK_TIMEOUT = seconds(4);

/** A pause that begins soon after one of the next times that a moment comes, at the host where it came. */
const pauseOnTrigger = (
  moments: readonly string[],
  count: { readonly min: number; readonly max: number },
  length: fc.Arbitrary<number>,
) =>
  several<"pause">(count, {
    kind: fc.constant("pause"),
    target: fc.constant("@"),
    at: seconds(3, 27),
    trigger: soonAfter(moments, 4, 300),
    for: length,
  });

/** Old observations are sent again while orders come, and one provider's objects are spoilt shortly before they are read back. */
function oldThings(topology: readonly HostSpec[]): fc.Arbitrary<Operation[]> {
  const [operator] = withRole(topology, "operator");
  const replicas = withRole(topology, "replica");
  const providers = fc.constantFrom(...replicas.map(({ domain }) => domain.provider));
  if (operator === undefined) return fc.constant([]);
  const drawn = (action: string, field: string, at: fc.Arbitrary<number>) =>
    fc.tuple(at, providers).map(([at, provider]) => ({ at, action, body: { [field]: provider } }));
  return fc
    .tuple(
      fc.array(drawn("replay-observation", "domain", seconds(10, 33)), { minLength: 2, maxLength: 4 }),
      drawn("rot-objects", "provider", seconds(40, 46)),
    )
    .map(([replays, rot]) =>
      [...replays, rot]
        .sort((a, b) => a.at - b.at)
        .map((action, i) => ({ id: `operator-${i + 1}`, host: operator.id, ...action })),
    );
}

export const lateComers = pipelineScenario({
  id: "late-comers",
  title: "gateways, workers, lease holders and leaders stand still until they are replaced, and then go on",
  shows:
    "Pauses that begin when a gateway has appended a record, when a worker got a delivery, when a lease was renewed, when a leader wrote, and end when that belongs to " +
    "another. Late acks, late writes and late entries are refused, and so is what is sent again or comes back damaged.",
  workload: { orders: { min: 16, max: 30 } },
  knobs: {
    visibility: VISIBILITY,
    leaseTtl: LEASE_TTL,
    reservation: RESERVATION,
    webhookTimeout: WEBHOOK_TIMEOUT,
    maintenanceInterval: seconds(1),
  },
  storm: ({ replicas }) => {
    const slack = ms(-400, 2_000);
    return together(
      pauseOnTrigger(
        ["delivery-received"],
        { min: 2, max: 6 },
        slack.map((more) => VISIBILITY + more),
      ),
      pauseOnTrigger(
        ["lease-granted", "lease-renewed"],
        { min: 2, max: 5 },
        slack.map((more) => LEASE_TTL + more),
      ),
      pauseOnTrigger(
        ["record-appended"],
        { min: 1, max: 4 },
        ms(0, 3_000).map((more) => WEBHOOK_TIMEOUT + more),
      ),
      pauseOnTrigger(["leader-durable", "entries-committed"], { min: 2, max: 5 }, ms(1_500, 2_800)),
      several<"partition">(
        { min: 1, max: 3 },
        {
          kind: fc.constant("partition"),
          a: fc.constantFrom(...replicas).map((id) => [id]),
          b: fc.constant(replicas),
          oneWay: fc.boolean(),
          at: seconds(4, 29),
          for: ms(1_500, 4_000),
        },
      ),
      several<"external-slow">(
        { min: 1, max: 3 },
        {
          kind: fc.constant("external-slow"),
          target: fc.constant("external/payments"),
          factor: fc.integer({ min: 4, max: 20 }),
          at: seconds(4, 26),
          for: seconds(3, 7),
        },
      ),
    );
  },
  operations: oldThings,
  mustFire: ["pause", "partition", "external-slow"],
  goals: [
    "redelivery",
    "lease changed hands",
    "stale holder fenced",
    "raft: leader-stepped-down",
    "observation refused",
    "checkpoint restored from another copy",
  ],
});
