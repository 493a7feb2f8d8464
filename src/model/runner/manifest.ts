/**
 * Manifests: which sagas there are, what triggers them and which programs they run; which effects there are and who
 * provides them. Read from the node's files, checked against each other, and loaded anew while the node runs.
 *
 * A program that a manifest names must be there, be without circles, and end in a node of its own; no saga may have the
 * name that effects have in the store; no two sagas the same.
 */
import * as Schema from "@effect/schema/Schema";
import type { Json } from "seedstorm";
import { decoder, expecting } from "seedstorm/explore";
import { RESERVED_SAGA_NAME } from "./keys.js";
import { type Node, type Program, refsOf } from "./program.js";
import { digest } from "./records.js";
import { Remembered } from "./remembered.js";
import { type Files, parseFile, type Settings, SettingsError } from "./settings.js";

const text = expecting(Schema.String, "a text that is not empty", (value) => value !== "");

const saga = Schema.Struct({
  name: text,
  triggers: Schema.Array(
    Schema.Struct({ stream: Schema.Literals(["events", "facts"]), types: Schema.Array(text) }),
  ),
  onEvent: text,
  /** Run instead of `onEvent` for events of the types that trigger it. */
  compensation: Schema.Struct({ program: text, triggers: Schema.Array(text) }),
  /** What becomes of an event whose program fails. */
  onProgramError: Schema.Literals(["quarantine", "compensate"]),
});
export type SagaManifest = typeof saga.Type;

const effect = Schema.Struct({
  name: text,
  /** The service outside that does it. */
  provider: text,
  operation: text,
  /** The type of its result when it was done: `charged`. */
  result: text,
  /** `secret:NAME`: what the node's secrets hold under that name. */
  credentials: expecting(Schema.String, 'a reference that begins with "secret:"', (value) =>
    value.startsWith(SECRET_PREFIX),
  ),
  /** Refusals of the provider that are answers, not failures: no try will change them. */
  declines: Schema.Array(text),
});
export type EffectManifest = typeof effect.Type;

const SECRET_PREFIX = "secret:";

const ref = text;
const refs = Schema.Array(text);
const node = Schema.Union([
  Schema.Struct({ op: Schema.Literal("value"), value: Schema.Json }),
  Schema.Struct({ op: Schema.Literal("input"), path: refs }),
  Schema.Struct({ op: Schema.Literal("object"), fields: Schema.Record(Schema.String, ref) }),
  Schema.Struct({ op: Schema.Literal("list"), items: refs }),
  Schema.Struct({ op: Schema.Literals(["merge", "concat", "text", "add", "and", "or"]), of: refs }),
  Schema.Struct({ op: Schema.Literals(["equal", "less"]), left: ref, right: ref }),
  Schema.Struct({ op: Schema.Literal("not"), of: ref }),
  Schema.Struct({
    op: Schema.Literal("choose"),
    cases: Schema.Array(Schema.Struct({ when: ref, take: ref })),
    otherwise: ref,
  }),
]);
const program = Schema.Struct({ name: text, nodes: Schema.Record(Schema.String, node), result: ref });

const decodeSagas = decoder(Schema.Struct({ sagas: Schema.Array(saga) }));
const decodeEffects = decoder(Schema.Struct({ effects: Schema.Array(effect) }));
const decodePrograms = decoder(Schema.Struct({ programs: Schema.Array(program) }));

export interface Manifests {
  readonly sagas: readonly SagaManifest[];
  readonly effects: ReadonlyMap<string, EffectManifest>;
  readonly programs: ReadonlyMap<string, Program>;
  /** By a program's name: what tells it from others that had the name. */
  readonly digests: ReadonlyMap<string, string>;
}

const MANIFESTS = new Remembered<Manifests>(32);

/** @throws SettingsError */
export function loadManifests(files: Files, { manifests }: Pick<Settings, "manifests">): Manifests {
  const { programs, sagas, effects } = manifests;
  const texts = [programs, files[programs], sagas, files[sagas], effects, files[effects]];
  return MANIFESTS.get(JSON.stringify(texts), () => manifestsAnew(files, manifests));
}

