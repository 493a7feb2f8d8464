/**
 * A machine and its incarnations.
 *
 * The machine is what outlives a crash: its place, its disk, its clock, its lane of events. An incarnation is
 * one life of the code on it, from boot to crash, and is the `Host` that this code sees. When it ends, its
 * events are dropped, its promises stay pending for ever and its calls do nothing: nothing of the old life can
 * be heard again, not even from code that is still on the stack when a crash point strikes.
 */
import type { Bodies } from "./bodies.js";
import { MachineClock } from "./clock.js";
import { codeOf } from "./codes.js";
import type { Disk } from "./disk.js";
import { type CrashLoss, type DiskAccess, DiskDevice, type DiskOperation, HostEnded } from "./disk.js";
import { EXTERNAL_CALL, externalId } from "./external.js";
import type { Fact, HistoryEvent } from "./history.js";
import {
  type ExternalError,
  type ExternalReply,
  type Host,
  type HostClock,
  type Message,
  type Rpc,
  TIMED_OUT,
  type TimedOut,
  type Timer,
} from "./host.js";
import type { Endpoint, Network, Packet, PacketConnection } from "./network.js";
import type { Random } from "./random.js";
import { Lane, type ScheduledEvent, type Scheduler } from "./scheduler.js";
import type { CivilStart, Domain, Json, KnobValue, Restarts } from "./spec.js";
import { MILLISECOND, type Micros, SECOND } from "./time.js";
import type { Placed } from "./topology.js";
import { resolveWaiting, timeOut, type Waiting } from "./waiting.js";

/** Code that brings a system to life on a host. May be async; a rejection is a failure of this host. */
export type Boot = (host: Host) => void | Promise<void>;

/** What a machine needs of the world that it stands in. */
export interface Universe {
  readonly plan: {
    readonly seed: number;
    readonly knobs: Readonly<Record<string, KnobValue>>;
    readonly restarts?: Restarts;
    readonly civil?: CivilStart;
  };
  readonly scheduler: Scheduler;
  readonly network: Network;
  /** Notified of each fsync; undefined while no fault waits for a moment. */
  readonly aim: { onFsync(host: string, side: "before" | "after"): void } | undefined;
  readonly bodies: Bodies | undefined;
  readonly diskLosses: DiskLoss[];
  machine(id: string): Machine;
  random(name: string): Random;
  bootOf(machine: Machine): Boot | undefined;
  record(host: string, fact: Fact): HistoryEvent;
  reached(host: string, goal: string): void;
  buggify(machine: Machine, point: string): boolean;
  defect(id: string): boolean;
  /** Code on a machine has ended its own process. */
  exited(machine: Machine, reason: string): void;
  /** A life that has ended was called: nothing unless the whole universe is over. */
  calledLate(host: string): void;
}

/** What a crash took back of a host's disk. */
export interface DiskLoss extends CrashLoss {
  readonly host: string;
  readonly at: Micros;
  /** Id of the crash in the history; -1 where power failed while no process ran. */
  readonly event: number;
}

/** A process that ends itself whenever it has run for a while. */
interface CrashLoop {
  readonly up: Micros;
  readonly reason: string;
  readonly onExit: () => void;
}

/** A fault that waits for the n-th crash point of a machine. */
export interface ArmedCrashPoint {
  /** How many more crash points to let pass. */
  remaining: number;
  readonly side: "before" | "after";
  readonly strike: () => void;
}

const TIMER = codeOf("timer");
const REQUEST_TIMEOUT = codeOf("request time-out");
const BOOT = codeOf("boot");
const RESTART = codeOf("restart");
const EXIT = codeOf("exit");
/** How supervisors start processes again where a plan does not say. */
const RESTARTS = { first: 100 * MILLISECOND, longest: 10 * SECOND };
/** A process that lasted so long has come up: the next pause is the first one again. */
const CAME_UP: Micros = 10 * SECOND;
/** Takes of a link's bandwidth when the sender doesn't say. */
const DEFAULT_BYTES = 256;
/** Longer than any run: what a timer without end comes to. */
const FOREVER: Micros = 1_000_000_000_000_000;

