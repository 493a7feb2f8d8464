/**
 * The replicated lease: at most one holder, and a fence epoch that is higher with every grant.
 *
 * A lease is free → held(e) → expired | released → held(e+1). Promises: no grant while it is held and has not
 * expired; only the holder, with its epoch and while it holds, renews or releases. Expiry is a deadline on the
 * leader's monotonic clock, started anew by a new leader: it may come late, never early as that clock counts.
 *
 * A holder can't know whether it still holds: it may have been paused since it looked. What protects the work is
 * the epoch, checked where the work is written.
 */
import type { Json, LeaseFact, Micros, Write } from "seedstorm";
import { invariant } from "../invariant.js";
import type { Applied, Deadline, LogPosition, StateMachine } from "../replication/machine.js";
import { Deadlines } from "./deadlines.js";
import { type Defects, type Refused, refused, SCHEMAS } from "./types.js";

export type LeaseCommand =
  | {
      readonly type: "acquire";
      readonly name: string;
      readonly holder: string;
      readonly schemaId: string;
      /** The caller's wall clock: kept for people to read, never decided by. */
      readonly wallClock: Micros;
    }
  | {
      readonly type: "renew";
      readonly name: string;
      readonly holder: string;
      readonly epoch: number;
      readonly wallClock: Micros;
    }
  | { readonly type: "release"; readonly name: string; readonly holder: string; readonly epoch: number }
  | { readonly type: "expire"; readonly name: string; readonly generation: number };

export type Contended =
  | { readonly ok: true; readonly state: "granted"; readonly epoch: number }
  | { readonly ok: true; readonly state: "busy"; readonly holder: string; readonly epoch: number };
export interface LeaseKept {
  readonly ok: true;
  readonly state: "renewed" | "released" | "expired" | "outdated";
}
export type LeaseResult = Contended | LeaseKept | Refused;

export interface LeaseOptions {
  readonly ttl: Micros;
}

/** One lease; immutable, replaced on change. */
interface Lease {
  /** Who holds it, or held it last. */
  readonly holder: string;
  readonly epoch: number;
  readonly state: "held" | "expired" | "released";
  /** Log index of the last grant or renewal. */
  readonly generation: number;
  /** Wall-clock time of whoever was granted it or renewed it last. */
  readonly wallClock: Micros;
}

type Result = Applied<LeaseResult>;
const NO_WRITES: readonly Write[] = [];

export class LeaseMachine implements StateMachine<LeaseCommand, LeaseResult> {
  readonly #options: LeaseOptions;
  readonly #defects: Defects;
  readonly #deadlines = new Deadlines<LeaseCommand>();
  readonly #leases = new Map<string, Lease>();

  constructor(options: LeaseOptions, defects: Defects) {
    this.#options = options;
    this.#defects = defects;
  }

  /** Who holds a lease as this replica knows it; undefined when nobody does. */
  holder(name: string): { readonly holder: string; readonly epoch: number } | undefined {
    const lease = this.#leases.get(name);
    if (lease?.state !== "held") return undefined;
    return { holder: lease.holder, epoch: lease.epoch };
  }

  apply(command: LeaseCommand, position: LogPosition): Result {
    const lease = this.#leases.get(command.name);
    switch (command.type) {
      case "acquire":
        return this.#acquire(
          command.name,
          command.holder,
          command.schemaId,
          command.wallClock,
          lease,
          position,
        );
      case "renew": {
        const held = lease?.state === "held" || this.#defects("lease-renewed-after-expiry");
        if (
          lease === undefined ||
          !held ||
          lease.epoch !== command.epoch ||
          lease.holder !== command.holder
        ) {
          return refuseHolder(command.name, command.holder, command.epoch);
        }
        const { wallClock } = command;
        const renewed: Lease = { ...lease, state: "held", generation: position.index, wallClock };
        return this.#hold(command.name, renewed, "renew", "renewed");
      }
      case "release": {
        const own = lease?.epoch === command.epoch && lease.holder === command.holder;
        if (lease?.state !== "held" || !(own || this.#defects("release-without-owner-check"))) {
          return refuseHolder(command.name, command.holder, command.epoch);
        }
        return this.#end(command.name, lease, "released", command.holder, command.epoch);
      }
      case "expire": {
        if (lease?.state !== "held" || lease.generation !== command.generation) {
          return { result: { ok: true, state: "outdated" }, writes: NO_WRITES };
        }
        return this.#end(command.name, lease, "expired", lease.holder, lease.epoch);
      }
    }
  }

