/**
 * The network: links between machines, and what can go wrong on them.
 *
 * A link goes one way. By itself it delivers every message once, in order, after a latency drawn from the
 * profile of its distance. Rules make it worse: each looks at a packet and says pass, delay by so much, hold or
 * drop; a rule can also ask for a second copy or let a packet overtake. Partitions of every shape, loss,
 * duplication, reordering, slow, flaky, clogged and narrow links are all rules. All rules of a link look at every
 * packet, once, when it is sent, so that none of them shifts another's draws. A link that is cut at the
 * moment of delivery drops what is in flight; what is held goes on when the last rule that holds it has ended.
 *
 * Two machines have a connection once a message has passed between their present lives. Most of the time that means nothing;
 * a connection can be reset, with what is under way on it, and it can be needed where names can't be resolved.
 *
 * The network never changes a message and never makes one up. Messages to an incarnation that has ended are
 * lost with it. A system must survive all of this because switches, routers, queues and cables do it, in one
 * direction only, for minutes, without any notice.
 */

import { codeOf } from "./codes.js";
import type { Lane, ScheduledEvent } from "./events.js";
import { draw, type Random, type Table } from "./random.js";
import type { Scheduler } from "./scheduler.js";
import type { Micros } from "./time.js";
import { distanceOf, LATENCY, type Placed } from "./topology.js";
import { type Waiting, waitingIn } from "./waiting.js";

/** What a rule does with one packet. Fields are set on the one `PacketOutcome` that a send hands through all rules. */
export interface PacketOutcome {
  dropped: boolean;
  /** Added to the latency. */
  delay: Micros;
  /** The latency is multiplied by this; of several slow rules the slowest counts. */
  factor: number;
  /** A second copy follows after this much more; -1 for none. */
  copyAfter: Micros;
  /** It need not wait for those sent before it. */
  overtakes: boolean;
  /** It is held until the rule ends. */
  held: boolean;
}

/** What becomes of a packet that a rule touches. Dropping beats holding, which beats any other change. */
export type Verb = "drop" | "hold" | "change";

/** One thing that is wrong with one link. */
export interface LinkRule {
  readonly verb: Verb;
  /**
   * Looks at a packet that is being sent, and says whether it did something to it. Draws as often for each packet,
   * whatever other rules make of that.
   */
  onSend(outcome: PacketOutcome, packet: Packet): boolean;
  /** What it did to a packet counts: no stronger rule has undone it. */
  fired(): void;
  /** Whether nothing gets through at this moment: packets in flight are dropped on arrival. */
  cut?(): boolean;
}

/** What a rule is asked about: where a link's end stands, and what the streams of its faults are named after. */
export interface LinkEnd extends Placed {
  readonly stream: string;
}

/** What the network knows of a machine. */
export interface Endpoint extends LinkEnd {
  readonly lane: Lane;
  readonly up: boolean;
  readonly world: { readonly network: Network };
  receive(packet: Packet): void;
  /** The connection to that machine is no more. Whether anybody here wants to know. */
  readonly watchesConnections: boolean;
  connectionReset(peer: string): void;
}

/** Decides for each pair of machines whether a fault applies there, and makes the rule for it. */
export type RuleFactory = (from: LinkEnd, to: LinkEnd) => LinkRule | undefined;

/** A message on its way. */
export interface Packet {
  readonly kind: "message" | "request" | "reply";
  readonly name: string;
  readonly code: number;
  readonly from: Endpoint;
  readonly to: Endpoint;
  /** The incarnation that it is meant for. */
  readonly epoch: number;
  /** The incarnation that sent it, and that a reply is for. */
  readonly epochOfSender: number;
  readonly body: unknown;
  readonly bytes: number;
  /** The request that a reply is for, or that waits for one. */
  readonly waiting: Waiting | undefined;
  /** Of those protocols that open several connections between two machines: which one. */
  readonly connection: PacketConnection | undefined;
}

/** A connection among several of two machines. */
export interface PacketConnection {
  readonly id: number;
  /** The packet opens it. */
  readonly opens: boolean;
}

/** Bytes per second of a link that no fault narrows: 1 Gbit/s. */
const BANDWIDTH = 125_000_000;

/** A packet that a rule holds, with all that the other rules have made of it. */
interface Held {
  readonly packet: Packet;
  readonly latency: Micros;
  readonly overtakes: boolean;
  readonly copyAfter: Micros;
}

/** One for all links: among thousands it stays in the processor's caches. */
const NO_RULES: readonly LinkRule[] = [];

class Link {
  rules: readonly LinkRule[] = NO_RULES;
  /** In the order in which they were sent. */
  held: Held[] = [];
  /** When the last packet arrives: without reordering, later ones arrive after it. */
  lastArrival: Micros = 0;
  /** When the sender's side is free again: a narrow link is busy for long. */
  busyUntil: Micros = 0;
  /** The lives between which the last message passed. */
  epochOfSender = -1;
  epochOfReceiver = -1;

