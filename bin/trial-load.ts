/**
 * Loads a module of scenarios in a thread first, where it can do no harm, and has each of them draw a plan: one that never comes to an end,
 * by a loop or by waiting, that uses up its memory or that ends the process would take the command with it without a word.
 */
import { Worker } from "node:worker_threads";
import { shown } from "../src/input/index.js";

/** Milliseconds that a module may take to load: it may bundle programs, and set up databases for them. */
const LOAD_MS = 30_000;
/** Milliseconds that a scenario may take to draw a plan. */
const DRAW_MS = 10_000;
const MEMORY_MB = 1_024;

/** What the thread does: no file of its own, so that nothing has to be found where the command is installed. */
const CODE = `
const { parentPort, workerData } = require("node:worker_threads");
const { relative } = require("node:path");
import(workerData).then(
  ({ scenarios }) => {
    for (const { id, plan } of Array.isArray(scenarios) ? scenarios.filter(Boolean) : []) {
      parentPort.postMessage({ drawing: String(id) });
      try { plan(1); } catch {} // the command says what is wrong, if it needs that scenario at all
    }
    parentPort.postMessage("");
  },
  (error) => parentPort.postMessage(error instanceof Error ? error.name + ": " + error.message + place(error) : "it throws " + String(error)),
);
function place({ message, stack = "" }) {
  if (message.includes("\\n")) return "";
  const frames = stack.split("\\n").filter((line) => /^ +at /.test(line) && !/node:|node_modules/.test(line));
  const [, found] = /([^( ]+:\\d+:\\d+)\\)?$/.exec(frames[0] ?? "") ?? [];
  return found === undefined ? "" : " (" + relative(process.cwd(), found.replace(/^file:\\/\\//, "")) + ")";
}
`;

/** Why the module can't be loaded, in a few words; undefined when it can. */
export function troubleLoading(url: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const worker = new Worker(CODE, {
      eval: true,
      workerData: url,
      stdout: true,
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    });
    const end = (trouble: string | undefined): void => {
      clearTimeout(patience);
      resolve(trouble);
      void worker.terminate();
    };
    let drawing: string | undefined;
    const within = (ms: number): NodeJS.Timeout =>
      setTimeout(() => {
        const what = drawing === undefined ? "loading" : `drawing a plan of its scenario ${shown(drawing)}`;
        end(`it has not finished ${what} within ${ms / 1_000} s: it waits, or loops, for ever`);
      }, ms);
    let patience = within(LOAD_MS);
    worker.on("message", (message: string | { readonly drawing: string }) => {
      if (typeof message === "string") end(message === "" ? undefined : message);
      else {
        drawing = message.drawing;
        clearTimeout(patience);
        patience = within(DRAW_MS);
      }
    });
    worker.on("error", (error: NodeJS.ErrnoException) =>
      end(
        error.code === "ERR_WORKER_OUT_OF_MEMORY"
          ? `loading it takes more than ${MEMORY_MB} MB of memory`
          : error.message,
      ),
    );
    worker.on("exit", () =>
      end(
        drawing === undefined
          ? "it ends before it has been loaded: it awaits what never comes, or ends its process"
          : `it ends its process while it draws a plan of its scenario ${shown(drawing)}`,
      ),
    );
  });
}
