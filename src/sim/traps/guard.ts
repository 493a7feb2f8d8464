/**
 * The guard over whatever would let something from outside into a universe: clocks, chance, timers, files, sockets, the
 * environment. The functions that do so are wrapped once in the life of the process, and hand every call on as it is
 * while no universe runs. While one runs, the first call fails the run with a sentence that says what to use instead.
 *
 * Left out: what no function stands for (a dynamic import, a native add-on, the order in which threads run).
 */
import { promisify } from "node:util";

/** What a call would let in, and what to use instead. */
export interface Trap {
  /** `Date.now`. */
  readonly what: string;
  /** `host.clock.now()`. */
  readonly instead: string;
  /** It differs by the machine's locale alone, of which an unmodified program may take no notice. */
  readonly ofLocale?: true;
}

/** Code in a universe reached for something outside of it. */
export class Leak extends Error {
  override readonly name = "Leak";

  readonly trap: Trap;

  constructor(trap: Trap) {
    super(`called ${trap.what}: use ${trap.instead}`);
    this.trap = trap;
  }
}

/**
 * Called with each leak before it is thrown, so that code which swallows exceptions does not swallow this
 * one. Returns whether it may pass all the same.
 */
type OnLeak = (leak: Leak) => boolean;

let guard: OnLeak | undefined;

/** From now on leaks are reported and thrown. Returns how to end that; guards don't nest. */
export function raiseGuard(onLeak: OnLeak): () => void {
  guard = onLeak;
  return () => {
    guard = undefined;
  };
}

export const isGuarded = (): boolean => guard !== undefined;

/** Does something of the harness's own in the midst of a universe, where the guard looks away. */
export function outsideTheGuard<T>(body: () => T): T {
  const before = guard;
  guard = undefined;
  try {
    return body();
  } finally {
    guard = before;
  }
}

/** A function of the harness's own, whoever calls it. */
export function pastTheGuard<A extends unknown[], R>(real: (...args: A) => R): (...args: A) => R {
  return (...args) => outsideTheGuard(() => real(...args));
}

/** What can be called or made. */
// biome-ignore lint/suspicious/noExplicitAny: a function of any shape is wrapped without looking at its arguments' types
type Callable = (...args: any[]) => unknown;

/** Looks at a call's arguments; undefined for one that is harmless. */
export type Judge = (args: readonly unknown[], isNew: boolean) => Trap | undefined;

/** Fails the run, unless it is the platform itself that asks. @param callee its frames tell nothing of who asked. */
function judge(found: Trap | undefined, callee: Callable): void {
  if (found === undefined || guard === undefined) return;
  const report = guard;
  const leak = outsideTheGuard(() => {
    const made = new Leak(found);
    Error.captureStackTrace(made, callee);
    return isOfThePlatform(made.stack ?? "") ? undefined : made;
  });
  if (leak !== undefined && !report(leak)) throw leak;
}

/** Somebody looks at what no call stands for. @param callee the function that looks, on behalf of the property. */
export function judgeLook(found: Trap, callee: Callable): void {
  if (guard !== undefined) judge(found, callee);
}

/**
 * Node calls its own public functions now and then. A module that is required late reads its file, and so does whatever
 * looks up where compiled code stands in its source.
 */
function isOfThePlatform(stack: string): boolean {
  const caller = /^\s+at .*$/m.exec(stack)?.[0] ?? "";
  return /[( ]node:/.test(caller) || /node:internal\/modules|prepareStackTrace/.test(stack);
}

/** A function that fails the run when it is called while one is under way. */
export function trapped<F extends object>(real: F, look: Judge): F {
  const handler: ProxyHandler<F> = {
    apply(target, self, args) {
      if (guard !== undefined) judge(look(args, false), handler.apply as Callable); // it is defined right here
      return Reflect.apply(target as unknown as Callable, self, args); // only functions are called
    },
    construct(target, args, made) {
      if (guard !== undefined) judge(look(args, true), handler.construct as Callable); // it is defined right here
      return Reflect.construct(target as unknown as Callable, args, made); // only constructors are made
    },
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      if (name !== promisify.custom || typeof value !== "function") return value;
      // A proxy must give back what its target can't change.
      return Reflect.getOwnPropertyDescriptor(target, name)?.configurable === false
        ? value
        : trapped(value, look);
    },
  };
  return new Proxy(real, handler);
}

/** An object of which every look at its properties counts, but for these names. */
export function trappedObject<T extends object>(real: T, trap: Trap, harmless: ReadonlySet<string>): T {
  const look = (name: PropertyKey, callee: unknown): void => {
    if (guard === undefined || typeof name !== "string" || harmless.has(name)) return;
    judge({ ...trap, what: `${trap.what}.${name}` }, callee as Callable); // one of the functions below
  };
  const handler: ProxyHandler<T> = {
    get(target, name) {
      look(name, handler.get);
      return Reflect.get(target, name);
    },
    has(target, name) {
      look(name, handler.has);
      return Reflect.has(target, name);
    },
    set(target, name, value) {
      look(name, handler.set);
      return Reflect.set(target, name, value);
    },
    deleteProperty(target, name) {
      look(name, handler.deleteProperty);
      return Reflect.deleteProperty(target, name);
    },
    getOwnPropertyDescriptor(target, name) {
      look(name, handler.getOwnPropertyDescriptor);
      return Reflect.getOwnPropertyDescriptor(target, name);
    },
    ownKeys(target) {
      if (guard !== undefined) judge(trap, handler.ownKeys as Callable); // it is defined right here
      return Reflect.ownKeys(target);
    },
  };
  return new Proxy(real, handler);
}
