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

/** Where something is in a body: under this key of this object. */
interface Place {
  readonly value: object;
  readonly key: string;
  readonly above: Place | undefined;
}

const FROZEN = /read only property '([^']*)'|add property ([^ ,]+), object is not|delete property '([^']*)'/;

/**
 * So many of the objects that were sent last are known. A set of all of them costs more than looking at one again that is sent
 * again after so many others: at millions it is most of what checking costs.
 */
const REMEMBERED = 10_000;

export class Bodies {
  /** Sealed already, and so is all that they contain. */
  #sent = new WeakSet<object>();
  #remembered = 0;
  /** By the name of a message: names of the properties that it has carried. */
  readonly #carried = new Map<string, Set<string>>();

  /** @throws UnsendableBody with the message's name and the place in its body. */
  send(message: string, body: unknown): void {
    let carried = this.#carried.get(message);
    if (carried === undefined) {
      carried = new Set();
      this.#carried.set(message, carried);
    }
    if (typeof body === "object" && body !== null) this.#seal(message, body, carried, undefined);
    else if (!isData(body)) throw unsendable(message, nameOf(body), undefined);
  }

  /** Of an error by which a frozen body has kept its content: the messages that may have carried it. */
  carriersOf(error: unknown): readonly string[] {
    const [, assigned, added, deleted] = error instanceof TypeError ? (FROZEN.exec(error.message) ?? []) : [];
    const property = assigned ?? added ?? deleted;
    if (property === undefined) return [];
    return [...this.#carried].flatMap(([message, properties]) => (properties.has(property) ? [message] : []));
  }

  /** Called for each object of each message: what only a complaint needs is worked out for a complaint. */
  #seal(message: string, value: object, carried: Set<string>, place: Place | undefined): void {
    if (this.#sent.has(value) || ArrayBuffer.isView(value)) return;
    for (let above = place; above !== undefined; above = above.above)
      if (above.value === value) throw unsendable(message, "something that contains itself", place);
    if (!Array.isArray(value)) checkPlain(message, value, place);
    for (const key of Object.keys(value)) {
      const inner: unknown = (value as Readonly<Record<string, unknown>>)[key]; // a key of it
      carried.add(key);
      if (typeof inner === "object" && inner !== null)
        this.#seal(message, inner, carried, { value, key, above: place });
      else if (!isData(inner)) throw unsendable(message, nameOf(inner), { value, key, above: place });
    }
    if (this.#remembered === REMEMBERED) {
      this.#sent = new WeakSet();
      this.#remembered = 0;
    }
    this.#remembered++;
    this.#sent.add(Object.freeze(value));
  }
}

function checkPlain(message: string, value: object, place: Place | undefined): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  // An object of another realm has another prototype, which is itself nobody's heir.
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return;
  const { name } = value.constructor;
  throw unsendable(message, name === "" ? "an instance of a class" : `an instance of ${name}`, place);
}

/** Of what is no object. */
const isData = (value: unknown): boolean => typeof value !== "function" && typeof value !== "symbol";

const nameOf = (value: unknown): string => (typeof value === "function" ? "a function" : String(value));

function unsendable(message: string, what: string, place: Place | undefined): UnsendableBody {
  return new UnsendableBody(`${what} at body${textOf(place)} of ${message}`);
}

function textOf(place: Place | undefined): string {
  if (place === undefined) return "";
  const { value, key, above } = place;
  return `${textOf(above)}${Array.isArray(value) ? `[${key}]` : `.${key}`}`;
}
