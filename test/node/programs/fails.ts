/** Fails in the way that its first argument names, once it has said hello. */
import { EventEmitter } from "node:events";

const WAYS: Readonly<Record<string, () => unknown>> = {
  timer: () => {
    throw new Error("thrown in a timer");
  },
  tick: () =>
    process.nextTick(() => {
      throw new Error("thrown in a tick");
    }),
  rejection: () => void Promise.reject(new Error("rejected")),
  emitter: () => new EventEmitter().emit("error", new Error("nobody listens")),
  exit: () => {
    setTimeout(() => console.log("after the exit"), 1);
    process.exit(3);
  },
};

const [, , way = "", ...options] = process.argv;
console.log(`hello from ${process.pid}`);
if (options.includes("listens")) {
  process.on("uncaughtException", (error: Error) => console.log(`caught ${error.message}`));
}
process.on("exit", (code) => console.log(`exit ${code}`));
setTimeout(() => WAYS[way]?.(), 1_000);
