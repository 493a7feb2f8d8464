/**
 * The part of EDN that histories are written in: maps, vectors, lists, sets, strings, numbers, keywords and symbols.
 * Keywords become texts without their colon. What is no EDN is refused with a place; nothing is evaluated.
 */
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

const CLOSING: Readonly<Record<string, string>> = { "{": "}", "[": "]", "(": ")" };
const TOKEN = /[^\s,{}[\]()"]+/y;
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", '"': '"', "\\": "\\" };

class EdnReader {
  #at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): Json {
    if (depth > DEEPEST) throw this.#problem("nothing that deep");
    this.#skip();
    const next = this.#text[this.#at];
    if (next === undefined) throw this.#problem("a value");
    if (next === '"') return this.#string();
    if (next === "#" && this.#text[this.#at + 1] === "{") {
      this.#at += 1;
      return this.#items(depth, "}");
    }
    const closing = CLOSING[next];
    if (closing === undefined) return this.#atom();
    return next === "{" ? this.#map(depth) : this.#items(depth, closing);
  }

  end(): void {
    this.#skip();
    if (this.#at < this.#text.length) throw this.#problem("nothing more on this line");
  }

  #items(depth: number, closing: string): Json[] {
    const items: Json[] = [];
    this.#at += 1;
    for (;;) {
      this.#skip();
      if (this.#text[this.#at] === closing) break;
      items.push(this.value(depth + 1));
    }
    this.#at += 1;
    return items;
  }

  #map(depth: number): Json {
    const items = this.#items(depth, "}");
    const map: Record<string, Json> = {};
    for (let i = 0; i < items.length; i += 2) {
      const [key, value] = [items[i], items[i + 1]];
      if (value === undefined) throw this.#problem("a value for every key");
      Object.defineProperty(map, typeof key === "string" ? key : JSON.stringify(key), {
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
      const meant = ESCAPES[this.#text[this.#at] ?? ""];
      if (meant === undefined) throw this.#problem("a known escape after the backslash");
      text += meant;
    }
    this.#at += 1;
    return text;
  }

  #atom(): Json {
    TOKEN.lastIndex = this.#at;
    const token = TOKEN.exec(this.#text)?.[0];
    if (token === undefined) throw this.#problem("a value");
    this.#at += token.length;
    if (token === "nil") return null;
    if (token === "true" || token === "false") return token === "true";
    if (/^[+-]?\d{1,15}(\.\d{1,15})?$/.test(token)) return Number(token);
    return token.startsWith(":") ? token.slice(1) : token;
  }

  #skip(): void {
    while (/[\s,]/.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  #problem(expected: string): InputError {
    return new InputError(`expected ${expected} at column ${this.#at + 1}`);
  }
}
