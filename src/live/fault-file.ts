/**
 * Faults from a file, for a drill of which somebody decides what happens in it: a list of faults, or anything that has one under
 * `faults`, such as a plan. Kinds that the simulator has are read as in its plans; the kinds that only a drill has are read here.
 * Whether they can be done, and whom they are aimed at, is for the drill to check.
 */
import * as Schema from "@effect/schema/Schema";
import { type Decoded, decoder } from "../explore/formats/decode.js";
import { faultSchema, name, time } from "../explore/formats/fault-schemas.js";
import { InputError, listed, shown } from "../explore/formats/input-error.js";
import { parseJson } from "../explore/formats/json-text.js";
import { nearest } from "../explore/formats/nearest.js";
import { inFile, readText } from "../explore/formats/read-file.js";
import { FAULT_KINDS } from "../sim/faults/catalogue.js";
import { type BlockDamage, type Cut, DAMAGES, type DrillFault } from "./faults.js";

/** So many faults are more than an hour has room for. */
const MOST_FAULTS = 1_000;

const common = { id: name, at: time, for: time, target: name };
const DECODERS: ReadonlyMap<string, (data: unknown, at: readonly PropertyKey[]) => Decoded<DrillFault>> =
  new Map<string, (data: unknown, at: readonly PropertyKey[]) => Decoded<DrillFault>>([
    ...FAULT_KINDS.map((kind) => [kind, decoder<DrillFault>(faultSchema(kind))] as const),
    ["cut", decoder<Cut>(Schema.Struct({ ...common, kind: Schema.Literal("cut") }))],
    ...DAMAGES.map(
      (kind) =>
        [
          kind,
          decoder<BlockDamage>(Schema.Struct({ ...common, kind: Schema.Literal(kind), log: name })),
        ] as const,
    ),
  ]);

/** @throws InputError that begins with the file's name. */
export function readFaults(path: string): readonly DrillFault[] {
  const text = readText(path);
  return inFile(path, () => parseFaults(text));
}

/** @throws InputError with the path of the first thing that is wrong. */
export function parseFaults(text: string): readonly DrillFault[] {
  const data = parseJson(text, "faults");
  const list = Array.isArray(data) ? data : faultsOf(data);
  if (!Array.isArray(list) || list.length === 0 || list.length > MOST_FAULTS)
    throw new InputError(
      `expected a list of 1 to ${MOST_FAULTS} faults, or an object that has one under "faults", got ${shown(data)}`,
    );
  const faults = list.map((fault: unknown, index) => faultAt(fault, index));
  const twice = faults.findIndex(({ id }, index) => faults.findIndex((other) => other.id === id) < index);
  if (twice >= 0)
    throw new InputError(`faults[${twice}].id: another fault has the id ${shown(faults[twice]?.id)}`);
  return faults;
}

function faultsOf(data: unknown): unknown {
  return typeof data === "object" && data !== null && "faults" in data ? data.faults : undefined;
}

function faultAt(data: unknown, index: number): DrillFault {
  const kind = typeof data === "object" && data !== null && "kind" in data ? data.kind : undefined;
  const decode = typeof kind === "string" ? DECODERS.get(kind) : undefined;
  if (decode === undefined) {
    const kinds = [...DECODERS.keys()];
    const near = typeof kind === "string" ? nearest(kind, kinds) : undefined;
    const hint = near === undefined ? `kinds are ${listed(kinds, 60)}` : `did you mean "${near}"?`;
    throw new InputError(`faults[${index}].kind: there is no fault of kind ${shown(kind)}; ${hint}`);
  }
  const decoded = decode(data, ["faults", index]);
  if (!decoded.ok) throw new InputError(`${decoded.path}: ${decoded.message}`);
  return decoded.value;
}
