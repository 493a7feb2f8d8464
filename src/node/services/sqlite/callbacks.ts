/**
 * JavaScript functions as function pointers of a WebAssembly module. An engine can't make those by itself: a function gets
 * into a table only as an export of a module, so that a small module is put together here which imports each function and
 * exports it again with its type.
 */

/** `i`: a 32-bit integer or a pointer; `l`: a 64-bit integer. */
type Kind = "i" | "l";

/** Its parameters; and after `>`, when it returns a 32-bit integer, `i`: `iil>i`. */
export type Signature = `${string}>${"i" | ""}`;

export interface Callback {
  readonly signature: Signature;
  readonly call: (...args: never[]) => unknown;
}

/** What is used of `WebAssembly`: Node's types do not have it. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
}

const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyApi };

export interface FunctionTable {
  readonly length: number;
  grow(by: number): number;
  set(index: number, value: unknown): void;
}

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const SECTION = { types: 1, imports: 2, exports: 7 } as const;
const FUNCTION_TYPE = 0x60;
const FUNCTION = 0x00;
const TYPES: Readonly<Record<Kind, number>> = { i: 0x7f, l: 0x7e };
/** The module and the prefix of the names that functions are imported by. */
const FROM = "f";

function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

const vector = (items: readonly (readonly number[])[]): number[] => [
  ...unsigned(items.length),
  ...items.flat(),
];
const name = (text: string): number[] => vector([...text].map((letter) => [letter.charCodeAt(0)]));
const section = (id: number, content: readonly number[]): number[] => [
  id,
  ...unsigned(content.length),
  ...content,
];

function typeOf(signature: Signature): number[] {
  const [parameters = "", result = ""] = signature.split(">");
  const kinds = (text: string): number[] => vector([...text].map((kind) => [TYPES[kind as Kind]]));
  return [FUNCTION_TYPE, ...kinds(parameters), ...kinds(result)];
}

function bytesOf(signatures: readonly Signature[]): Uint8Array {
  const imports = signatures.map((_, index) => [...name(FROM), ...name(`${FROM}${index}`), FUNCTION, index]);
  const exported = signatures.map((_, index) => [...name(`${FROM}${index}`), FUNCTION, index]);
  return Uint8Array.from([
    ...HEADER,
    ...section(SECTION.types, vector(signatures.map(typeOf))),
    ...section(SECTION.imports, vector(imports)),
    ...section(SECTION.exports, vector(exported)),
  ]);
}

const modules = new Map<string, object>();

function moduleOf(signatures: readonly Signature[]): object {
  const key = signatures.join(" ");
  const known = modules.get(key) ?? new WebAssembly.Module(bytesOf(signatures));
  modules.set(key, known);
  return known;
}

/** Puts the functions at the end of a table, in their order. Returns the index of the first. */
export function install(table: FunctionTable, callbacks: readonly Callback[]): number {
  const module = moduleOf(callbacks.map(({ signature }) => signature));
  const functions = Object.fromEntries(callbacks.map(({ call }, index) => [`${FROM}${index}`, call]));
  const { exports } = new WebAssembly.Instance(module, { [FROM]: functions });
  const first = table.grow(callbacks.length);
  callbacks.forEach((_, index) => {
    table.set(first + index, exports[`${FROM}${index}`]);
  });
  return first;
}
