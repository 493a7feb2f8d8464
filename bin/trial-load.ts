/**
 * Loads a module of scenarios in a thread first, where it can do no harm: one that never comes to an end, by a loop or by waiting, that uses
 * up its memory or that ends the process would take the command with it without a word.
 */
import { Worker } from "node:worker_threads";

/** Milliseconds that a module may take to load. */
const LOAD_MS = 10_000;
const MEMORY_MB = 1_024;

/** What the thread does: no file of its own, so that nothing has to be found where the command is installed. */
const CODE = `
const { parentPort, workerData } = require("node:worker_threads");
import(workerData).then(
  () => parentPort.postMessage(""),
  (error) => parentPort.postMessage(error instanceof Error ? error.name + ": " + error.message : "it throws " + String(error)),
);
`;

/** Why the module can't be loaded, in a few words; undefined when it can. */
export function troubleLoading(url: string, loadMs = LOAD_MS): Promise<string | undefined> {
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
    const patience = setTimeout(
      () => end(`it has not finished loading within ${loadMs / 1_000} s: it waits, or loops, for ever`),
      loadMs,
    );
    worker.on("message", (trouble: string) => end(trouble === "" ? undefined : trouble));
    worker.on("error", (error: NodeJS.ErrnoException) =>
      end(
        error.code === "ERR_WORKER_OUT_OF_MEMORY"
          ? `loading it takes more than ${MEMORY_MB} MB of memory`
          : error.message,
      ),
    );
    worker.on("exit", () =>
      end("it ends before it has been loaded: it awaits what never comes, or ends its process"),
    );
  });
}
