/**
 * The world: one universe made from a plan, with everything in it that code under test can't see past.
 *
 * It knows nothing of what runs on its hosts. A system under test says what boots where (`onBoot`), which
 * external services there are (`addExternal`), and reads its workload out of the plan; the world brings
 * hosts, network, disks, clocks and services to life, lets the plan's faults loose, writes the history and runs
 * it all to the end of the plan. Every random draw comes from a stream forked off the plan's seed by name.
 */

import { Bodies } from "./bodies.js";
import { codeOf } from "./codes.js";
import { macrotask, type OnWarning, type UncaughtKind } from "./drain.js";
import { Lane } from "./events.js";
import {
  EXTERNAL_DOMAIN,
  ExternalService,
  type ExternalSpec,
  externalId,
  externalStream,
} from "./external.js";
import { foldFact } from "./fact-hash.js";
import { beginFault, durationOf, type Fault, type FaultKind, targetOf } from "./faults/catalogue.js";
import { type Fact, type FaultFact, History, type HistoryEvent } from "./history.js";
import { Incarnation } from "./incarnation.js";
import { type Boot, type DiskLoss, type Life, Machine, type MachineSpec } from "./machine.js";
import { type Moment, WORLD_MOMENTS } from "./moments.js";
import { Network } from "./network.js";
import type { Plan } from "./plan.js";
import { Random, StreamEpoch } from "./random.js";
import { Scheduler, type SchedulerOptions } from "./scheduler.js";
import type { Micros } from "./time.js";
import { Leak } from "./traps/guard.js";
import { begunAt, TriggerWatch } from "./triggers.js";

/** Code under test threw, or rejected a promise that nobody handled. */
export interface HostFailure {
  readonly at: Micros;
  /** Where it happened; `world` when the world itself was at fault. */
  readonly host: string;
  readonly error: unknown;
}

/** An uncaught error was dealt with, as the process of a real host would: the run goes on. */
export const HANDLED = { error: undefined } as const;
export type Uncaught = (error: unknown, kind: UncaughtKind) => { readonly error: unknown };

/** Code ended its own process where nothing starts it again. */
export class ProcessExit extends Error {
  override readonly name = "ProcessExit";
}

/** Code went on when its universe was over: it had awaited something that no event of the universe brought about. */
export class LateCall extends Error {
  override readonly name = "LateCall";
}

/** How many faults of a kind a plan had, and how many did something. */
export interface FaultCount {
  planned: number;
  fired: number;
}

/** Asked for at thousands of places in a run. */
interface DefectSwitch {
  readonly on: boolean;
  asked: number;
}

const FAULT = codeOf("fault");
const HEAL = codeOf("heal");
/** A buggify point is active in this share of the runs, and then fires in this share of the times it is asked. */
const BUGGIFY_ACTIVE = 0.25;
const BUGGIFY_FIRES = 0.25;

export interface WorldOptions extends SchedulerOptions {
  /**
   * Whether bodies of messages are frozen, and refused when a wire could not carry them. Default false: runs whose bodies are
   * data that nobody changes are the same with it, and take a little longer.
   */
  readonly checkBodies?: boolean;
}

