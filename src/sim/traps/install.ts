/**
 * What is trapped, and what to use in its place. It is installed once in the life of a process and stays; code that took
 * a function before that, by its name, has the real one.
 *
 * Left alone: `console`, for looking into a universe changes nothing in it; next-ticks and microtasks, which run within
 * their event; everything pure that Node has (digests, the synchronous half of zlib).
 */
import childProcess from "node:child_process";
import nodeCrypto from "node:crypto";
import dgram from "node:dgram";
import dns from "node:dns";
import fs from "node:fs";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import os from "node:os";
import perfHooks from "node:perf_hooks";
import timers from "node:timers";
import timersPromises from "node:timers/promises";
import tls from "node:tls";
import workerThreads from "node:worker_threads";
import zlib from "node:zlib";
import {
  isGuarded,
  type Judge,
  judgeLook,
  outsideTheGuard,
  type Trap,
  trapped,
  trappedObject,
} from "./guard.js";

const CLOCK = "host.clock.now(), or host.clock.monotonic() for lengths of time";
const CHANCE = "host.random";
const TIMER = "host.after or host.sleep";
const NETWORK = "host.send, host.request or host.call";
const DISK = "host.disk";
const KNOBS = "host.knobs";
const ZONE = "the UTC form: the time zone is the machine's";
const LOCALE = "a comparison or a form of your own, or name the locale";
const REAL_THREADS = "its synchronous form: what other threads do comes in real time";
const ONE_THREAD = "another host: a universe lives in one thread";
const COLLECTED = "a reference or a Map: what is collected, and when, differs from run to run";

type Holder = Record<string, unknown>;

const always = (what: string, instead: string): Judge => {
  const found: Trap = { what, instead };
  return () => found;
};

/** Functions of an object by their names; those that this version of Node has not are passed over. */
function trap(holder: object, prefix: string, names: readonly string[], instead: string): void {
  const functions = holder as Holder; // what is found there is looked at before it is used
  for (const name of names) {
    const descriptor = Object.getOwnPropertyDescriptor(holder, name);
    const look = always(`${prefix}${name}`, instead);
    if (descriptor?.get !== undefined) trapLazy(holder, name, descriptor, look);
    if (descriptor?.writable !== true) continue;
    const real = functions[name];
    if (typeof real === "function") functions[name] = trapped(real, look);
  }
}

/** A function that Node makes, or loads a module for, when it is first looked at. */
function trapLazy(holder: object, name: string, descriptor: PropertyDescriptor, look: Judge): void {
  const { get, set, configurable } = descriptor;
  if (get === undefined || configurable !== true) return;
  let made: unknown;
  Object.defineProperty(holder, name, {
    ...descriptor,
    get() {
      if (made === undefined) {
        const real: unknown = outsideTheGuard(() => get.call(holder) as unknown);
        made = typeof real === "function" ? trapped(real, look) : real;
      }
      return made;
    },
    set(other: unknown) {
      made = other;
      set?.call(holder, other);
    },
  });
}

/** All functions of a module but for its classes and those that are pure. */
function trapAll(module: object, prefix: string, instead: string, pure: readonly string[] = []): void {
  const names = Object.keys(module).filter((name) => /^[a-z]/.test(name) && !pure.includes(name));
  trap(module, prefix, names, instead);
}

/** A property that is looked at without a call. */
function trapProperty(holder: object, prefix: string, name: string, instead: string): void {
  const descriptor = Object.getOwnPropertyDescriptor(holder, name);
  if (descriptor?.configurable !== true) return;
  const { get, set, value, enumerable } = descriptor;
  const found: Trap = { what: `${prefix}${name}`, instead };
  function look(this: unknown): unknown {
    judgeLook(found, look);
    return get === undefined ? value : get.call(this);
  }
  Object.defineProperty(holder, name, {
    get: look,
    set: set ?? ((other: unknown) => Object.defineProperty(holder, name, { ...descriptor, value: other })),
    configurable: true,
    enumerable: enumerable ?? false,
  });
}

let installed = false;

