/** The scenarios of the actor layer. */
import { type FaultKind, fc, ms, prescribed, type Scenario, several, together } from "seedstorm";
import { GOALS } from "../../model/actors/goals.js";
import { actorScenario } from "./define.js";
import { fieldFaults } from "./field-faults.js";

const calm = actorScenario({
  id: "actors-calm",
  title: "the job service on a quiet day",
  shows:
    "A minute without faults, but for jobs that crash whoever works on them and bursts of many at once. Pools grow and shrink, poison goes to the dead " +
    "letters, and every other job is done.",
  jobs: { submits: { min: 30, max: 60 }, bursts: 2 },
  certain: [
    GOALS.actorCrashed,
    GOALS.childRestarted,
    GOALS.poolGrew,
    GOALS.poolShrank,
    GOALS.channelGivenUp,
    "actor-calls-answered",
    "actor-one-at-a-time",
    "actor-dead-are-silent",
    "supervisor-restart-scope",
    "supervisor-restart-intensity",
    "pool-crash-spares-others",
    "breaker-gates",
    "breaker-recovers",
    "pool-bounds",
    "pool-one-holder",
    "channel-fifo",
    "channel-dead-letters",
    "channel-keeps",
    "channel-serves-who-waits",
    "registry-no-expired-route",
    "registry-finds-services",
    "registry-failing-avoided",
    "registry-counts-calls",
    "jobs-done-is-done",
    "jobs-done-when-quiet",
    "jobs-return-actors",
  ],
  goals: [GOALS.actorCrashed, GOALS.childRestarted, GOALS.poolGrew, GOALS.poolShrank, GOALS.channelGivenUp],
});

const kills = actorScenario({
  id: "actors-kills",
  title: "actors, consumers and pools that are killed",
  shows:
    "Actors are killed in the midst of their work, one by one and in rows, and so are those who wait for them and whole pools. Callers get errors at once, " +
    "supervisors restart what they should and nothing else, and give up when it is too much.",
  jobs: { submits: { min: 30, max: 60 }, bursts: 2, kills: 25 },
  storm: { kinds: ["pause", "crash"] },
  goals: [
    GOALS.callCrashed,
    GOALS.siblingsRestarted,
    GOALS.supervisorEscalated,
    GOALS.poolActorLost,
    GOALS.poolHolderLost,
  ],
});

const MILL_KINDS: readonly FaultKind[] = [
  "external-errors",
  "external-hang",
  "external-slow",
  "external-lost-reply",
];

const outage = actorScenario({
  id: "actors-outage",
  title: "a service outside that is down, slow or silent",
  shows:
    "The mill refuses, hangs and takes its time, and clocks are set meanwhile. Breakers open for cause, let a few calls try, and close when it is well " +
    "again.",
  jobs: { submits: { min: 50, max: 90 }, bursts: 2, kills: 4 },
  storm: { kinds: [...MILL_KINDS, "clock-jump", "clock-skew"], most: 3 },
  mustFire: MILL_KINDS,
  goals: [GOALS.breakerOpened, GOALS.breakerRefused, GOALS.breakerClosed, GOALS.breakerLateOutcome],
});

const pressure = actorScenario({
  id: "actors-pressure",
  title: "more jobs than actors",
  shows:
    "Bursts of jobs that take long, and a mill that is slow. Senders wait for room and are refused, checkouts wait and time out, messages grow too old; all of " +
    "it in order, and every sender learns of it.",
  jobs: { submits: { min: 30, max: 50 }, bursts: 12, kills: 3, slow: true },
  storm: { kinds: ["external-slow", "external-hang", "slow-link"] },
  goals: [
    GOALS.poolFull,
    GOALS.poolWaited,
    GOALS.poolTimedOut,
    GOALS.channelBlocked,
    GOALS.channelSendTimedOut,
    GOALS.channelExpired,
  ],
});

/** Nobody reaches a registry for longer than an instance may be silent. */
const noRegistries = prescribed<"partition">({
  kind: fc.constant("partition"),
  a: fc.constant(["registry-1", "registry-2"]),
  b: fc.constant(["*"]),
  oneWay: fc.constant(false),
  at: fc.integer({ min: 6_000, max: 7_000 }).map((n) => n * 1_000),
  for: ms(21_000, 22_900),
});

const workersGone = several<"crash">(
  { min: 1, max: 3 },
  {
    kind: fc.constant("crash"),
    target: fc.constantFrom("worker-1", "worker-2", "worker-3"),
    at: fc.integer({ min: 5_000, max: 12_000 }).map((n) => n * 1_000),
    for: ms(50, 14_000),
  },
);

const registries = actorScenario({
  id: "actors-registries",
  title: "registries out of reach while workers come and go",
  shows:
    "Nobody reaches a registry for a while, and workers crash and retire meanwhile. Clients go by what they knew for as long as that is fresh, pass over who " +
    "fails them, and find everybody again afterwards.",
  jobs: { submits: { min: 50, max: 90 }, retires: 3 },
  storm: together(noRegistries, workersGone),
  mustFire: ["partition", "crash"],
  goals: [GOALS.registryCached, GOALS.registryEjected, GOALS.registryExpired, GOALS.registryFailover],
});

/** What the job service's configuration leaves no occasion for. */
const UNREACHED: ReadonlySet<string> = new Set([
  GOALS.poolRefused,
  GOALS.channelDropped,
  GOALS.channelRefused,
  GOALS.deadLettersAway,
]);

const storm = actorScenario({
  id: "actors-storm",
  title: "a swarm of everything that can go wrong with actors",
  shows:
    "Every kind of fault but damaged media, a random subset of them in each universe, with kills, bursts, poison and workers that retire. Every property of " +
    "the layer, of the job service and of the world holds.",
  jobs: { submits: { min: 40, max: 70 }, bursts: 4, kills: 10, retires: 2 },
  storm: {},
  goals: Object.values(GOALS).filter((goal) => !UNREACHED.has(goal)),
});

export const actorScenarios: readonly Scenario[] = [
  calm,
  kills,
  outage,
  pressure,
  registries,
  fieldFaults,
  storm,
];
