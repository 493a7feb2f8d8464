/**
 * The world in which PGlite is evaluated: its clock and its randomness are those of the process that it serves at the moment.
 * Where it serves none, while templates are made, time stands still and randomness is a fixed stream, so that every making
 * gives the same bytes.
 */
import { createRequire } from "node:module";
import { Random } from "../../../sim/random.js";
import { MILLISECOND } from "../../../sim/time.js";
import { dateOf, EPOCH } from "../../env/date.js";
import { Entropy } from "../../env/entropy.js";
import { intrinsics } from "../../env/intrinsics.js";
import type { SimulatedProcess } from "../../env/simulated-process.js";
import type { ProgramWorld } from "../../program/bundle.js";

export class EngineWorld implements ProgramWorld {
  /** The process whose Postgres is at work. */
  serves: SimulatedProcess | undefined;
  readonly globals: ReadonlyMap<string, unknown>;
  #fixed = new Entropy(new Random("postgres"));
  readonly #require = createRequire(import.meta.url);

  constructor() {
    const fill = (view: ArrayBufferView): ArrayBufferView => this.fill(view);
    const values = new Map<string, unknown>([
      ...intrinsics(),
      ["Date", dateOf(() => this.serves?.now() ?? EPOCH)],
      ["Math", Math],
      ["Intl", Intl],
      ["performance", { now: () => (this.serves?.host.clock.monotonic() ?? 0) / MILLISECOND }],
      ["crypto", { getRandomValues: fill }],
      ["process", process],
      ["console", console],
      ["WebAssembly", (globalThis as unknown as { readonly WebAssembly: unknown }).WebAssembly],
      ["setTimeout", () => 0],
      ["clearTimeout", () => {}],
    ]);
    this.globals = values.set("globalThis", Object.fromEntries(values));
  }

  /** What draws random numbers begins again: before something is made that must be the same each time. */
  beginAgain(): void {
    this.#fixed = new Entropy(new Random("postgres"));
  }

  fill<V extends ArrayBufferView>(view: V): V {
    return (this.serves?.entropy ?? this.#fixed).fill(view);
  }

  builtin(specifier: string): unknown {
    const name = specifier.replace(/^node:/, "");
    const real = this.#require(`node:${name}`) as object;
    if (name === "module") return { ...real, createRequire: () => (other: string) => this.builtin(other) };
    if (name !== "crypto") return real;
    const fill = <V extends ArrayBufferView>(view: V): V => this.fill(view);
    return { ...real, randomFillSync: fill, getRandomValues: fill, webcrypto: { getRandomValues: fill } };
  }
}