/** Sets the traps; harmless when they are set. */
export function installTraps(): void {
  if (installed) return;
  installed = true;
  // These open their files when they are first looked at, by functions that are about to be wrapped.
  void process.stdout;
  void process.stderr;
  trapTime();
  trapZone();
  trapChance();
  trapInputAndOutput();
  trapProcess();
  trapLocale();
  trapOtherThreads();
  syncBuiltinESMExports();
}

function trapTime(): void {
  const real = Date;
  const { parse } = real;
  const isLocalTime = (value: unknown): boolean =>
    typeof value === "string" && !SAYS_ITS_ZONE.test(value) && !Number.isNaN(parse(value));
  trap(real, "Date.", ["now"], CLOCK);
  real.parse = trapped(parse, ([text]) => (isLocalTime(text) ? LOCAL_DATE : undefined));
  const guarded = trapped(real, (args, isNew) => {
    if (!isNew || args.length === 0) return { what: isNew ? "new Date" : "Date", instead: CLOCK };
    return args.length > 1 || isLocalTime(args[0]) ? LOCAL_DATE : undefined;
  });
  const local = Object.getOwnPropertyNames(real.prototype).filter((name) =>
    /^(?:[gs]et(?!UTC|Time$)|getTimezoneOffset|to(?:String|DateString|TimeString)$)/.test(name),
  );
  trap(real.prototype, "Date.prototype.", local, ZONE);
  real.prototype.constructor = guarded;
  globalThis.Date = guarded;
  for (const holder of [globalThis, timers]) {
    trap(holder, "", ["setTimeout", "setInterval", "setImmediate"], TIMER);
  }
  trap(AbortSignal, "AbortSignal.", ["timeout"], TIMER);
  trapAll(timersPromises, "timers/promises ", TIMER);
  trapAll(timersPromises.scheduler, "scheduler.", TIMER);
  for (const name of ["now", "mark", "measure", "toJSON", "eventLoopUtilization"])
    trapMethod(perfHooks.performance, "performance.", name, CLOCK);
  trapProperty(Object.getPrototypeOf(perfHooks.performance) as object, "performance.", "timeOrigin", CLOCK); // an object's prototype
  trapProperty(Event.prototype, "Event.prototype.", "timeStamp", CLOCK);
  const { Temporal } = globalThis as { readonly Temporal?: { readonly Now: object } }; // newer versions of Node have it
  if (Temporal !== undefined) {
    const names = Object.getOwnPropertyNames(Temporal.Now);
    trap(Temporal.Now, "Temporal.Now.", names, CLOCK);
  }
  const { bigint } = process.hrtime;
  trap(process, "process.", ["hrtime", "uptime"], CLOCK);
  Object.assign(process.hrtime, { bigint: trapped(bigint, always("process.hrtime.bigint", CLOCK)) });
}

const LOCAL_DATE: Trap = {
  what: "Date with a time of no zone",
  instead: "Date.UTC, or a text that ends in Z: the zone is the machine's",
};

/** What is in UTC as ISO 8601 has it (a day, a month, a year alone), or names its zone. */
const SAYS_ITS_ZONE =
  /^\s*(?:[+-]\d\d)?\d{4}(?:-\d\d(?:-\d\d)?)?\s*$|(?:\d\s*Z|GMT|UTC|UT|[ECMP][SD]T|\d:\d\d.*[+-]\d\d:?\d\d)\s*(?:\([^)]*\)\s*)?$/;

/** What is written or read in the machine's own time zone though its locale is named. */
function trapZone(): void {
  const found: Trap = { what: "", instead: 'the option timeZone: "UTC", or the zone that is meant' };
  const zoneOf = (options: unknown): unknown =>
    typeof options === "object" && options !== null && "timeZone" in options ? options.timeZone : undefined;
  const zoned =
    (what: string): Judge =>
    (args) =>
      zoneOf(args[1]) === undefined && !isDefault(args[0])
        ? { ...found, what: `${what} without a time zone` }
        : undefined;
  const date = Date.prototype as unknown as Holder; // its methods are looked at by name
  for (const name of ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"]) {
    const real = date[name];
    if (typeof real === "function") date[name] = trapped(real, zoned(`Date.prototype.${name}`));
  }
  const { prototype } = Intl.DateTimeFormat;
  const format = Object.getOwnPropertyDescriptor(prototype, "format")?.get;
  const present: Judge = (args) =>
    args[0] === undefined ? { what: "Intl.DateTimeFormat for the present time", instead: CLOCK } : undefined;
  if (format !== undefined) {
    Object.defineProperty(prototype, "format", {
      get(this: Intl.DateTimeFormat) {
        const real = format.call(this) as (date?: Date) => string; // a formatter's own function, as the language has it
        return isGuarded() ? trapped(real, present) : real;
      },
      configurable: true,
      enumerable: false,
    });
  }
  prototype.formatToParts = trapped(prototype.formatToParts, present);
  const intl = Intl as unknown as Holder; // likewise
  intl.DateTimeFormat = trapped(Intl.DateTimeFormat, zoned("Intl.DateTimeFormat"));
}

