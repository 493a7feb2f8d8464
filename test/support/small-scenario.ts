/**
 * A made-up scenario with a made-up run, for tests of what stands around a run: the command, its files and its
 * reports. Its outcome depends on the seed alone: 13 violates a property, 14 the one that is declared as weak, 15 is
 * unrecoverable, 16 throws; everything else holds.
 */

import type { Violation } from "../../src/check/property.js";
import type { Fact, HistoryEvent } from "../../src/sim/history.js";
import { moment } from "../../src/sim/moments.js";
import type { Plan } from "../../src/sim/plan.js";
import { seconds } from "../../src/sim/time.js";
import type { Outcome, PlanOptions, Scenario, System } from "../../src/storm/scenario.js";

const system: System = {
  id: "shop-floor",
  title: "A shop floor with two tills",
  properties: [
    {
      id: "T1",
      kind: "always",
      sentence: "no order is paid twice",
      subscribes: ["external"],
      start: () => ({ on: () => undefined }),
    },
    {
      id: "T2",
      kind: "eventually",
      sentence: "every order is paid in the end",
      subscribes: ["client"],
      start: () => ({ on: () => undefined }),
    },
  ],
  defects: [{ id: "pay-twice", breaks: "orders are paid twice", caughtBy: ["T1"] }],
  moments: [moment("order-paid", "a till has an order's money", () => undefined)],
  build: () => undefined,
};

const hosts: Plan["topology"] = [
  { id: "aws-a", domain: { provider: "aws", region: "us-east", zone: "a" }, role: "till" },
  { id: "gcp-a", domain: { provider: "gcp", region: "central" }, role: "till" },
  { id: "shop-1", domain: { provider: "web", region: "one" }, role: "shop" },
  { id: "shop-2", domain: { provider: "web", region: "two" }, role: "shop" },
];

const faults: Plan["faults"] = [
  { id: "f1", kind: "domain-loss", at: seconds(10), for: seconds(5), target: "provider/aws" },
  { id: "f2", kind: "loss", at: seconds(12), for: seconds(2), from: "gcp-a", to: "*", ratio: 0.25 },
  { id: "f3", kind: "clock-jump", at: seconds(13), target: "gcp-a", by: seconds(1) },
];

function plan(seed: number, options: PlanOptions = {}): Plan {
  const workload: Plan["workload"] = Array.from({ length: 10 }, (_, i) => ({
    id: `order-${i}`,
    at: seconds(1 + i),
    host: i % 2 === 0 ? "shop-1" : "shop-2",
    action: "deliver",
    body: { deliveryId: `d${i}`, orderId: `o${i}`, cents: 100 + i, currency: "USD", source: "plain" },
  }));
  return {
    format: 2,
    scenario: "small",
    seed,
    topology: hosts,
    knobs: { tills: 2, ...options.knobs },
    workload: options.workload ?? workload,
    faults,
    defects: options.defects ?? [],
    healAt: seconds(20),
    duration: seconds(30),
  };
}

export const small: Scenario = {
  id: "small",
  title: "Two tills, one of which goes away",
  shows: "That the other till carries on.",
  system,
  mustFire: ["domain-loss", "loss"],
  goals: ["till-changed"],
  expectedViolations: ["T2"],
  plan,
};

/** Like `small`, but it promises what never happens. */
export const boastful: Scenario = {
  ...small,
  id: "boastful",
  expectedViolations: [],
  mustFire: ["domain-loss", "disk-full"],
  goals: ["till-changed", "moon-reached"],
  plan: (seed, options) => ({ ...plan(seed, options), scenario: "boastful" }),
};

/** A history from facts with their times and hosts; ids count up, nothing has a cause. */
export function historyOf(
  entries: readonly (readonly [at: number, host: string, fact: Fact])[],
): HistoryEvent[] {
  return entries.map(([at, host, fact], id) => {
    const stamp = { id, at: seconds(at), host, cause: -1 };
    return { ...stamp, ...fact } as HistoryEvent; // a fact and its stamp
  });
}

