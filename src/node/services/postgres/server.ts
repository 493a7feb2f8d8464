/**
 * The server in front of an engine, on a simulated host. What connections ask takes time: some for each message, and that of
 * the disk for each sync.
 */

import { HostEnded } from "../../../sim/disk.js";
import { MILLISECOND, type Micros } from "../../../sim/time.js";
import type { SimulatedProcess } from "../../env/simulated-process.js";
import type { NetModule } from "../../net/index.js";
import type { Server } from "../../net/server.js";
import type { Socket } from "../../net/socket.js";
import type { DataDirectory } from "./data-directory.js";
import type { Engine } from "./engine.js";
import { type PostgresSession, Turns } from "./turns.js";

export const POSTGRES_PORT = 5_432;
/** A started server is there at once; one that recovers takes longer. */
const START: Micros = 50 * MILLISECOND;
const RECOVERY: Micros = 200 * MILLISECOND;
const MESSAGE: Micros = 60;
/** So many bytes of a message take a microsecond. */
const BYTES_A_MICROSECOND = 64;
const SYNC_AT_LEAST: Micros = 120;
const SYNC_MORE: Micros = 300;
const LONGEST_SQL = 160;
/** What Postgres' own process exits with after a PANIC. */
const PANIC = 1;

/** Boots the engine on the host's disk and serves it from then on. */
export function serve(simulated: SimulatedProcess, engine: Engine, directory: DataDirectory): void {
  const recovered = engine.boot(simulated, directory);
  const turns = new Turns(sessionOf(simulated, engine, directory));
  simulated.host.after(recovered ? RECOVERY : START, () => {
    if (simulated.ended) return;
    const { createServer } = simulated.builtin<NetModule>("net");
    const server: Server = createServer((socket: Socket) => turns.accept(socket));
    server.listen(POSTGRES_PORT);
  });
}

function sessionOf(simulated: SimulatedProcess, engine: Engine, directory: DataDirectory): PostgresSession {
  const { host } = simulated;
  return {
    asked: (sql) => simulated.note("request", sql.slice(0, LONGEST_SQL)),
    execute(messages, done) {
      const before = directory.syncs;
      const answer = executed(simulated, engine, messages);
      let takes = MESSAGE + Math.floor(messages.length / BYTES_A_MICROSECOND);
      for (let i = before; i < directory.syncs; i++) takes += SYNC_AT_LEAST + host.random.below(SYNC_MORE);
      host.after(takes, () => {
        if (!simulated.ended) done(answer);
      });
    },
  };
}

function executed(simulated: SimulatedProcess, engine: Engine, messages: Uint8Array): Uint8Array {
  try {
    return engine.execute(messages);
  } catch (error) {
    if (error instanceof HostEnded) throw error;
    simulated.print("stderr", `PANIC: ${error instanceof Error ? error.message : String(error)}`);
    return simulated.exit(PANIC);
  }
}
