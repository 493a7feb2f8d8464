/**
 * The network: links between machines, and what can go wrong on them.
 *
 * A link goes one way. By itself it delivers every message once, in order, after a latency drawn from the
 * profile of its distance. Rules make it worse: each looks at a packet and says pass, delay by so much, or
 * drop; a rule can also ask for a second copy or let a packet overtake. Partitions of every shape, loss,
 * duplication, reordering, slow, flaky, clogged and narrow links are all rules. A packet is looked at when it is
 * sent, and a link that is cut at the moment of delivery drops what is in flight.
 *
 * The network never changes a message and never makes one up. Messages to an incarnation that has ended
 * are lost with it. A system must survive all of this because switches, routers, queues and cables do it, one
 * way only, for minutes, without telling anyone.
 */
import type { Machine } from "./machine.js";
import { draw, type Random, type Table } from "./random.js";
import type { ScheduledEvent, Scheduler } from "./scheduler.js";
import type { Micros } from "./time.js";
import { distanceOf, LATENCY, type Placed } from "./topology.js";

/** What a rule does with one packet. Fields are set on the one `Fate` that a send hands through all rules. */
export interface Fate {
  dropped: boolean;
  /** Added to the latency. */
  delay: Micros;
  /** The latency is multiplied by this. */
  factor: number;
  /** A second copy follows after this much more; -1 for none. */
  copyAfter: Micros;
  /** It need not wait for those sent before it. */
  overtakes: boolean;
  /** It is held until the rule lets it go. */
  held: boolean;
}

/** One thing that is wrong with one link. */
export interface LinkRule {
  /** Looks at a packet that is being sent. */
  onSend(fate: Fate, packet: Packet): void;
  /** Whether nothing gets through at this moment: packets in flight are dropped on arrival. */
  cut?(): boolean;
}

/** Decides for each pair of machines whether a fault applies there, and makes the rule for it. */
export type RuleFactory = (from: Placed, to: Placed) => LinkRule | undefined;

/** A message on its way. */
export interface Packet {
  readonly kind: "message" | "request" | "reply";
  readonly name: string;
  readonly code: number;
  readonly from: Machine;
  readonly to: Machine;
  /** The incarnation that it is meant for. */
  readonly epoch: number;
  /** The incarnation that sent it, and that a reply is for. */
  readonly epochOfSender: number;
  readonly body: unknown;
  readonly bytes: number;
  /** The request that a reply is for, or that waits for one. */
  readonly waiting: Waiting | undefined;
}

/** A request that waits for its reply or for its time-out. */
export interface Waiting {
  resolve: ((reply: unknown) => void) | undefined;
  timeout: ScheduledEvent | undefined;
}

/** Bytes per second of a link that no fault narrows: 1 Gbit/s. */
const BANDWIDTH = 125_000_000;

class Link {
  rules: readonly LinkRule[] = [];
  /** When the last packet arrives: without reordering, later ones arrive after it. */
  lastArrival: Micros = 0;
  /** When the sender's side is free again: a narrow link is busy for long. */
  busyUntil: Micros = 0;

  constructor(
    readonly random: Random,
    readonly latency: Table,
  ) {}
}

interface ActiveFactory {
  readonly factory: RuleFactory;
  readonly rules: Map<Link, LinkRule>;
}

/** What the network tells an observer about each packet, for reports. */
export type PacketWatcher = (event: "sent" | "dropped" | "delivered", packet: Packet, id: number) => void;

export class Network {
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  /** By index of the sender, then of the receiver. */
  readonly #links: (Link | undefined)[][] = [];
  readonly #ends = new Map<Link, readonly [Machine, Machine]>();
  readonly #factories: ActiveFactory[] = [];
  readonly #fate: Fate = {
    dropped: false,
    delay: 0,
    factor: 1,
    copyAfter: -1,
    overtakes: false,
    held: false,
  };
  watcher: PacketWatcher | undefined = undefined;

  /** @param random the stream that links' streams are forked off. */
  constructor(scheduler: Scheduler, random: Random) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  /** Sends a packet; it arrives later, or never. */
  send(packet: Packet): void {
    const link = this.#link(packet.from, packet.to);
    if (link.rules.length > 0) {
      this.#sendThroughRules(link, packet);
      return;
    }
    this.#dispatch(link, packet, draw(link.latency, link.random), false);
  }

  /** A fault begins: its rules apply to every link that the factory picks, existing or yet to come. Returns how to end it. */
  addRules(factory: RuleFactory): () => void {
    const active: ActiveFactory = { factory, rules: new Map() };
    this.#factories.push(active);
    for (const [link, [from, to]] of this.#ends) this.#applyFactory(active, link, from, to);
    return () => {
      this.#factories.splice(this.#factories.indexOf(active), 1);
      for (const [link, rule] of active.rules) link.rules = link.rules.filter((other) => other !== rule);
    };
  }

  /** Sends on what a rule has held back, as if it were sent now. */
  release(packets: readonly Packet[]): void {
    for (const packet of packets) this.send(packet);
  }

  #sendThroughRules(link: Link, packet: Packet): void {
    const fate = this.#fate;
    fate.dropped = false;
    fate.delay = 0;
    fate.factor = 1;
    fate.copyAfter = -1;
    fate.overtakes = false;
    fate.held = false;
    // The latency is drawn in any case, so that a fault does not shift the draws of later packets.
    const latency = draw(link.latency, link.random);
    for (const rule of link.rules) {
      rule.onSend(fate, packet);
      if (fate.dropped || fate.held) return;
    }
    const delayed = Math.floor(latency * fate.factor) + fate.delay;
    const overtakes = fate.overtakes;
    const copyAfter = fate.copyAfter;
    this.#dispatch(link, packet, delayed, overtakes);
    if (copyAfter >= 0) this.#dispatch(link, packet, delayed + copyAfter, true);
  }

  #dispatch(link: Link, packet: Packet, latency: Micros, overtakes: boolean): void {
    const now = this.#scheduler.now;
    const free = Math.max(link.busyUntil, now);
    link.busyUntil = free + Math.floor((packet.bytes * 1_000_000) / BANDWIDTH);
    let arrival = link.busyUntil + latency;
    if (!overtakes) {
      if (arrival <= link.lastArrival) arrival = link.lastArrival + 1;
      link.lastArrival = arrival;
    }
    this.#scheduler.schedule(
      arrival,
      packet.to.lane,
      packet.name,
      packet.code,
      arrive,
      link,
      packet,
      packet.epoch,
    );
  }

  #link(from: Machine, to: Machine): Link {
    let row = this.#links[from.lane.index];
    if (row === undefined) {
      row = [];
      this.#links[from.lane.index] = row;
    }
    const existing = row[to.lane.index];
    if (existing !== undefined) return existing;
    const distance = from === to ? "same-host" : distanceOf(from.domain, to.domain);
    const link = new Link(this.#random.fork(`${from.id}→${to.id}`), LATENCY[distance]);
    row[to.lane.index] = link;
    if (from !== to) {
      this.#ends.set(link, [from, to]);
      for (const active of this.#factories) this.#applyFactory(active, link, from, to);
    }
    return link;
  }

  #applyFactory(active: ActiveFactory, link: Link, from: Machine, to: Machine): void {
    const rule = active.factory(from, to);
    if (rule === undefined) return;
    active.rules.set(link, rule);
    link.rules = [...link.rules, rule];
  }
}

function arrive(link: Link, packet: Packet): void {
  for (const rule of link.rules) if (rule.cut?.() === true) return;
  packet.to.receive(packet);
}
