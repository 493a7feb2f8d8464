/**
 * How awaiting code is brought into virtual time.
 *
 * After an event the scheduler must let every promise continuation run before it takes the next event. Node
 * has no public way to do that synchronously; `process._tickCallback` is the function that it runs itself
 * after each callback, and it empties the queues of next-ticks and microtasks at once. Where it is missing or
 * does nothing (inside a microtask, on another runtime) the loop falls back to one `setImmediate` for each
 * drain: some five times slower, the same trace.
 *
 * This is the only file of the world that touches the process: it takes the hooks for unhandled rejections and
 * uncaught exceptions while a universe runs, and gives them back after. Node's warnings wait until then.
 */

type Drain = () => void;

const tickCallback = (process as unknown as { readonly _tickCallback?: Drain })._tickCallback;

/** A new macrotask: here no microtask is under way, so that a synchronous drain works. */
export function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** The run that is under way or was the last; universes that are run at once take turns, for there is one process. */
let lastRun: Promise<unknown> = Promise.resolve();

/**
 * Runs `body` in a macrotask of its own, outside any promise continuation, with the process's hooks for
 * unhandled rejections and uncaught exceptions pointing to `onFailure`, and Node's warnings going to `onWarning`. What was
 * hooked before is restored when `body` is done. Calls that overlap wait for each other.
 */
export function inMacrotask<T>(
  onFailure: OnUncaught,
  onWarning: OnWarning,
  body: () => T | Promise<T>,
): Promise<T> {
  const run = lastRun.then(
    () =>
      new Promise<T>((resolve, reject) => {
        setImmediate(() => {
          const unhook = hookProcess(onFailure);
          const giveWarnings = keepWarnings(onWarning);
          const restore = (): void => {
            unhook();
            giveWarnings();
          };
          try {
            const result = body();
            if (result instanceof Promise) {
              result.finally(restore).then(resolve, reject);
            } else {
              restore();
              resolve(result);
            }
          } catch (error) {
            restore();
            reject(error);
          }
        });
      }),
  );
  lastRun = run.catch(() => {});
  return run;
}

/** Code of a universe began what only real time brings to its end, by a function that no trap stands before. */
export class Unfinished extends Error {
  override readonly name = "Unfinished";
}

/**
 * Writing to a standard stream leaves these behind, which changes nothing in a universe. Node itself makes an immediate after an
 * exception that was caught by a hook; one of somebody else comes in the next turn, and is noticed then.
 */
const HARMLESS: ReadonlySet<string> = new Set([
  "PipeWrap",
  "TTYWrap",
  "WriteWrap",
  "ShutdownWrap",
  "Immediate",
]);

/**
 * Does something, and throws if it began what Node's event loop is to end: nothing else runs meanwhile, so nothing else can have begun
 * it, and nothing has ended.
 *
 * @throws Unfinished
 */
export function finishing(body: () => void): void {
  // What Node's event loop waits for: timers, files, sockets, by their names.
  const before = process.getActiveResourcesInfo();
  body();
  const begun = process.getActiveResourcesInfo();
  if (begun.length <= before.length) return;
  for (const known of before) {
    const at = begun.indexOf(known);
    if (at >= 0) begun.splice(at, 1);
  }
  const real = new Set(begun.filter((resource) => !HARMLESS.has(resource)));
  if (real.size > 0) throw new Unfinished([...real].join(", "));
}

const HOOKS = ["unhandledRejection", "uncaughtException"] as const;

/** What came to the notice of Node because nobody handled it: a rejection, or an exception. */
export type UncaughtKind = (typeof HOOKS)[number];
export type OnUncaught = (error: unknown, kind: UncaughtKind) => void;

/** Points the process's hooks to `onFailure` alone. Returns how to put back what was there, `once` listeners and all. */
function hookProcess(onFailure: OnUncaught): () => void {
  const before = HOOKS.map((hook) => process.rawListeners(hook) as ((error: unknown) => void)[]); // both take an error first
  const ours = HOOKS.map((hook) => (error: unknown) => onFailure(error, hook));
  HOOKS.forEach((hook, i) => {
    process.removeAllListeners(hook);
    process.on(hook, ours[i] as (error: unknown) => void); // as many as there are hooks
  });
  return () => {
    HOOKS.forEach((hook, i) => {
      process.removeListener(hook, ours[i] as (error: unknown) => void); // as above
      for (const listener of before[i] ?? []) process.on(hook, listener);
    });
  };
}

/** Node warns of something; returns whether somebody in the universe has taken notice. */
export type OnWarning = (warning: unknown) => boolean;

/**
 * Node writes a warning to the real standard error stream, which a thread does by a message. From now on those that nobody takes
 * are kept. Returns how to have them written.
 */
function keepWarnings(onWarning: OnWarning): () => void {
  const { emitWarning } = process;
  const kept: unknown[][] = [];
  const keep = (...warning: unknown[]): void => {
    if (!onWarning(warning[0])) kept.push(warning);
  };
  process.emitWarning = keep;
  return () => {
    process.emitWarning = emitWarning;
    for (const warning of kept) (emitWarning as (...warning: unknown[]) => void)(...warning); // as it was given
  };
}

/**
 * The synchronous drain, if it works right here, right now; otherwise undefined.
 * Must be called from a macrotask.
 */
export function synchronousDrain(): Drain | undefined {
  if (typeof tickCallback !== "function") return undefined;
  let ran = false;
  Promise.resolve().then(() => {
    ran = true;
  });
  tickCallback();
  return ran ? () => drainTicks(tickCallback) : undefined;
}

/**
 * Drains until nothing is left. What a next-tick throws comes out of Node's function in the middle of its work, with
 * the stack of asynchronous contexts half unwound, which would end the whole process later. Thrown again in a microtask
 * it takes Node's own way to the hook for uncaught exceptions, which puts that stack in order.
 */
function drainTicks(tickCallback: Drain): void {
  for (;;) {
    try {
      tickCallback();
      return;
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
