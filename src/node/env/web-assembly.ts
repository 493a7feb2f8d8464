/**
 * `WebAssembly` whose compilation does not come back over the real event loop: it compiles at once, and each content once
 * in this thread.
 */
import { createHash } from "node:crypto";

/** What is used of it: Node's types do not have it. */
interface RealWebAssembly {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: unknown) => object;
}

const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: RealWebAssembly };

type Bytes = ArrayBuffer | ArrayBufferView;

const compiled = new Map<string, object>();

function compile(source: Bytes): object {
  const bytes =
    source instanceof ArrayBuffer
      ? new Uint8Array(source)
      : new Uint8Array(source.buffer as ArrayBuffer, source.byteOffset, source.byteLength);
  const key = createHash("sha256").update(bytes).digest("hex");
  const known = compiled.get(key) ?? new WebAssembly.Module(bytes);
  compiled.set(key, known);
  return known;
}

export function webAssemblyOf(): object {
  const own = Object.create(Object.prototype, Object.getOwnPropertyDescriptors(WebAssembly)) as Record<
    string,
    unknown
  >;
  return Object.assign(own, {
    compile: async (source: Bytes) => compile(source),
    instantiate: async (source: object, imports?: unknown) => {
      if (source instanceof WebAssembly.Module) return new WebAssembly.Instance(source, imports);
      const module = compile(source as Bytes); // not a module, so bytes
      return { module, instance: new WebAssembly.Instance(module, imports) };
    },
    compileStreaming: undefined,
    instantiateStreaming: undefined,
  });
}
