/**
 * One key of the idempotency store: free, in progress for an owner's attempt, completed with a value.
 *
 * A reservation that ran out may be taken over; that it ran out, and that a completed key was forgotten, are the
 * store's own doing.
 */
import type { Json } from "seedstorm";
import {
  comparable,
  fields,
  type Model,
  OPEN,
  type Operation,
  type StateKey,
  text,
  whole,
} from "seedstorm/check";
import { ownOperation, type ResourceRecord, refusalIn } from "./recorded.js";

export interface KeyState {
  readonly owner: string;
  readonly attempt: number;
  readonly requestHash: string;
  readonly state: "in-progress" | "expired" | "completed";
  readonly value: StateKey;
}

export const idempotencyModel: Model<KeyState | null> = {
  name: "idempotency",
  initial: null,
  knowsClients: false,
  step(entry, { f, input }, output) {
    switch (f) {
      case "reserve":
        return reserved(entry, input, output);
      case "complete":
      case "release": {
        const held = entry?.owner === text(input, "owner") && entry.attempt === whole(input, "attempt");
        if (!held || (f === "release" && entry.state === "completed")) {
          return output === undefined || refusalIn(output) === "not-held" ? entry : undefined;
        }
        if (refusalIn(output) !== "") return undefined;
        if (f === "release") return null;
        if (entry.state === "completed") return counted(output, 0) ? entry : undefined;
        const value = comparable(fields(input)?.value ?? null);
        return counted(output, 1) ? { ...entry, state: "completed", value } : undefined;
      }
      case "expire":
        return entry?.state === "in-progress" && entry.attempt === whole(input, "attempt")
          ? { ...entry, state: "expired" }
          : undefined;
      case "forget":
        return entry?.state === "completed" ? null : undefined;
      default:
        return undefined;
    }
  },
  onlyLooks({ f }, output) {
    if (refusalIn(output) !== "") return true;
    if (f === "reserve") return output !== undefined && text(output, "state") !== "new";
    return f === "complete" && whole(output, "count") === 0;
  },
  key: (entry) =>
    entry === null
      ? null
      : `${entry.state} ${entry.attempt} ${entry.owner} ${entry.requestHash} ${typeof entry.value} ${entry.value}`,
  tellState(entry) {
    if (entry === null) return "is free";
    if (entry.state === "completed") return `is completed by attempt ${entry.attempt} of ${entry.owner}`;
    const expired = entry.state === "expired" ? ", which ran out" : "";
    return `is reserved by attempt ${entry.attempt} of ${entry.owner}${expired}`;
  },
  describe({ f, input, output, ret }) {
    if (f === "expire") return `the reservation of attempt ${whole(input, "attempt") ?? "?"} runs out`;
    if (f === "forget") return "the completed key is forgotten";
    const owner = text(input, "owner");
    const asked =
      f === "reserve" ? `${f} for ${owner}` : `${f} by attempt ${whole(input, "attempt") ?? "?"} of ${owner}`;
    if (ret === OPEN) return `${asked} (no answer)`;
    const refusal = refusalIn(output);
    const attempt = whole(output, "attempt");
    const state = attempt === undefined ? text(output, "state") : `new, attempt ${attempt}`;
    return `${asked} → ${refusal === "" ? state : refusal}`;
  },
};

const counted = (output: Json | undefined, count: number): boolean =>
  output === undefined || whole(output, "count") === count;

function reserved(
  entry: KeyState | null,
  input: Json,
  output: Json | undefined,
): KeyState | null | undefined {
  const refusal = refusalIn(output);
  if (refusal !== "" && refusal !== "conflict") return entry; // by what was asked alone
  const requestHash = text(input, "requestHash");
  const conflicts = entry !== null && entry.requestHash !== requestHash;
  if (conflicts) return output === undefined || refusal === "conflict" ? entry : undefined;
  if (refusal === "conflict") return undefined;
  if (entry?.state === "completed") {
    if (output === undefined) return entry;
    const fits =
      text(output, "state") === "completed" && comparable(fields(output)?.value ?? null) === entry.value;
    return fits ? entry : undefined;
  }
  if (entry?.state === "in-progress") {
    return output === undefined || text(output, "state") === "in-progress" ? entry : undefined;
  }
  const attempt = (entry?.attempt ?? 0) + 1;
  if (output !== undefined && (text(output, "state") !== "new" || whole(output, "attempt") !== attempt)) {
    return undefined;
  }
  return { owner: text(input, "owner"), attempt, requestHash, state: "in-progress", value: null };
}

const OF_A_KEY: ReadonlySet<string> = new Set(["reserve", "complete", "release"]);

/** What was asked of single keys, and what the store did to them by itself. */
export function keyOperations(record: ResourceRecord): Operation[] {
  const operations = record.operations().filter(({ f }) => OF_A_KEY.has(f));
  const completed = new Set<string>();
  for (const { change, at } of record.calls) {
    if (change.of !== "key") continue;
    const { key, attempt } = change;
    if (change.state === "in-progress" && change.expired)
      operations.push(ownOperation(key, "expire", { attempt }, at));
    if (change.state === "released" && completed.has(key))
      operations.push(ownOperation(key, "forget", null, at));
    if (change.state === "completed") completed.add(key);
    else completed.delete(key);
  }
  return operations;
}