  #acquire(
    name: string,
    holder: string,
    schemaId: string,
    wallClock: Micros,
    lease: Lease | undefined,
    position: LogPosition,
  ): Result {
    if (schemaId !== SCHEMAS.leader) return { result: refused("unknown-schema"), writes: NO_WRITES };
    if (lease?.state === "held") {
      const { epoch } = lease;
      if (lease.holder === holder)
        return { result: { ok: true, state: "granted", epoch }, writes: NO_WRITES };
      const over =
        this.#defects("lease-expiry-by-wall-clock") && wallClock > lease.wallClock + this.#options.ttl;
      if (!over)
        return { result: { ok: true, state: "busy", holder: lease.holder, epoch }, writes: NO_WRITES };
    }
    const epoch = (lease?.epoch ?? 0) + 1;
    const granted: Lease = {
      holder,
      epoch,
      state: "held",
      generation: position.index,
      wallClock,
    };
    return this.#hold(name, granted, "grant", "granted");
  }

  #hold(name: string, lease: Lease, phase: "grant" | "renew", state: "granted" | "renewed"): Result {
    const before = this.#leases.get(name);
    if (before !== undefined) {
      invariant(lease.epoch >= before.epoch, "the epoch of a lease only grows");
      invariant(lease.generation > before.generation, "a lease is held from a later place in the log on");
    }
    this.#leases.set(name, lease);
    this.#watch(name, lease);
    const { holder, epoch } = lease;
    return {
      result: state === "granted" ? { ok: true, state, epoch } : { ok: true, state },
      writes: [{ key: `lease/${name}`, value: { holder, epoch, state: "held" } }],
      facts: [leaseFact(phase, name, holder, epoch)],
    };
  }

  #watch(name: string, { generation }: Lease): void {
    this.#deadlines.set({
      key: `lease/${name}`,
      generation,
      after: this.#options.ttl,
      command: { type: "expire", name, generation },
    });
  }

  #end(name: string, lease: Lease, state: "expired" | "released", by: string, epoch: number): Result {
    this.#leases.set(name, { ...lease, state });
    this.#deadlines.drop(`lease/${name}`);
    return {
      result: { ok: true, state },
      writes: [{ key: `lease/${name}`, value: { holder: null, epoch: lease.epoch, state } }],
      facts: [leaseFact(state === "expired" ? "expire" : "release", name, by, epoch)],
    };
  }

  deadlines(): readonly Deadline<LeaseCommand>[] {
    return this.#deadlines.list();
  }

  snapshot(): Json {
    return [...this.#leases] as unknown as Json; // plain data throughout
  }

  restore(json: Json): void {
    this.#leases.clear();
    this.#deadlines.clear();
    for (const [name, lease] of json as unknown as [string, Lease][]) {
      this.#leases.set(name, lease);
      if (lease.state === "held") this.#watch(name, lease);
    }
  }
}

function leaseFact(phase: LeaseFact["phase"], lease: string, holder: string, epoch: number): LeaseFact {
  return { kind: "lease", phase, lease, holder, epoch };
}

function refuseHolder(name: string, holder: string, epoch: number): Result {
  return {
    result: refused("not-held"),
    writes: NO_WRITES,
    facts: [leaseFact("refused", name, holder, epoch)],
  };
}
