/**
 * What customers and operators do to the saga engine: deployments are provisioned, resized, suspended and
 * taken down, some of it is bound to fail, some is cancelled at one moment or another; jobs are enqueued by
 * hand, failed runs cleaned up, resources changed behind the engine's back.
 */
import * as fc from "fast-check";
import { type Json, MILLISECOND, type Micros, type Operation, SECOND } from "seedstorm";
import { UNOBTAINABLE } from "../../model/saga/cloud.js";
import { API, CUSTOMERS, OPERATOR, RUNNERS } from "./topology.js";

export interface Amount {
  readonly min: number;
  readonly max: number;
}

export interface WorkloadShape {
  /** Deployments that are provisioned; each may be changed afterwards. */
  readonly deployments: Amount;
  /** Runs of steps that touch nothing outside. */
  readonly proofs: Amount;
  /** Shares in percent. */
  readonly doomed: number;
  readonly protected: number;
  readonly cancelled: number;
  /** What operators and onlookers do. */
  readonly lists?: Amount;
  readonly reEnqueues?: Amount;
  readonly cleanUps?: Amount;
  readonly tampers?: Amount;
  /** The second version comes to all hosts, one after the other. */
  readonly deploy?: boolean;
  /** Runs are started between these two. */
  readonly from: Micros;
  readonly to: Micros;
}

/** Whole numbers that the particulars of one deployment are taken from. */
interface Draw {
  readonly at: Micros;
  readonly what: number;
  readonly chance: number;
  readonly cancelAfter: Micros;
  readonly pause: Micros;
}

const SIZES = ["S", "m", "L", "XL"] as const;
/** A cancel comes so long after the start, at most: runs take about a second. */
const LATEST_CANCEL: Micros = 2_500 * MILLISECOND;

const share = (percent: number, n: number): boolean => n % 100 < percent;

function choose<T>(items: readonly T[], n: number): T {
  return items[n % items.length] as T; // the lists in this file are not empty
}

function list<T>(item: fc.Arbitrary<T>, { min, max }: Amount = { min: 0, max: 0 }): fc.Arbitrary<T[]> {
  return fc.array(item, { minLength: min, maxLength: max, size: "max" });
}

function drawn(from: Micros, to: Micros): fc.Arbitrary<Draw> {
  return fc.record({
    at: fc.integer({ min: from, max: to }),
    what: fc.nat({ max: 999_999 }),
    chance: fc.nat({ max: 999_999 }),
    cancelAfter: fc.integer({ min: 0, max: LATEST_CANCEL }),
    pause: fc.integer({ min: 0, max: 6_000 }).map((n) => n * MILLISECOND),
  });
}

/** Operations of one workload, with the ids of its runs. */
class Writer {
  readonly operations: Operation[] = [];
  readonly sagas: { readonly id: string; readonly at: Micros }[] = [];
  readonly #shape: WorkloadShape;

  constructor(shape: WorkloadShape) {
    this.#shape = shape;
  }

