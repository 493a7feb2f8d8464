/**
 * Models of one's own: what an object holds at first, and what it does when it is asked one thing.
 *
 * States are plain data, are frozen as soon as they are made, and are told apart by what is in them. A `step` that throws, or that
 * changes the state that it was given, is reported with the operation that it was asked about.
 */
import type { Json } from "../../sim/plan.js";
import { comparable, shownJson } from "../values.js";
import { describePlainly, type Model } from "./model.js";
import type { Operation } from "./operation.js";

/** What a model is asked about: an operation with what was given and what was returned. */
export interface ModelOperation {
  readonly f: string;
  readonly input: Json;
  /** Undefined when nobody knows. */
  readonly output: Json | undefined;
  /** Who asked. */
  readonly client: string;
  /** Whether it was answered. Where it was not, the state after it is asked for, whatever it returned. */
  readonly answered: boolean;
}

export interface ModelDefinition<S extends Json = Json> {
  /** Default: `object`. */
  readonly name?: string;
  /** What an object holds at first. */
  readonly init: S;
  /** The state after the operation, or undefined when it can't have been answered like that in this state. */
  readonly step: (state: S, operation: ModelOperation) => S | undefined;
  /** The object that an operation is about, where there are several. They are judged one by one. */
  readonly partition?: (operation: ModelOperation) => string;
  /** A state as the end of a sentence about the object: `holds 5`. */
  readonly describe?: (state: S) => string;
  /** Whether an operation never changes anything. That is a shortcut for the search; leave it out when unsure. */
  readonly readOnly?: (operation: ModelOperation) => boolean;
}

/** A model of one's own failed, or is none. */
export class ModelError extends Error {
  override readonly name = "ModelError";
}

/** A model of one's own as the search knows it. @throws ModelError where it is none. */
export function defineModel<S extends Json>(definition: ModelDefinition<S>): Model<S> {
  if (typeof definition.step !== "function") {
    throw new ModelError(
      "a model needs a function `step(state, operation)` that gives the state after an operation",
    );
  }
  if (definition.init === undefined)
    throw new ModelError("a model needs `init`, what an object holds at first");
  const { step, describe, readOnly, name = "object" } = definition;
  const initial = frozen(definition.init);
  return {
    name,
    initial,
    knowsClients: true,
    step(state, operation, output) {
      const after = asked(operation, () => step(state, seen(operation, output)));
      return after === undefined ? undefined : frozen(after);
    },
    onlyLooks: (operation, output) =>
      readOnly !== undefined && asked(operation, () => readOnly(seen(operation, output))),
    key: comparable,
    tellState: (state) => (describe === undefined ? `is ${shownJson(state)}` : describe(state)),
    describe: describePlainly,
  };
}

/** Each operation with the object that the model says it is about. */
export function partitioned<S extends Json>(
  { partition }: ModelDefinition<S>,
  operations: readonly Operation[],
): readonly Operation[] {
  if (partition === undefined) return operations;
  return operations.map((operation) => {
    const object = asked(operation, () => partition(seen(operation, operation.output)));
    return { ...operation, object: String(object) };
  });
}

const seen = ({ f, input, client }: Operation, output: Json | undefined): ModelOperation => ({
  f,
  input,
  output,
  client,
  answered: output !== undefined,
});

function asked<T>(operation: Operation, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ModelError(
      `the model failed on "${describePlainly(operation)}" of process ${operation.client}: ${reason}`,
    );
  }
}

function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}
