/** A history against one of the models by name, with each contradiction told. */
import { type CheckResult, checkLinearizability } from "./check.js";
import type { Model } from "./model.js";
import {
  casRegisterModel,
  kvModel,
  lockModel,
  type ModelName,
  queueModel,
  registerModel,
} from "./models/index.js";
import type { Operation } from "./operation.js";
import { proof, sentence, type Telling } from "./proof.js";
import { accountForQueue } from "./queue-accounting.js";

export interface ToldContradiction {
  readonly object: string;
  readonly message: string;
  /** How far the history goes until it contradicts itself. */
  readonly heading: string;
  /** The same line by line. */
  readonly proof: readonly string[];
  /** The operation whose answer leaves no order. */
  readonly culprit: Operation;
  /** Operations on the object that had been answered by then, it among them. */
  readonly answered: number;
  /** Whether no shorter beginning of the history is without an order. */
  readonly shortest: boolean;
  readonly window: readonly Operation[];
  readonly known: readonly string[];
}

export interface CheckedHistory {
  readonly result: CheckResult;
  readonly told: readonly ToldContradiction[];
}

const NOUNS: Readonly<Record<ModelName, string>> = {
  register: "The register",
  "cas-register": "The register",
  queue: "The queue",
  lock: "The lock",
  kv: "The key",
};

export function checkAgainst(
  name: ModelName,
  operations: readonly Operation[],
  budget: number,
  telling: Omit<Telling, "object">,
): CheckedHistory {
  switch (name) {
    case "register":
      return checked(registerModel);
    case "cas-register":
      return checked(casRegisterModel);
    case "queue":
      return checked(queueModel);
    case "lock":
      return checked(lockModel);
    case "kv":
      return checked(kvModel);
  }

  function checked<S>(model: Model<S>): CheckedHistory {
    const shortcut = name === "queue" ? accountForQueue : undefined;
    const result = checkLinearizability(model, operations, { budget }, shortcut);
    const told = result.contradictions.map((contradiction): ToldContradiction => {
      const { object, culprit, answered, shortest, window, known } = contradiction;
      const noun = object === "" ? NOUNS[name] : `${NOUNS[name]} ${JSON.stringify(object)}`;
      const how = { ...telling, object: noun };
      return {
        object,
        heading: `${noun}: ${answered === 1 ? "the first answer has" : `the first ${answered} answers have`} no order${shortest ? ", and fewer have one" : ""}.`,
        message: sentence(model, contradiction, how),
        proof: proof(model, contradiction, how),
        culprit,
        answered,
        shortest,
        window,
        known: known.map(({ text }) => text),
      };
    });
    return { result, told };
  }
}