/** A method that may stand further up the chain of prototypes. */
function trapMethod(holder: object, prefix: string, name: string, instead: string): void {
  const real = (holder as Holder)[name]; // looked at before it is used
  if (typeof real !== "function") return;
  const value = trapped(real, always(`${prefix}${name}`, instead));
  Object.defineProperty(holder, name, { value, writable: true, configurable: true, enumerable: false });
}

function trapChance(): void {
  trap(Math, "Math.", ["random"], CHANCE);
  const random = [
    "randomBytes",
    "randomFill",
    "randomFillSync",
    "randomInt",
    "randomUUID",
    "getRandomValues",
  ];
  trap(
    nodeCrypto,
    "crypto.",
    [
      ...random,
      ...["pseudoRandomBytes", "generateKeySync", "generateKeyPairSync", "generatePrimeSync"],
      ...["createECDH", "createDiffieHellman", "createDiffieHellmanGroup", "getDiffieHellman"],
    ],
    CHANCE,
  );
  const threaded = [
    "generateKey",
    "generateKeyPair",
    "generatePrime",
    "checkPrime",
    "scrypt",
    "pbkdf2",
    "hkdf",
  ];
  trap(nodeCrypto, "crypto.", threaded, REAL_THREADS);
  const { webcrypto } = nodeCrypto;
  const crypto = Object.getPrototypeOf(webcrypto) as object; // an object's prototype
  trap(crypto, "crypto.", ["randomUUID", "getRandomValues"], CHANCE);
  const subtle = Object.getPrototypeOf(webcrypto.subtle) as object; // likewise
  const methods = Object.getOwnPropertyNames(subtle).filter((name) => name !== "constructor");
  trap(subtle, "crypto.subtle.", methods, "the synchronous functions of node:crypto");
}

function trapInputAndOutput(): void {
  trap(globalThis, "", ["fetch", "WebSocket", "EventSource"], NETWORK);
  trapAll(fs, "fs.", DISK);
  trapAll(fs.promises, "fs.promises.", DISK);
  trap(fs, "fs.", ["ReadStream", "WriteStream"], DISK);
  trap(net, "net.", ["connect", "createConnection"], NETWORK);
  trap(net.Socket.prototype, "Socket.", ["connect"], NETWORK);
  trap(net.Server.prototype, "Server.", ["listen"], NETWORK);
  for (const [module, name] of [
    [http, "http."],
    [https, "https."],
  ] as const) {
    trap(module, name, ["request", "get"], NETWORK);
  }
  trap(http2, "http2.", ["connect"], NETWORK);
  trap(tls, "tls.", ["connect"], NETWORK);
  trap(dgram, "dgram.", ["createSocket"], NETWORK);
  trapAll(dns, "dns.", NETWORK);
  trapAll(dns.promises, "dns.promises.", NETWORK);
  const compressors = Object.keys(zlib).filter((name) => `${name}Sync` in zlib);
  trap(zlib, "zlib.", compressors, REAL_THREADS);
}

