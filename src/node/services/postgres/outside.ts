/**
 * The Postgres of a storm outside of storms: PGlite on a real folder, behind a real port of this machine's loopback, for programs
 * that are tried out by hand. It has the limits of `postgres(…)`: one session serves all connections, in turns; no TLS, no
 * passwords. Data that was committed outlives the process, however that ends.
 */
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { type AddressInfo, createServer } from "node:net";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { missingPGlite } from "./distribution.js";
import { type SchemaOptions, schemaText } from "./schema.js";
import { Turns } from "./turns.js";

export interface ServePostgresOptions extends SchemaOptions {
  /** Where the cluster is kept; made when it is not there. */
  readonly folder: string;
  /** Default: one that is free. */
  readonly port?: number;
}

export interface ServedPostgres {
  readonly port: number;
  /** Ends all connections, then the server. */
  close(): Promise<void>;
}

/** PGlite, as far as it is used here. */
interface Database {
  query(sql: string): Promise<{ readonly rows: readonly unknown[] }>;
  exec(sql: string): Promise<unknown>;
  execProtocolRaw(messages: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

interface Package {
  readonly PGlite: { create(folder: string): Promise<Database> };
}

const LOOPBACK = "127.0.0.1";

/** Serves a cluster; one that has no tables yet gets the schema. @throws ProgramError where PGlite or the schema is missing. */
export async function servePostgres({
  folder,
  port = 0,
  schema = "",
}: ServePostgresOptions): Promise<ServedPostgres> {
  const sql = schemaText(schema, process.cwd());
  const { PGlite } = await load();
  mkdirSync(dirname(folder), { recursive: true });
  const database = await PGlite.create(folder);
  const { rows } = await database.query("select from pg_tables where schemaname = 'public' limit 1");
  // In one transaction: when it is cut off, the next start begins anew.
  if (rows.length === 0 && sql !== "") await database.exec(`begin; ${sql}; commit`);
  const turns = new Turns({
    execute: (messages, done) => void database.execProtocolRaw(messages).then(done),
  });
  const open = new Set<{ destroy(): unknown }>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    turns.accept(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, LOOPBACK, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port, // it listens on a port
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
      await database.close();
    },
  };
}

async function load(): Promise<Package> {
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve("@electric-sql/pglite");
  } catch (cause) {
    throw missingPGlite("servePostgres()", cause);
  }
  return (await import(pathToFileURL(entry).href)) as Package; // the shape that is documented
}
