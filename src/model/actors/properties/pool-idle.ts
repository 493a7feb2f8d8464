/** What is promised of actors that a pool does not need. Not verified: that one which was idle for long does go, as a pool may still want it. */
import type { Micros } from "seedstorm";
import { type Property, time, when } from "seedstorm/check";
import { ENTITY } from "../facts.js";
import { about, amount, field, LIFE, Lives, type StateEvent } from "./lives.js";

interface Slots {
  /** By supervisor: its pool's configuration. */
  readonly pools: Map<string, StateEvent>;
  /** The actor in each place of a supervisor. */
  readonly actors: Map<string, string>;
  /** Since when each actor has had nothing to do. */
  readonly idleSince: Map<string, StateEvent>;
  /** Actors that were let go, and of which the pool has not said why. */
  leaving: StateEvent[];
}

export const poolIdleTime: Property = {
  id: "pool-idle-time",
  kind: "always",
  sentence: "An actor that a pool lets go for being idle had nothing to do for the pool's idle time-out.",
  subscribes: LIFE,
  start(context) {
    const lives = new Lives<Slots>(() => ({
      pools: new Map(),
      actors: new Map(),
      idleSince: new Map(),
      leaving: [],
    }));

    function judge(slots: Slots, change: StateEvent, config: StateEvent): void {
      // The pool goes by its host's clock, which may go wrong by a twentieth.
      const least: Micros = Math.floor((amount(config, "idleTimeout") * 9) / 10);
      for (const gone of slots.leaving) {
        if (field(gone, "supervisor") !== field(config, "supervisor")) continue;
        const actor = slots.actors.get(gone.name) ?? "";
        const since = slots.idleSince.get(actor);
        context.checked();
        if (since === undefined || change.at - since.at >= least) continue;
        context.violated(
          `${change.host} ${actor}`,
          `${actor} was let go ${when(change)} for being idle, though it had work to do until ${time(since.at)}.`,
          [since, change],
        );
      }
    }

    return {
      on(event) {
        const slots = lives.of(event);
        const child = about(event, ENTITY.child);
        if (child?.to === "forgotten") slots.leaving.push(child);
        else if (child !== undefined) {
          slots.actors.set(child.name, field(child, "actor"));
          slots.idleSince.set(field(child, "actor"), child);
        }
        const lease = about(event, ENTITY.lease);
        if (lease !== undefined) slots.idleSince.set(field(lease, "actor"), lease);
        const pool = about(event, ENTITY.pool);
        if (pool === undefined) return;
        if (pool.from === "none") slots.pools.set(pool.name, pool);
        const config = slots.pools.get(pool.name);
        if (field(pool, "why") === "idle" && config !== undefined) judge(slots, pool, config);
        if (pool.from !== "none") slots.leaving = [];
      },
    };
  },
};
