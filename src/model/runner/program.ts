/**
 * Saga programs: small directed acyclic graphs of data that turn `{ state, event }` into `{ state, work, schedules,
 * cancels }`. They have neither clock nor I/O, so that the same input gives the same output wherever they run.
 *
 * Each node costs gas when it is evaluated, by how much it makes; nodes that nobody asks for cost nothing, since a choice
 * evaluates the branch that it takes. A program that is out of gas, takes too many steps, finds a value of another type
 * than it needs, or makes too large a result, fails as a whole. There are no loops and no recursion: what a program can
 * cost is bounded by its size, and the limits are for programs whose size was nobody's intention.
 */
import type { Json } from "seedstorm";
import { type ProgramFault, RunnerFailure } from "./errors.js";

/** The type of event that a compensation gets instead of the one on which the saga's own program failed. */
export const PROGRAM_FAILED = "program.failed";

/** The name of another node of the same program. */
export type Ref = string;

export type Node =
  | { readonly op: "value"; readonly value: Json }
  /** What stands at a path in the input; null where there is nothing. */
  | { readonly op: "input"; readonly path: readonly string[] }
  | { readonly op: "object"; readonly fields: { readonly [name: string]: Ref } }
  | { readonly op: "list"; readonly items: readonly Ref[] }
  /** Objects one over the other. */
  | { readonly op: "merge"; readonly of: readonly Ref[] }
  /** Lists one after the other. */
  | { readonly op: "concat"; readonly of: readonly Ref[] }
  /** Texts and numbers one after the other. */
  | { readonly op: "text"; readonly of: readonly Ref[] }
  | { readonly op: "add"; readonly of: readonly Ref[] }
  | { readonly op: "equal"; readonly left: Ref; readonly right: Ref }
  | { readonly op: "less"; readonly left: Ref; readonly right: Ref }
  | { readonly op: "and"; readonly of: readonly Ref[] }
  | { readonly op: "or"; readonly of: readonly Ref[] }
  | { readonly op: "not"; readonly of: Ref }
  /** The first case that is true. */
  | {
      readonly op: "choose";
      readonly cases: readonly { readonly when: Ref; readonly take: Ref }[];
      readonly otherwise: Ref;
    };

export interface Program {
  readonly name: string;
  readonly nodes: { readonly [name: Ref]: Node };
  /** The node whose value is the program's. */
  readonly result: Ref;
}

export interface ProgramLimits {
  readonly gas: number;
  readonly steps: number;
  /** Of the result as JSON text, in characters. */
  readonly size: number;
}

/** All nodes that a node refers to. */
export function refsOf(node: Node): readonly Ref[] {
  switch (node.op) {
    case "value":
    case "input":
      return [];
    case "object":
      return Object.values(node.fields);
    case "list":
      return node.items;
    case "merge":
    case "concat":
    case "text":
    case "add":
    case "and":
    case "or":
      return node.of;
    case "equal":
    case "less":
      return [node.left, node.right];
    case "not":
      return [node.of];
    case "choose":
      return [...node.cases.flatMap(({ when, take }) => [when, take]), node.otherwise];
  }
}

export interface ProgramRun {
  readonly value: Json;
  readonly gas: number;
  readonly steps: number;
}

/** @throws RunnerFailure of kind `program`. */
export function runProgram(program: Program, input: Json, limits: ProgramLimits): ProgramRun {
  const evaluation = new Evaluation(program, input, limits);
  const value = evaluation.of(program.result);
  const size = JSON.stringify(value).length;
  if (size > limits.size) evaluation.fail("too-large", program.result);
  return { value, gas: evaluation.gas, steps: evaluation.steps };
}

class Evaluation {
  gas = 0;
  steps = 0;
  readonly #program: Program;
  readonly #input: Json;
  readonly #limits: ProgramLimits;
  readonly #values = new Map<Ref, Json>();

  constructor(program: Program, input: Json, limits: ProgramLimits) {
    this.#program = program;
    this.#input = input;
    this.#limits = limits;
  }

  of(ref: Ref): Json {
    const known = this.#values.get(ref);
    if (known !== undefined) return known;
    const node = this.#program.nodes[ref];
    if (node === undefined) return this.fail("type", ref);
    this.steps++;
    if (this.steps > this.#limits.steps) this.fail("too-many-steps", ref);
    this.#pay(1, ref);
    const value = this.#evaluate(node, ref);
    this.#values.set(ref, value);
    return value;
  }

  fail(reason: ProgramFault, node: Ref): never {
    throw new RunnerFailure({ kind: "program", program: this.#program.name, reason, node });
  }

  #pay(gas: number, ref: Ref): void {
    this.gas += gas;
    if (this.gas > this.#limits.gas) this.fail("out-of-gas", ref);
  }

  #evaluate(node: Node, ref: Ref): Json {
    switch (node.op) {
      case "value":
        return node.value;
      case "input":
        return this.#at(node.path, ref);
      case "object": {
        const made: { [name: string]: Json } = {};
        for (const [name, field] of Object.entries(node.fields)) made[name] = this.of(field);
        this.#pay(Object.keys(made).length, ref);
        return made;
      }
      case "list":
        this.#pay(node.items.length, ref);
        return node.items.map((item) => this.of(item));
      case "merge": {
        const made: { [name: string]: Json } = {};
        for (const part of node.of) {
          const object = this.of(part);
          if (!isObject(object)) return this.fail("type", part);
          Object.assign(made, object);
          this.#pay(Object.keys(object).length, ref);
        }
        return made;
      }
      case "concat": {
        const made: Json[] = [];
        for (const part of node.of) {
          const list = this.of(part);
          if (!isList(list)) return this.fail("type", part);
          this.#pay(list.length, ref);
          made.push(...list);
        }
        return made;
      }
      case "text": {
        let made = "";
        for (const part of node.of) {
          const value = this.of(part);
          if (typeof value !== "string" && typeof value !== "number") return this.fail("type", part);
          made += value;
          this.#pay(String(value).length, ref);
        }
        return made;
      }
      case "add":
        return node.of.reduce((sum, part) => sum + this.#number(part), 0);
      case "equal": {
        const left = this.of(node.left);
        const right = this.of(node.right);
        if (!isScalar(left)) return this.fail("type", node.left);
        if (!isScalar(right)) return this.fail("type", node.right);
        return left === right;
      }
      case "less":
        return this.#number(node.left) < this.#number(node.right);
      case "and":
        return node.of.every((part) => this.#truth(part));
      case "or":
        return node.of.some((part) => this.#truth(part));
      case "not":
        return !this.#truth(node.of);
      case "choose": {
        const taken = node.cases.find(({ when }) => this.#truth(when));
        return this.of(taken?.take ?? node.otherwise);
      }
    }
  }

  #at(path: readonly string[], ref: Ref): Json {
    let value: Json = this.#input;
    for (const name of path) {
      this.#pay(1, ref);
      if (!isObject(value) || !Object.hasOwn(value, name)) return null;
      value = value[name] ?? null;
    }
    return value;
  }

  #number(ref: Ref): number {
    const value = this.of(ref);
    return typeof value === "number" ? value : this.fail("type", ref);
  }

  #truth(ref: Ref): boolean {
    const value = this.of(ref);
    return typeof value === "boolean" ? value : this.fail("type", ref);
  }
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is { readonly [name: string]: Json } {
  return typeof value === "object" && value !== null && !isList(value);
}

function isScalar(value: Json): value is string | number | boolean | null {
  return typeof value !== "object" || value === null;
}
