/** Writes a program's graph: a node that is there already is used again, so that what is asked for twice is computed once. */
import type { Json } from "seedstorm";
import type { Node, Program, Ref } from "../program.js";

export class ProgramBuilder {
  readonly #nodes: { [name: Ref]: Node } = {};
  readonly #names = new Map<string, Ref>();

  node(node: Node): Ref {
    const text = JSON.stringify(node);
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    const name = `n${this.#names.size + 1}`;
    this.#names.set(text, name);
    this.#nodes[name] = node;
    return name;
  }

  value(value: Json): Ref {
    return this.node({ op: "value", value });
  }

  input(...path: readonly string[]): Ref {
    return this.node({ op: "input", path });
  }

  object(fields: { readonly [name: string]: Ref }): Ref {
    return this.node({ op: "object", fields });
  }

  list(...items: readonly Ref[]): Ref {
    return this.node({ op: "list", items });
  }

  is(left: Ref, value: Json): Ref {
    return this.node({ op: "equal", left, right: this.value(value) });
  }

  oneOf(left: Ref, values: readonly Json[]): Ref {
    return this.node({ op: "or", of: values.map((value) => this.is(left, value)) });
  }

  all(...of: readonly Ref[]): Ref {
    return this.node({ op: "and", of });
  }

  merge(...of: readonly Ref[]): Ref {
    return this.node({ op: "merge", of });
  }

  choose(cases: readonly (readonly [when: Ref, take: Ref])[], otherwise: Ref): Ref {
    return this.node({
      op: "choose",
      cases: cases.map(([when, take]) => ({ when, take })),
      otherwise,
    });
  }

  program(name: string, result: Ref): Program {
    return { name, nodes: this.#nodes, result };
  }
}
