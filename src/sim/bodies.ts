/**
 * Message bodies are data, and belong to nobody once they are sent: they are handed over by reference, so that one who changes
 * his copy later changes that of everybody else, which no wire does.
 *
 * What is sent is frozen, all the way down, and refused when a wire could not carry it: functions, symbols, instances of classes, and
 * what contains itself. Bytes can't be frozen; they are let through as they are.
 */

/** Code sent something that is no data. */
export class UnsendableBody extends Error {
  override readonly name = "UnsendableBody";
}

/** A message, by its name, with what it carries. */
type Path = readonly (string | number)[];

const FROZEN = /read only property '([^']*)'|add property ([^ ,]+), object is not|delete property '([^']*)'/;

export class Bodies {
  readonly #sent = new WeakSet<object>();
  /** Names of the messages that carried a property of this name. */
  readonly #carriers = new Map<string, Set<string>>();

  /** @throws UnsendableBody with the message's name and the place in its body. */
  send(message: string, body: unknown): void {
    if (typeof body === "object" && body !== null) this.#seal(message, body, [], new Set());
    else checkLeaf(message, body, []);
  }

  /** Of an error by which a frozen body has kept its content: the messages that may have carried it. */
  carriersOf(error: unknown): readonly string[] {
    const [, assigned, added, deleted] = error instanceof TypeError ? (FROZEN.exec(error.message) ?? []) : [];
    const property = assigned ?? added ?? deleted;
    return property === undefined ? [] : [...(this.#carriers.get(property) ?? [])];
  }

  #seal(message: string, value: object, path: Path, around: Set<object>): void {
    if (around.has(value)) throw unsendable(message, "something that contains itself", path);
    if (this.#sent.has(value)) return;
    if (ArrayBuffer.isView(value)) return;
    const isList = Array.isArray(value);
    if (!isList) checkPlain(message, value, path);
    around.add(value);
    for (const key of Object.keys(value)) {
      const inner: unknown = (value as Readonly<Record<string, unknown>>)[key]; // a key of it
      const at = [...path, isList ? Number(key) : key];
      if (typeof inner === "object" && inner !== null) this.#seal(message, inner, at, around);
      else checkLeaf(message, inner, at);
      this.#remember(key, message);
    }
    around.delete(value);
    this.#sent.add(Object.freeze(value));
  }

  #remember(property: string, message: string): void {
    const carriers = this.#carriers.get(property);
    if (carriers === undefined) this.#carriers.set(property, new Set([message]));
    else carriers.add(message);
  }
}

function checkPlain(message: string, value: object, path: Path): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  // An object of another realm has another prototype, which is itself nobody's heir.
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return;
  const { name } = value.constructor;
  throw unsendable(message, name === "" ? "an instance of a class" : `an instance of ${name}`, path);
}

function checkLeaf(message: string, value: unknown, path: Path): void {
  if (typeof value === "function") throw unsendable(message, "a function", path);
  if (typeof value === "symbol") throw unsendable(message, String(value), path);
}

function unsendable(message: string, what: string, path: Path): UnsendableBody {
  const place = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("");
  return new UnsendableBody(`${what} at body${place} of ${message}`);
}
