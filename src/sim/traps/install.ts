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
import { type Judge, type Trap, trapped, trappedObject } from "./guard.js";

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
    const real = descriptor === undefined || "get" in descriptor ? undefined : functions[name];
    if (typeof real !== "function" || descriptor?.writable !== true) continue;
    functions[name] = trapped(real, always(`${prefix}${name}`, instead));
  }
}

/** All functions of a module but for its classes and those that are pure. */
function trapAll(module: object, prefix: string, instead: string, pure: readonly string[] = []): void {
  const names = Object.keys(module).filter((name) => /^[a-z]/.test(name) && !pure.includes(name));
  trap(module, prefix, names, instead);
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
  trapChance();
  trapInputAndOutput();
  trapProcess();
  trapLocale();
  syncBuiltinESMExports();
}

function trapTime(): void {
  const real = Date;
  trap(real, "Date.", ["now"], CLOCK);
  real.parse = trapped(real.parse, ([text]) => (isLocalTime(text) ? LOCAL_DATE : undefined));
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
  trapMethod(perfHooks.performance, "performance.", "now", CLOCK);
  const { bigint } = process.hrtime;
  trap(process, "process.", ["hrtime", "uptime"], CLOCK);
  Object.assign(process.hrtime, { bigint: trapped(bigint, always("process.hrtime.bigint", CLOCK)) });
}

const LOCAL_DATE: Trap = {
  what: "Date with a time of no zone",
  instead: "Date.UTC, or a text that ends in Z: the zone is the machine's",
};

const isLocalTime = (value: unknown): boolean =>
  typeof value === "string" && /\d:\d\d/.test(value) && !/(?:Z|GMT|UTC|[+-]\d\d:?\d\d)$/.test(value);

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
    [...random, "pseudoRandomBytes", "generateKeySync", "generateKeyPairSync"],
    CHANCE,
  );
  trap(nodeCrypto, "crypto.", ["generateKey", "generateKeyPair", "scrypt", "pbkdf2", "hkdf"], REAL_THREADS);
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
  trap(process, "process.", ["cwd", "chdir", "memoryUsage", "cpuUsage", "resourceUsage"], KNOBS);
  process.env = trappedObject(process.env, { what: "process.env", instead: KNOBS }, HARMLESS);
  trapAll(childProcess, "child_process.", ONE_THREAD);
  trap(workerThreads, "", ["Worker"], ONE_THREAD);
  const ofTheMachine = ["hostname", "cpus", "freemem", "totalmem", "uptime", "loadavg", "networkInterfaces"];
  trap(os, "os.", [...ofTheMachine, "tmpdir", "homedir", "userInfo", "availableParallelism"], KNOBS);
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
  ];
  for (const [holder, prefix, name, position] of methods) {
    const functions = holder as Holder; // looked at before it is used
    const real = functions[name];
    if (typeof real !== "function") continue;
    const found: Trap = { what: `${prefix}${name} without a locale`, instead: LOCALE, ofLocale: true };
    functions[name] = trapped(real, (args) => (args[position] === undefined ? found : undefined));
  }
}
