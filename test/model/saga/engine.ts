/**
 * A whole engine in a universe of its own: one runner or more, a customer who starts what a test asks for,
 * and what came of it.
 */
import { buildSaga } from "../../../src/model/saga/saga.js";
import type { Fault } from "../../../src/sim/faults/catalogue.js";
import type { EventOf, FactKind, HistoryEvent } from "../../../src/sim/history.js";
import type { HostSpec, Json, KnobValue, Operation, Plan } from "../../../src/sim/plan.js";
import { type Micros, SECOND } from "../../../src/sim/time.js";
import { World } from "../../../src/sim/world.js";
import { planOf } from "../../support/universe.js";

const host = (id: string, role: string, zone = "a"): HostSpec => ({
  id,
  domain: { provider: "aws", region: "us-east", zone },
  role,
});

export interface EngineOptions {
  readonly runners?: number;
  readonly operations?: readonly Operation[];
  readonly faults?: readonly Fault[];
  readonly defects?: readonly string[];
  readonly knobs?: Readonly<Record<string, KnobValue>>;
  readonly duration?: Micros;
  readonly seed?: number;
}

export interface Rows {
  readonly [key: string]: { readonly [field: string]: Json };
}

export interface Told {
  readonly history: readonly HistoryEvent[];
  /** Every row that is durable in the end, by its key. */
  readonly rows: Rows;
  of<K extends FactKind>(kind: K): EventOf<K>[];
  /** What a customer was told in the end, by the operation's id. */
  answer(id: string): { readonly phase: string; readonly value: Json } | undefined;
}

let operations = 0;

/** A customer's or an operator's doing. */
export function operation(at: Micros, action: string, body: Json, by = "customer"): Operation {
  return { id: `${action}-${++operations}`, at, host: by, action, body };
}

/** Starts a run of step modules that touch nothing outside. */
export function start(
  at: Micros,
  sagaId: string,
  stepModules: readonly string[],
  inputs: Json = {},
): Operation {
  const body = { sagaId, kind: "test", stepModules, inputs, deploymentId: null, triggeredBy: "a test" };
  return operation(at, "start", body);
}

/** Starts a run of a kind, on a deployment. */
export function startKind(
  at: Micros,
  sagaId: string,
  kind: string,
  deploymentId: string,
  inputs: Json = {},
): Operation {
  return operation(at, "start", { sagaId, kind, inputs, deploymentId, triggeredBy: "a test" });
}

export const cancel = (at: Micros, sagaId: string): Operation => operation(at, "cancel", { sagaId });

export function enginePlan(options: EngineOptions): Plan {
  const { runners = 1, faults = [], defects = [], knobs = {}, duration = 20 * SECOND, seed = 1 } = options;
  const runnerHosts = Array.from({ length: runners }, (_, i) => host(`runner-${i + 1}`, "runner"));
  return {
    ...planOf({ faults, defects, knobs, duration, seed }),
    topology: [
      host("db", "database"),
      host("api", "api"),
      ...runnerHosts,
      host("auditor", "auditor"),
      host("customer", "customer"),
      host("operator", "operator"),
    ],
    workload: options.operations ?? [],
  };
}

export async function engine(options: EngineOptions): Promise<Told> {
  const plan = enginePlan(options);
  const world = new World(plan);
  buildSaga(world, plan);
  await world.run();
  if (world.failure !== undefined) throw world.failure.error;
  return tell(world.history.events);
}

/** What a history says. */
export function tell(history: readonly HistoryEvent[]): Told {
  const rows: Record<string, { readonly [field: string]: Json }> = {};
  for (const event of history) {
    if (event.kind !== "durable") continue;
    for (const { key, value } of event.writes) {
      if (value === null) delete rows[key];
      else rows[key] = value as { readonly [field: string]: Json }; // only rows are written
    }
  }
  return {
    history,
    rows,
    of: <K extends FactKind>(kind: K) =>
      history.filter((event): event is EventOf<K> => (event.kind as string) === kind),
    answer: (id) =>
      history.find(
        (event): event is EventOf<"client"> =>
          event.kind === "client" && event.requestId === id && event.phase !== "call",
      ),
  };
}

/** What the cloud says that it did, in order: operations and tokens. */
export function applied({ of }: Told): string[] {
  return of("external").flatMap(({ phase, operation, token }) =>
    phase === "applied" ? [`${operation} ${token}`] : [],
  );
}

/** The edges that a run's status took, as they became durable. */
export function edges({ of }: Told, sagaId: string): string[] {
  return of("state").flatMap(({ entity, name, to }) => (entity === "saga" && name === sagaId ? [to] : []));
}

/** Resources that the cloud has in the end, and those that are desired: by their ids. */
export function inventory(told: Told): { readonly actual: string[]; readonly desired: string[] } {
  const made = new Map<string, string>();
  for (const { phase, operation, token, value } of told.of("external")) {
    if (phase !== "applied") continue;
    const { resource, of } = value as { readonly resource?: string; readonly of?: string };
    if (operation === "create") made.set(token, resource ?? "");
    else if (operation === "revert") made.delete(of ?? "");
    else if (operation === "delete") {
      for (const [maker, id] of made) if (id === resource) made.delete(maker);
    }
  }
  const desired = Object.entries(told.rows).flatMap(([key, row]) =>
    key.startsWith("provisioned/") ? [String(row.resource)] : [],
  );
  return { actual: [...made.values()].sort(), desired: desired.sort() };
}
