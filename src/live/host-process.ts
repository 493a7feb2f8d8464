/** One process of a drill: a host with its role, or the services outside, as the drill's settings say. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { HostSpec, Plan } from "../sim/plan.js";
import type { Micros } from "../sim/time.js";
import type { DrillProcesses } from "./definition.js";
import { LiveHost, OUTSIDE } from "./host.js";
import { Engine } from "./jetstream.js";
import { JOURNAL_LOST, JournalError, JournalWriter } from "./journal.js";
import { serveOutside } from "./outside.js";

/** What a drill tells a process that it starts; a file of JSON. */
export interface HostSettings {
  /** The drill's id. */
  readonly drill: string;
  /** The backend's id. */
  readonly backend: string;
  readonly spec: HostSpec;
  readonly incarnation: number;
  readonly folder: string;
  /** When the drill began: nanoseconds of the machine's monotonic clock, in decimal. */
  readonly base: string;
  /** Its journal, which is not there yet. */
  readonly journal: string;
  /** The engine's servers that it connects to. */
  readonly servers: readonly string[];
}

export function readSettings(file: string): HostSettings {
  return JSON.parse(readFileSync(file, "utf8")) as HostSettings; // written by the drill
}

/**
 * Brings the host to life. Says that it is up, in its journal, once it can be reached. What its code throws ends the process; so
 * does a journal that can't be written, by an exit code of its own, for that is nobody's fault who is judged.
 */
export async function runHost(settings: HostSettings, processes: DrillProcesses): Promise<void> {
  process.on("uncaughtException", endBy);
  try {
    await live(settings, processes);
  } catch (error) {
    endBy(error);
  }
}

function endBy(error: unknown): never {
  console.error(error);
  process.exit(error instanceof JournalError ? JOURNAL_LOST : 1);
}

async function live(settings: HostSettings, processes: DrillProcesses): Promise<void> {
  const { spec, incarnation, folder, servers, backend } = settings;
  const plan = JSON.parse(readFileSync(join(folder, "plan.json"), "utf8")) as Plan; // written by the drill
  const base = BigInt(settings.base);
  const journal = new JournalWriter(settings.journal);
  const now = (): Micros => Number((process.hrtime.bigint() - base) / 1000n);
  if (spec.role === OUTSIDE) {
    await serveOutside(folder, processes.services(plan), journal, now);
    journal.record("world", { kind: "operator", operation: "services are up", detail: {} });
    return;
  }
  const host = new LiveHost({ spec, incarnation, plan, folder, base, journal });
  await host.listen();
  host.record({ kind: "host", phase: "boot", incarnation });
  await processes.boot(host, plan, { backend, now, engine: () => Engine.connect(servers) });
}