const unheard = (): void => {};

/** What a machine is made from. */
export interface MachineSpec extends Placed {
  readonly role: string;
  /** What its random streams are named after: for a host its id. */
  readonly stream: string;
}

export class Machine implements MachineSpec, Endpoint {
  readonly id: string;
  readonly stream: string;
  readonly domain: Domain;
  readonly role: string;
  readonly external: boolean;
  readonly lane: Lane;
  readonly clock: MachineClock;
  readonly disk: DiskDevice;
  readonly world: Universe;
  /** The life that is being lived; undefined while the machine is down. */
  incarnation: Incarnation | undefined = undefined;
  /** How many lives it has had. */
  incarnations = 0;
  /** Durable writes and external calls so far, in all its lives: the numbers of its crash points. */
  crashPoints = 0;
  readonly armed: ArmedCrashPoint[] = [];
  /** Streams of its buggify points by name; null where a point is not active in this run. */
  readonly buggify = new Map<string, Random | null>();
  /** Called for each name that can't be resolved, while there is one. */
  readonly namesFail: (() => void)[] = [];
  /** Faults that keep it down; it restarts when the last of them ends. */
  #downBy = 0;
  /** Its process has ended itself, and the power is on: what it wrote is in the cache. */
  #betweenLives = false;
  /** How long the next process that ends itself has to wait, and since when the present one runs. */
  #backOff: Micros;
  #upSince: Micros = 0;
  #loops: readonly CrashLoop[] = [];
  #knobs: Readonly<Record<string, KnobValue>>;
  /** The pauses that hold its events at present: for each, what to call when an event has to wait. */
  readonly #pauses: (() => void)[] = [];

  constructor(world: Universe, index: number, spec: MachineSpec) {
    this.world = world;
    this.id = spec.id;
    this.domain = spec.domain;
    this.role = spec.role;
    this.external = spec.external;
    this.stream = spec.stream;
    this.lane = new Lane(index, spec.id, world.plan.seed, spec.stream);
    this.clock = new MachineClock(() => world.scheduler.now, world.plan.civil);
    this.#backOff = (world.plan.restarts ?? RESTARTS).first;
    this.#knobs = world.plan.knobs;
    // Not a literal in the assignment: V8 takes such functions for lasting ones and puts them into the old generation,
    // from where they keep a universe that is over, all of it, through each collection of the young one.
    const retime = (when: (at: Micros) => Micros): boolean =>
      world.scheduler.retime(this.lane, ON_THE_CLOCK, when);
    this.clock.onRateChange = retime;
    this.disk = new DiskDevice();
  }

  get up(): boolean {
    return this.incarnation !== undefined;
  }

  /** Settings of the code that runs on it: the plan's, or those that it was upgraded to. */
  get knobs(): Readonly<Record<string, KnobValue>> {
    return this.#knobs;
  }

  get watchesConnections(): boolean {
    return this.incarnation?.onReset !== undefined;
  }

  connectionReset(peer: string): void {
    this.world.scheduler.settle();
    this.incarnation?.onReset?.(peer);
  }

