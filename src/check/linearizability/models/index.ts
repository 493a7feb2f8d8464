/** The models that histories from elsewhere are checked against, by name. */
import type { Json } from "../../../sim/plan.js";
import { comparable } from "../../values.js";
import type { Accounting } from "../accounting.js";
import { accountForCounter } from "../counter-accounting.js";
import type { Model } from "../model.js";
import { accountForBag, accountForQueue } from "../queue-accounting.js";
import { accountForRegister } from "../register-accounting.js";
import { accountForElements, accountForSet } from "../set-accounting.js";
import { bagModel } from "./bag.js";
import { bankModel, bankVerbs } from "./bank.js";
import { counterModel, counterVerbs } from "./counter.js";
import { kvModel, kvVerbs } from "./kv.js";
import { fencedLockModel, fencedLockVerbs, lockModel, lockVerbs, reentrantLockModel } from "./lock.js";
import { logModel, logVerbs } from "./log.js";
import { multiRegisterModel, multiRegisterVerbs } from "./multi-register.js";
import { queueModel, queueVerbs } from "./queue.js";
import { casRegisterModel, casRegisterVerbs, registerModel, registerVerbs } from "./register.js";
import { semaphoreModel, semaphoreVerbs } from "./semaphore.js";
import { setModel, setVerbs } from "./set.js";
import { balances, map, type Shape, type Verb, whole } from "./verbs.js";

export {
  bagModel,
  bankModel,
  casRegisterModel,
  counterModel,
  fencedLockModel,
  kvModel,
  lockModel,
  logModel,
  multiRegisterModel,
  queueModel,
  reentrantLockModel,
  registerModel,
  semaphoreModel,
  setModel,
};

/** A model with what belongs to it. Whatever its states are, nobody else looks into them. */
export interface ReadyModel {
  readonly model: Model<unknown>;
  /** The object at the beginning of a sentence: `The register`. */
  readonly noun: string;
  readonly verbs: Readonly<Record<string, Verb>>;
  readonly accounting: Accounting | undefined;
  /** What is wrong with the ledger tells more than what the object could be. */
  readonly ledgerDecides: boolean;
}

/** What an object holds at first, where it isn't nothing. */
interface Start {
  readonly shape: Shape;
  /** It has to be said. */
  readonly required: boolean;
}

interface Kind {
  readonly noun: string;
  readonly verbs: Readonly<Record<string, Verb>>;
  readonly start?: Start;
  /** `initial` in the form of the start's shape; undefined where none was given. */
  make(initial: Json | undefined): Pick<ReadyModel, "model" | "accounting">;
  readonly ledgerDecides?: boolean;
}

const anyValue: Start = { shape: { text: "a value", read: (value) => value }, required: false };
const permits: Shape = {
  text: "the number of permits",
  read: (value) => (typeof whole.read(value) === "number" && (value as number) > 0 ? value : undefined),
};

const plain = <S>(model: Model<S>, accounting?: Accounting): Pick<ReadyModel, "model" | "accounting"> => ({
  model: model as Model<unknown>,
  accounting,
});

const KINDS = {
  register: {
    noun: "The register",
    verbs: registerVerbs,
    start: anyValue,
    make: (initial = null) =>
      plain({ ...registerModel, initial: comparable(initial) }, accountForRegister(comparable(initial))),
  },
  "cas-register": {
    noun: "The register",
    verbs: casRegisterVerbs,
    start: anyValue,
    make: (initial = null) =>
      plain({ ...casRegisterModel, initial: comparable(initial) }, accountForRegister(comparable(initial))),
  },
  "multi-register": {
    noun: "The registers",
    verbs: multiRegisterVerbs,
    start: { shape: map, required: false },
    make: (initial = []) =>
      plain({ ...multiRegisterModel, initial: initial as unknown as typeof multiRegisterModel.initial }),
  },
  kv: {
    noun: "The key",
    verbs: kvVerbs,
    start: anyValue,
    make: (initial = null) =>
      plain({ ...kvModel, initial: comparable(initial) }, accountForRegister(comparable(initial))),
  },
  queue: {
    noun: "The queue",
    verbs: queueVerbs,
    ledgerDecides: true,
    make: () => plain(queueModel, accountForQueue),
  },
  "unordered-queue": {
    noun: "The queue",
    verbs: queueVerbs,
    ledgerDecides: true,
    make: () => plain(bagModel, accountForBag),
  },
  set: { noun: "The set", verbs: setVerbs, ledgerDecides: true, make: () => plain(setModel, accountForSet) },
  "set-full": {
    noun: "The set",
    verbs: { add: setVerbs.add, read: setVerbs.read } as Readonly<Record<string, Verb>>,
    ledgerDecides: true,
    make: () => plain(setModel, accountForElements),
  },
  counter: {
    noun: "The counter",
    verbs: counterVerbs,
    start: { shape: whole, required: false },
    make: (initial = 0) =>
      plain({ ...counterModel, initial: Number(initial) }, accountForCounter(Number(initial))),
    ledgerDecides: true,
  },
  bank: {
    noun: "The bank",
    verbs: bankVerbs,
    start: { shape: balances, required: true },
    make: (initial = []) => plain({ ...bankModel, initial: initial as unknown as typeof bankModel.initial }),
  },
  log: { noun: "The log", verbs: logVerbs, make: () => plain(logModel) },
  lock: { noun: "The lock", verbs: lockVerbs, make: () => plain(lockModel) },
  "reentrant-lock": { noun: "The lock", verbs: lockVerbs, make: () => plain(reentrantLockModel) },
  "fenced-lock": { noun: "The lock", verbs: fencedLockVerbs, make: () => plain(fencedLockModel) },
  semaphore: {
    noun: "The semaphore",
    verbs: semaphoreVerbs,
    start: { shape: permits, required: true },
    make: (initial = 1) => plain({ ...semaphoreModel, initial: { free: Number(initial), held: [] } }),
  },
} as const satisfies Readonly<Record<string, Kind>>;

export type ModelName = keyof typeof KINDS;

export const MODEL_NAMES = Object.keys(KINDS) as readonly ModelName[];

export const verbsOf = (name: ModelName): Readonly<Record<string, Verb>> => KINDS[name].verbs;

/** What is wrong with an initial value, at the end of a sentence; undefined where nothing is. */
export function initialProblem(name: ModelName, initial: Json | undefined): string | undefined {
  const { start }: Kind = KINDS[name];
  if (initial === undefined) {
    return start?.required === true
      ? `a ${name} has to be given ${start.shape.text} that it starts with`
      : undefined;
  }
  if (start === undefined) return `a ${name} always starts empty`;
  return start.shape.read(initial) === undefined ? `a ${name} starts with ${start.shape.text}` : undefined;
}

/** @param initial what it holds at first. @throws RangeError where `initialProblem` has something to say. */
export function readyModel(name: ModelName, initial?: Json): ReadyModel {
  const problem = initialProblem(name, initial);
  if (problem !== undefined) throw new RangeError(problem);
  const kind: Kind = KINDS[name];
  const made = kind.make(initial === undefined ? undefined : kind.start?.shape.read(initial));
  return { ...made, noun: kind.noun, verbs: kind.verbs, ledgerDecides: kind.ledgerDecides ?? false };
}
