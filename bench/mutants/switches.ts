/**
 * Switches of planted defects, and what stands behind them: no part of the sound system, and so no place for a mutant. To turn a
 * switch on is to plant the defect, which the kill table measures; to turn it off changes nothing; and code behind it never runs.
 * A switch is a question like `host.defect("GW1")`, alone or with conditions of its own; `!host.defect("GW1")` is one, too, but the
 * sound code behind that is mutated like any other.
 */
interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

interface Path {
  readonly node: Node;
  readonly key: string | number | null;
  readonly parent: Node | null;
}

/** What the instrumenter asks of each node: a reason for leaving it out. */
export const switches = {
  shouldIgnore(path: object): string | undefined {
    const { node, key, parent } = path as Path; // a path of Babel's
    const isBehind = key === "consequent" && parent !== null && asksOf(parent.test as Node | undefined);
    return isBehind || asksOf(node) || isNot(node) ? "a planted defect" : undefined;
  },
};

function asksOf(node: Node | undefined): boolean {
  if (node === undefined) return false;
  if (node.type === "LogicalExpression" && node.operator === "&&")
    return asksOf(node.left as Node) || asksOf(node.right as Node);
  return node.type === "CallExpression" && /^defects?$/.test(nameOf(node.callee as Node));
}

const isNot = (node: Node): boolean =>
  node.type === "UnaryExpression" && node.operator === "!" && asksOf(node.argument as Node);

/** The last part of `this.#host.defect`. */
function nameOf(callee: Node): string {
  if (callee.type === "Identifier") return String(callee.name);
  if (callee.type !== "MemberExpression") return "";
  const property = callee.property as Node;
  return property.type === "PrivateName" ? String((property.id as Node).name) : String(property.name);
}
