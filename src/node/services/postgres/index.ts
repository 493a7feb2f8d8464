/**
 * `postgres(…)`: a host that is a Postgres server: PGlite, which is Postgres itself in WebAssembly, behind the wire protocol,
 * on the simulated disk. Syncs, crashes and recovery from the write-ahead log are real.
 *
 * One session serves all connections, in turns, so that waiting for locks and concurrent isolation are not shown, and named
 * prepared statements are shared. There is no replication, no TLS and no check of passwords.
 */
import type { World } from "../../../sim/world.js";
import { bootMachine, type HostDefinition } from "../../hosts.js";
import { DataDirectory } from "./data-directory.js";
import { distribution } from "./distribution.js";
import { Engine } from "./engine.js";
import { type SchemaOptions, schemaText } from "./schema.js";
import { serve } from "./server.js";

export type PostgresOptions = SchemaOptions;

/** Engines by cluster: each serves one host of one universe at a time. */
interface Pool {
  readonly engines: Engine[];
  /** Whom they serve, in the universe that ran last. */
  world: World | undefined;
  readonly serving: Map<string, Engine>;
}

const pools = new Map<string, Pool>();

export function postgres({ schema = "" }: PostgresOptions = {}): HostDefinition {
  return {
    async prepare({ base, needs }) {
      const sql = schemaText(schema, base);
      const needed = (needs.get(sql) ?? 0) + 1;
      needs.set(sql, needed);
      const pool = await poolOf(sql, needed);
      return (host, universe) => {
        const engine = engineFor(pool, universe.world, host.id);
        const directory = new DataDirectory(host.disk, engine.image.files);
        bootMachine(host, universe, "/postgres", (simulated) => serve(simulated, engine, directory), {
          onUncaught: "exit",
        });
      };
    },
  };
}

async function poolOf(sql: string, needed: number): Promise<Pool> {
  const pool = pools.get(sql) ?? { engines: [], world: undefined, serving: new Map<string, Engine>() };
  pools.set(sql, pool);
  if (pool.engines.length >= needed) return pool;
  const installed = await distribution();
  const cluster = await installed.cluster(sql);
  while (pool.engines.length < needed) pool.engines.push(await Engine.start(installed, cluster));
  return pool;
}

/** A host keeps its engine for as long as its universe is the one that runs. */
function engineFor(pool: Pool, world: World, host: string): Engine {
  if (pool.world !== world) {
    pool.world = world;
    pool.serving.clear();
  }
  const engine = pool.serving.get(host) ?? pool.engines[pool.serving.size];
  if (engine === undefined) throw new RangeError(`no Postgres was prepared for ${host}`);
  pool.serving.set(host, engine);
  return engine;
}
