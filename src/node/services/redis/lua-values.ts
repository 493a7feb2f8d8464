/**
 * Values of scripts outside of Lua, and the two formats that scripts turn them into: JSON as `cjson` has it, and MessagePack
 * as `cmsgpack` has it. Text is bytes, one character each.
 */

/** A table is a map; one whose keys are 1 to n in this order is a list. */
export type LuaValue = null | boolean | number | string | LuaTable;
export type LuaTable = ReadonlyMap<LuaValue, LuaValue>;

/** Stands for `null` in JSON, which a table can't hold: `cjson.null`. */
export const JSON_NULL = Symbol("cjson.null");

const SIGNIFICANT = 14;

export function listOf(values: readonly LuaValue[]): LuaTable {
  return new Map(values.map((value, index) => [index + 1, value]));
}

/** The items of a table whose keys are 1 to n; undefined for another. */
export function itemsOf(table: ReadonlyMap<unknown, unknown>): unknown[] | undefined {
  const items: unknown[] = [];
  for (let i = 1; i <= table.size; i++) {
    if (!table.has(i)) return undefined;
    items.push(table.get(i));
  }
  return items;
}

/** A number as Lua 5.1 writes it: `%.14g`. */
function luaNumberText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return Number.isSafeInteger(value) ? String(value) : String(Number(value.toPrecision(SIGNIFICANT)));
}

const utf8Of = (bytes: string): string => Buffer.from(bytes, "latin1").toString("utf8");
const bytesOf = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

function jsonText(text: string): string {
  return JSON.stringify(text).replaceAll("/", "\\/").replaceAll("\x7f", "\\u007f");
}

export function jsonOf(value: unknown): string {
  if (value === null || value === JSON_NULL) return "null";
  if (typeof value === "string") return jsonText(value);
  if (typeof value === "number") return luaNumberText(value);
  if (!(value instanceof Map)) return String(value);
  const items = value.size === 0 ? undefined : itemsOf(value);
  if (items !== undefined) return `[${items.map(jsonOf).join(",")}]`;
  return `{${[...value].map(([key, item]) => `${jsonText(String(key))}:${jsonOf(item)}`).join(",")}}`;
}

/** Throws a SyntaxError. */
export function fromJson(text: string): unknown {
  const converted = (value: unknown): unknown => {
    if (value === null) return JSON_NULL;
    if (typeof value === "string") return bytesOf(value);
    if (Array.isArray(value)) return new Map(value.map((item, index) => [index + 1, converted(item)]));
    if (typeof value !== "object") return value;
    return new Map(Object.entries(value).map(([key, item]) => [bytesOf(key), converted(item)]));
  };
  return converted(JSON.parse(utf8Of(text)));
}

export function packed(value: unknown): string {
  if (value === null || value === undefined) return "\xc0";
  if (typeof value === "boolean") return value ? "\xc3" : "\xc2";
  if (typeof value === "number") return packedNumber(value);
  if (typeof value === "string") {
    const { length } = value;
    const head = length < 32 ? String.fromCharCode(0xa0 | length) : sized(length, ["\xd9", "\xda", "\xdb"]);
    return head + value;
  }
  if (!(value instanceof Map)) return "\xc0";
  const items = itemsOf(value);
  const head = (count: number, small: number, marks: readonly [string, string]): string =>
    count < 16 ? String.fromCharCode(small | count) : sized(count, ["", ...marks]);
  if (items !== undefined) return head(items.length, 0x90, ["\xdc", "\xdd"]) + items.map(packed).join("");
  return head(value.size, 0x80, ["\xde", "\xdf"]) + [...value].flat().map(packed).join("");
}

/** A mark for lengths of one, two and four bytes, and the length. */
function sized(length: number, [one, two, four]: readonly [string, string, string]): string {
  if (one !== "" && length < 0x100) return one + unsigned(length, 1);
  return length < 0x1_0000 ? two + unsigned(length, 2) : four + unsigned(length, 4);
}

function unsigned(value: number, bytes: number): string {
  let text = "";
  for (let left = value, i = 0; i < bytes; i++, left = Math.floor(left / 256)) {
    text = String.fromCharCode(left % 256) + text;
  }
  return text;
}

function packedNumber(value: number): string {
  if (!Number.isSafeInteger(value)) {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return `\xcb${bytes.toString("latin1")}`;
  }
  if (value >= 0) {
    if (value < 0x80) return String.fromCharCode(value);
    if (value < 0x100) return `\xcc${unsigned(value, 1)}`;
    if (value < 0x1_0000) return `\xcd${unsigned(value, 2)}`;
    return value < 0x1_0000_0000 ? `\xce${unsigned(value, 4)}` : `\xcf${unsigned(value, 8)}`;
  }
  if (value >= -32) return String.fromCharCode(256 + value);
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return `\xd3${bytes.toString("latin1")}`;
}

/** Throws a RangeError where the text ends too early. */
export function unpacked(text: string): LuaValue {
  return new Unpacker(text).value();
}

class Unpacker {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(text: string) {
    this.#bytes = Buffer.from(text, "latin1");
  }

  value(): LuaValue {
    const mark = this.#number(1);
    if (mark < 0x80) return mark;
    if (mark >= 0xe0) return mark - 256;
    if (mark < 0x90) return this.#map(mark & 0x0f);
    if (mark < 0xa0) return this.#list(mark & 0x0f);
    if (mark < 0xc0) return this.#text(mark & 0x1f);
    switch (mark) {
      case 0xc0:
        return null;
      case 0xc2:
      case 0xc3:
        return mark === 0xc3;
      case 0xc4:
      case 0xd9:
        return this.#text(this.#number(1));
      case 0xc5:
      case 0xda:
        return this.#text(this.#number(2));
      case 0xc6:
      case 0xdb:
        return this.#text(this.#number(4));
      case 0xca:
        return this.#take(4).readFloatBE();
      case 0xcb:
        return this.#take(8).readDoubleBE();
      case 0xcc:
        return this.#number(1);
      case 0xcd:
        return this.#number(2);
      case 0xce:
        return this.#number(4);
      case 0xcf:
        return Number(this.#take(8).readBigUInt64BE());
      case 0xd0:
        return this.#take(1).readInt8();
      case 0xd1:
        return this.#take(2).readInt16BE();
      case 0xd2:
        return this.#take(4).readInt32BE();
      case 0xd3:
        return Number(this.#take(8).readBigInt64BE());
      case 0xdc:
        return this.#list(this.#number(2));
      case 0xdd:
        return this.#list(this.#number(4));
      case 0xde:
        return this.#map(this.#number(2));
      case 0xdf:
        return this.#map(this.#number(4));
      default:
        throw new RangeError("Bad data format in input.");
    }
  }

  #list(length: number): LuaTable {
    return listOf(Array.from({ length }, () => this.value()));
  }

  #map(size: number): LuaTable {
    return new Map(Array.from({ length: size }, () => [this.value(), this.value()] as const));
  }

  #text(length: number): string {
    return this.#take(length).toString("latin1");
  }

  #number(bytes: number): number {
    return this.#take(bytes).readUIntBE(0, bytes);
  }

  #take(bytes: number): Buffer {
    const end = this.#at + bytes;
    if (end > this.#bytes.length) throw new RangeError("Missing bytes in input.");
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }
}
