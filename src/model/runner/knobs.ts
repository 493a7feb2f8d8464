/**
 * The runner's knobs: what of its world is no node's setting. Nodes themselves are set by files and environments, which
 * are part of the plan: a knob `file/NAME` is a file that every host has, `environment/HOST` the environment of one host,
 * a line each. Files that a plan leaves out are those of `business/files.ts`.
 */
import { checkKnobNames, type KnobValue, MILLISECOND, type Micros, SECOND, settingsOf } from "seedstorm";
import { DEFAULT_FILES } from "./business/files.js";
import { type Environment, type Files, parseEnvironment } from "./settings.js";
import { DUPLICATE_WINDOW } from "./topology.js";

export interface RunnerKnobs {
  /** Copies of streams and buckets: 3, or 1 on one broker's disk. */
  readonly streamReplicas: 1 | 3;
  readonly duplicateWindow: Micros;
  /** Messages that a stream takes before it is full; 0: no limit. */
  readonly streamLimit: number;
  /** How long clients, operators and producers wait for an answer. */
  readonly clientTimeout: Micros;
  /** How often they ask for the same thing. */
  readonly clientTries: number;
}

export const RUNNER_DEFAULTS: RunnerKnobs = {
  streamReplicas: 3,
  duplicateWindow: DUPLICATE_WINDOW,
  streamLimit: 0,
  clientTimeout: 1 * SECOND,
  clientTries: 12,
};

/** Between two tries of a client. */
export const CLIENT_PAUSE: Micros = 400 * MILLISECOND;

type Knobs = Readonly<Record<string, KnobValue>>;

const FILE = "file/";
const ENVIRONMENT = "environment/";
/** Knobs that others read: the world and the brokers' replication. */
const OTHERS = ["buggify", "raft.snapshotEvery"];

/** @throws RangeError that names a knob that nobody knows, that is of the wrong type, or that makes no sense. */
export function runnerKnobs(knobs: Knobs): RunnerKnobs {
  checkKnobNames(knobs, [...Object.keys(RUNNER_DEFAULTS), FILE, ENVIRONMENT, ...OTHERS]);
  const settings = settingsOf(knobs, RUNNER_DEFAULTS);
  for (const name of ["streamReplicas", "clientTries"] as const) checkLeast(name, settings[name], 1);
  for (const name of ["duplicateWindow", "clientTimeout"] as const)
    checkLeast(name, settings[name], MILLISECOND);
  checkLeast("streamLimit", settings.streamLimit, 0);
  if (settings.streamReplicas !== 1 && settings.streamReplicas !== 3)
    throw new RangeError(`knobs.streamReplicas: expected 1 or 3, got ${settings.streamReplicas}`);
  return settings;
}

function checkLeast(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new RangeError(`knobs.${name}: expected a whole number from ${least}, got ${value}`);
}

export function filesOf(knobs: Knobs): Files {
  const files: Record<string, string> = { ...DEFAULT_FILES };
  for (const [name, content] of Object.entries(knobs)) {
    if (name.startsWith(FILE)) files[name.slice(FILE.length)] = String(content);
  }
  return files;
}

/** What every host has, and what this one has over it. @throws SettingsError */
export function environmentOf(knobs: Knobs, host: string): Environment {
  const of = (name: string): Environment => parseEnvironment(String(knobs[name] ?? ""), name);
  return { ...of(`${ENVIRONMENT}*`), ...of(`${ENVIRONMENT}${host}`) };
}
