/** `node:timers`, `node:timers/promises` and the global timers of one process. */
import { promisify } from "node:util";
import type { SimulatedProcess } from "../env/simulated-process.js";

type Callback = (...args: unknown[]) => unknown;

interface WaitOptions {
  readonly signal?: AbortSignal;
}

export interface Timers {
  readonly globals: Readonly<Record<string, unknown>>;
  readonly promises: object;
}

function called(callback: unknown): Callback {
  if (typeof callback === "function") return callback as Callback;
  throw Object.assign(new TypeError('The "callback" argument must be of type function.'), {
    code: "ERR_INVALID_ARG_TYPE",
  });
}

export function timersOf(simulated: SimulatedProcess): Timers {
  const { timers } = simulated;
  const setTimeout = (callback: unknown, ms?: unknown, ...args: unknown[]) =>
    timers.timeout(simulated.bound(called(callback)), ms, args);
  const setInterval = (callback: unknown, ms?: unknown, ...args: unknown[]) =>
    timers.timeout(simulated.bound(called(callback)), ms, args, true);
  const setImmediate = (callback: unknown, ...args: unknown[]) =>
    timers.immediate(simulated.bound(called(callback)), args);
  const clear = (timer: unknown): void => timers.clear(timer);

  /** Resolves when a timer fires; rejects when the signal comes first. */
  const wait = <T>(
    start: (fire: () => void) => unknown,
    value: T,
    { signal }: WaitOptions = {},
  ): Promise<T> =>
    new Promise((resolve, reject) => {
      const abort = (): void => {
        timers.clear(timer);
        const error = new Error("The operation was aborted", { cause: signal?.reason });
        reject(Object.assign(error, { name: "AbortError", code: "ABORT_ERR" }));
      };
      const timer = start(() => {
        signal?.removeEventListener("abort", abort);
        resolve(value);
      });
      if (signal?.aborted === true) abort();
      else signal?.addEventListener("abort", abort, { once: true });
    });
  const after = <T>(ms?: unknown, value?: T, options?: WaitOptions) =>
    wait((fire) => setTimeout(fire, ms), value, options);
  const atOnce = <T>(value?: T, options?: WaitOptions) => wait((fire) => setImmediate(fire), value, options);
  Object.defineProperty(setTimeout, promisify.custom, { value: after });
  Object.defineProperty(setImmediate, promisify.custom, { value: atOnce });

  const promises = {
    setTimeout: after,
    setImmediate: atOnce,
    async *setInterval<T>(ms?: unknown, value?: T, options?: WaitOptions) {
      for (;;) yield await after(ms, value, options);
    },
    scheduler: {
      wait: (ms: unknown, options?: WaitOptions) => after(ms, undefined, options),
      yield: () => atOnce(),
    },
  };
  const globals = {
    setTimeout,
    setInterval,
    setImmediate,
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,
  };
  return { globals, promises };
}