function manifestsAnew(files: Files, manifests: Settings["manifests"]): Manifests {
  const { programs } = read(files, manifests.programs, decodePrograms);
  const { sagas } = read(files, manifests.sagas, decodeSagas);
  const { effects } = read(files, manifests.effects, decodeEffects);
  const byName = new Map<string, Program>();
  programs.forEach((each, i) => {
    const at = `${manifests.programs}: programs[${i}]`;
    if (byName.has(each.name)) throw new SettingsError(`${at}.name: there are two programs "${each.name}"`);
    const flaw = flawOf(each);
    if (flaw !== undefined) throw new SettingsError(`${at}.${flaw}`);
    byName.set(each.name, each);
  });
  const names = new Set<string>();
  sagas.forEach((each, i) => {
    const at = `${manifests.sagas}: sagas[${i}]`;
    if (each.name === RESERVED_SAGA_NAME)
      throw new SettingsError(
        `${at}.name: "${RESERVED_SAGA_NAME}" is reserved, since effects have that name in the store`,
      );
    if (names.has(each.name)) throw new SettingsError(`${at}.name: there are two sagas "${each.name}"`);
    names.add(each.name);
    for (const [path, name] of [
      ["onEvent", each.onEvent],
      ["compensation.program", each.compensation.program],
    ] as const) {
      if (byName.has(name)) continue;
      const known = [...byName.keys()].join(", ");
      throw new SettingsError(
        `${at}.${path}: there is no program "${name}"; programs are ${known || "none"}`,
      );
    }
  });
  const provided = new Map<string, EffectManifest>();
  effects.forEach((each, i) => {
    if (provided.has(each.name))
      throw new SettingsError(
        `${manifests.effects}: effects[${i}].name: there are two effects "${each.name}"`,
      );
    provided.set(each.name, each);
  });
  const digests = new Map(programs.map((each) => [each.name, digest(each as unknown as Json)])); // plain data
  return { sagas, effects: provided, programs: byName, digests };
}

function read<T>(files: Files, name: string, decode: ReturnType<typeof decoder<T>>): T {
  const decoded = decode(parseFile(files, name));
  if (!decoded.ok) throw new SettingsError(`${name}: ${decoded.path}: ${decoded.message}`);
  return decoded.value;
}

/** A path within the program, and what is wrong there. */
function flawOf({ nodes, result }: Program): string | undefined {
  if (nodes[result] === undefined) return `result: there is no node "${result}"`;
  for (const [name, each] of Object.entries(nodes)) {
    const missing = refsOf(each).find((other) => nodes[other] === undefined);
    if (missing !== undefined) return `nodes.${name}: there is no node "${missing}"`;
  }
  const circle = circleIn(nodes);
  return circle === undefined ? undefined : `nodes.${circle}: it depends on itself`;
}

function circleIn(nodes: Program["nodes"]): string | undefined {
  const done = new Set<string>();
  const under = new Set<string>();
  const visit = (name: string): string | undefined => {
    if (done.has(name)) return undefined;
    if (under.has(name)) return name;
    under.add(name);
    const each: Node | undefined = nodes[name];
    for (const other of each === undefined ? [] : refsOf(each)) {
      const found = visit(other);
      if (found !== undefined) return found;
    }
    under.delete(name);
    done.add(name);
    return undefined;
  };
  for (const name of Object.keys(nodes)) {
    const found = visit(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The secret that a provider's credentials refer to. @throws SettingsError */
export function resolveSecret(
  secrets: Readonly<Record<string, string>>,
  { name, credentials }: EffectManifest,
): string {
  const key = credentials.slice(SECRET_PREFIX.length);
  const secret = secrets[key];
  if (secret === undefined) throw new SettingsError(`effect "${name}": there is no secret "${key}"`);
  return secret;
}
