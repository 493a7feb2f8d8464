/**
 * Linearizability as a property of a system in the storm: what clients asked and were answered is judged when the run is
 * over, object by object. The key of a call names the object, unless the model says otherwise.
 *
 * Who asks is the host that a call is made on. Asked and answered is what the history's client facts say: an `ok` is an answer; a `fail` was certainly not done and is left
 * out; an `info`, or no end at all, stays open. An object that can't be decided within the budget is reported, for it is no pass.
 */

import type { HistoryEvent } from "../../sim/history.js";
import type { Json } from "../../sim/plan.js";
import { time } from "../evidence-text.js";
import type { CheckContext, Property } from "../property.js";
import { checkAgainst } from "./against.js";
import { MODEL_NAMES, type ModelName, type ReadyModel, readyModel } from "./models/index.js";
import { OPEN, type Operation } from "./operation.js";
import { defineModel, type ModelDefinition, partitioned } from "./user-model.js";

export interface LinearizableOptions {
  /** The property's id. */
  readonly id: string;
  /** What must hold, in one sentence. Default: that the objects answer as if they were asked one thing at a time. */
  readonly sentence?: string;
  /**
   * The operation of the model that a client's operation is; undefined for one that is not about these objects. Default: the
   * name as it is, for every client.
   */
  readonly operation?: (name: string) => string | undefined;
  /** What each object holds at first, for a ready model. */
  readonly initial?: Json;
  /** Looks at the model for the objects of one run. Default: 500,000. */
  readonly budget?: number;
}

const BUDGET = 500_000;

/** @param model a ready model by name, or one of one's own. */
export function linearizable<S extends Json>(
  model: ModelName | ModelDefinition<S>,
  options: LinearizableOptions,
): Property {
  const chosen = typeof model === "string" ? ready(model, options.initial) : own(model);
  const { id, budget = BUDGET, operation: named = (name) => name } = options;
  return {
    id,
    kind: "at-end",
    sentence: options.sentence ?? "The objects answer as if they were asked one thing at a time.",
    subscribes: ["client"],
    start(context) {
      const gathered = new Gathered(named, chosen);
      return {
        on: (event) => gathered.take(event),
        end: () => judge(context, chosen, chosen.prepare(gathered.operations()), budget),
      };
    },
  };
}

interface Chosen extends Pick<ReadyModel, "model" | "noun" | "accounting" | "ledgerDecides"> {
  /** A call as the model knows it; undefined where it is none of its operations. */
  readonly input: (f: string, value: Json) => { readonly f: string; readonly input: Json } | undefined;
  readonly output: (f: string, value: Json) => Json;
  readonly prepare: (operations: readonly Operation[]) => readonly Operation[];
}

function ready(name: ModelName, initial: Json | undefined): Chosen {
  if (!MODEL_NAMES.includes(name))
    throw new RangeError(`no model ${name}; models are ${MODEL_NAMES.join(", ")}`);
  const model = readyModel(name, initial);
  return {
    ...model,
    input(f, value) {
      const verb = Object.hasOwn(model.verbs, f) ? model.verbs[f] : undefined;
      if (verb === undefined) return undefined;
      const input = verb.takes.read(value);
      if (input === undefined)
        throw new RangeError(`${f} of a ${name} takes ${verb.takes.text}, got ${JSON.stringify(value)}`);
      return { f: verb.f, input };
    },
    output(f, value) {
      const verb = Object.values(model.verbs).find((each) => each.f === f);
      const output = verb?.gives.read(value);
      if (output === undefined)
        throw new RangeError(`${f} of a ${name} gives ${verb?.gives.text}, got ${JSON.stringify(value)}`);
      return output;
    },
    prepare: (operations) => operations,
  };
}

function own<S extends Json>(definition: ModelDefinition<S>): Chosen {
  const model = defineModel(definition);
  return {
    model: model as Chosen["model"],
    noun: `The ${model.name}`,
    accounting: undefined,
    ledgerDecides: false,
    input: (f, input) => ({ f, input }),
    output: (_, value) => value,
    prepare: (operations) => partitioned(definition, operations),
  };
}

interface Asked extends Operation {
  readonly input: Json;
  output: Json | undefined;
  ret: number;
}

class Gathered {
  readonly #named: (name: string) => string | undefined;
  readonly #chosen: Chosen;
  readonly #asked = new Map<string, Asked>();
  readonly #failed = new Set<Asked>();
  readonly #all: Asked[] = [];

  constructor(named: (name: string) => string | undefined, chosen: Chosen) {
    this.#named = named;
    this.#chosen = chosen;
  }

  take(event: HistoryEvent): void {
    if (event.kind !== "client") return;
    const { phase, requestId, operation, key, value, id } = event;
    if (phase === "call") {
      const name = this.#named(operation);
      const call = name === undefined ? undefined : this.#chosen.input(name, value);
      if (call === undefined) return;
      const asked: Asked = {
        client: event.host,
        object: key,
        ...call,
        output: undefined,
        call: id,
        ret: OPEN,
      };
      this.#all.push(asked);
      this.#asked.set(requestId, asked);
      return;
    }
    const asked = this.#asked.get(requestId);
    if (asked === undefined) return;
    this.#asked.delete(requestId);
    if (phase === "fail") this.#failed.add(asked);
    if (phase !== "ok") return;
    asked.output = this.#chosen.output(asked.f, value);
    asked.ret = id;
  }

  operations(): Operation[] {
    return this.#all.filter((asked) => !this.#failed.has(asked));
  }
}

function judge(
  context: CheckContext,
  chosen: Chosen,
  operations: readonly Operation[],
  budget: number,
): void {
  if (operations.length === 0) return;
  context.checked();
  const words = {
    moment: (position: number) => `at ${time(context.event(position).at)}`,
    client: (client: string) => client,
  };
  const { result, explained } = checkAgainst(chosen, operations, words, { budget });
  for (const { object, message, window, culprit } of explained) {
    const positions = window.flatMap(({ call, ret }) => (ret <= culprit.ret ? [call, ret] : [call]));
    const evidence = positions.map((position) => context.event(position));
    context.violated(object, message, evidence);
  }
  for (const object of result.unknown) {
    const what = object === "" ? chosen.noun : `${chosen.noun} ${object}`;
    context.violated(
      object,
      `${what}: whether its operations have an order can't be decided in ${budget} steps.`,
      [],
    );
  }
}
