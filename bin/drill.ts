/**
 * `seedstorm drill`: a real cluster, real processes, real faults, and the verdict on what was written down. The history is kept
 * in a file whatever comes of it. A control that does not hold is the harness's failure: whatever fails then has not failed by
 * any fault.
 */

import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Plan } from "../src/index.js";
import { InputError, printable, shown, suggestion, writeWhole } from "../src/input/index.js";
import {
  type Backend,
  checkFaults,
  checkSync,
  type DrawnDrill,
  type Drill,
  DrillError,
  type DrillFault,
  type DrillHistory,
  findNatsServer,
  historyText,
  loadClients,
  type NatsServer,
  readFaults,
  runDrill,
  type SyncInterval,
} from "../src/live/index.js";
import { drillNamed, drillNames } from "./drills.js";
import { DRILL_HOST } from "./end-of-process.js";
import {
  type ExitCode,
  firstLine,
  HARNESS_FAILED,
  HarnessError,
  HELD,
  INTERRUPTED,
  VIOLATED,
} from "./exit-codes.js";
import { invocation, quoted } from "./invocation.js";
import { type Judged, judgedHistory, judgedLines } from "./judge.js";
import type { Terminal } from "./terminal.js";

export interface DrillSettings {
  /** The id of a backend; the drill's usual one by default. */
  readonly backend: string | undefined;
  readonly seed: number | undefined;
  readonly lengthMs: number | undefined;
  /** A file of faults, in the place of those that are drawn. */
  readonly faults: string | undefined;
  readonly control: boolean;
  readonly repeat: number;
  readonly natsServer: string | undefined;
  readonly sync: SyncInterval;
  readonly defects: readonly string[];
  readonly knobs: Plan["knobs"];
  readonly folder: string | undefined;
  readonly patienceMs: number | undefined;
  readonly storeMegabytes: number;
  readonly json: boolean;
  readonly full: boolean;
  readonly quiet: boolean;
  readonly output: string | undefined;
}

const DEFAULT_LENGTH_MS = 60_000;
const SHORTEST_MS = 15_000;
const LONGEST_MS = 3_600_000;
const PATIENCE_MS = 120_000;
const MICROS_PER_MS = 1000;
const MEGABYTE = 1_000_000;
const REPORTS = "reports";

export async function drill(
  name: string | undefined,
  settings: DrillSettings,
  terminal: Terminal,
): Promise<ExitCode> {
  const known = drillOf(name);
  const definition = await known.drill();
  checkDefects(settings.defects, definition);
  checkLength(settings.lengthMs);
  const backend = backendOf(definition, settings.backend);
  const faults = faultsFrom(settings, definition);
  const server = await found(settings);
  const first = settings.seed ?? terminal.drawSeed();
  const stop = terminal.interruption();
  const kinds = new Map<string, number>();
  let code: ExitCode = HELD;
  let done = 0;
  for (let seed = first; seed < first + settings.repeat && !stop.aborted; seed++) {
    const one = await oneDrill({ definition, backend, seed, faults, settings, server, stop }, terminal);
    done += 1;
    for (const property of one.violated) kinds.set(property, (kinds.get(property) ?? 0) + 1);
    if (one.code !== HELD && (code === HELD || one.code !== VIOLATED)) code = one.code;
    if (one.code === HARNESS_FAILED) break;
  }
  if (settings.repeat > 1 && !settings.json) terminal.out(countLines(kinds, done));
  return code;
}

interface OneDrill {
  readonly definition: Drill;
  readonly backend: Backend;
  readonly seed: number;
  /** Those from a file; undefined for those that the seed draws. */
  readonly faults: readonly DrillFault[] | undefined;
  readonly settings: DrillSettings;
  readonly server: NatsServer;
  readonly stop: AbortSignal;
}

interface Ended {
  readonly code: ExitCode;
  /** Ids of what was violated. */
  readonly violated: readonly string[];
}

