/**
 * What a program finds in its world that is the same in every world: the language itself, and the parts of the platform
 * that look at no clock, no network and no disk. The lists are explicit. Nothing is inherited from the real global
 * object, where libraries leave things for each other that would join hosts, or runs, that must be apart.
 */

/** Of the language. What depends on the time, on randomness or on the garbage collector is not here. */
const LANGUAGE = [
  ...["Object", "Function", "Array", "Number", "Boolean", "String", "Symbol", "BigInt", "RegExp", "Promise"],
  ...["Map", "Set", "WeakMap", "WeakSet", "Proxy", "Reflect", "JSON", "Intl", "Iterator"],
  ...[
    "Error",
    "AggregateError",
    "EvalError",
    "RangeError",
    "ReferenceError",
    "SyntaxError",
    "TypeError",
    "URIError",
  ],
  ...[
    "ArrayBuffer",
    "SharedArrayBuffer",
    "DataView",
    "Int8Array",
    "Uint8Array",
    "Uint8ClampedArray",
    "Int16Array",
  ],
  ...[
    "Uint16Array",
    "Int32Array",
    "Uint32Array",
    "Float32Array",
    "Float64Array",
    "BigInt64Array",
    "BigUint64Array",
  ],
  ...["Infinity", "NaN", "undefined", "parseFloat", "parseInt", "isFinite", "isNaN", "eval"],
  ...["decodeURI", "decodeURIComponent", "encodeURI", "encodeURIComponent", "escape", "unescape"],
] as const;

/** Of the platform. */
const PLATFORM = [
  ...["Buffer", "URL", "URLSearchParams", "TextEncoder", "TextDecoder", "structuredClone", "atob", "btoa"],
  ...[
    "queueMicrotask",
    "AbortController",
    "Event",
    "EventTarget",
    "CustomEvent",
    "MessageEvent",
    "DOMException",
    "Blob",
    "File",
  ],
  ...["FormData", "Headers", "Request", "Response"],
  ...[
    "ReadableStream",
    "ReadableStreamDefaultReader",
    "ReadableStreamBYOBReader",
    "ReadableStreamBYOBRequest",
  ],
  ...["ReadableByteStreamController", "ReadableStreamDefaultController", "TransformStream"],
  ...["TransformStreamDefaultController", "WritableStream", "WritableStreamDefaultController"],
  ...["WritableStreamDefaultWriter", "ByteLengthQueuingStrategy", "CountQueuingStrategy"],
  ...["TextDecoderStream", "TextEncoderStream"],
] as const;

/** The real values of these names, as far as this Node has them. */
export function intrinsics(): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const name of [...LANGUAGE, ...PLATFORM]) {
    if (name in globalThis) found.set(name, (globalThis as unknown as Record<string, unknown>)[name]);
  }
  return found;
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/** Names of the real global object that a program must not see: there they are undefined. */
export function hiddenNames(seen: ReadonlySet<string>): string[] {
  return Object.getOwnPropertyNames(globalThis).filter((name) => !seen.has(name) && IDENTIFIER.test(name));
}