function trapProcess(): void {
  trap(
    process,
    "process.",
    ["exit", "reallyExit", "abort", "kill"],
    "the end of the function, or an exception; a crash fault of the scenario restarts the host",
  );
  const { rss } = process.memoryUsage;
  const ofTheProcess = ["cwd", "chdir", "memoryUsage", "cpuUsage", "resourceUsage", "umask"];
  trap(process, "process.", [...ofTheProcess, "constrainedMemory", "availableMemory"], KNOBS);
  Object.assign(process.memoryUsage, { rss: trapped(rss, always("process.memoryUsage.rss", KNOBS)) });
  trap(process, "process.", ["getActiveResourcesInfo"], KNOBS);
  const { navigator } = globalThis as { readonly navigator?: object }; // newer versions of Node have it
  if (navigator !== undefined) {
    const prototype = Object.getPrototypeOf(navigator) as object; // an object's prototype
    for (const name of ["hardwareConcurrency", "language", "languages"])
      trapProperty(prototype, "navigator.", name, KNOBS);
  }
  for (const name of ["pid", "ppid"]) trapProperty(process, "process.", name, "host.id and host.incarnation");
  process.env = trappedObject(process.env, { what: "process.env", instead: KNOBS }, HARMLESS);
  trapAll(childProcess, "child_process.", ONE_THREAD);
  trap(workerThreads, "", ["Worker"], ONE_THREAD);
  trapAll(os, "os.", KNOBS);
}

/** Libraries look at these on every other call, and every run of a process has them alike. */
const HARMLESS: ReadonlySet<string> = new Set(["NODE_ENV", "NODE_DEBUG"]);

/** What is compared or written as people of some country would; where the locale is named, the outcome is its. */
function trapLocale(): void {
  const methods: readonly (readonly [object, string, string, number])[] = [
    [String.prototype, "String.prototype.", "localeCompare", 1],
    [String.prototype, "String.prototype.", "toLocaleUpperCase", 0],
    [String.prototype, "String.prototype.", "toLocaleLowerCase", 0],
    [Number.prototype, "Number.prototype.", "toLocaleString", 0],
    [BigInt.prototype, "BigInt.prototype.", "toLocaleString", 0],
    [Array.prototype, "Array.prototype.", "toLocaleString", 0],
    [Date.prototype, "Date.prototype.", "toLocaleString", 0],
    [Date.prototype, "Date.prototype.", "toLocaleDateString", 0],
    [Date.prototype, "Date.prototype.", "toLocaleTimeString", 0],
    ...["Collator", "DateTimeFormat", "NumberFormat", "PluralRules", "RelativeTimeFormat", "ListFormat"].map(
      (name) => [Intl, "Intl.", name, 0] as const,
    ),
    ...["Segmenter", "DisplayNames", "DurationFormat"].map((name) => [Intl, "Intl.", name, 0] as const),
  ];
  for (const [holder, prefix, name, position] of methods) {
    const functions = holder as Holder; // looked at before it is used
    const real = functions[name];
    if (typeof real !== "function") continue;
    const found: Trap = { what: `${prefix}${name} without a locale`, instead: LOCALE, ofLocale: true };
    functions[name] = trapped(real, (args) => (isDefault(args[position]) ? found : undefined));
  }
}

/** The locale that is taken when none is named. */
const isDefault = (locale: unknown): boolean =>
  locale === undefined || (Array.isArray(locale) && locale.length === 0);

/** What other threads do, or the garbage collector, and hand over in real time. */
function trapOtherThreads(): void {
  trap(globalThis, "", ["MessageChannel", "BroadcastChannel"], `${TIMER}, or host.send`);
  trap(workerThreads, "", ["MessageChannel", "BroadcastChannel"], `${TIMER}, or host.send`);
  trap(MessagePort.prototype, "MessagePort.", ["postMessage"], `${TIMER}, or host.send`);
  trap(Blob.prototype, "Blob.", ["text", "arrayBuffer", "bytes", "stream"], "a Buffer or a Uint8Array");
  trap(
    globalThis,
    "",
    ["CompressionStream", "DecompressionStream"],
    "the synchronous functions of node:zlib",
  );
  trap(Atomics, "Atomics.", ["wait", "waitAsync"], TIMER);
  const compilers = ["compile", "instantiate", "compileStreaming", "instantiateStreaming"];
  const { WebAssembly: wasm } = globalThis as unknown as { readonly WebAssembly: object }; // every Node has it
  trap(wasm, "WebAssembly.", compilers, "new WebAssembly.Module and new WebAssembly.Instance");
  trap(WeakRef.prototype, "WeakRef.prototype.", ["deref"], COLLECTED);
  trap(globalThis, "", ["FinalizationRegistry"], COLLECTED);
}
