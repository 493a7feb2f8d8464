/**
 * The global object of one process: intrinsics, and what is made of the host. A program gets its values twice: by name,
 * as parameters of the function that it was compiled to, and as properties of `globalThis`.
 */

import { webCryptoOf } from "../builtins/crypto.js";
import { performanceOf } from "../builtins/perf-hooks.js";
import { timersOf } from "../builtins/timers.js";
import { fetchOf } from "../http/fetch.js";
import { consoleOf } from "./console.js";
import { dateOf } from "./date.js";
import { hiddenNames, intrinsics } from "./intrinsics.js";
import { processObjectOf } from "./process-object.js";
import type { SimulatedProcess } from "./simulated-process.js";
import { webAssemblyOf } from "./web-assembly.js";

/** The names of what a process has of its own. */
const OWN = [
  ...["globalThis", "global", "self", "Date", "Math", "performance", "process", "console", "crypto", "fetch"],
  ...["setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval", "clearImmediate"],
  ...["AbortSignal", "WeakRef", "FinalizationRegistry", "WebAssembly", "Intl"],
] as const;

/** Names that a compiled program takes as parameters: its own values, and those that must not show through. */
export function parameterNames(): readonly string[] {
  const seen = new Set([...intrinsics().keys(), ...OWN]);
  return [...OWN, ...hiddenNames(seen)];
}

/** What the garbage collector does differs from run to run: here it never takes anything. */
class KeptRef {
  readonly #target: object;

  constructor(target: object) {
    this.#target = target;
  }

  deref(): object {
    return this.#target;
  }
}

class SilentRegistry {
  register(): void {}

  unregister(): boolean {
    return false;
  }
}

function mathOf(random: () => number): object {
  const own = Object.create(Object.prototype, Object.getOwnPropertyDescriptors(Math)) as Record<
    string,
    unknown
  >;
  own.random = random;
  return own;
}

/** `Intl` whose dates, when none is given, are the host's, in UTC. */
function intlOf(now: () => number): object {
  class DateTimeFormat extends Intl.DateTimeFormat {
    constructor(locale?: string | string[], options: Intl.DateTimeFormatOptions = {}) {
      super(locale ?? "en-US", { timeZone: "UTC", ...options });
      const { format } = this; // each has a function of its own, which is bound
      Object.defineProperty(this, "format", { value: (date?: Date | number) => format(date ?? now()) });
    }

    override formatToParts(date?: Date | number): Intl.DateTimeFormatPart[] {
      return super.formatToParts(date ?? now());
    }
  }
  return Object.create(Object.prototype, {
    ...Object.getOwnPropertyDescriptors(Intl),
    DateTimeFormat: { value: DateTimeFormat, writable: true, configurable: true },
  }) as object;
}

/** Most signals time out when their request is long over, and a timer has no stack that anybody would look at: without it is cheap. */
function timeoutError(): DOMException {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return new DOMException("The operation was aborted due to timeout", "TimeoutError");
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function abortSignalOf(simulated: SimulatedProcess): object {
  function SimulatedSignal(): never {
    throw new TypeError("Illegal constructor");
  }
  Object.defineProperty(SimulatedSignal, "name", { value: "AbortSignal" });
  Object.defineProperty(SimulatedSignal, "prototype", { value: AbortSignal.prototype });
  return Object.assign(SimulatedSignal, {
    abort: (reason?: unknown) => AbortSignal.abort(reason),
    any: (signals: AbortSignal[]) => AbortSignal.any(signals),
    timeout: (ms: number) => {
      const controller = new AbortController();
      simulated.timers.timeout(() => controller.abort(timeoutError()), ms);
      return controller.signal;
    },
  });
}

export function globalsOf(simulated: SimulatedProcess): ReadonlyMap<string, unknown> {
  const { entropy, now } = simulated;
  const values = new Map<string, unknown>([
    ...intrinsics(),
    ["Date", dateOf(now)],
    ["Math", mathOf(() => entropy.fraction())],
    ["Intl", intlOf(now)],
    ["performance", performanceOf(simulated)],
    ["process", processObjectOf(simulated)],
    ["console", consoleOf((output, text) => simulated.print(output, text))],
    ["crypto", webCryptoOf(simulated)],
    ["fetch", fetchOf(simulated)],
    ["AbortSignal", abortSignalOf(simulated)],
    ["WeakRef", KeptRef],
    ["FinalizationRegistry", SilentRegistry],
    ["WebAssembly", webAssemblyOf()],
    ...Object.entries(timersOf(simulated).globals),
  ]);
  const globalObject: object = {};
  for (const name of ["globalThis", "global", "self"]) values.set(name, globalObject);
  for (const [name, value] of values) {
    Object.defineProperty(globalObject, name, { value, writable: true, configurable: true });
  }
  return values;
}
