/**
 * A node's settings: a file (YAML, TOML or JSON, by its name) under what the environment overrides, checked as a whole
 * before anything starts. What both leave out has a default, but for what only its owner knows: mode, where the others are, names
 * of streams, manifests. Durations are milliseconds, as people write them. A complaint is one sentence with its path.
 *
 * In a universe the file and the environment are part of the plan. Nothing is read from anywhere else.
 */
import * as Schema from "@effect/schema/Schema";
import { outsideTheGuard } from "seedstorm";
import { decoder, expecting } from "seedstorm/explore";
import { parse as parseToml } from "smol-toml";
import { parse as parseYaml } from "yaml";
import { Remembered } from "./remembered.js";

/** What is wrong with a node's files: one sentence, which begins with the place. */
export class SettingsError extends RangeError {
  override readonly name = "SettingsError";
}

const count = (least: number) =>
  expecting(
    Schema.Int,
    least === 0 ? "a whole number from 0" : `a whole number from ${least}`,
    (n) => n >= least,
  );
const text = expecting(Schema.String, "a text that is not empty", (value) => value !== "");
/** Names of streams and consumers become parts of subjects. */
const streamName = expecting(Schema.String, "a name of letters, digits, - and _", (name) => NAME.test(name));
const NAME = /^[A-Za-z0-9_-]+$/;

const settings = Schema.Struct({
  mode: Schema.Literals(["saga", "effect", "combined"]),
  /** Ids of the brokers. */
  brokers: Schema.Array(text),
  /** The host of the store. */
  store: text,
  gateway: text,
  tenancy: Schema.Struct({
    /** Off: messages of tenants other than the default one are refused. */
    enabled: Schema.Boolean,
    defaultTenant: Schema.String,
  }),
  streams: Schema.Struct({ events: streamName, commands: streamName, facts: streamName }),
  consumers: Schema.Struct({
    /** Durable names begin with it: `NAME-saga-0-1`. */
    durablePrefix: streamName,
    deliverGroup: streamName,
    /** Whether an instance's events are processed in the order of the stream. It takes lanes with one delivery under way. */
    perKeyOrder: Schema.Boolean,
    /** Deliveries of one lane that may go without an answer; 1 where order is kept. */
    maxInFlight: count(1),
    ackWait: count(1),
    maxDeliver: count(2),
  }),
  spread: Schema.Struct({
    /** Ranges of tenants, which shards divide among them. */
    ranges: count(1),
    /** Lanes of a range, processed side by side. */
    lanes: count(1),
    /** Parts of all instances, each with one node that dispatches and schedules for it. */
    parts: count(1),
  }),
  /** Whether the node declares streams, consumers and bucket that are missing; else somebody else has to. */
  createMissing: Schema.Boolean,
  /** The shard of this node; empty when it serves every tenant. */
  shard: Schema.String,
  placementBucket: streamName,
  relay: Schema.Struct({
    poll: count(1),
    batch: count(1),
    maxInFlightPerTenant: count(1),
    timeout: count(1),
    firstPause: count(1),
    longestPause: count(1),
    /** Tries of one dispatch through the gateway before it is a dead letter. */
    tries: count(1),
  }),
  effects: Schema.Struct({
    concurrency: count(1),
    timeout: count(1),
    /** Tries of one command before its saga is told that it failed. */
    tries: count(1),
    firstPause: count(1),
    longestPause: count(1),
    /** A worker that has not been heard of for so long has lost its command. */
    claimTtl: count(1),
    breaker: Schema.Struct({ window: count(1), least: count(1), open: count(1), probes: count(1) }),
  }),
  scheduler: Schema.Struct({ poll: count(1), batch: count(1) }),
  /** Of the node's part: how often it says that it is there, and how long others wait when it does not. */
  lease: Schema.Struct({ heartbeat: count(1), ttl: count(1) }),
  programs: Schema.Struct({ gas: count(1), steps: count(1), size: count(1) }),
  manifests: Schema.Struct({ sagas: text, effects: text, programs: text }),
  drainTimeout: count(1),
  /** What only a process needs to know; in a universe the plan says it. */
  service: Schema.Struct({
    /** Tells it from other processes, and stays the same when it is started again; empty: the name of the machine. */
    id: Schema.String,
    /** Where its endpoints are: `HOST:PORT`. */
    listen: text,
    /** Where a store keeps its files. */
    folder: text,
    /** Addresses of the providers: `NAME=URL`. */
    providers: Schema.Array(text),
    /** A folder with a file for each secret, or a file of texts by name. */
    secrets: text,
    /** Of what it declares. */
    replicas: Schema.Literals([1, 3]),
    duplicateWindow: count(1),
  }),
});

