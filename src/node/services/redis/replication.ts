/**
 * Replication: a master sends every replica what it holds, and from then on each effect, without waiting for anybody. What a
 * replica has not got when its master is lost is lost with it. A replica that loses the connection asks again from the
 * beginning. Which one is the master is decided outside, by `REPLICAOF`.
 *
 * The protocol is Redis' own old one, `SYNC`, with commands where Redis would send an image of its memory.
 */
import { MILLISECOND, type Micros } from "../../../sim/time.js";
import type { SimulatedProcess } from "../../env/simulated-process.js";
import type { NetModule } from "../../net/index.js";
import type { Socket } from "../../net/socket.js";
import { Blocked } from "./commands/command.js";
import type { Engine } from "./engine.js";
import { OK, type Reply, RequestReader, requestText } from "./resp.js";
import type { Session } from "./session.js";
import { snapshotOf } from "./snapshot.js";
import { UnitReader } from "./units.js";

export const PORT = 6_379;
const RETRY: Micros = 1_000 * MILLISECOND;
export const KEEP_ALIVE_MS = 1_000;
/** A key that no client has: those who wait for replicas are woken by it. */
const ACKNOWLEDGED = "\0acknowledged";

export interface ReplicationOptions {
  /** The name of the master's host. */
  readonly replicaOf: string | undefined;
}

/** What it sees of the server that it belongs to. */
export interface ReplicationContext {
  readonly process: SimulatedProcess;
  readonly engine: Engine;
  readonly sessions: ReadonlySet<Session>;
  close(session: Session): void;
  /** Executes commands that the master sent, as one. */
  apply(commands: readonly (readonly string[])[]): void;
}

export class Replication {
  readonly #server: ReplicationContext;
  #master: { readonly host: string; readonly port: number } | undefined;
  #socket: Socket | undefined;
  #isLinked = false;
  /** What the master has sent of its image. */
  #image: (readonly string[])[] = [];
  #units = new UnitReader();
  /** Bytes of effects, sent or received. */
  #offset = 0;

  constructor(server: ReplicationContext, { replicaOf }: ReplicationOptions) {
    this.#server = server;
    this.#master = replicaOf === undefined ? undefined : { host: replicaOf, port: PORT };
    server.engine.isReadOnly = this.#master !== undefined;
  }

  get role(): "master" | "replica" {
    return this.#master === undefined ? "master" : "replica";
  }

  start(): void {
    if (this.#master !== undefined) this.#connect(this.#master);
  }

  /** Sends effects to the replicas at the end of this turn. */
  feed(text: string): void {
    this.#offset += this.#master === undefined ? text.length : 0;
    for (const session of this.#replicas()) session.sendRaw(text);
  }

  /** `REPLICAOF host port`, or `REPLICAOF NO ONE`. */
  follow(host: string, port: string): Reply {
    const becomesMaster = host.toUpperCase() === "NO" && port.toUpperCase() === "ONE";
    this.#master = becomesMaster ? undefined : { host, port: Number(port) };
    this.#server.engine.isReadOnly = !becomesMaster;
    this.#socket?.destroy();
    this.#socket = undefined;
    this.#isLinked = false;
    for (const session of this.#replicas()) this.#server.close(session); // they begin anew
    if (this.#master !== undefined) this.#connect(this.#master);
    return OK;
  }

  /** A replica asks for everything. */
  join(session: Session): undefined {
    session.isReplica = true;
    for (const command of snapshotOf(this.#server.engine.keyspace)) session.sendRaw(requestText(command));
    session.sendRaw(requestText(["REPLCONF", "OFFSET", String(this.#offset)]));
    return undefined;
  }

  /** `REPLCONF ACK offset`, from a replica. */
  confirm(session: Session, [what = "", offset = ""]: readonly string[]): Reply | undefined {
    if (what.toUpperCase() !== "ACK") return OK;
    session.acknowledged = Number(offset);
    this.#server.engine.changed(ACKNOWLEDGED);
    return undefined;
  }

  /** `WAIT`: until so many replicas have what was written so far. */
  wait(replicas: number, timeoutMs: number): Reply | Blocked {
    const offset = this.#offset;
    const count = (): number =>
      [...this.#replicas()].filter(({ acknowledged }) => acknowledged >= offset).length;
    if (count() >= replicas) return count();
    for (const session of this.#replicas()) session.sendRaw(requestText(["REPLCONF", "GETACK", "*"]));
    const attempt = (): Reply | undefined => (count() >= replicas ? count() : undefined);
    return new Blocked([ACKNOWLEDGED], timeoutMs, attempt, count);
  }

  info(): string[] {
    const replicas = [...this.#replicas()];
    if (this.#master === undefined)
      return ["role:master", `connected_slaves:${replicas.length}`, `master_repl_offset:${this.#offset}`];
    const { host, port } = this.#master;
    return [
      ...["role:slave", `master_host:${host}`, `master_port:${port}`],
      ...[`master_link_status:${this.#isLinked ? "up" : "down"}`, `slave_repl_offset:${this.#offset}`],
    ];
  }

  /** `ROLE` */
  describe(): Reply {
    if (this.#master !== undefined) {
      const { host, port } = this.#master;
      return ["slave", host, port, this.#isLinked ? "connected" : "connect", this.#offset];
    }
    const replicas = [...this.#replicas()].map(({ socket, acknowledged }) => [
      socket.remoteAddress ?? "",
      String(PORT),
      String(acknowledged),
    ]);
    return ["master", this.#offset, replicas];
  }

  *#replicas(): Generator<Session> {
    for (const session of this.#server.sessions) if (session.isReplica) yield session;
  }

  #connect(master: { readonly host: string; readonly port: number }): void {
    const { process } = this.#server;
    const { Socket: ProcessSocket } = process.builtin<NetModule>("net");
    const socket: Socket = new ProcessSocket().connect(master.port, master.host);
    this.#socket = socket;
    this.#isLinked = false;
    this.#image = [];
    const reader = new RequestReader();
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on("connect", () => socket.write(requestText(["SYNC"])));
    socket.on("data", (bytes: Buffer) => {
      if (this.#socket === socket) this.#received(socket, [...reader.take(bytes.toString("latin1"))]);
    });
    socket.on("error", () => {}); // its `close` follows
    socket.on("close", () => {
      if (this.#socket !== socket) return;
      this.#isLinked = false;
      process.host.after(RETRY, () => {
        if (this.#socket === socket && !process.ended) this.#connect(master);
      });
    });
  }

  #received(socket: Socket, commands: readonly (readonly string[])[]): void {
    for (const command of commands) {
      const [name, what, value] = command;
      if (name === "REPLCONF") {
        if (what === "OFFSET") this.#takeImage(Number(value));
        socket.write(requestText(["REPLCONF", "ACK", String(this.#offset)]));
      } else if (!this.#isLinked) this.#image.push(command);
      else {
        this.#offset += requestText(command).length;
        const unit = this.#units.take(command);
        if (unit !== undefined) this.#server.apply(unit);
      }
    }
  }

  /** The image is whole: it takes the place of what was there. */
  #takeImage(offset: number): void {
    this.#server.apply([["FLUSHALL"], ...this.#image]);
    this.#image = [];
    this.#units = new UnitReader();
    this.#offset = offset;
    this.#isLinked = true;
  }
}
