/**
 * The server in front of an engine: connections over the simulated network, one session behind all of them. Connections
 * take turns: one that is in a transaction, or in the middle of a conversation, keeps the engine to itself until that is
 * over. What they ask takes time: some for each message, and that of the disk for each sync.
 */

import { HostEnded } from "../../../sim/disk.js";
import { MILLISECOND, type Micros } from "../../../sim/time.js";
import type { SimulatedProcess } from "../../env/simulated-process.js";
import type { NetModule } from "../../net/index.js";
import type { Server } from "../../net/server.js";
import type { Socket } from "../../net/socket.js";
import type { DataDirectory } from "./data-directory.js";
import type { Engine } from "./engine.js";
import { isIdleAfter, MessageReader, queryMessage } from "./wire.js";

export const POSTGRES_PORT = 5_432;
/** A started server is there at once; one that recovers takes longer. */
const START: Micros = 50 * MILLISECOND;
const RECOVERY: Micros = 200 * MILLISECOND;
const MESSAGE: Micros = 60;
/** So many bytes of a message take a microsecond. */
const BYTES_A_MICROSECOND = 64;
const SYNC_AT_LEAST: Micros = 120;
const SYNC_MORE: Micros = 300;
const KEEP_ALIVE_MS = 1_000;
const NO_ENCRYPTION = "N";
const LONGEST_SQL = 160;
/** What Postgres' own process exits with after a PANIC. */
const PANIC = 1;

interface Job {
  readonly connection: Socket;
  readonly messages: Uint8Array;
  /** Undefined when nobody waits for an answer. */
  readonly answer: ((bytes: Uint8Array) => void) | undefined;
}

/** Boots the engine on the host's disk and serves it from then on. */
export function serve(simulated: SimulatedProcess, engine: Engine, directory: DataDirectory): void {
  const recovered = engine.boot(simulated, directory);
  const server = new PostgresServer(simulated, engine, directory);
  simulated.host.after(recovered ? RECOVERY : START, () => server.listen());
}

class PostgresServer {
  readonly #process: SimulatedProcess;
  readonly #engine: Engine;
  readonly #directory: DataDirectory;
  readonly #jobs: Job[] = [];
  /** The connection that the session belongs to for the moment. */
  #holder: Socket | undefined;
  #busy = false;

  constructor(simulated: SimulatedProcess, engine: Engine, directory: DataDirectory) {
    this.#process = simulated;
    this.#engine = engine;
    this.#directory = directory;
  }

  listen(): void {
    if (this.#process.ended) return;
    const { createServer } = this.#process.builtin<NetModule>("net");
    const server: Server = createServer((socket: Socket) => this.#accept(socket));
    server.listen(POSTGRES_PORT);
  }

  #accept(socket: Socket): void {
    const reader = new MessageReader();
    // One that is gone without a word must not keep the session to itself.
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on("error", () => {}); // its `close` follows
    socket.on("close", () => this.#left(socket));
    socket.on("data", (bytes: Buffer) => {
      for (const message of reader.take(bytes)) {
        switch (message.kind) {
          case "encryption":
            socket.write(NO_ENCRYPTION);
            break;
          case "cancel":
          case "terminate":
            socket.end();
            return;
          case "messages":
            for (const sql of message.sql) this.#process.note("request", sql.slice(0, LONGEST_SQL));
            this.#jobs.push({
              connection: socket,
              messages: message.bytes,
              answer: (answer) => socket.write(Buffer.from(answer)),
            });
            this.#work();
        }
      }
    });
  }

  /** What a connection leaves undone when it goes is rolled back. */
  #left(socket: Socket): void {
    const waiting = this.#jobs.findIndex(({ connection }) => connection === socket);
    if (waiting >= 0)
      this.#jobs.splice(
        0,
        this.#jobs.length,
        ...this.#jobs.filter(({ connection }) => connection !== socket),
      );
    if (this.#holder !== socket) return;
    this.#jobs.unshift({ connection: socket, messages: queryMessage("rollback"), answer: undefined });
    this.#work();
  }

  #work(): void {
    if (this.#busy) return;
    const next = this.#jobs.findIndex(
      ({ connection }) => this.#holder === undefined || connection === this.#holder,
    );
    const [job] = next < 0 ? [] : this.#jobs.splice(next, 1);
    if (job === undefined) return;
    this.#busy = true;
    const before = this.#directory.syncs;
    const answer = this.#execute(job.messages);
    let takes = MESSAGE + Math.floor(job.messages.length / BYTES_A_MICROSECOND);
    for (let i = before; i < this.#directory.syncs; i++) {
      takes += SYNC_AT_LEAST + this.#process.host.random.below(SYNC_MORE);
    }
    this.#process.host.after(takes, () => this.#done(job, answer));
  }

  #execute(messages: Uint8Array): Uint8Array {
    try {
      return this.#engine.execute(messages);
    } catch (error) {
      if (error instanceof HostEnded) throw error;
      this.#process.print("stderr", `PANIC: ${error instanceof Error ? error.message : String(error)}`);
      return this.#process.exit(PANIC);
    }
  }

  #done({ connection, answer }: Job, bytes: Uint8Array): void {
    if (this.#process.ended) return;
    const idle = isIdleAfter(bytes);
    if (idle === true) this.#holder = undefined;
    else if (idle === false || this.#holder === undefined) this.#holder = connection;
    this.#busy = false;
    if (!connection.destroyed) answer?.(bytes);
    else if (this.#holder === connection && answer !== undefined) this.#left(connection);
    this.#work();
  }
}
