/**
 * The checkpoint pointers and the fence before them, as one object: a save moves a pointer from the version that it
 * names to the next one, under an epoch that the fence admits, and takes the state no further back than it was, unless
 * an operator said that it may.
 */
import type { Json } from "seedstorm";
import { type Model, OPEN, type Operation, shownJson, text, whole } from "seedstorm/check";
import { about, epochOf, type ResourceRecord, refusalIn } from "./recorded.js";

export interface PointersState {
  readonly fence: number;
  readonly pointers: ReadonlyMap<string, PointerState>;
}

interface PointerState {
  readonly version: number;
  readonly sha256: string;
  readonly cursor: number;
  /** The next save may go back. */
  readonly reset: boolean;
}

const NO_POINTER: PointerState = { version: 0, sha256: "", cursor: 0, reset: false };

export const checkpointModel: Model<PointersState> = {
  name: "checkpoint",
  initial: { fence: 0, pointers: new Map() },
  knowsClients: false,
  step(state, { f, input }, output) {
    const name = text(input, "name");
    switch (f) {
      case "save":
        return saved(state, name, input, output);
      case "reset": {
        const pointer = pointerOf(state, name);
        if (output !== undefined && whole(output, "version") !== pointer.version) return undefined;
        return pointer.reset ? state : withPointer(state, name, { ...pointer, reset: true });
      }
      case "raise-fence": {
        const epoch = epochOf(input) ?? 0;
        const admitted = epoch >= state.fence;
        if (!admitted) return output === undefined || refusalIn(output) === "fenced" ? state : undefined;
        if (refusalIn(output) !== "") return undefined;
        return epoch === state.fence ? state : { ...state, fence: epoch };
      }
      case "read-pointer": {
        if (output === undefined) return state;
        const { version, sha256 } = pointerOf(state, name);
        const fits = (whole(output, "version") ?? 0) === version && text(output, "sha256") === sha256;
        return fits ? state : undefined;
      }
      default:
        return undefined;
    }
  },
  onlyLooks: ({ f }, output) => f === "read-pointer" || refusalIn(output) !== "",
  key({ fence, pointers }) {
    let key = String(fence);
    for (const [name, { version, sha256, cursor, reset }] of pointers) {
      key += ` ${name} ${version} ${sha256} ${cursor} ${reset}`;
    }
    return key;
  },
  tellState({ fence, pointers }) {
    const others = [...pointers].map(([name, { version }]) => `${shownJson(name)} is at version ${version}`);
    return `has a fence at epoch ${fence}${others.length === 0 ? " and no pointer" : `, and ${others.join(", ")}`}`;
  },
  describe({ f, input, output, ret }) {
    const epoch = epochOf(input);
    const of = text(input, "name");
    const expected = whole(input, "expectedVersion");
    const asked = [
      f === "read-pointer" ? "read" : f,
      of === "" ? "" : shownJson(of),
      expected === undefined ? "" : `on version ${expected}`,
      epoch === undefined ? "" : `under epoch ${epoch}`,
    ];
    const words = asked.filter((word) => word !== "").join(" ");
    if (ret === OPEN) return `${words} (no answer)`;
    const refusal = refusalIn(output);
    if (refusal !== "") return `${words} → ${refusal}`;
    return f === "raise-fence" ? words : `${words} → version ${whole(output, "version") ?? "none"}`;
  },
};

const pointerOf = ({ pointers }: PointersState, name: string): PointerState =>
  pointers.get(name) ?? NO_POINTER;

const withPointer = (state: PointersState, name: string, pointer: PointerState): PointersState => ({
  ...state,
  pointers: new Map([...state.pointers, [name, pointer]]),
});

function saved(
  state: PointersState,
  name: string,
  input: Json,
  output: Json | undefined,
): PointersState | undefined {
  const before = pointerOf(state, name);
  const epoch = epochOf(input) ?? state.fence;
  const cursor = whole(input, "cursor") ?? 0;
  const fenced = epoch < state.fence;
  const stale =
    whole(input, "expectedVersion") !== before.version || (cursor < before.cursor && !before.reset);
  switch (refusalIn(output)) {
    case "":
      break;
    case "fenced":
      return fenced ? state : undefined;
    case "version-conflict":
      return stale ? state : undefined;
    default:
      return state; // by what was asked alone
  }
  if (fenced || stale) return output === undefined ? state : undefined;
  const version = before.version + 1;
  if (output !== undefined && whole(output, "version") !== version) return undefined;
  const moved = withPointer(state, name, { version, sha256: text(input, "sha256"), cursor, reset: false });
  return { ...moved, fence: epoch };
}

/** All that was asked: the pointers share a fence, so they are one object. */
export function checkpointOperations(record: ResourceRecord): Operation[] {
  return record.operations().map((operation) => about(operation, ""));
}