  constructor(
    readonly random: Random,
    readonly latency: Table,
  ) {}
}

interface ActiveFactory {
  readonly factory: RuleFactory;
  readonly rules: Map<Link, LinkRule>;
}

/**
 * Looks on while packets travel, for reports. A packet that was sent is delivered once for each copy that arrives
 * at a life of its receiver, or dropped, or neither when its receiver's life ended while it was on its way.
 */
export type PacketWatcher = (event: "sent" | "dropped" | "delivered", packet: Packet) => void;

const RESET = codeOf("connection reset");

export class Network {
  /** Set before the run begins; it must do nothing that code under test could notice. */
  watcher: PacketWatcher | undefined = undefined;
  /** Called for each request that got no reply in time. */
  readonly onTimeout = new Set<(waiting: Waiting) => void>();
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  /** By index of the sender, then of the receiver. */
  readonly #links: (Link | undefined)[][] = [];
  readonly #ends = new Map<Link, readonly [Endpoint, Endpoint]>();
  readonly #factories: ActiveFactory[] = [];
  readonly #outcome: PacketOutcome = {
    dropped: false,
    delay: 0,
    factor: 1,
    copyAfter: -1,
    overtakes: false,
    held: false,
  };
  /** The rules that did something to the packet that is being sent. */
  readonly #touched: LinkRule[] = [];

  /** @param random the stream that links' streams are forked off. */
  constructor(scheduler: Scheduler, random: Random) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  /** Sends a packet; it arrives later, or never. */
  send(packet: Packet): void {
    const link = this.#link(packet.from, packet.to);
    this.watcher?.("sent", packet);
    if (link.rules.length > 0) {
      this.#sendThroughRules(link, packet);
      return;
    }
    use(link, packet);
    this.#deliver(link, packet, draw(link.latency, link.random), false);
  }

  /** A fault begins: its rules apply to every link that the factory picks, existing or yet to come. Returns how to end it. */
  addRules(factory: RuleFactory): () => void {
    const active: ActiveFactory = { factory, rules: new Map() };
    this.#factories.push(active);
    for (const [link, [from, to]] of this.#ends) this.#applyFactory(active, link, from, to);
    return () => {
      this.#factories.splice(this.#factories.indexOf(active), 1);
      for (const [link, rule] of active.rules) {
        link.rules = link.rules.filter((other) => other !== rule);
        if (link.held.length > 0) this.#release(link);
      }
    };
  }

  /** Whether a message has passed between the two lives of a packet before, either way. */
  hasConnection({ from, to, epoch, epochOfSender }: Packet): boolean {
    const there = this.#links[from.lane.index]?.[to.lane.index];
    if (there?.epochOfSender === epochOfSender && there.epochOfReceiver === epoch) return true;
    const back = this.#links[to.lane.index]?.[from.lane.index];
    return back?.epochOfSender === epoch && back.epochOfReceiver === epochOfSender;
  }

  timedOut(waiting: Waiting): void {
    for (const onTimeout of this.onTimeout) onTimeout(waiting);
  }

  /**
   * Resets the connections between machines for which this is true, in either direction: what is under way on
   * them is lost, and requests that wait learn at once that they get no reply. `onLost` is called for each
   * packet and each request.
   */
  reset(isMeant: (a: LinkEnd, b: LinkEnd) => boolean, onLost: () => void): void {
    const scheduler = this.#scheduler;
    for (const event of scheduler.waiting(isArrival)) {
      const packet = event.b as Packet; // what arrivals are scheduled with
      if (!isMeant(packet.from, packet.to)) continue;
      scheduler.cancel(event);
      this.#lose(packet, onLost);
    }
    const pairs: (readonly [Endpoint, Endpoint])[] = [];
    for (const [link, ends] of this.#ends) {
      const [from, to] = ends;
      if (!isMeant(from, to)) continue;
      pairs.push(ends);
      const { held } = link;
      link.held = [];
      for (const { packet } of held) this.#lose(packet, onLost);
      link.epochOfSender = -1;
    }
    const affected = new Set(pairs.flatMap(([a, b]) => [`${a.id} ${b.id}`, `${b.id} ${a.id}`]));
    for (const event of scheduler.waiting((event) => waitingIn(event) !== undefined)) {
      const waiting = waitingIn(event);
      if (waiting === undefined || !affected.has(`${waiting.from} ${waiting.to}`)) continue;
      scheduler.move(event, scheduler.now);
      onLost();
    }
    for (const [a, b] of pairs) {
      if (affected.delete(`${a.id} ${b.id}`)) this.#tellOfReset(a, b);
      if (affected.delete(`${b.id} ${a.id}`)) this.#tellOfReset(b, a);
    }
  }

  #tellOfReset(machine: Endpoint, peer: Endpoint): void {
    if (!machine.watchesConnections) return;
    const scheduler = this.#scheduler;
    scheduler.schedule(scheduler.now, machine.lane, "connection reset", RESET, tellOfReset, machine, peer.id);
  }

  #lose(packet: Packet, onLost: () => void): void {
    this.watcher?.("dropped", packet);
    onLost();
  }

  /** Sends on what was held, unless another rule holds it still. */
  #release(link: Link): void {
    const holder = link.rules.find((rule) => rule.verb === "hold");
    if (holder !== undefined) {
      holder.fired();
      return;
    }
    const held = link.held;
    link.held = [];
    for (const { packet, latency, overtakes, copyAfter } of held) {
      if (isCut(link)) this.watcher?.("dropped", packet);
      else this.#dispatch(link, packet, latency, overtakes, copyAfter);
    }
  }

  #sendThroughRules(link: Link, packet: Packet): void {
    const outcome = this.#outcome;
    outcome.dropped = false;
    outcome.delay = 0;
    outcome.factor = 1;
    outcome.copyAfter = -1;
    outcome.overtakes = false;
    outcome.held = false;
    // The latency is drawn in any case, so that a fault does not shift the draws of later packets.
    const latency = draw(link.latency, link.random);
    const touched = this.#touched;
    touched.length = 0;
    for (const rule of link.rules) if (rule.onSend(outcome, packet)) touched.push(rule);
    const delayed = Math.floor(latency * outcome.factor) + outcome.delay;
    const { dropped, held, overtakes, copyAfter } = outcome;
    for (const rule of touched) {
      if (rule.verb === (dropped ? "drop" : held ? "hold" : rule.verb)) rule.fired();
    }
    if (!dropped) use(link, packet);
    if (dropped) this.watcher?.("dropped", packet);
    else if (held) link.held.push({ packet, latency: delayed, overtakes, copyAfter });
    else this.#dispatch(link, packet, delayed, overtakes, copyAfter);
  }

  #dispatch(link: Link, packet: Packet, latency: Micros, overtakes: boolean, copyAfter: Micros): void {
    this.#deliver(link, packet, latency, overtakes);
    if (copyAfter >= 0) this.#deliver(link, packet, latency + copyAfter, true);
  }

  #deliver(link: Link, packet: Packet, latency: Micros, overtakes: boolean): void {
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
      this.watcher === undefined ? arrive : arriveWatched,
      link,
      packet,
      packet.epoch,
    );
  }

  #link(from: Endpoint, to: Endpoint): Link {
    let row = this.#links[from.lane.index];
    if (row === undefined) {
      row = [];
      this.#links[from.lane.index] = row;
    }
    const existing = row[to.lane.index];
    if (existing !== undefined) return existing;
    const distance = from === to ? "same-host" : distanceOf(from.domain, to.domain);
    const link = new Link(this.#random.fork(`${from.stream}→${to.stream}`), LATENCY[distance]);
    row[to.lane.index] = link;
    if (from !== to) {
      this.#ends.set(link, [from, to]);
      for (const active of this.#factories) this.#applyFactory(active, link, from, to);
    }
    return link;
  }

  #applyFactory(active: ActiveFactory, link: Link, from: Endpoint, to: Endpoint): void {
    const rule = active.factory(from, to);
    if (rule === undefined) return;
    active.rules.set(link, rule);
    link.rules = [...link.rules, rule];
  }
}

/** A message passes: the two lives have a connection. */
function use(link: Link, { epoch, epochOfSender }: Packet): void {
  link.epochOfSender = epochOfSender;
  link.epochOfReceiver = epoch;
}

const isArrival = ({ action }: ScheduledEvent): boolean => action === arrive || action === arriveWatched;

function tellOfReset(machine: Endpoint, peer: string): void {
  machine.connectionReset(peer);
}

function arrive(link: Link, packet: Packet): void {
  if (link.rules.length > 0 && isCut(link)) return;
  packet.to.receive(packet);
}

/** The same, reported to the watcher; separate, so that a run that nobody watches pays nothing for it. */
function arriveWatched(link: Link, packet: Packet): void {
  const cut = link.rules.length > 0 && isCut(link);
  packet.to.world.network.watcher?.(cut || !packet.to.up ? "dropped" : "delivered", packet);
  if (!cut) packet.to.receive(packet);
}

function isCut(link: Link): boolean {
  for (const rule of link.rules) {
    if (rule.cut?.() !== true) continue;
    rule.fired();
    return true;
  }
  return false;
}
