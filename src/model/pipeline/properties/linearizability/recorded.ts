/**
 * What was asked of the pipeline's resources in one universe, as operations.
 *
 * The resources' own clients tell what they asked and were answered. A refusal for a reason is an answer; what was
 * certainly not done is left out; a client that crashed was never answered. What a resource does without being asked
 * (a reservation expires, a lease ends, a delivery comes back) is read from the replicas' writes, as an operation that took
 * place in the instant in which the first replica applied it: replicas apply in one order, so whatever came before it in that
 * order was applied before that instant.
 */
import type { EventOf, HistoryEvent, Json } from "seedstorm";
import { type Check, fields, OPEN, type Operation, text, type ViewKind } from "seedstorm/check";
import type { Change } from "../changes.js";
import { pipelineState } from "../state.js";

type ClientEvent = EventOf<"client">;

/** Refusals are answers of this shape. */
export interface RefusedAnswer {
  readonly refused: string;
}

/** Why an operation was refused; empty when it was not. */
export const refusalIn = (output: Json | undefined): string => text(output, "refused");

/** Something that a resource did by itself. */
export interface OwnCall {
  readonly change: Change;
  /** The position of the event in which the first replica applied it. */
  readonly at: number;
  /** The other changes of the same command. */
  readonly together: readonly Change[];
}

const NOT_DONE = "unavailable";

/** One request while the run goes on; an `Operation` when it is over. */
interface Request {
  readonly client: string;
  object: string;
  readonly f: string;
  readonly input: Json;
  output: Json | undefined;
  readonly call: number;
  ret: number;
}

/** A resource of a universe: what was asked of it, and how it changed. */
export class ResourceRecord {
  readonly requests: Request[] = [];
  readonly calls: OwnCall[] = [];

  /** What was asked for, certainly not done left out, in the order of the calls. */
  operations(): Operation[] {
    return this.requests.filter(({ ret }) => ret >= 0);
  }
}

export class Recorded implements Check {
  readonly #resources = new Map<string, ResourceRecord>();
  readonly #open = new Map<string, Request>();

  on(event: HistoryEvent): void {
    if (event.kind !== "client") return;
    const slash = event.operation.indexOf("/");
    if (slash < 0) return;
    if (event.phase === "call") this.#called(event, slash);
    else this.#ended(event);
  }

  resource(name: string): ResourceRecord {
    let record = this.#resources.get(name);
    if (record === undefined) {
      record = new ResourceRecord();
      this.#resources.set(name, record);
    }
    return record;
  }

  #called(event: ClientEvent, slash: number): void {
    const { id, requestId, operation, key, value } = event;
    const request: Request = {
      client: requestId.slice(0, requestId.lastIndexOf(":")),
      object: key,
      f: operation.slice(slash + 1),
      input: value,
      output: undefined,
      call: id,
      ret: OPEN,
    };
    this.resource(operation.slice(0, slash)).requests.push(request);
    this.#open.set(requestId, request);
  }

  #ended({ id, requestId, phase, value }: ClientEvent): void {
    const request = this.#open.get(requestId);
    if (request === undefined) return;
    this.#open.delete(requestId);
    if (phase === "info") return;
    const reason = text(value, "reason");
    if (phase === "fail" && reason === NOT_DONE) {
      request.ret = -1;
      return;
    }
    request.ret = id;
    request.output = phase === "fail" ? { refused: reason } : value;
  }
}

/** Reads what clients of resources tell and what replicas write. */
export const recordedRequests: ViewKind<Recorded> = {
  subscribes: ["client"],
  start(context) {
    const recorded = new Recorded();
    const state = context.view(pipelineState);
    state.listen((event) => {
      const { calls } = recorded.resource(state.resource);
      for (const change of state.changes) calls.push({ change, at: event.id, together: state.changes });
    });
    return recorded;
  },
};

/** An operation of a resource itself: it takes place in one instant. */
export function ownOperation(object: string, f: string, input: Json, at: number): Operation {
  return { client: "", object, f, input, output: true, call: at, ret: at };
}

/** A request without what it says of itself being who it is and what it is about. */
export function about(operation: Operation, object: string): Operation {
  return { ...operation, object };
}

export const epochOf = (input: Json): number | undefined => {
  const epoch = fields(input)?.epoch;
  return typeof epoch === "number" ? epoch : undefined;
};
