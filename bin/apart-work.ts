/** What a thread does for a command about one universe. It ends with a message: the exit code, or what was thrown. */
import { parentPort, workerData } from "node:worker_threads";
import { watchedRuns } from "../src/explore/index.js";
import { type Scenario, withPropertyIds } from "../src/index.js";
import { writeWhole } from "../src/input/index.js";
import type { ApartData, ApartMessage, Failure } from "./apart.js";
import { written } from "./end-of-process.js";
import { HarnessError } from "./exit-codes.js";
import { withScenariosOf } from "./invocation.js";
import type { ScenarioModule } from "./project.js";
import type { RunNames } from "./simulator.js";
import { drawSeed, type Writer } from "./terminal.js";
import { perform } from "./universe-command.js";

const { command, modules, system, named, cells, position, columns, outColors, errColors } =
  workerData as ApartData; // `apart` gives it
const say = (message: ApartMessage): void => parentPort?.postMessage(message);

let end: ApartMessage;
try {
  if (named !== undefined) withScenariosOf(named);
  const load = () => (system === undefined ? allOf(modules) : ofSystem(system));
  const universes = {
    ...(await watchedRuns({ cells, position }, load)),
    begins: (names: RunNames) => say({ kind: "begins", names }),
  };
  const terminal: Writer = {
    out: (lines) => say({ kind: "out", lines }),
    err: (lines) => say({ kind: "err", lines }),
    columns,
    outColors,
    errColors,
    now: () => performance.now(),
    drawSeed,
    write: writeWhole,
  };
  end = { kind: "ended", code: await perform(command, universes, terminal) };
} catch (error) {
  end = { kind: "failed", failure: failureOf(error) };
}
// What code under test has printed comes by another way, and comes first.
await Promise.all([process.stdout, process.stderr].map(written));
say(end);

async function allOf(modules: readonly ScenarioModule[]): Promise<readonly Scenario[]> {
  const { loadScenarios } = await import("./load-scenarios.js");
  return (await loadScenarios(modules)).loaded;
}

async function ofSystem(id: string): Promise<readonly Scenario[]> {
  const { scenariosOfSystem } = await import("./by-system.js");
  return withPropertyIds(await scenariosOfSystem(id));
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: "Error", message: String(error), stack: undefined };
  const { name, message, stack, cause } = error;
  if (!(error instanceof HarnessError)) return { name, message, stack };
  return {
    ...{ name, message, stack, command: error.command },
    ...(cause === undefined ? {} : { cause: failureOf(cause) }),
  };
}
