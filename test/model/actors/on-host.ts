/** A universe of one host, in which a test runs some code, and what the history says of it. */
import type { EventOf, FactKind, HistoryEvent } from "../../../src/sim/history.js";
import type { Host } from "../../../src/sim/host.js";
import { MINUTE } from "../../../src/sim/time.js";
import { type UniverseOptions, universe } from "../../support/universe.js";

export interface Seen {
  readonly history: readonly HistoryEvent[];
  of<K extends FactKind>(kind: K): EventOf<K>[];
  /** Changes of state of one entity, as `name: from → to`. */
  changes(entity: string): string[];
}

type Body = (host: Host) => void | Promise<void>;

/** Runs `body` on a host for ten minutes, or as long as the options say. What it throws, the test throws. */
export async function onHost(body: Body, options: UniverseOptions = {}): Promise<Seen> {
  const { history, failure } = await lifeOf(body, options);
  if (failure !== undefined) throw failure.error;
  const of = <K extends FactKind>(kind: K) =>
    history.events.filter((event): event is EventOf<K> => event.kind === kind);
  return {
    history: history.events,
    of,
    changes: (entity) =>
      of("state")
        .filter((event) => event.entity === entity)
        .map(({ name, from, to }) => `${name}: ${from} → ${to}`),
  };
}

/** What the run that `body` is in fails by; empty when it does not. */
export async function failureOn(body: Body): Promise<string> {
  return String((await lifeOf(body, {})).failure?.error ?? "");
}

async function lifeOf(body: Body, options: UniverseOptions) {
  const world = universe({ hosts: ["a"], duration: 10 * MINUTE, ...options });
  world.onBoot("a", body);
  await world.run();
  return world;
}
