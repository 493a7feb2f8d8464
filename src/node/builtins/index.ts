/**
 * The modules of Node that a simulated process has. Those that only compute are Node's own; those that reach the outside are
 * made anew on the host; the rest is refused with a sentence on what to do instead.
 */
import * as assert from "node:assert";
import * as asyncHooks from "node:async_hooks";
import * as buffer from "node:buffer";
import * as constants from "node:constants";
import { EventEmitter } from "node:events";
import { builtinModules, isBuiltin } from "node:module";
import * as path from "node:path";
import * as querystring from "node:querystring";
import stream from "node:stream";
import * as streamConsumers from "node:stream/consumers";
import * as streamPromises from "node:stream/promises";
import * as streamWeb from "node:stream/web";
import * as stringDecoder from "node:string_decoder";
import * as url from "node:url";
import * as util from "node:util";
import * as utilTypes from "node:util/types";
import * as v8 from "node:v8";
import * as vm from "node:vm";
import { refused } from "../env/refused.js";
import type { SimulatedProcess } from "../env/simulated-process.js";
import { fsOf } from "../fs/module.js";
import { httpOf } from "../http/node-http.js";
import { dnsOf, netOf, tlsOf } from "../net/index.js";
import { betterSqlite3Of } from "../services/sqlite/better-sqlite3.js";
import { nodeSqliteOf } from "../services/sqlite/node-sqlite.js";
import { cryptoOf } from "./crypto.js";
import { diagnosticsChannelOf } from "./diagnostics-channel.js";
import { osOf } from "./os.js";
import { perfHooksOf } from "./perf-hooks.js";
import { timersOf } from "./timers.js";
import { zlibOf } from "./zlib.js";

type Make = (simulated: SimulatedProcess) => unknown;

/** What CommonJS gives for a module that was imported as a namespace. */
const own = (namespace: object): Make => {
  const { default: main, ...names } = namespace as { default?: unknown };
  const value = typeof main === "function" || typeof main === "object" ? main : names;
  return () => value;
};

const hint =
  (name: string, instead: string): Make =>
  () =>
    new Proxy(
      {},
      {
        get: (_target, key) => {
          if (typeof key === "symbol" || key === "then" || key === "default" || key === "__esModule")
            return undefined;
          return function refusedMember() {
            refused(`${name}.${key}`, instead);
          };
        },
        has: () => false,
      },
    );

/** The native add-on of better-sqlite3, which asks for it by another package. */
export const BETTER_SQLITE3 = "better_sqlite3.node";

const MODULES: Readonly<Record<string, Make>> = {
  assert: own(assert),
  "assert/strict": () => assert.strict,
  async_hooks: (simulated) => {
    simulated.tracksContexts = true;
    return asyncHooks;
  },
  buffer: own(buffer),
  console: (simulated) => simulated.global("console"),
  constants: own(constants),
  crypto: cryptoOf,
  diagnostics_channel: diagnosticsChannelOf,
  dns: dnsOf,
  "dns/promises": (simulated) => simulated.builtin<{ readonly promises: object }>("dns").promises,
  events: () => EventEmitter,
  fs: fsOf,
  "fs/promises": (simulated) => simulated.builtin<{ readonly promises: object }>("fs").promises,
  http: (simulated) => httpModules(simulated).http,
  https: (simulated) => httpModules(simulated).https,
  module: (simulated) => ({
    builtinModules,
    isBuiltin,
    createRequire: () =>
      Object.assign((name: string) => simulated.builtin(name), { resolve: (name: string) => name }),
  }),
  net: netOf,
  os: osOf,
  path: own(path),
  "path/posix": () => path.posix,
  perf_hooks: perfHooksOf,
  process: (simulated) => simulated.global("process"),
  // Loaded for those who ask for it: Node warns of it then.
  punycode: () => process.getBuiltinModule("node:punycode"),
  querystring: own(querystring),
  sqlite: nodeSqliteOf,
  stream: () => stream,
  "stream/consumers": own(streamConsumers),
  "stream/promises": own(streamPromises),
  "stream/web": own(streamWeb),
  string_decoder: own(stringDecoder),
  sys: own(util),
  timers: (simulated) => {
    const { globals, promises } = timersOf(simulated);
    return { ...globals, promises };
  },
  "timers/promises": (simulated) => timersOf(simulated).promises,
  tls: tlsOf,
  tty: () => ({ isatty: () => false, ReadStream: stream.Readable, WriteStream: stream.Writable }),
  url: own(url),
  util: own(util),
  "util/types": own(utilTypes),
  v8: own(v8),
  vm: own(vm),
  worker_threads: () => ({
    isMainThread: true,
    threadId: 0,
    parentPort: null,
    workerData: null,
    markAsUncloneable: () => {},
    markAsUntransferable: () => {},
    Worker: class {
      constructor() {
        refused("worker_threads.Worker", "give the work to another host, or do it in this one");
      }
    },
  }),
  zlib: zlibOf,
  [BETTER_SQLITE3]: betterSqlite3Of,
  child_process: hint("child_process", "start the other program as a host of its own"),
  cluster: () => ({ isPrimary: true, isMaster: true, isWorker: false, workers: {}, on: () => {} }),
  dgram: hint("dgram", "there is TCP between hosts, and no UDP"),
  http2: hint("http2", "use HTTP/1.1"),
  inspector: hint("inspector", "debug the test that runs the universe"),
  readline: hint("readline", "nobody sits at a simulated host's terminal"),
};

export function hasBuiltin(name: string): boolean {
  return name in MODULES;
}

export function makeBuiltin(simulated: SimulatedProcess, name: string): unknown {
  return MODULES[name]?.(simulated);
}

/** All names that Node knows, with and without `node:`: what a bundle leaves to the process. One is younger than some of them. */
export function isNodeModule(specifier: string): boolean {
  return isBuiltin(specifier) || specifier === "node:sqlite";
}

const pairs = new WeakMap<SimulatedProcess, ReturnType<typeof httpOf>>();

/** `http` and `https` are made together. */
function httpModules(simulated: SimulatedProcess): ReturnType<typeof httpOf> {
  const known = pairs.get(simulated) ?? httpOf(simulated);
  pairs.set(simulated, known);
  return known;
}