async function oneDrill(one: OneDrill, terminal: Terminal): Promise<Ended> {
  const { settings, seed, definition } = one;
  const command = commandFor(definition, seed, settings);
  const history = await drilled(one, command, terminal);
  const file = fileFor(definition, seed, settings);
  mkdirSync(dirname(file), { recursive: true });
  writeWhole(file, historyText(history));
  const judged = await judgedHistory(history, file, settings.full);
  terminal.out(judgedLines(judged, history, settings, terminal));
  return { code: codeOf(judged, history, settings, command, terminal), violated: violatedBy(judged) };
}

function codeOf(
  { failed }: Judged,
  { header }: DrillHistory,
  { control }: DrillSettings,
  command: string,
  terminal: Terminal,
): ExitCode {
  if (header.ending.how === "interrupted") {
    terminal.err(["interrupted: the history is kept, and nothing that was started is left"]);
    return INTERRUPTED;
  }
  if (header.ending.how === "stopped") {
    terminal.err([`error: ${header.ending.message}`, `again: ${command}`]);
    return HARNESS_FAILED;
  }
  if (!failed) return HELD;
  if (!control) return VIOLATED;
  terminal.err([
    "error: the control failed: without faults everything must hold, so nothing that a drill finds here can be believed",
    `again: ${command}`,
  ]);
  return HARNESS_FAILED;
}

async function drilled(
  { definition, backend, seed, faults, settings, server, stop }: OneDrill,
  command: string,
  terminal: Terminal,
): Promise<DrillHistory> {
  const { sync, storeMegabytes } = settings;
  const { plan, faults: drawnFaults } = planOf(definition, seed, settings);
  const drawn = { plan, faults: faults ?? drawnFaults };
  const folder = folderFor(settings);
  try {
    const history = await runDrill({
      ...{ drill: definition, backend, drawn, server, sync, folder, stop, hostCommand },
      patienceMs: settings.patienceMs ?? PATIENCE_MS,
      maxFileBytes: storeMegabytes * MEGABYTE,
      progress: (text) => terminal.progress(`seed ${seed}: ${text}`),
    });
    if (settings.folder === undefined) rmSync(folder, { recursive: true, force: true });
    return history;
  } catch (error) {
    const kept = ` (its folder is kept: ${folder})`;
    if (error instanceof DrillError && error.why === "unusable") throw new InputError(error.message);
    if (error instanceof DrillError) throw new HarnessError(`${error.message}${kept}`, command, error);
    throw new HarnessError(`the drill failed: ${firstLine(error)}${kept}`, command, error);
  } finally {
    terminal.progress("");
  }
}

/** A setting that the system refuses is the caller's to correct. */
function unlessUnusable<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError && error.message.startsWith("knobs."))
      throw new InputError(error.message);
    throw error;
  }
}

/** As this command was started, with another word. */
function hostCommand(settings: string): readonly [command: string, ...args: string[]] {
  return [process.execPath, process.argv[1] ?? "", DRILL_HOST, settings];
}

function drillOf(name: string | undefined) {
  const known = drillNamed(name ?? drillNames[0] ?? "");
  if (known !== undefined) return known;
  throw new InputError(`there is no drill ${shown(name)}${suggestion(name ?? "", drillNames, "drills")}`);
}

function backendOf({ id, backends }: Drill, name: string | undefined): Backend {
  const ids = backends.map((backend) => backend.id);
  const found = backends.find((backend) => backend.id === (name ?? ids[0]));
  if (found !== undefined) return found;
  throw new InputError(
    `--backend: drill ${id} has no backend ${shown(name)}${suggestion(name ?? "", ids, "backends")}`,
  );
}

function checkDefects(ids: readonly string[], { system }: Drill): void {
  const known = system.defects.map(({ id }) => id);
  for (const id of ids) {
    if (known.includes(id)) continue;
    throw new InputError(
      `--defect: system ${system.id} has no defect ${shown(id)}${suggestion(id, known, "defects")}`,
    );
  }
}

function checkLength(lengthMs: number | undefined): void {
  if (lengthMs === undefined || (lengthMs >= SHORTEST_MS && lengthMs <= LONGEST_MS)) return;
  throw new InputError("--for: a drill takes from 15s to 1h");
}