export type Settings = typeof settings.Type;

/** What a node does unless it is configured otherwise. */
const DEFAULTS = {
  tenancy: { enabled: false, defaultTenant: "" },
  consumers: {
    durablePrefix: "runner",
    deliverGroup: "runners",
    perKeyOrder: true,
    maxInFlight: 1,
    ackWait: 30_000,
    maxDeliver: 5,
  },
  spread: { ranges: 1, lanes: 16, parts: 16 },
  createMissing: true,
  shard: "",
  placementBucket: "TENANT_PLACEMENT",
  relay: {
    poll: 200,
    batch: 100,
    maxInFlightPerTenant: 16,
    timeout: 5_000,
    firstPause: 200,
    longestPause: 30_000,
    tries: 100,
  },
  effects: {
    concurrency: 16,
    timeout: 30_000,
    tries: 5,
    firstPause: 1_000,
    longestPause: 60_000,
    claimTtl: 45_000,
    breaker: { window: 100, least: 10, open: 30_000, probes: 3 },
  },
  scheduler: { poll: 500, batch: 100 },
  lease: { heartbeat: 1_000, ttl: 5_000 },
  programs: { gas: 10_000, steps: 1_000, size: 65_536 },
  drainTimeout: 25_000,
  service: {
    id: "",
    listen: "127.0.0.1:7400",
    folder: "data",
    providers: [],
    secrets: "secrets.json",
    replicas: 3,
    duplicateWindow: 120_000,
  },
} as const satisfies { readonly [K in keyof Settings]?: unknown };

const decodeSettings = decoder<Settings>(settings);

/** Every setting has an environment variable: its path in capitals, `RUNNER_CONSUMERS_ACK_WAIT`. */
const PREFIX = "RUNNER_";

export type Files = Readonly<Record<string, string>>;
export type Environment = Readonly<Record<string, string>>;

/** Which of a node's files has its settings. */
export const CONFIG = `${PREFIX}CONFIG`;
/** Where a node looks when its environment doesn't say. */
export const DEFAULT_CONFIG = "runner.yaml";

const SETTINGS = new Remembered<Settings>(64);

/** @throws SettingsError */
export function loadSettings(files: Files, environment: Environment): Settings {
  const name = environment[CONFIG] ?? DEFAULT_CONFIG;
  return SETTINGS.get(JSON.stringify([name, files[name], environment]), () =>
    settingsAnew(name, files, environment),
  );
}

function settingsAnew(name: string, files: Files, environment: Environment): Settings {
  const data = parseFile(files, name);
  const decoded = decodeSettings(over(DEFAULTS, override(data, environment, name)));
  if (!decoded.ok) throw new SettingsError(`${name}: ${decoded.path}: ${decoded.message}`);
  const { value } = decoded;
  const { relay, effects, lease, consumers } = value;
  const complain = (path: string, message: string): never => {
    throw new SettingsError(`${name}: ${path}: ${message}`);
  };
  if (relay.longestPause < relay.firstPause)
    complain(
      "relay.longestPause",
      `expected at least relay.firstPause (${relay.firstPause}), got ${relay.longestPause}`,
    );
  if (effects.longestPause < effects.firstPause)
    complain(
      "effects.longestPause",
      `expected at least effects.firstPause (${effects.firstPause}), got ${effects.longestPause}`,
    );
  if (lease.ttl < 3 * lease.heartbeat)
    complain(
      "lease.ttl",
      `expected at least three times lease.heartbeat (${lease.heartbeat}), got ${lease.ttl}`,
    );
  if (effects.claimTtl < consumers.ackWait)
    complain(
      "effects.claimTtl",
      `expected at least consumers.ackWait (${consumers.ackWait}), got ${effects.claimTtl}`,
    );
  if (consumers.perKeyOrder && consumers.maxInFlight > 1)
    complain(
      "consumers.maxInFlight",
      `expected 1 while consumers.perKeyOrder is on, got ${consumers.maxInFlight}`,
    );
  if (value.brokers.length === 0) complain("brokers", "expected at least one broker, got none");
  return value;
}

/** All variables that there are, in the order of the settings. */
export const settingVariables = (): readonly string[] => [
  CONFIG,
  ...[...PATHS.keys()].map((name) => PREFIX + name),
];