  /** Begins a new life. Harmless while it is up or while a fault keeps it down. */
  boot(): void {
    if (this.incarnation !== undefined || this.#downBy > 0) return;
    this.lane.epoch++;
    this.incarnations++;
    this.#betweenLives = false;
    const { scheduler } = this.world;
    this.#upSince = scheduler.now;
    const incarnation = new Incarnation(this, this.incarnations);
    this.incarnation = incarnation;
    scheduler.schedule(scheduler.now, this.lane, "boot", BOOT, bootIncarnation, this, incarnation);
    for (const loop of this.#loops)
      scheduler.schedule(scheduler.now + loop.up, this.lane, "exit", EXIT, exitAgain, this, loop);
  }

  /**
   * Ends the life at once: as a power cut would or, with a reason, as a process that ends itself, of which the cache keeps what
   * was written. Returns whether there was one to end; one whose boot has not run yet was none.
   */
  crash(exit?: string): boolean {
    const incarnation = this.incarnation;
    if (incarnation === undefined) {
      if (!this.#betweenLives || exit !== undefined) return false;
      const loss = this.#losePower();
      const { scheduler, diskLosses } = this.world;
      if (loss !== undefined) diskLosses.push({ host: this.id, at: scheduler.now, event: -1, ...loss });
      return false;
    }
    incarnation.ended = true;
    this.incarnation = undefined;
    this.lane.epoch++;
    this.lane.held = [];
    if (!incarnation.begun) {
      this.incarnations--;
      return false;
    }
    let loss: CrashLoss | undefined;
    if (exit === undefined) loss = this.#losePower();
    else {
      this.#betweenLives = true;
      this.disk.abandon();
    }
    const { id, at } = this.world.record(this.id, {
      kind: "host",
      phase: "crash",
      incarnation: incarnation.incarnation,
      ...(exit === undefined ? {} : { exit }),
    });
    if (loss !== undefined) this.world.diskLosses.push({ host: this.id, at, event: id, ...loss });
    return true;
  }

  #losePower(): CrashLoss | undefined {
    this.#betweenLives = false;
    return this.disk.crash(this.world.random(`crash/${this.stream}/${this.incarnations}`));
  }

  /**
   * The process ends itself: its connections are reset, and its supervisor starts it again, after a pause that doubles until a
   * process has lasted. Returns whether there was one.
   */
  exit(reason: string): boolean {
    const { scheduler, network, plan } = this.world;
    const { first, longest } = plan.restarts ?? RESTARTS;
    if (scheduler.now - this.#upSince >= CAME_UP) this.#backOff = first;
    if (!this.crash(reason)) return false;
    network.reset((a, b) => (a.id === this.id) !== (b.id === this.id), unheard);
    const at = scheduler.now + this.#backOff;
    this.#backOff = Math.min(this.#backOff * 2, longest);
    scheduler.schedule(at, this.lane, "restart", RESTART, bootAgain, this, undefined);
    return true;
  }

  /** Its process ends, and again whenever it has run for `up`. Returns how to end that, with the process up. */
  crashLoop(up: Micros, reason: string, onExit: () => void): () => void {
    const loop: CrashLoop = { up, reason, onExit };
    this.#loops = [...this.#loops, loop];
    if (this.exit(reason)) onExit();
    return () => {
      this.#loops = this.#loops.filter((other) => other !== loop);
      if (this.#loops.length > 0) return;
      this.#backOff = (this.world.plan.restarts ?? RESTARTS).first;
      this.boot();
    };
  }

  /** @internal A life has lasted as long as a loop lets it. */
  exitAgain(loop: CrashLoop): void {
    if (this.#loops.includes(loop) && this.exit(loop.reason)) loop.onExit();
  }

  /** It is gone for good. Returns whether it was up. */
  lose(): boolean {
    const wasUp = this.takeDown();
    this.world.record(this.id, { kind: "host", phase: "gone", incarnation: this.incarnations });
    return wasUp;
  }

  /** From its next boot on it runs with these settings in the place of the plan's. */
  upgrade(settings: Readonly<Record<string, KnobValue>>): void {
    this.#knobs = { ...this.#knobs, ...settings };
  }

  /**
   * Takes it down and keeps it down until `bringUp` was called as often as this; with a reason, only its process. Returns whether
   * it was up.
   */
  takeDown(exit?: string): boolean {
    this.#downBy++;
    return this.crash(exit);
  }

  /** Takes one `takeDown` back; harmless without one. */
  bringUp(): void {
    if (this.#downBy === 0) return;
    this.#downBy--;
    if (this.#downBy === 0) this.boot();
  }

  /**
   * Its events wait from now on, while its clock goes on. `onHeld` is called for each that waits until this
   * pause ends.
   */
  pause(onHeld: () => void = unheard): void {
    this.#pauses.push(onHeld);
    if (this.#pauses.length > 1) return;
    this.lane.paused = true;
    // Named for the same reason as `retime`.
    const tellAll = (): void => {
      for (const onHeld of this.#pauses) onHeld();
    };
    this.lane.onHeld = tellAll;
    this.world.record(this.id, { kind: "host", phase: "pause", incarnation: this.incarnations });
  }

  /**
   * Ends the pause that began with this callback, or else the latest; harmless without one. What waited comes when
   * the last pause ends.
   */
  resume(onHeld?: () => void): void {
    if (this.#pauses.length === 0) return;
    const index = onHeld === undefined ? -1 : this.#pauses.indexOf(onHeld);
    this.#pauses.splice(index, 1);
    if (this.#pauses.length > 0) return;
    this.world.record(this.id, { kind: "host", phase: "resume", incarnation: this.incarnations });
    this.world.scheduler.resume(this.lane);
  }

  /** A packet has arrived for the life that it was sent to. */
  receive(packet: Packet): void {
    this.incarnation?.receive(packet);
  }

  /**
   * One more crash point is reached; false when the machine was crashed there. Beginnings and completions are
   * counted apart, since of several writes under way a later one may be done first.
   */
  passCrashPoint(side: "before" | "after"): boolean {
    if (side === "before") this.crashPoints++;
    let struck: ArmedCrashPoint | undefined;
    for (const armed of this.armed) {
      if (armed.side !== side || --armed.remaining > 0) continue;
      struck ??= armed;
    }
    if (struck === undefined) return true;
    this.armed.splice(this.armed.indexOf(struck), 1);
    struck.strike();
    return false;
  }
}

function bootIncarnation(machine: Machine, incarnation: Incarnation): void {
  incarnation.begun = true;
  machine.world.record(machine.id, { kind: "host", phase: "boot", incarnation: incarnation.incarnation });
  machine.world.scheduler.settle();
  machine.world.bootOf(machine)?.(incarnation);
}

function bootAgain(machine: Machine): void {
  machine.boot();
}

function exitAgain(machine: Machine, loop: CrashLoop): void {
  machine.exitAgain(loop);
}

type MessageHandler = (body: unknown, from: string) => void;
type RequestHandler = (body: unknown, from: string) => unknown;

class Incarnation implements Host {
  readonly id: string;
  readonly domain: Domain;
  readonly role: string;
  readonly incarnation: number;
  readonly clock: HostClock;
  readonly random: Random;
  readonly disk: Disk;
  readonly knobs: Readonly<Record<string, KnobValue>>;
  /** Whether its boot has run. */
  begun = false;
  ended = false;
  onReset: ((peer: string) => void) | undefined = undefined;

  readonly #machine: Machine;
  readonly #world: Universe;
  readonly #messageHandlers = new Map<string, MessageHandler>();
  readonly #requestHandlers = new Map<string, RequestHandler>();

  constructor(machine: Machine, incarnation: number) {
    const world = machine.world;
    this.#machine = machine;
    this.#world = world;
    this.id = machine.id;
    this.domain = machine.domain;
    this.role = machine.role;
    this.incarnation = incarnation;
    this.clock = machine.clock;
    this.random = world.random(`host/${machine.stream}/${incarnation}`);
    this.knobs = machine.knobs;
    this.disk = machine.disk.open(new IncarnationDiskAccess(this, machine));
  }

  /** Whether calls do nothing any more. */
  #isOver(): boolean {
    if (this.ended) this.#world.calledLate(this.id);
    return this.ended;
  }

  send<B>(
    message: Message<B>,
    to: string,
    body: B,
    bytes = DEFAULT_BYTES,
    connection?: PacketConnection,
  ): void {
    if (this.#isOver()) return;
    this.#transmit("message", message, this.#world.machine(to), body, bytes, undefined, connection);
  }

  onMessage<B>(message: Message<B>, handler: (body: B, from: string) => void): void {
    this.#messageHandlers.set(message.name, handler as MessageHandler); // bodies of this name are of type B
  }

  request<Q, R>(
    rpc: Rpc<Q, R>,
    to: string,
    body: Q,
    timeout: Micros,
    bytes = DEFAULT_BYTES,
  ): Promise<R | TimedOut> {
    return new Promise((resolve) => {
      if (this.#isOver()) return;
      const waiting: Waiting = {
        from: this.id,
        to,
        resolve: resolve as (reply: unknown) => void, // the handler of this name replies with an R
        timeout: undefined,
      };
      this.#transmit("request", rpc, this.#world.machine(to), body, bytes, waiting);
      const scheduler = this.#world.scheduler;
      waiting.timeout = scheduler.schedule(
        scheduler.now + this.#machine.clock.trueDuration(wholeDelay(timeout)),
        this.#machine.lane,
        "request time-out",
        REQUEST_TIMEOUT,
        timeOut,
        this.#world,
        waiting,
      );
    });
  }

  onRequest<Q, R>(rpc: Rpc<Q, R>, handler: (body: Q, from: string) => R | Promise<R>): void {
    this.#requestHandlers.set(rpc.name, handler as RequestHandler); // bodies of this name are of type Q
  }

  async call<R>(
    service: string,
    operation: string,
    token: string,
    body: Json,
    timeout: Micros,
  ): Promise<ExternalReply<R> | TimedOut> {
    const machine = this.#machine;
    if (this.#isOver() || !machine.passCrashPoint("before")) return never();
    this.record({ kind: "external", phase: "attempt", service, operation, token, value: body });
    const reply = await this.request(EXTERNAL_CALL, externalId(service), { operation, token, body }, timeout);
    if (this.#isOver() || !machine.passCrashPoint("after")) return never();
    if (reply === TIMED_OUT) return TIMED_OUT;
    const value = reply.ok ? reply.value : errorOf(reply);
    this.record({ kind: "external", phase: "reply", service, operation, token, value });
    return reply as ExternalReply<R>; // what this operation answers is known to the caller alone
  }

  resolvesNames(): boolean {
    const failing = this.#machine.namesFail;
    for (const fired of failing) fired();
    return failing.length === 0;
  }

  onConnectionReset(handler: (peer: string) => void): void {
    this.onReset = handler;
  }

  exit(reason: string): never {
    if (!this.#isOver()) this.#world.exited(this.#machine, reason);
    throw new HostEnded(`the process on ${this.id} has ended: ${reason}`);
  }

  sleep(duration: Micros): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isOver()) return;
      this.#schedule(duration, tick, resolve);
    });
  }

  after(delay: Micros, action: () => void): Timer {
    if (this.#isOver()) return DEAD_TIMER;
    return new MachineTimer(this.#world, this.#schedule(delay, tick, action));
  }

  record(fact: Fact): void {
    if (!this.#isOver()) this.#world.record(this.id, fact);
  }

  reached(goal: string): void {
    if (!this.#isOver()) this.#world.reached(this.id, goal);
  }

  buggify(point: string): boolean {
    return !this.#isOver() && this.#world.buggify(this.#machine, point);
  }

  defect(id: string): boolean {
    return this.#world.defect(id);
  }

  receive(packet: Packet): void {
    switch (packet.kind) {
      case "message":
        this.#world.scheduler.settle();
        this.#messageHandlers.get(packet.name)?.(packet.body, packet.from.id);
        return;
      case "request":
        this.#answer(packet);
        return;
      case "reply":
        resolveWaiting(this.#world, packet.waiting, packet.body);
    }
  }

  #answer(packet: Packet): void {
    const handler = this.#requestHandlers.get(packet.name);
    if (handler === undefined) return; // nobody listens there (yet): the caller times out
    this.#world.scheduler.settle();
    const reply = handler(packet.body, packet.from.id);
    if (reply instanceof Promise) {
      void reply.then((value) => this.#reply(packet, value));
    } else {
      this.#reply(packet, reply);
    }
  }

  #reply(packet: Packet, value: unknown): void {
    if (this.#isOver()) return;
    this.#world.bodies?.send(packet.name, value);
    const reply: Packet = {
      kind: "reply",
      name: packet.name,
      code: packet.code,
      from: this.#machine,
      to: packet.from,
      epoch: packet.epochOfSender,
      epochOfSender: this.#machine.lane.epoch,
      body: value,
      bytes: DEFAULT_BYTES,
      waiting: packet.waiting,
      connection: undefined,
    };
    this.#world.network.send(reply);
  }

  #transmit(
    kind: "message" | "request",
    name: { readonly name: string; readonly code: number },
    to: Machine,
    body: unknown,
    bytes: number,
    waiting: Waiting | undefined,
    connection?: PacketConnection,
  ): void {
    this.#world.bodies?.send(name.name, body);
    this.#world.network.send({
      kind,
      name: name.name,
      code: name.code,
      from: this.#machine,
      to,
      epoch: to.lane.epoch,
      epochOfSender: this.#machine.lane.epoch,
      body,
      bytes,
      waiting,
      connection,
    });
  }

  #schedule<A>(delay: Micros, action: (a: A, world: Universe) => void, a: A): ScheduledEvent {
    const scheduler = this.#world.scheduler;
    const machine = this.#machine;
    const at = scheduler.now + machine.clock.trueDuration(wholeDelay(delay));
    return scheduler.schedule(at, machine.lane, "timer", TIMER, action, a, this.#world);
  }
}

/** Gives one incarnation's disk calls their events and their crash points. */
class IncarnationDiskAccess implements DiskAccess {
  readonly random: Random;
  readonly #incarnation: Incarnation;
  readonly #machine: Machine;
  readonly #codes = new Map<string, number>();

  constructor(incarnation: Incarnation, machine: Machine) {
    this.#incarnation = incarnation;
    this.#machine = machine;
    this.random = machine.world.random(`disk/${machine.stream}/${incarnation.incarnation}`);
  }

  schedule(operation: DiskOperation, delay: Micros): void {
    const { label } = operation;
    let code = this.#codes.get(label);
    if (code === undefined) {
      code = codeOf(label);
      this.#codes.set(label, code);
    }
    const { scheduler } = this.#machine.world;
    scheduler.schedule(
      scheduler.now + delay,
      this.#machine.lane,
      label,
      code,
      complete,
      operation,
      this.#machine.world,
    );
  }

  durableWrite(): boolean {
    this.#machine.world.aim?.onFsync(this.#machine.id, "before");
    return this.#machine.passCrashPoint("before");
  }

  durableWritten(): boolean {
    this.#machine.world.aim?.onFsync(this.#machine.id, "after");
    return this.#machine.passCrashPoint("after");
  }

  alive(): boolean {
    if (!this.#incarnation.ended) return true;
    this.#machine.world.calledLate(this.#machine.id);
    return false;
  }
}

class MachineTimer implements Timer {
  readonly #world: Universe;
  readonly #event: ScheduledEvent;

  constructor(world: Universe, event: ScheduledEvent) {
    this.#world = world;
    this.#event = event;
  }

  cancel(): void {
    this.#world.scheduler.cancel(this.#event);
  }
}

const DEAD_TIMER: Timer = { cancel: () => {} };

/**
 * Resolves a promise, or runs a callback of code under test. Any such callback may settle a promise that other
 * code awaits, so what awaits goes on within this same event, even when the callback throws.
 */
function wake(action: () => void, world: Universe): void {
  world.scheduler.settle();
  action();
}

/** As `wake`, for what a disk was asked. */
function complete(operation: DiskOperation, world: Universe): void {
  world.scheduler.settle();
  operation.complete();
}

/** A delay as whole microseconds; 0 for one that is negative or not a number. */
function wholeDelay(delay: Micros): Micros {
  return delay > 0 ? Math.floor(Math.min(delay, FOREVER)) : 0;
}

/** Goes on from a sleep, or runs a timer's action. */
function tick(action: () => void, world: Universe): void {
  wake(action, world);
}

/** What the history says of a call that an external service refused, or that broke off. */
function errorOf({ ok: _, ...error }: ExternalError): { readonly [key: string]: Json } {
  return { ...error };
}

/** What runs on the machine's clock: moved when that changes its rate. */
const ON_THE_CLOCK: ReadonlySet<unknown> = new Set([tick, timeOut]);

/** What a call of an ended incarnation comes to: nothing, for ever. */
function never<T>(): Promise<T> {
  return new Promise(() => {});
}