/** Faults of a file, all of which can be done in the drill. */
function faultsFrom(settings: DrillSettings, definition: Drill): readonly DrillFault[] | undefined {
  const { faults: file, control, lengthMs = DEFAULT_LENGTH_MS } = settings;
  if (file === undefined) return undefined;
  if (control) throw new InputError("--faults: a control has no faults");
  const faults = readFaults(file);
  try {
    checkFaults(faults, planOf(definition, 0, settings).plan, definition);
  } catch (error) {
    if (error instanceof RangeError) throw new InputError(`${printable(file)}: ${error.message}`);
    throw error;
  }
  const late = faults.findIndex(({ at }) => at >= lengthMs * MICROS_PER_MS);
  if (late < 0) return faults;
  throw new InputError(
    `${printable(file)}: faults[${late}].at: the drill is over by then; a longer --for has room for it`,
  );
}

function planOf(
  definition: Drill,
  seed: number,
  { lengthMs = DEFAULT_LENGTH_MS, control, defects, knobs }: DrillSettings,
): DrawnDrill {
  return unlessUnusable(() =>
    definition.plan(seed, { length: lengthMs * MICROS_PER_MS, control, defects, knobs }),
  );
}

/** The server, and what speaks to it. */
async function found({ natsServer: path, sync }: DrillSettings): Promise<NatsServer> {
  try {
    await loadClients();
    const server = await (path === undefined ? findNatsServer() : findNatsServer(path));
    checkSync(server, sync);
    return server;
  } catch (error) {
    if (error instanceof DrillError) throw new InputError(error.message);
    throw error;
  }
}

/** Sockets have short paths: a folder deep below others can't have any. */
const LONGEST_FOLDER = 70;

function folderFor({ folder }: DrillSettings): string {
  if (folder === undefined) return mkdtempSync(join(tmpdir(), "seedstorm-drill-"));
  const path = resolve(folder);
  if (path.length > LONGEST_FOLDER)
    throw new InputError(
      `--folder: ${printable(path)} is too long a path for the sockets in it: at most ${LONGEST_FOLDER} characters`,
    );
  try {
    mkdirSync(path, { recursive: true });
    if (readdirSync(path).length > 0) throw new InputError(`--folder: ${printable(path)} is not empty`);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`--folder: ${printable(path)} can't be used: ${firstLine(error)}`);
  }
  return path;
}

function fileFor({ id }: Drill, seed: number, { output, repeat }: DrillSettings): string {
  if (output !== undefined && repeat === 1) return output;
  if (output !== undefined) return output.replace(/(\.\w+)?$/, `-${seed}$1`);
  return join(REPORTS, `drill-${id}-${seed}.jsonl`);
}

const violatedBy = ({ outcome }: Judged): string[] => [
  ...new Set(outcome.violations.map(({ property }) => property)),
];

function countLines(kinds: ReadonlyMap<string, number>, drills: number): string[] {
  if (kinds.size === 0) return [`${drills} drills: nothing was violated`];
  return [
    `${drills} drills; violated in how many:`,
    ...[...kinds].map(([property, n]) => `  ${property}  ${n} of ${drills}`),
  ];
}

/** What is to be typed to drill the same again, as far as a seed can say that. */
function commandFor(
  { id }: Drill,
  seed: number,
  { backend, faults, lengthMs, control, natsServer, sync, defects, knobs }: DrillSettings,
): string {
  const parts = [`${invocation()} drill`, id, "--seed", String(seed)];
  if (backend !== undefined) parts.push("--backend", backend);
  if (lengthMs !== undefined) parts.push("--for", `${lengthMs}ms`);
  if (faults !== undefined) parts.push("--faults", quoted(faults));
  if (control) parts.push("--control");
  if (natsServer !== undefined) parts.push("--nats-server", quoted(natsServer));
  if (sync !== "default") parts.push("--sync-interval", sync);
  for (const defect of defects) parts.push("--defect", defect);
  for (const [name, value] of Object.entries(knobs)) parts.push("--knob", quoted(`${name}=${value}`));
  return parts.join(" ");
}
