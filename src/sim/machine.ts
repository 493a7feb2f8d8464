/**
 * A machine: what outlives a crash of its code, that is its place, its disk, its clock, its lane of events. It boots its code, takes
 * it down and brings it up again, as faults and supervisors have it; the code itself sees an incarnation.
 */
import type { Bodies } from "./bodies.js";
import { MachineClock } from "./clock.js";
import { codeOf } from "./codes.js";
import { type CrashLoss, DiskDevice } from "./disk-device.js";
import { Lane } from "./events.js";
import type { Fact, HistoryEvent } from "./history.js";
import type { Host } from "./host.js";
import type { Endpoint, Network, Packet } from "./network.js";
import type { Random } from "./random.js";
import type { Scheduler } from "./scheduler.js";
import type { CivilStart, Domain, KnobValue, Restarts } from "./spec.js";
import { MILLISECOND, type Micros, SECOND } from "./time.js";
import { ON_THE_CLOCK, type TimerWatcher } from "./timers.js";
import type { Placed } from "./topology.js";

/** Code that brings a system to life on a host. May be async; a rejection is a failure of this host. */
export type Boot = (host: Host) => void | Promise<void>;

/** One life of the code on a machine. */
export interface Life extends Host {
  /** Whether its boot has run. */
  begun: boolean;
  ended: boolean;
  readonly onReset: ((peer: string) => void) | undefined;
  receive(packet: Packet): void;
}

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
  incarnate(machine: Machine, incarnation: number): Life;
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

const BOOT = codeOf("boot");
const RESTART = codeOf("restart");
const EXIT = codeOf("exit");
/** How supervisors start processes again where a plan does not say. */
const RESTARTS = { first: 100 * MILLISECOND, longest: 10 * SECOND };
/** A process that lasted so long has come up: the next pause is the first one again. */
const CAME_UP: Micros = 10 * SECOND;

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
  /** Notified of the timers that its code sets; it only looks on. */
  timerWatcher: TimerWatcher | undefined = undefined;
  /** The life that is being lived; undefined while the machine is down. */
  incarnation: Life | undefined = undefined;
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
    const incarnation = this.world.incarnate(this, this.incarnations);
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

function bootIncarnation(machine: Machine, incarnation: Life): void {
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