/** The variables of an environment that are about settings. */
export function settingsIn(environment: Readonly<Record<string, string | undefined>>): Environment {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment))
    if (name.startsWith(PREFIX) && value !== undefined) found[name] = value;
  return found;
}

const PARSED = new Remembered<{ readonly data: unknown }>(32);

/** What a file says, by the syntax that its name tells. @throws SettingsError */
export function parseFile(files: Files, name: string): unknown {
  // the parser of YAML looks at its own switches in the environment
  const { data } = PARSED.get(`${name}\n${files[name] ?? ""}`, () => ({
    data: outsideTheGuard(() => parsedAnew(files, name)),
  }));
  return data;
}

function parsedAnew(files: Files, name: string): unknown {
  const content = files[name];
  if (content === undefined) {
    const names = Object.keys(files).join(", ");
    throw new SettingsError(`${name}: there is no such file; files are ${names === "" ? "none" : names}`);
  }
  const ending = name.slice(name.lastIndexOf(".") + 1);
  try {
    switch (ending) {
      case "yaml":
      case "yml":
        // aliases could make a small text a huge value
        return parseYaml(content, { maxAliasCount: 0 });
      case "toml":
        return parseToml(content);
      case "json":
        return JSON.parse(content);
    }
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    throw new SettingsError(`${name}: this is no ${ending.toUpperCase()}: ${reason}`);
  }
  throw new SettingsError(`${name}: expected a name that ends in .yaml, .toml or .json`);
}

type Tree = { [name: string]: unknown };

function override(data: unknown, environment: Environment, name: string): Tree {
  if (!isTree(data))
    throw new SettingsError(`${name}: expected settings by name, got ${JSON.stringify(data)}`);
  const settings = structuredClone(data);
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith(PREFIX) || variable === CONFIG) continue;
    const path = pathOf(variable.slice(PREFIX.length));
    if (path === undefined) throw new SettingsError(`${variable}: there is no such setting`);
    let at = settings;
    for (const step of path.slice(0, -1)) {
      const next = at[step];
      const below: Tree = isTree(next) ? next : {};
      at[step] = below;
      at = below;
    }
    at[path[path.length - 1] ?? ""] = settingFrom(path, value);
  }
  return settings;
}

/** One tree over another. */
function over(below: Tree, above: Tree): Tree {
  const made: Tree = { ...below, ...above };
  for (const [name, under] of Object.entries(below)) {
    const upper = above[name];
    if (isTree(under) && isTree(upper)) made[name] = over(under, upper);
  }
  return made;
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Paths of all settings by the names of their variables. */
const PATHS = new Map<string, readonly string[]>();
const LISTS = new Set<string>();
const TEXTS = new Set<string>();

function collect(fields: Schema.Struct.Fields, above: readonly string[]): void {
  for (const [field, schema] of Object.entries(fields)) {
    const path = [...above, field];
    const nested = "fields" in schema ? (schema.fields as Schema.Struct.Fields) : undefined; // a struct has fields
    if (nested !== undefined) {
      collect(nested, path);
      continue;
    }
    const variable = path
      .map((part) => part.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase())
      .join("_");
    PATHS.set(variable, path);
    if (schema.ast._tag === "Arrays") LISTS.add(path.join("."));
    if (schema.ast._tag === "String") TEXTS.add(path.join("."));
  }
}
collect(settings.fields, []);

const pathOf = (variable: string): readonly string[] | undefined => PATHS.get(variable);

/** Text from the environment as the setting needs it; what does not fit is left for the schema to complain about. */
function settingFrom(path: readonly string[], value: string): unknown {
  const name = path.join(".");
  if (TEXTS.has(name)) return value;
  if (LISTS.has(name)) return value === "" ? [] : value.split(",").map((part) => part.trim());
  if (value === "true" || value === "false") return value === "true";
  return /^-?\d+$/.test(value) ? Number(value) : value;
}

/** `NAME=value` by line; lines that begin with # and empty ones say nothing. @throws SettingsError */
export function parseEnvironment(content: string, name: string): Environment {
  const found: Record<string, string> = {};
  content.split("\n").forEach((line, i) => {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) return;
    const equals = trimmed.indexOf("=");
    if (equals < 1) throw new SettingsError(`${name}: line ${i + 1}: expected NAME=value, got ${trimmed}`);
    found[trimmed.slice(0, equals)] = trimmed.slice(equals + 1);
  });
  return found;
}
