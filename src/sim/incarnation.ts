/**
 * One life of the code on a machine, from boot to crash: the `Host` that this code sees. When it ends, its events are dropped,
 * its promises stay pending for ever and its calls do nothing: nothing of the old life can be heard again, not even from code that
 * is still on the stack when a crash point strikes.
 */
import { codeOf } from "./codes.js";
import { type Disk, HostEnded } from "./disk.js";
import type { DiskAccess, DiskOperation } from "./disk-device.js";
import type { ScheduledEvent } from "./events.js";
import { EXTERNAL_CALL, externalId } from "./external.js";
import type { Fact } from "./history.js";
import {
  type ExternalError,
  type ExternalReply,
  type HostClock,
  type Message,
  type Rpc,
  TIMED_OUT,
  type TimedOut,
  type Timer,
} from "./host.js";
import type { Life, Machine, Universe } from "./machine.js";
import type { Packet, PacketConnection } from "./network.js";
import { openDisk } from "./open-disk.js";
import type { Random } from "./random.js";
import type { Domain, Json, KnobValue } from "./spec.js";
import type { Micros } from "./time.js";
import {
  DEAD_TIMER,
  MachineTimer,
  type TimerEnd,
  tick,
  watchedAction,
  watchedReply,
  watchedTimer,
  wholeDelay,
} from "./timers.js";
import { resolveWaiting, timeOut, type Waiting } from "./waiting.js";

const TIMER = codeOf("timer");
const REQUEST_TIMEOUT = codeOf("request time-out");
/** Takes of a link's bandwidth when the sender doesn't say. */
const DEFAULT_BYTES = 256;
type MessageHandler = (body: unknown, from: string) => void;
type RequestHandler = (body: unknown, from: string) => unknown;

export class Incarnation implements Life {
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
    this.disk = openDisk(machine.disk, new IncarnationDiskAccess(this, machine));
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
      const answer = resolve as (reply: unknown) => void; // the handler of this name replies with an R
      const waiting: Waiting = { from: this.id, to, resolve: answer, timeout: undefined };
      this.#transmit("request", rpc, this.#world.machine(to), body, bytes, waiting);
      const scheduler = this.#world.scheduler;
      const { lane, clock, timerWatcher } = this.#machine;
      const due = scheduler.now + clock.trueDuration(wholeDelay(timeout));
      const over = timerWatcher?.({ kind: "time-out", due, request: { name: rpc.name, to } });
      if (over !== undefined) waiting.resolve = watchedReply(answer, over);
      waiting.timeout = scheduler.schedule(
        due,
        lane,
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
      const due = this.#due(duration);
      const over = this.#machine.timerWatcher?.({ kind: "sleep", due, request: undefined });
      this.#schedule(due, resolve, over);
    });
  }

  after(delay: Micros, action: () => void): Timer {
    if (this.#isOver()) return DEAD_TIMER;
    const due = this.#due(delay);
    const over = this.#machine.timerWatcher?.({ kind: "timer", due, request: undefined });
    const timer = new MachineTimer(this.#world, this.#schedule(due, action, over));
    return over === undefined ? timer : watchedTimer(timer, over);
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

  #due(delay: Micros): Micros {
    return this.#world.scheduler.now + this.#machine.clock.trueDuration(wholeDelay(delay));
  }

  /** @param over of a timer that is watched: to be called when it fires. */
  #schedule(due: Micros, action: () => void, over: ((end: TimerEnd) => void) | undefined): ScheduledEvent {
    const run = over === undefined ? action : watchedAction(action, over);
    return this.#world.scheduler.schedule(due, this.#machine.lane, "timer", TIMER, tick, run, this.#world);
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

/** As `tick`, for what a disk was asked. */
function complete(operation: DiskOperation, world: Universe): void {
  world.scheduler.settle();
  operation.complete();
}

/** What the history says of a call that an external service refused, or that broke off. */
function errorOf({ ok: _, ...error }: ExternalError): { readonly [key: string]: Json } {
  return { ...error };
}

/** What a call of an ended incarnation comes to: nothing, for ever. */
function never<T>(): Promise<T> {
  return new Promise(() => {});
}
