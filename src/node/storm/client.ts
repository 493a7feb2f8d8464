/**
 * The client of a storm: a host of its own on which the test's function runs. It never crashes, its clock is right, and
 * what it asks travels over the same network as everything else.
 *
 * The function may use what it is given and nothing of the real world: no timers, no `Date`, no `fetch` of its own. Its
 * failure is written into the history, so that it is a violation like any other, with a story around it.
 */
import type { Property } from "../../check/property.js";
import type { HistoryEvent } from "../../sim/history.js";
import type { Host } from "../../sim/host.js";
import type { Json } from "../../sim/plan.js";
import { MILLISECOND, type Micros, SECOND } from "../../sim/time.js";
import type { World } from "../../sim/world.js";
import type { SimulatedProcess } from "../env/simulated-process.js";
import type { NetModule } from "../net/index.js";
import { query, type SqlRow } from "../services/postgres/query.js";

export const CLIENT = "client";

/** What a test's function is given. */
export interface StormClient {
  /** As the global one; hosts are reached by their names: `http://orders:8080/`. */
  readonly fetch: typeof fetch;
  /** Virtual milliseconds. */
  sleep(ms: number): Promise<void>;
  /** Aborts after so many virtual milliseconds: a request that is never answered never ends by itself. */
  timeout(ms: number): AbortSignal;
  /** Virtual milliseconds since the universe began. */
  now(): number;
  /** In [0, 1); decided by the seed. */
  random(): number;
  /** Decided by the seed. */
  uuid(): string;
  /** A line for the story. */
  log(text: string): void;
  /**
   * Does something and writes down what it was and what came of it: `ok` with what it returns, `info` (nobody knows) when
   * it throws. Then it throws on.
   */
  operation<T extends Json>(name: string, key: string, value: Json, act: () => Promise<T>): Promise<T>;
  /**
   * The rows that a Postgres of the world gives for a statement, asked on a connection of its own: booleans, small integers and floats as
   * what they are, all else as Postgres writes it. Rejects with what Postgres says, or when there is no answer.
   */
  sql(host: string, statement: string): Promise<readonly SqlRow[]>;
  /** A module of Node as programs in this universe see it: `client.module("node:net")`. */
  module<M = unknown>(name: string): M;
}

export interface StormContext {
  readonly client: StormClient;
  /** Resolves when no fault is active any more, every host is up, and what runs on it has had a second to come up. */
  healed(): Promise<void>;
}

export type StormBody = (context: StormContext) => unknown;

/** How the body of one universe ended; undefined while it goes on. */
export interface BodyEnd {
  readonly error: unknown;
}

/** A program that was started by the last healing still has to open its port. */
const COMING_UP: Micros = SECOND;

export function contextOf(simulated: SimulatedProcess, healAt: number): StormContext {
  const { host, entropy, timers } = simulated;
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => timers.timeout(() => resolve(), ms));
  const now = (): number => host.clock.monotonic() / MILLISECOND;
  const client: StormClient = {
    fetch: simulated.global<typeof fetch>("fetch"),
    sleep,
    timeout: (ms) => simulated.global<typeof AbortSignal>("AbortSignal").timeout(ms),
    now,
    random: () => entropy.fraction(),
    uuid: () => entropy.uuid(),
    log: (text) => simulated.print("stdout", text),
    operation: (name, key, value, act) => operation(host, entropy.uuid(), name, key, value, act),
    sql: (at, statement) => query(simulated.builtin<NetModule>("net"), at, statement),
    module: (name) => simulated.builtin(name),
  };
  return { client, healed: () => sleep(Math.max(1, (healAt + COMING_UP) / MILLISECOND - now())) };
}

async function operation<T extends Json>(
  host: Host,
  requestId: string,
  name: string,
  key: string,
  value: Json,
  act: () => Promise<T>,
): Promise<T> {
  const fact = { kind: "client", requestId, operation: name, key } as const;
  host.record({ ...fact, phase: "call", value });
  try {
    const result = await act();
    host.record({ ...fact, phase: "ok", value: result ?? null });
    return result;
  } catch (error) {
    host.record({ ...fact, phase: "info", value: error instanceof Error ? error.message : String(error) });
    throw error;
  }
}

/** Runs the body, and has the history tell how it ended. The universe is over then, unless others wait for its end. */
export async function runBody(
  body: StormBody,
  simulated: SimulatedProcess,
  world: World,
  stops: boolean,
  ended: (end: BodyEnd) => void,
): Promise<void> {
  let error: unknown;
  try {
    await body(contextOf(simulated, world.plan.healAt));
    simulated.note("exit", DONE);
  } catch (thrown) {
    error = thrown;
    simulated.note("error", thrown instanceof Error ? thrown.message : String(thrown));
  }
  ended({ error });
  if (stops || error !== undefined) world.scheduler.stop();
}

const DONE = "the test's function is through";

/** What the test's function expects is a property: the one that most tests are about. */
export const expectations: Property = {
  id: "expectations",
  kind: "always",
  sentence: "What the test expects comes true.",
  subscribes: ["program"],
  start: (context) => ({
    on(event) {
      if (event.host !== CLIENT || event.kind !== "program") return;
      if (isDone(event)) context.checked();
      if (event.phase !== "error") return;
      context.checked();
      context.violated("it", event.text, [event]);
    },
  }),
};

/** The test's function must come to its end while nothing is in its way. */
export const finishes: Property = {
  id: "finishes",
  kind: "eventually",
  sentence: "The test's function comes to its end before the quiet period is over.",
  subscribes: ["program"],
  start(context) {
    let ended = false;
    let last: HistoryEvent | undefined;
    return {
      on(event) {
        if (event.host !== CLIENT || event.kind !== "program") return;
        last = event;
        if (isDone(event) || event.phase === "error") ended = true;
      },
      end() {
        context.checked();
        if (ended) return;
        const evidence = last === undefined ? [] : [last];
        context.violated(
          "it",
          "The test's function still waits for something at the end of the run.",
          evidence,
        );
      },
    };
  },
};

function isDone(event: HistoryEvent): boolean {
  return event.kind === "program" && event.phase === "exit" && event.text === DONE;
}
