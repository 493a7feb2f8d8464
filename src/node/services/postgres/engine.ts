/**
 * One Postgres in this thread, PGlite, that takes the place of a host's server again and again. It is started once, on a
 * template cluster with the schema in it, and then set back: to `ready`, on a disk on which nothing has changed, or to
 * `cold`, just before the server starts, whose recovery then runs for real on whatever the disk holds.
 */
import type { SimulatedProcess } from "../../env/simulated-process.js";
import type { DataDirectory } from "./data-directory.js";
import type { Distribution } from "./distribution.js";
import {
  type ClusterImage,
  type Database,
  type EmscriptenModule,
  type FileNode,
  imageOf,
  ROOT,
} from "./emscripten.js";
import type { EngineWorld } from "./engine-world.js";
import { MemoryImage } from "./memory-image.js";
import { WriteThrough } from "./write-through.js";

/** The server in one process, as PGlite runs it, with every sync real. */
const START = [
  ...[
    "--single",
    "-O",
    "-j",
    "-c",
    "search_path=public",
    "-c",
    "exit_on_error=false",
    "-c",
    "log_checkpoints=false",
  ],
  ...[
    "-c",
    "max_worker_processes=0",
    "-c",
    "max_parallel_workers=0",
    "-c",
    "max_parallel_workers_per_gather=0",
  ],
  ...["-c", "max_parallel_maintenance_workers=0", "-c", "io_method=sync", "-c", "fsync=on"],
  ...["-c", "wal_sync_method=fsync", "-c", "full_page_writes=on", "-c", "shared_buffers=4MB"],
] as const;

export class Engine {
  /** The cluster as the server has it when it is ready: what an untouched disk holds. */
  readonly image: ClusterImage;
  readonly #world: EngineWorld;
  readonly #database: Database;
  readonly #module: EmscriptenModule;
  readonly #cold: MemoryImage;
  readonly #ready: MemoryImage;
  /** Files that the first start changed. */
  readonly #changedByStart: readonly string[];
  readonly #files: WriteThrough;
  #process: SimulatedProcess | undefined;

