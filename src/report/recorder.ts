/**
 * Records what travelled through the network of a run, for the space-time diagram: each packet with when it was sent,
 * when it arrived or was dropped, and which fact it is a consequence of.
 *
 * Attach it in `RunOptions.prepare`. It only looks on: the universe is the same with and without it. Facts and packets
 * are recorded in one order, that in which they happened. Of a run that sends more packets than it keeps, the others are
 * counted by name.
 */
import type { Packet } from "../sim/network.js";
import type { Domain } from "../sim/plan.js";
import type { Micros } from "../sim/time.js";
import type { World } from "../sim/world.js";

/**
 * - `delivered`: it arrived at a life of its receiver.
 * - `dropped`: the network lost it, when it was sent or on arrival, or nobody was up to receive it.
 * - `orphaned`: the life of its receiver that it was meant for ended while it was on its way.
 * - `flying`: it was still on its way (or held back) when the run was over.
 */
export type RecordedPacketOutcome = "delivered" | "dropped" | "orphaned" | "flying";

/** A point in the run: its time, and how many facts and packets' events came before it. */
export interface Instant {
  readonly at: Micros;
  /** The number of the world's event that was being handled; -1 for none. */
  readonly turn: number;
  /** Facts of the history that had been written by then. */
  readonly facts: number;
  /** Packets' events that had been recorded by then. */
  readonly sequence: number;
}

export interface PacketEnd extends Instant {
  readonly outcome: RecordedPacketOutcome;
}

export interface RecordedPacket {
  /** Position in the order in which packets were sent, from 0. */
  readonly id: number;
  readonly name: string;
  readonly kind: Packet["kind"];
  readonly from: string;
  readonly to: string;
  readonly bytes: number;
  readonly body: unknown;
  /** Id of the fact that it is a consequence of; -1 for none. */
  readonly cause: number;
  readonly sent: Instant;
  /** One for each copy that arrived or was lost; never empty. */
  readonly ends: readonly PacketEnd[];
}

/** A machine that packets come from and go to. */
export interface RecordedMachine {
  readonly id: string;
  readonly domain: Domain;
  readonly role: string;
  readonly external: boolean;
}

export interface PacketLog {
  /** Hosts in the order of the topology, then outside services. */
  readonly machines: readonly RecordedMachine[];
  readonly packets: readonly RecordedPacket[];
  /** Packets that were sent after the recorder was full, by name. */
  readonly unrecorded: ReadonlyMap<string, number>;
}

interface Draft extends Omit<RecordedPacket, "ends"> {
  ends: PacketEnd[];
}

/** Packets that are kept, with their bodies. */
const KEPT_PACKETS = 500_000;

export class PacketRecorder {
  readonly #limit: number;
  readonly #drafts: Draft[] = [];
  readonly #travelling = new Map<Packet, Draft>();
  readonly #unrecorded = new Map<string, number>();
  #world: World | undefined;
  #sequence = 0;

  constructor(limit = KEPT_PACKETS) {
    this.#limit = limit;
  }

  /** Watches the network of a world that has not begun. */
  attach(world: World): void {
    this.#world = world;
    world.network.watcher = (event, packet) => {
      if (event === "sent") this.#sent(world, packet);
      else this.#ended(world, packet, event);
    };
  }

  /** What was recorded; to be called when the run is over. */
  log(): PacketLog {
    const world = this.#world;
    if (world === undefined) return { machines: [], packets: [], unrecorded: new Map() };
    const ends = endsOfLives(world);
    const packets = this.#drafts.map((draft): RecordedPacket => {
      return draft.ends.length > 0 ? draft : { ...draft, ends: [this.#missing(draft, ends, world)] };
    });
    const machines = world.machines.map(({ id, domain, role, external }) => ({ id, domain, role, external }));
    return { machines, packets, unrecorded: this.#unrecorded };
  }

  #sent(world: World, packet: Packet): void {
    if (this.#drafts.length >= this.#limit) {
      this.#unrecorded.set(packet.name, (this.#unrecorded.get(packet.name) ?? 0) + 1);
      return;
    }
    const { name, kind, from, to, bytes, body } = packet;
    const draft: Draft = {
      id: this.#drafts.length,
      name,
      kind,
      from: from.id,
      to: to.id,
      bytes,
      body,
      cause: world.scheduler.cause,
      sent: this.#instant(world),
      ends: [],
    };
    this.#drafts.push(draft);
    this.#travelling.set(packet, draft);
  }

  #ended(world: World, packet: Packet, outcome: "delivered" | "dropped"): void {
    this.#travelling.get(packet)?.ends.push({ ...this.#instant(world), outcome });
  }

  #instant(world: World): Instant {
    const { now, history, scheduler } = world;
    return { at: now, turn: scheduler.events, facts: history.events.length, sequence: this.#sequence++ };
  }

  /** The end of a packet of which nothing more was heard. */
  #missing(draft: Draft, ends: ReadonlyMap<string, readonly Instant[]>, world: World): PacketEnd {
    const end = ends.get(draft.to)?.find(({ facts }) => facts > draft.sent.facts);
    if (end !== undefined) return { ...end, outcome: "orphaned" };
    return {
      at: world.now,
      turn: -1,
      facts: world.history.events.length,
      sequence: Number.MAX_SAFE_INTEGER,
      outcome: "flying",
    };
  }
}

/** When each machine's lives ended, and the times between two of them: what is sent to a host that is down is for neither. */
function endsOfLives(world: World): ReadonlyMap<string, readonly Instant[]> {
  const ends = new Map<string, Instant[]>();
  world.history.events.forEach((event, position) => {
    if (event.kind !== "host" || (event.phase !== "boot" && event.phase !== "crash")) return;
    if (event.phase === "boot" && event.incarnation === 1) return;
    const own = ends.get(event.host) ?? [];
    own.push({ at: event.at, turn: -1, facts: position + 1, sequence: -1 });
    ends.set(event.host, own);
  });
  return ends;
}
