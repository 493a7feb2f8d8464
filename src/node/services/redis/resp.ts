/**
 * Redis' protocol in its versions 2 and 3: requests as they come in over a connection, and replies. Bytes are kept in
 * strings with one character for each byte, so that any content is a key of a map and compares as bytes do.
 */

/** Text that a client is told in a line of its own: `+OK`. */
export class Status {
  constructor(readonly text: string) {}
}

/** An error: its first word is its code. */
export class RedisError extends Error {
  override readonly name = "RedisError";
}

/** Pairs: in version 2 one list of all, or a list of lists of two; in version 3 a map, or a list of lists of two. */
export class Pairs {
  constructor(
    readonly pairs: readonly (readonly [Reply, Reply])[],
    readonly two: "flat" | "nested" = "flat",
    readonly three: "map" | "nested" = "map",
  ) {}
}

/** A number with a fraction: a string in version 2. */
export class Double {
  constructor(readonly value: number) {}
}

/** Members of a set: a list in version 2. */
export class Members {
  constructor(readonly members: readonly Reply[]) {}
}

/** A list that is not there: of nulls, version 2 has two. */
export class NoList {}

/** What is sent without having been asked for: a list in version 2. */
export class Push {
  constructor(readonly items: readonly Reply[]) {}
}

export type Reply =
  | null
  | string
  | number
  | Status
  | RedisError
  | Pairs
  | Double
  | Members
  | NoList
  | Push
  | readonly Reply[];

export const OK = new Status("OK");
export const QUEUED = new Status("QUEUED");
export const NO_LIST = new NoList();

export type Version = 2 | 3;

/** A number as Redis writes it: the shortest text that gives the same number. */
export function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "inf";
  return value === Number.NEGATIVE_INFINITY ? "-inf" : String(value);
}

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;

/** A reply as its bytes. */
export function encoded(reply: Reply, version: Version): string {
  const all = (items: readonly Reply[]): string => items.map((item) => encoded(item, version)).join("");
  const list = (mark: string, items: readonly Reply[]): string => `${mark}${items.length}\r\n${all(items)}`;
  if (reply === null) return version === 3 ? "_\r\n" : "$-1\r\n";
  if (typeof reply === "string") return bulk(reply);
  if (typeof reply === "number") return `:${reply}\r\n`;
  if (reply instanceof Status) return `+${reply.text}\r\n`;
  if (reply instanceof RedisError) return `-${reply.message.replace(/[\r\n]/g, " ")}\r\n`;
  if (reply instanceof NoList) return version === 3 ? "_\r\n" : "*-1\r\n";
  if (reply instanceof Double) {
    const text = numberText(reply.value);
    return version === 3 ? `,${text}\r\n` : bulk(text);
  }
  if (reply instanceof Members) return list(version === 3 ? "~" : "*", reply.members);
  if (reply instanceof Push) return list(version === 3 ? ">" : "*", reply.items);
  if (reply instanceof Pairs) {
    const { pairs } = reply;
    const shape = version === 2 ? reply.two : reply.three;
    if (shape === "nested") return list("*", pairs);
    return shape === "flat" ? list("*", pairs.flat()) : `%${pairs.length}\r\n${all(pairs.flat())}`;
  }
  return list("*", reply);
}

/** What comes of it; an error of the protocol is a reply, too. */
export function replied<T>(act: () => T): T | RedisError {
  try {
    return act();
  } catch (error) {
    if (error instanceof RedisError) return error;
    throw error;
  }
}

/** A command as a client would send it. */
export function requestText(command: readonly string[]): string {
  return `*${command.length}\r\n${command.map(bulk).join("")}`;
}

const TEN = 10;

/** Takes bytes as they come and gives the commands that are whole. Throws a RedisError where they are none. */
export class RequestReader {
  #text = "";
  /** Where the first command begins that was not given yet. */
  #at = 0;
  /** Bytes before the first one that was not given yet. */
  taken = 0;
  readonly #allowsInline: boolean;

  /** @param allowsInline whether a command may be a line of words. */
  constructor(allowsInline = true) {
    this.#allowsInline = allowsInline;
  }

  *take(text: string): Generator<readonly string[]> {
    this.#text = this.#text.slice(this.#at) + text;
    this.#at = 0;
    for (;;) {
      const found = this.#next();
      if (found === undefined) return;
      this.taken += found.end - this.#at;
      this.#at = found.end;
      if (found.command.length > 0) yield found.command;
    }
  }

  #next(): { readonly command: readonly string[]; readonly end: number } | undefined {
    const head = this.#line(this.#at);
    if (head === undefined) return undefined;
    if (!head.line.startsWith("*") && this.#allowsInline) {
      // As somebody types it who has but a terminal.
      return { command: head.line.split(/\s+/).filter((word) => word !== ""), end: head.end };
    }
    const command: string[] = [];
    let at = head.end;
    for (let left = lengthOf(head.line, "*", "multibulk"); left > 0; left--) {
      const size = this.#line(at);
      if (size === undefined) return undefined;
      const length = lengthOf(size.line, "$", "bulk");
      const end = size.end + length + 2;
      if (this.#text.length < end) return undefined;
      if (this.#text.slice(end - 2, end) !== "\r\n")
        throw new RedisError("ERR Protocol error: expected CRLF");
      command.push(this.#text.slice(size.end, size.end + length));
      at = end;
    }
    return { command, end: at };
  }

  #line(at: number): { readonly line: string; readonly end: number } | undefined {
    const end = this.#text.indexOf("\n", at);
    if (end < 0) return undefined;
    return { line: this.#text.slice(at, end).replace(/\r$/, ""), end: end + 1 };
  }
}

function lengthOf(line: string, mark: string, what: string): number {
  const length = /^-?\d+$/.test(line.slice(1)) ? Number.parseInt(line.slice(1), TEN) : Number.NaN;
  if (line[0] !== mark)
    throw new RedisError(`ERR Protocol error: expected '${mark}', got '${line[0] ?? ""}'`);
  if (Number.isNaN(length) || length < -1 || (mark === "$" && length < 0))
    throw new RedisError(`ERR Protocol error: invalid ${what} length`);
  return length;
}
