/**
 * EDN, whole: maps, vectors, lists, sets, strings, characters, numbers of any length, ratios, keywords, symbols, tagged values, namespaced
 * maps, comments and discarded values. A map whose keys are all keywords becomes an ordinary object; what JSON has
 * no word for becomes an exact value of its own. What is no EDN is refused with a place; nothing is evaluated.
 */
import { canonical, exactNumber, exotic, exoticOf, ordinaryKey, setOf } from "../../check/values.js";
import type { Json } from "../../sim/plan.js";
import { InputError } from "./input-error.js";

const DEEPEST = 32;

/** @throws InputError that says where it breaks. */
export function parseEdn(text: string): Json {
  const reader = new EdnReader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

/** What stands before a comment or a reason: the first value, and where the text goes on after it. @throws InputError */
export function parseFirstEdn(text: string): { readonly value: Json; readonly rest: string } {
  const reader = new EdnReader(text);
  const value = reader.value(0);
  return { value, rest: reader.rest() };
}

const CLOSING: Readonly<Record<string, string>> = { "{": "}", "[": "]", "(": ")" };
const TOKEN = /[^\s,{}[\]()";]+/y;
const SKIPPED = /(?:[\s,]+|;[^\n]*)+/y;
const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  b: "\b",
  f: "\f",
  '"': '"',
  "\\": "\\",
};
const CHARACTERS: Readonly<Record<string, string>> = {
  newline: "\n",
  return: "\r",
  space: " ",
  tab: "\t",
  backspace: "\b",
  formfeed: "\f",
};
const CHARACTER = /\\(newline|return|space|tab|backspace|formfeed|u[0-9a-fA-F]{4}|[\s\S])/uy;

class EdnReader {
  #at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): Json {
    if (depth > DEEPEST) throw this.#problem(`no more than ${DEEPEST} levels`);
    this.#skip(depth);
    const next = this.#text[this.#at];
    if (next === undefined) throw this.#problem("a value");
    if (next === '"') return this.#string();
    if (next === "\\") return this.#character();
    if (next === "#") return this.#dispatched(depth);
    if (next === "^") {
      this.#at += 1;
      this.value(depth + 1); // what is said about the value that follows
      return this.value(depth + 1);
    }
    const closing = CLOSING[next];
    if (closing === undefined) return this.#atom();
    return next === "{" ? this.#map(depth, "") : this.#items(depth, closing);
  }

  end(): void {
    this.#skip(0);
    if (this.#at < this.#text.length) throw this.#problem("nothing more after the event");
  }

  rest(): string {
    return this.#text.slice(this.#at).trim();
  }

  #dispatched(depth: number): Json {
    const after = this.#text[this.#at + 1];
    if (after === "{") {
      this.#at += 1;
      return setOf(this.#items(depth, "}"));
    }
    if (after === "#") {
      const token = this.#token();
      const name = token.slice(2);
      if (name === "NaN" || name === "Inf" || name === "-Inf") {
        return exotic("number", name === "NaN" ? name : name.replace("Inf", "Infinity"));
      }
      throw this.#problem("##NaN, ##Inf or ##-Inf");
    }
    if (after === ":") {
      const token = this.#token();
      this.#skip(depth);
      if (this.#text[this.#at] !== "{") throw this.#problem(`a map after #${token.slice(1)}`);
      return this.#map(depth, token.slice(2));
    }
    const tag = this.#token().slice(1);
    if (!/^[\p{L}]/u.test(tag)) throw this.#problem("the name of a tag");
    const content = this.value(depth + 1);
    // A record prints as its type and its fields.
    if (tag.includes(".") && !tag.includes("/") && isPlainMap(content)) return content;
    return exotic("tag", [tag, content]);
  }

  #items(depth: number, closing: string): Json[] {
    const items: Json[] = [];
    this.#at += 1;
    for (;;) {
      this.#skip(depth);
      if (this.#text[this.#at] === closing) break;
      items.push(this.value(depth + 1));
    }
    this.#at += 1;
    return items;
  }

  #map(depth: number, namespace: string): Json {
    const items = this.#items(depth, "}");
    if (items.length % 2 === 1) throw this.#problem("a value for every key");
    const entries: (readonly [Json, Json])[] = [];
    for (let i = 0; i < items.length; i += 2) entries.push([items[i] ?? null, items[i + 1] ?? null]);
    const names = entries.map(([key]) => exoticOf("keyword", key));
    const distinct = new Set(entries.map(([key]) => canonical(key)));
    if (distinct.size < entries.length) throw this.#problem("every key of a map once");
    if (!names.every((name) => typeof name === "string")) {
      const sorted = entries
        .map(([key, value]) => [key, value])
        .sort((a, b) => (canonical(a[0] ?? null) < canonical(b[0] ?? null) ? -1 : 1));
      return exotic("map", sorted);
    }
    const map: Record<string, Json> = {};
    for (const [index, [, value]] of entries.entries()) {
      const name = String(names[index]);
      const whole = namespace === "" || name.includes("/") ? name : `${namespace}/${name}`;
      Object.defineProperty(map, ordinaryKey(whole), {
        value,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    return map;
  }

  #string(): string {
    let text = "";
    for (this.#at += 1; ; this.#at++) {
      const next = this.#text[this.#at];
      if (next === undefined) throw this.#problem("a closing quote");
      if (next === '"') break;
      if (next !== "\\") {
        text += next;
        continue;
      }
      this.#at += 1;
      const code = /^u([0-9a-fA-F]{4})/.exec(this.#text.slice(this.#at, this.#at + 5))?.[1];
      const meant =
        code === undefined
          ? ESCAPES[this.#text[this.#at] ?? ""]
          : String.fromCharCode(Number.parseInt(code, 16));
      if (meant === undefined) throw this.#problem("a known escape after the backslash");
      if (code !== undefined) this.#at += 4;
      text += meant;
    }
    this.#at += 1;
    return text;
  }

  #character(): Json {
    CHARACTER.lastIndex = this.#at;
    const name = CHARACTER.exec(this.#text)?.[1];
    if (name === undefined) throw this.#problem("a character after the backslash");
    this.#at += name.length + 1;
    const code = /^u[0-9a-fA-F]{4}$/.test(name)
      ? String.fromCharCode(Number.parseInt(name.slice(1), 16))
      : undefined;
    return exotic("char", code ?? CHARACTERS[name] ?? name);
  }

  #atom(): Json {
    const token = this.#token();
    if (token === "nil") return null;
    if (token === "true" || token === "false") return token === "true";
    if (/^[+-]?\d/.test(token)) return this.#number(token);
    if (token.startsWith(":")) {
      if (token.length === 1) throw this.#problem("the name of a keyword");
      return exotic("keyword", token.slice(1));
    }
    return exotic("symbol", token);
  }

  #number(token: string): Json {
    const ratio = /^([+-]?\d+)\/(\d+)$/.exec(token);
    if (ratio !== null) {
      const [top, bottom] = [BigInt(ratio[1]?.replace("+", "") ?? 0), BigInt(ratio[2] ?? 1)];
      if (bottom === 0n) throw this.#problem("a ratio of something other than nothing");
      const common = divisor(top < 0n ? -top : top, bottom);
      const [over, under] = [top / common, bottom / common];
      return under === 1n ? (exactNumber(String(over)) ?? 0) : exotic("number", `${over}/${under}`);
    }
    const number = exactNumber(token.replace(/[NM]$/, ""));
    if (number === undefined) throw this.#problem(`a number, and ${token.slice(0, 40)} is none`);
    return number;
  }

  #token(): string {
    TOKEN.lastIndex = this.#at;
    const token = TOKEN.exec(this.#text)?.[0];
    if (token === undefined) throw this.#problem("a value");
    this.#at += token.length;
    return token;
  }

  /** Passes over space, commas, comments and values that are marked as discarded. */
  #skip(depth: number): void {
    for (;;) {
      SKIPPED.lastIndex = this.#at;
      this.#at += SKIPPED.exec(this.#text)?.[0].length ?? 0;
      if (!this.#text.startsWith("#_", this.#at)) return;
      this.#at += 2;
      this.value(depth + 1);
    }
  }

  #problem(expected: string): InputError {
    return new InputError(`expected ${expected} at column ${this.#at + 1}`);
  }
}

function divisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x === 0n ? 1n : x;
}

const isPlainMap = (value: Json): boolean =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !Object.keys(value).some((key) => /^#[a-z]/.test(key));
