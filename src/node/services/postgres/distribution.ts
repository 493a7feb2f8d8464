/**
 * PGlite as it is installed: its code in a world of its own, its WebAssembly compiled once, and the clusters that are made
 * with it. A cluster is the same bytes whenever it is made, so that it may be kept in a cache between processes.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { programOf } from "../../program/bundle.js";
import { ProgramError } from "../../program/bundler.js";
import {
  type ClusterImage,
  type Database,
  type DatabaseClass,
  imageOf,
  type PGliteOptions,
} from "./emscripten.js";
import { EngineWorld } from "./engine-world.js";

/** Small segments: a run writes little, and each is copied when it is first written to. */
const INITDB = ["--wal-segsize=1"] as const;
/** Raised when clusters are made otherwise: what is in the cache is then of no use. */
const CACHE_FORMAT = 1;

type Artefacts = Pick<PGliteOptions, "pgliteWasmModule" | "initdbWasmModule" | "fsBundle">;
interface Compiler {
  readonly Module: new (bytes: Uint8Array) => object;
}

const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: Compiler };

export class Distribution {
  readonly world: EngineWorld;
  readonly version: string;
  readonly #Database: DatabaseClass;
  readonly #artefacts: Artefacts;

  constructor(world: EngineWorld, version: string, Database: DatabaseClass, artefacts: Artefacts) {
    this.world = world;
    this.version = version;
    this.#Database = Database;
    this.#artefacts = artefacts;
  }

  open(options: Omit<PGliteOptions, keyof Artefacts>): Database {
    return new this.#Database({ ...options, ...this.#artefacts });
  }

  /** A cluster in which these statements were executed. Takes some seconds when it is not in the cache. */
  async cluster(schema: string): Promise<ClusterImage> {
    const key = createHash("sha256")
      .update(`${CACHE_FORMAT} ${this.version} ${schema}`)
      .digest("hex")
      .slice(0, 32);
    const file = join(tmpdir(), "seedstorm-postgres", `${key}.bin`);
    if (existsSync(file)) return deserialize(readFileSync(file)) as ClusterImage; // as written below
    const image = await this.makeCluster(schema);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, serialize(image));
    return image;
  }

  async makeCluster(schema: string): Promise<ClusterImage> {
    this.world.serves = undefined;
    this.world.beginAgain();
    const database = this.open({ initDbStartParams: INITDB });
    await database.waitReady;
    if (schema !== "") await database.exec(schema);
    await database.exec("checkpoint");
    const module = database.mod ?? database.Module;
    if (module === undefined)
      throw new ProgramError("this version of @electric-sql/pglite shows nothing of its module");
    await database.close();
    const { files, folders } = imageOf(module.FS);
    const lasting = new Map([...files].filter(([path]) => path !== "/postmaster.pid"));
    return { files: lasting, folders };
  }
}

let loaded: Promise<Distribution> | undefined;

/** Loaded once in this thread. Rejects with a ProgramError where PGlite is not installed. */
export function distribution(): Promise<Distribution> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Distribution> {
  const require = createRequire(import.meta.url);
  let entry: string;
  try {
    entry = require.resolve("@electric-sql/pglite");
  } catch (cause) {
    throw missingPGlite("postgres()", cause);
  }
  const folder = dirname(entry);
  const { version } = JSON.parse(readFileSync(join(folder, "..", "package.json"), "utf8")) as {
    version: string;
  };
  const world = new EngineWorld();
  const program = await programOf(join(folder, "index.js"));
  const { PGlite } = (await program.evaluate(world)) as { readonly PGlite: DatabaseClass };
  const wasm = (name: string): object => new WebAssembly.Module(readFileSync(join(folder, name)));
  const data = readFileSync(join(folder, "pglite.data"));
  return new Distribution(world, version, PGlite, {
    pgliteWasmModule: wasm("pglite.wasm"),
    initdbWasmModule: wasm("initdb.wasm"),
    // A Blob's bytes would come back over the real event loop.
    fsBundle: { arrayBuffer: async () => new Uint8Array(data).buffer },
  });
}

export function missingPGlite(caller: string, cause: unknown): ProgramError {
  return new ProgramError(
    `${caller} runs PGlite, which is not installed: npm install --save-dev @electric-sql/pglite`,
    { cause },
  );
}
