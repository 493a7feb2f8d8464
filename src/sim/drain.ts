/**
 * How awaiting code is brought into virtual time.
 *
 * After an event the scheduler must let every promise continuation run before it takes the next event. Node
 * has no public way to do that synchronously; `process._tickCallback` is the function that it runs itself
 * after each callback, and it empties the queues of next-ticks and microtasks at once. Where it is missing or
 * does nothing (inside a microtask, on another runtime) the loop falls back to one `setImmediate` for each
 * drain: some five times slower, the same trace.
 *
 * This is the only file of the world that touches the process: it takes the hook for unhandled rejections
 * while a universe runs, and gives it back after.
 */

type Drain = () => void;

const tickCallback = (process as unknown as { readonly _tickCallback?: Drain })._tickCallback;

/** A new macrotask: here no microtask is under way, so that a synchronous drain works. */
export function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/**
 * Runs `body` in a macrotask of its own, outside any promise continuation, with the process's hook for
 * unhandled rejections pointing to `onRejection`. What was hooked before is restored when `body` is done.
 */
export function inMacrotask<T>(
  onRejection: (error: unknown) => void,
  body: () => T | Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      const before = process.listeners("unhandledRejection");
      process.removeAllListeners("unhandledRejection");
      process.on("unhandledRejection", onRejection);
      const restore = (): void => {
        process.removeListener("unhandledRejection", onRejection);
        for (const listener of before) process.on("unhandledRejection", listener);
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
  });
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
  return ran ? tickCallback : undefined;
}