export const someHistory: readonly HistoryEvent[] = historyOf([
  ...hosts.map(
    ({ id }) => [0, id, { kind: "host", phase: "boot", incarnation: 1 }] as [number, string, Fact],
  ),
  [0.5, "aws-a", raft("orders", "candidate", "leader", 1)],
  [0.6, "aws-a", raft("effects", "candidate", "leader", 1)],
  ...Array.from({ length: 20 }, (_, i): [number, string, Fact] => [1 + i / 4, "shop-1", accepted(i)]),
  [6, "aws-a", { kind: "lease", phase: "grant", lease: "sweep", holder: "aws-a", epoch: 1 }],
  [10, "world", fault("start", "f1", "domain-loss", "provider/aws")],
  [10, "aws-a", { kind: "host", phase: "crash", incarnation: 1 }],
  [10, "world", fault("fired", "f1", "domain-loss", "provider/aws")],
  [11.5, "gcp-a", raft("orders", "candidate", "leader", 2)],
  [12, "world", fault("start", "f2", "loss", "gcp-a")],
  [12.1, "gcp-a", delivery(3, 2)],
  [12.2, "gcp-a", refusal("stale-delivery", "o3")],
  [12.4, "external/payments", paid("o3")],
  [12.9, "external/payments", paid("o3")],
  [13, "world", fault("start", "f3", "clock-jump", "gcp-a")],
  [13, "world", fault("fired", "f3", "clock-jump", "gcp-a")],
  [14, "world", fault("end", "f2", "loss", "gcp-a")],
  [15, "world", fault("end", "f1", "domain-loss", "provider/aws")],
  [15, "aws-a", { kind: "host", phase: "boot", incarnation: 2 }],
  [16, "gcp-a", { kind: "goal", goal: "till-changed" }],
]);

/** A made-up run: see above for what the seeds do. */
export function fakeRun(plan: Plan): Outcome {
  if (plan.seed === 16) throw new Error("the till is on fire\nat line 3");
  const violations = violationsOf(plan);
  return {
    plan,
    diskLosses: [],
    verdict: plan.seed === 15 ? "unrecoverable" : violations.length > 0 ? "violated" : "held",
    traceHash: (0xabcd_0000 + (plan.seed % 65_536)).toString(16).padStart(16, "0"),
    events: 1234,
    virtualTime: plan.duration,
    faults: {
      "domain-loss": { planned: 1, fired: 1 },
      loss: { planned: 1, fired: plan.seed % 2 },
      "clock-jump": { planned: 1, fired: 1 },
    },
    goals: { "till-changed": 1 },
    buggify: {},
    defectsAsked: {},
    properties: system.properties.map(({ id, kind, sentence }) => ({
      id,
      kind,
      sentence,
      verdict: violations.some(({ property }) => property === id) ? "violated" : "held",
      checked: 20,
    })),
    violations,
    history: someHistory,
  };
}

function violationsOf(plan: Plan): Violation[] {
  const evidence = someHistory.flatMap(({ kind }, id) => (kind === "external" ? [id] : []));
  const message = "order o3 was paid twice: at 12.400 s and at 12.900 s, both for token o3:charge";
  if (plan.seed === 13) return [{ property: "T1", at: seconds(12.9), message, evidence }];
  if (plan.seed === 14)
    return [{ property: "T2", at: seconds(30), message: "order o9 was never paid", evidence: [] }];
  return [];
}

function raft(group: string, from: string, to: string, term: number): Fact {
  return { kind: "state", entity: "raft", name: `${group}@host`, from, to, detail: { term } };
}
function accepted(i: number): Fact {
  const value = { offset: i, orderId: `o${i}` };
  return { kind: "client", phase: "ok", requestId: `r${i}`, operation: "accept", key: `d${i}`, value };
}
function fault(phase: "start" | "fired" | "end", id: string, faultKind: string, target: string): Fact {
  return { kind: "fault", phase, fault: id, faultKind, target };
}
function delivery(sequence: number, deliveryCount: number): Fact {
  const deliveryId = `workers/${sequence}/${deliveryCount}`;
  const domain = "gcp/central";
  return {
    kind: "deliver",
    stream: "orders",
    group: "workers",
    sequence,
    key: `d${sequence}`,
    deliveryId,
    deliveryCount,
    domain,
  };
}
function refusal(reason: string, key: string): Fact {
  return { kind: "refusal", operation: "ack", reason, key, detail: {} };
}
function paid(order: string): Fact {
  const token = `${order}:charge`;
  return { kind: "external", phase: "applied", service: "payments", operation: "capture", token, value: 100 };
}