  private constructor(
    world: EngineWorld,
    database: Database,
    module: EmscriptenModule,
    cold: MemoryImage,
    files: WriteThrough,
    template: ClusterImage,
  ) {
    this.#world = world;
    this.#database = database;
    this.#module = module;
    this.#cold = cold;
    this.#files = files;
    this.#ready = new MemoryImage(module);
    this.image = imageOf(module.FS);
    const names = new Set([...template.files.keys(), ...this.image.files.keys()]);
    this.#changedByStart = [...names].filter(
      (name) => !sameBytes(template.files.get(name), this.image.files.get(name)),
    );
  }

  static async start(distribution: Distribution, template: ClusterImage): Promise<Engine> {
    const { world } = distribution;
    world.serves = undefined;
    world.beginAgain();
    let module: EmscriptenModule | undefined;
    let cold: MemoryImage | undefined;
    let files: WriteThrough | undefined;
    const database = distribution.open({
      startParams: START,
      relaxedDurability: true,
      fs: {
        init: async (_database, options) => {
          const take = (given: EmscriptenModule): void => {
            module = given;
          };
          const onAbort = (why: unknown): void => {
            if (files !== undefined) files.fatal ??= new Error(`the server aborted: ${String(why)}`);
          };
          return { emscriptenOpts: { ...options, onAbort, preRun: [...(options.preRun ?? []), take] } };
        },
        initialSyncFs: async () => {
          if (module === undefined) throw new Error("PGlite began without its module");
          useOwnRandomness(module, world);
          install(module, template);
          loadLibraries(module);
          files = new WriteThrough(module.FS);
          letFatalErrorsThrough(module, files);
          cold = new MemoryImage(module);
        },
        syncToFs: async () => {},
        closeFs: async () => {},
        dumpTar: () => Promise.reject(new Error("a simulated cluster is not dumped")),
      },
    });
    await database.waitReady;
    if (module === undefined || cold === undefined || files === undefined) {
      throw new Error("PGlite did not ask for its files");
    }
    return new Engine(world, database, module, cold, files, template);
  }

  /** Serves a process from now on, on its host's disk. Returns whether the server had to be started. */
  boot(simulated: SimulatedProcess, directory: DataDirectory): boolean {
    this.#process = simulated;
    this.#world.serves = simulated;
    this.#files.directory = undefined;
    this.#files.fatal = undefined;
    if (directory.isFresh) {
      this.#ready.restore(this.#module);
      this.#files.directory = directory;
      return false;
    }
    this.#cold.restore(this.#module);
    this.#lay(directory);
    this.#files.directory = directory;
    const module = this.#module;
    module._pgl_setPGliteActive(1);
    module.callMain([...START, "-D", ROOT, module.ENV.PGDATABASE]);
    module._pgl_startPGlite();
    return true;
  }

  /** Messages of the wire protocol in, messages out. What it throws has ended the server. */
  execute(messages: Uint8Array): Uint8Array {
    this.#world.serves = this.#process;
    const answer = this.#database.execProtocolRawSync(messages);
    if (this.#files.fatal !== undefined) throw this.#files.fatal;
    return answer;
  }

  /** Has memory show what the disk holds. */
  #lay(directory: DataDirectory): void {
    for (const path of this.#changedByStart) {
      const bytes = this.image.files.get(path);
      if (bytes === undefined) drop(this.#module, path);
      else put(this.#module, path, bytes, true);
    }
    for (const path of directory.removed()) drop(this.#module, path);
    for (const [path, bytes] of directory.changed()) put(this.#module, path, bytes, false);
    drop(this.#module, "/postmaster.pid");
  }
}

/**
 * PGlite goes on with the next message whatever one has thrown. When that has ended the server, the first thing that it does
 * then throws it on.
 */
function letFatalErrorsThrough(module: EmscriptenModule, files: WriteThrough): void {
  const { stackRestore } = module;
  module.stackRestore = (stack) => {
    if (files.fatal !== undefined) throw files.fatal;
    stackRestore(stack);
  };
}

/** PL/pgSQL, and the stemming of text search. Conversions between encodings are left out: a cluster has UTF-8. */
const LIBRARIES = ["/pglite/lib/postgresql/plpgsql.so", "/pglite/lib/postgresql/dict_snowball.so"];
const RTLD_NOW = 2;
const RTLD_GLOBAL = 256;

/**
 * Emscripten remembers outside of the memory which libraries are loaded. So they are loaded before the first image is taken: one
 * that was loaded later would be gone from the memory that is set back, and would not be loaded again.
 */
function loadLibraries(module: EmscriptenModule): void {
  for (const library of LIBRARIES) {
    const path = Buffer.from(`${library}\0`);
    const at = module._malloc(path.length);
    module.HEAPU8.set(path, at);
    const handle = module._dlopen(at, RTLD_NOW | RTLD_GLOBAL);
    module._free(at);
    if (handle === 0) throw new Error(`${library} can't be loaded`);
  }
}

/** Emscripten keeps a kibibyte of randomness in a closure, which no memory image would set back. */
function useOwnRandomness({ FS }: EmscriptenModule, world: EngineWorld): void {
  for (const path of ["/dev/urandom", "/dev/random"]) {
    const device = FS.getDevice(FS.lookupPath(path).node.rdev);
    if (device === undefined) continue;
    device.stream_ops.read = (_stream, buffer, offset, length) => {
      world.fill(buffer.subarray(offset, offset + length));
      return length;
    };
  }
}

function install(module: EmscriptenModule, { files, folders }: ClusterImage): void {
  module.FS.mkdirTree(ROOT, 0o700);
  for (const folder of folders) module.FS.mkdirTree(ROOT + folder, 0o700);
  for (const [path, bytes] of files) put(module, path, bytes, true);
}

function put({ FS }: EmscriptenModule, path: string, bytes: Uint8Array, isShared: boolean): void {
  const folder = path.slice(0, path.lastIndexOf("/"));
  if (folder !== "") FS.mkdirTree(ROOT + folder, 0o700);
  let node: FileNode;
  try {
    node = FS.lookupPath(ROOT + path).node;
  } catch {
    FS.create(ROOT + path, 0o600);
    node = FS.lookupPath(ROOT + path).node;
  }
  node.contents = bytes;
  node.usedBytes = bytes.length;
  node.isShared = isShared;
}

function drop({ FS }: EmscriptenModule, path: string): void {
  try {
    FS.unlink(ROOT + path);
  } catch {
    // It is not there, which is what is wanted.
  }
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === b) return true;
  return a !== undefined && b !== undefined && Buffer.compare(a, b) === 0;
}