export class World {
  readonly plan: Plan;
  /** Undefined where bodies are taken on trust. */
  readonly bodies: Bodies | undefined;
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly history = new History((error) => this.#fail("world", error));
  /** Hosts in the order of the topology, then external services. */
  readonly machines: Machine[] = [];
  readonly services: { readonly service: ExternalService; readonly machine: Machine }[] = [];
  readonly faults = new Map<FaultKind, FaultCount>();
  /** What crashes took back of disks. Reports show it; code under test, properties and the trace hash know nothing of it. */
  readonly diskLosses: DiskLoss[] = [];
  readonly goals = new Map<string, number>();
  /** Buggify points that were asked, with how often they fired. */
  readonly buggified = new Map<string, number>();
  /** The first failure of code under test; the run stops there. */
  failure: HostFailure | undefined = undefined;
  /** Notified of each fsync; undefined while no fault waits for a moment. */
  aim: TriggerWatch | undefined = undefined;

  readonly #moments = new Map(WORLD_MOMENTS.map((moment) => [moment.id, moment]));
  readonly #machinesById = new Map<string, Machine>();
  readonly #boots = new Map<string, Boot>();
  readonly #uncaught = new Map<string, Uncaught>();
  readonly #warned = new Map<string, OnWarning>();
  readonly #lane: Lane;
  readonly #goalsOfHosts = new Set<string>();
  /** Defect switches that were asked for. */
  readonly #switches = new Map<string, DefectSwitch>();
  readonly #buggifyOn: boolean;
  readonly #era = new StreamEpoch();
  #started = false;
  #over = false;

  constructor(plan: Plan, options: WorldOptions = {}) {
    this.plan = plan;
    this.bodies = options.checkBodies === true ? new Bodies() : undefined;
    this.scheduler = new Scheduler(options);
    this.network = new Network(this.scheduler, this.random("net"));
    this.#lane = new Lane(0, "world", plan.seed, "world", true);
    this.#buggifyOn = plan.knobs.buggify === true;
    for (const { id, domain, role } of plan.topology)
      this.#addMachine({ id, domain, role, external: false, stream: id });
  }

  get now(): Micros {
    return this.scheduler.now;
  }

  /** Defect switches that were asked, on or off, with how often. */
  get defectsAsked(): ReadonlyMap<string, number> {
    return new Map([...this.#switches].map(([id, { asked }]) => [id, asked]));
  }

  /** The stream of this name, independent of all others. */
  random(name: string): Random {
    return new Random(`${this.plan.seed}/${name}`, this.#era);
  }

  /** The machine with this id; a RangeError when there is none. */
  machine(id: string): Machine {
    const machine = this.#machinesById.get(id);
    if (machine === undefined) throw new RangeError(`no host "${id}" in this universe`);
    return machine;
  }

  /** What runs on a host from each of its boots on. */
  onBoot(host: string, boot: Boot): void {
    this.#boots.set(this.machine(host).id, boot);
  }

  /**
   * Asked about what code on a host threw and nobody caught, before that fails the run: the error that it fails with, or
   * `HANDLED` when it does not.
   */
  onUncaught(host: string, handler: Uncaught): void {
    this.#uncaught.set(this.machine(host).id, handler);
  }

  /** Told what Node warns of while code on a host runs. */
  onWarning(host: string, handler: OnWarning): void {
    this.#warned.set(this.machine(host).id, handler);
  }

  incarnate(machine: Machine, incarnation: number): Life {
    return new Incarnation(machine, incarnation);
  }

  bootOf(machine: Machine): Boot | undefined {
    return this.#boots.get(machine.id);
  }

  /** A service beyond the failure model, reached by `host.call(name, …)`. */
  addExternal(name: string, spec: ExternalSpec): ExternalService {
    const service = new ExternalService(name, spec, this.random(externalStream(name)));
    const machine = this.#addMachine({
      id: externalId(name),
      domain: spec.domain ?? EXTERNAL_DOMAIN,
      role: "external",
      external: true,
      stream: externalStream(name),
    });
    this.services.push({ service, machine });
    this.onBoot(machine.id, (host) => service.serve(host, () => this.now));
    return service;
  }

  /** Moments of the system under test that faults may be aimed at, besides the world's own. */
  addMoments(moments: readonly Moment[]): void {
    for (const moment of moments) this.#moments.set(moment.id, moment);
  }

  /** Writes a fact into the history as a consequence of what is being worked out right now. */
  record(host: string, fact: Fact): HistoryEvent {
    const scheduler = this.scheduler;
    const event = this.history.add(scheduler.now, host, scheduler.cause, fact);
    scheduler.cause = event.id;
    foldFact(scheduler, event, fact);
    return event;
  }

  reached(host: string, goal: string): void {
    this.goals.set(goal, (this.goals.get(goal) ?? 0) + 1);
    const key = `${host} ${goal}`;
    if (this.#goalsOfHosts.has(key)) return;
    this.#goalsOfHosts.add(key);
    this.record(host, { kind: "goal", goal });
  }

  /** Off in the quiet period, so that liveness can be judged. */
  buggify(machine: Machine, point: string): boolean {
    if (!this.#buggifyOn || this.now >= this.plan.healAt) return false;
    let random = machine.buggify.get(point);
    if (random === undefined) {
      const active = this.random(`buggify/${point}`).chance(BUGGIFY_ACTIVE);
      random = active ? this.random(`buggify/${point}/${machine.stream}`) : null;
      machine.buggify.set(point, random);
      if (!this.buggified.has(point)) this.buggified.set(point, 0);
    }
    if (random === null || !random.chance(BUGGIFY_FIRES)) return false;
    this.buggified.set(point, (this.buggified.get(point) ?? 0) + 1);
    return true;
  }

  /** Code on a machine has ended its own process: it is started again where the plan says so. */
  exited(machine: Machine, reason: string): void {
    if (this.plan.restarts !== undefined) machine.exit(reason);
    else this.#fail(machine.id, new ProcessExit(reason));
  }

  defect(id: string): boolean {
    let found = this.#switches.get(id);
    if (found === undefined) {
      found = { on: this.plan.defects.includes(id), asked: 0 };
      this.#switches.set(id, found);
    }
    found.asked++;
    return found.on;
  }

  /** Runs to the plan's end, or to `until`. Can be called again to go on. */
  async run(until: Micros = this.plan.duration): Promise<void> {
    if (!this.#started) {
      this.#started = true;
      for (const fault of this.plan.faults) this.#plant(fault);
      const { aim } = this;
      if (aim !== undefined) this.history.on((event) => this.#lookFor(aim, event));
      for (const machine of this.machines) machine.boot();
      this.scheduler.schedule(this.plan.healAt, this.#lane, "heal", HEAL, healDisks, this, undefined);
    }
    const branch = this.plan.branch;
    if (branch !== undefined && this.#era.number === 0 && branch.at <= until) {
      await this.#dispatch(branch.at - 1);
      this.#era.begin(`future ${branch.future}`);
    }
    await this.#dispatch(until);
  }

  /**
   * The universe is over: whatever its code does from now on changes nothing in it. Code that goes on within the next turn of
   * the event loop, since it awaited something real, has failed the run.
   */
  async end(): Promise<void> {
    this.#over = true;
    for (const { incarnation } of this.machines) if (incarnation !== undefined) incarnation.ended = true;
    await macrotask();
  }

  /** Code of a life that has ended has called its host: no wonder when a crash ended it. */
  calledLate(host: string): void {
    if (this.#over) this.failure ??= { at: this.now, host, error: new LateCall() };
  }

  #dispatch(until: Micros): Promise<void> {
    return this.scheduler.run(
      until,
      (lane, error, kind) => {
        const host = lane?.name ?? "world";
        // What reached out of the universe is no program's own business.
        const handler = error instanceof Leak ? undefined : this.#uncaught.get(host);
        const failure = handler?.(error, kind) ?? { error };
        if (failure === HANDLED) return;
        const machine = this.plan.restarts === undefined ? undefined : this.#machinesById.get(host);
        if (machine === undefined || error instanceof Leak) this.#fail(host, failure.error);
        else machine.exit(`uncaught ${String(failure.error)}`);
      },
      // Unmodified programs compare and write text by the machine's locale.
      (lane, { trap }) => trap.ofLocale === true && lane !== undefined && this.#uncaught.has(lane.name),
      (lane, warning) => lane !== undefined && this.#warned.get(lane.name)?.(warning) === true,
    );
  }

  #fail(host: string, error: unknown): void {
    this.failure ??= { at: this.now, host, error };
    this.scheduler.stop();
  }

  #addMachine(spec: MachineSpec): Machine {
    if (this.#machinesById.has(spec.id)) throw new RangeError(`there is a host "${spec.id}" already`);
    const machine = new Machine(this, this.machines.length + 1, spec);
    this.machines.push(machine);
    this.#machinesById.set(machine.id, machine);
    return machine;
  }

  #plant(fault: Fault): void {
    let count = this.faults.get(fault.kind);
    if (count === undefined) {
      count = { planned: 0, fired: 0 };
      this.faults.set(fault.kind, count);
    }
    count.planned++;
    if (fault.trigger === undefined) {
      this.#schedule(fault.at, { fault, count, there: undefined });
      return;
    }
    this.aim ??= new TriggerWatch(
      () => this.now,
      (aimed, host) => this.#strike(aimed, host),
    );
    this.aim.add(fault, this.#moments);
  }

  /** A fault that is aimed is a consequence of the event that its moment came with. */
  #lookFor(aim: TriggerWatch, event: HistoryEvent): void {
    const { scheduler } = this;
    const { cause } = scheduler;
    scheduler.cause = event.id;
    aim.on(event, this.history.events);
    scheduler.cause = cause;
  }

  /** The moment that a fault was aimed at has come at a host. */
  #strike(aimed: Fault, host: string): void {
    const there = this.#machinesById.get(host);
    const count = this.faults.get(aimed.kind);
    if (there === undefined || count === undefined) return;
    const at = this.now + (aimed.trigger?.after ?? 0);
    const fault = begunAt(aimed, at, there);
    if (at + durationOf(fault) <= this.plan.healAt) this.#schedule(at, { fault, count, there: host });
  }

  #schedule(at: Micros, planted: Planted): void {
    const label = `fault ${planted.fault.kind}`;
    this.scheduler.schedule(at, this.#lane, label, FAULT, beginPlanted, this, planted);
  }

  /** Does what a fault does in steps, so long after now. */
  later(delay: Micros, step: () => void): void {
    this.scheduler.schedule(this.now + delay, this.#lane, "fault goes on", FAULT, takeStep, step, undefined);
  }

  /** Schedules the end of a fault that has begun. */
  endLater(fault: Fault, undo: () => void): void {
    const at = this.now + durationOf(fault);
    this.scheduler.schedule(at, this.#lane, `end of ${fault.kind}`, FAULT, endPlanted, this, { fault, undo });
  }
}

function takeStep(step: () => void): void {
  step();
}

/** A fault of the plan as it is to begin. */
interface Planted {
  readonly fault: Fault;
  readonly count: FaultCount;
  /** The host where its moment came; undefined for one that was not aimed. */
  readonly there: string | undefined;
}

/** One-shot failures that found no occasion by then must not strike in the quiet period. */
function healDisks(world: World): void {
  for (const machine of world.machines) machine.disk.heal();
}

function beginPlanted(world: World, { fault, count, there }: Planted): void {
  recordFault(world, fault, "start", there);
  let hasFired = false;
  const undo = beginFault(fault, world, () => {
    if (hasFired) return;
    hasFired = true;
    count.fired++;
    recordFault(world, fault, "fired");
  });
  if ("for" in fault && undo !== undefined) world.endLater(fault, undo);
}

function endPlanted(world: World, planted: { readonly fault: Fault; readonly undo: () => void }): void {
  const { fault, undo } = planted;
  undo();
  recordFault(world, fault, "end");
}

/** @param there the host where the moment came that it was aimed at. */
function recordFault(world: World, fault: Fault, phase: FaultFact["phase"], there?: string): void {
  const fact = {
    kind: "fault",
    phase,
    fault: fault.id,
    faultKind: fault.kind,
    target: targetOf(fault),
  } as const;
  world.record("world", there === undefined ? fact : { ...fact, there });
}