  /** A deployment's life: it is provisioned, and then changed, suspended or taken down. */
  deployment(draw: Draw, n: number): void {
    const { what, chance, at, pause } = draw;
    const deploymentId = `dep-${n + 1}`;
    const inputs: { [name: string]: Json } = { size: choose(SIZES, what) };
    const doomed = share(this.#shape.doomed, chance);
    if (doomed) {
      if (chance % 3 === 0) inputs.size = UNOBTAINABLE;
      else inputs.address = UNOBTAINABLE;
    }
    if (share(this.#shape.protected, Math.floor(chance / 100))) inputs.protect = true;
    this.#start("provision", deploymentId, inputs, at, draw, 0);
    const next = at + 3 * SECOND + pause;
    const kind = choose(["update", "suspend", "offboard", "none"] as const, Math.floor(what / 10));
    if (kind === "none" || next > this.#shape.to) return;
    this.#start(kind, deploymentId, { size: choose(SIZES, Math.floor(what / 100)) }, next, draw, 1);
  }

  /** Echoes, and perhaps a failure among them. */
  proof(draw: Draw): void {
    const { what, chance, at } = draw;
    const stepModules: string[] = Array.from({ length: 1 + (what % 5) }, () => "Steps.Echo");
    if (share(this.#shape.doomed, chance))
      stepModules[Math.floor(what / 5) % stepModules.length] = "Steps.Fail";
    this.#start("test", null, { message: "hello" }, at, draw, 2, stepModules);
  }

  /** A run that has just been started is enqueued once more. */
  reEnqueue({ what, cancelAfter }: Draw): void {
    if (this.sagas.length === 0) return;
    const { id, at } = choose(this.sagas, what);
    this.byHand("re-enqueue", at + Math.floor(cancelAfter / 4), { sagaId: id });
  }

  list({ at, what }: Draw): void {
    const { id } = this.sagas.length === 0 ? { id: "" } : choose(this.sagas, what);
    if (what % 2 === 0) this.#ask("list", at, what, { limit: 5 });
    else this.#ask("list-steps", at, what, { sagaId: id });
  }

  byHand(action: string, at: Micros, body: Json): void {
    const id = `${action}-${this.operations.length + 1}`;
    this.operations.push({ id, at, host: OPERATOR, action, body });
  }

  #start(
    kind: string,
    deploymentId: string | null,
    inputs: Json,
    at: Micros,
    { what, chance, cancelAfter }: Draw,
    salt: number,
    stepModules?: readonly string[],
  ): void {
    const sagaId = `saga-${this.sagas.length + 1}`;
    const triggeredBy = choose(CUSTOMERS, what + salt);
    this.sagas.push({ id: sagaId, at });
    const request = { sagaId, kind, inputs, deploymentId, triggeredBy };
    this.#ask("start", at, what + salt, stepModules === undefined ? request : { ...request, stepModules });
    const cancelled = share(this.#shape.cancelled, Math.floor(chance / 7) + salt * 31);
    if (cancelled) this.#ask("cancel", at + cancelAfter, what + salt, { sagaId });
  }

  #ask(action: string, at: Micros, who: number, body: Json): void {
    const id = `${action}-${this.operations.length + 1}`;
    this.operations.push({ id, at, host: choose(CUSTOMERS, who), action, body });
  }
}

/** Hosts in a random order, each some time after the one before. */
function rollout(writer: Writer, order: readonly string[], pauses: readonly Micros[], from: Micros): void {
  let at = from;
  order.forEach((host, i) => {
    at += pauses[i] ?? 0;
    writer.byHand("deploy", at, { host, version: 2 });
  });
}

/** An audit sees it. */
const LONG_ENOUGH: Micros = 5 * SECOND;
const CHANGES = ["resize", "delete", "create"] as const;

/** Operations in the order of their times. */
export function workload(shape: WorkloadShape): fc.Arbitrary<Operation[]> {
  const { from, to } = shape;
  const draw = drawn(from, to);
  const hosts = [API, ...RUNNERS];
  return fc
    .record({
      deployments: list(draw, shape.deployments),
      proofs: list(draw, shape.proofs),
      lists: list(draw, shape.lists),
      reEnqueues: list(draw, shape.reEnqueues),
      cleanUps: list(draw, shape.cleanUps),
      tampers: list(draw, shape.tampers),
      order: fc.shuffledSubarray(hosts, { minLength: hosts.length, maxLength: hosts.length }),
      pauses: fc.array(fc.integer({ min: 100 * MILLISECOND, max: 5 * SECOND }), {
        minLength: hosts.length,
        maxLength: hosts.length,
      }),
    })
    .map(({ deployments, proofs, lists, reEnqueues, cleanUps, tampers, order, pauses }) => {
      const writer = new Writer(shape);
      deployments.forEach((each, i) => {
        writer.deployment(each, i);
      });
      for (const each of proofs) writer.proof(each);
      for (const each of reEnqueues) writer.reEnqueue(each);
      for (const each of lists) writer.list(each);
      for (const { at } of cleanUps) writer.byHand("clean-up", at, {});
      for (const { at, what, pause } of tampers) {
        writer.byHand("tamper", at, { change: choose(CHANGES, what), pick: what, for: LONG_ENOUGH + pause });
      }
      if (shape.deploy === true) rollout(writer, order, pauses, from);
      return writer.operations.sort((a, b) => a.at - b.at);
    });
}
