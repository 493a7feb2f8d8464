/**
 * What a plan sets its nodes to, read without asking the nodes' own code: the files and environments of its knobs, and the
 * defaults that are promised. Properties judge a node by this.
 *
 * A plan that is no good is refused before it runs, so that nothing is checked here.
 */
import { type Json, type KnobValue, outsideTheGuard } from "seedstorm";
import { parse as parseToml } from "smol-toml";
import { parse as parseYaml } from "yaml";
import { DEFAULT_FILES } from "../business/files.js";
import type { EffectManifest, SagaManifest } from "../manifest.js";
import type { Settings } from "../settings.js";

type Knobs = Readonly<Record<string, KnobValue>>;

export interface PlannedManifests {
  readonly sagas: readonly SagaManifest[];
  readonly effects: readonly EffectManifest[];
  readonly programs: readonly { readonly name: string }[];
}

/** What holds where neither file nor environment says otherwise; without a default: what only its owner knows. */
const PROMISED: Tree = {
  mode: "",
  brokers: [],
  store: "",
  gateway: "",
  tenancy: { enabled: false, defaultTenant: "" },
  streams: { events: "", commands: "", facts: "" },
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
  manifests: { sagas: "", effects: "", programs: "" },
  drainTimeout: 25_000,
};

type Tree = { readonly [name: string]: unknown };
type Planned = Omit<Settings, "service">;

/** Plans by the thousand have the same texts. */
const KNOWN = new Map<string, unknown>();
const MOST_KNOWN = 200;

function known<T>(text: string, make: () => T): T {
  const before = KNOWN.get(text) as T | undefined; // a text is always made into the same kind of thing
  if (before !== undefined) return before;
  const made = make();
  if (KNOWN.size === MOST_KNOWN) KNOWN.clear();
  KNOWN.set(text, made);
  return made;
}

/** @param host whose environment goes over that of all; left out: what all have. */
export function plannedSettings(knobs: Knobs, host = "*"): Planned {
  const lines = `${knobs["environment/*"] ?? ""}\n${knobs[`environment/${host}`] ?? ""}`;
  const variables = new Map<string, string>();
  for (const line of lines.split("\n")) {
    const [, name, value] = /^\s*(RUNNER_\w+)=(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) variables.set(name, value);
  }
  const file = variables.get("RUNNER_CONFIG") ?? "runner.yaml";
  const content = textOf(knobs, file);
  return known(`settings ${file}\n${content}\n${lines}`, () => {
    const set = parsed(file, content) as Tree;
    return merged(PROMISED, set, variables, "RUNNER") as unknown as Planned; // it has all names of the settings
  });
}

export function plannedManifests(knobs: Knobs): PlannedManifests {
  const { manifests } = plannedSettings(knobs);
  return manifestsIn(manifests, (file) => textOf(knobs, file));
}

/** @param files what somebody sends to a node, texts by name. */
export function plannedManifestsOf({ manifests }: Pick<Planned, "manifests">, files: Json): PlannedManifests {
  const texts = files as Readonly<Record<string, string>>; // as operators send them
  return manifestsIn(manifests, (file) => texts[file] ?? "");
}

function manifestsIn(manifests: Planned["manifests"], textIn: (file: string) => string): PlannedManifests {
  const read = <K extends keyof PlannedManifests>(kind: K): PlannedManifests[K] => {
    const file = manifests[kind];
    return (parsed(file, textIn(file)) as PlannedManifests)[kind]; // plans that run have it
  };
  return { sagas: read("sagas"), effects: read("effects"), programs: read("programs") };
}

function textOf(knobs: Knobs, file: string): string {
  return String(knobs[`file/${file}`] ?? DEFAULT_FILES[file] ?? "");
}

const parsed = (file: string, content: string): unknown =>
  known(`file ${file}\n${content}`, () => {
    if (file.endsWith(".json")) return JSON.parse(content) as unknown;
    if (file.endsWith(".toml")) return parseToml(content);
    // the parser looks at its own switches in the environment
    return outsideTheGuard(() => parseYaml(content) as unknown);
  });

function merged(promised: Tree, set: Tree, variables: ReadonlyMap<string, string>, above: string): Tree {
  const found: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(promised)) {
    const variable = `${above}_${name.replace(/[A-Z]/g, "_$&").toUpperCase()}`;
    if (isTree(value)) {
      found[name] = merged(value, (set[name] ?? {}) as Tree, variables, variable);
      continue;
    }
    const given = variables.get(variable);
    found[name] = given === undefined ? (set[name] ?? value) : asOfKind(value, given);
  }
  return found;
}

function asOfKind(like: unknown, given: string): unknown {
  if (Array.isArray(like)) return given.split(",").map((each) => each.trim());
  if (typeof like === "number") return Number(given);
  return typeof like === "boolean" ? given === "true" : given;
}

const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);
