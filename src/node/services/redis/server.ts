/**
 * The server in front of the engine: connections over the simulated network, commands one by one, as in Redis' one
 * thread. What came in is executed in turns; a turn takes time, that of a sync among it where the policy asks for one, and
 * nothing is answered before its end.
 */
import { MILLISECOND, type Micros } from "../../../sim/time.js";
import type { SimulatedProcess } from "../../env/simulated-process.js";
import type { NetModule } from "../../net/index.js";
import type { Socket } from "../../net/socket.js";
import type { AppendOnlyFile } from "./append-only.js";
import { Blocked } from "./commands/command.js";
import { connectionCommand, isConnectionCommand, type ServerContext } from "./connection-commands.js";
import { Engine } from "./engine.js";
import { PubSub } from "./pub-sub.js";
import { KEEP_ALIVE_MS, PORT, Replication, type ReplicationOptions } from "./replication.js";
import { NO_LIST, OK, QUEUED, RedisError, type Reply } from "./resp.js";
import type { Scripts } from "./scripts.js";
import { Session } from "./session.js";
import { unitText } from "./units.js";

const START: Micros = 20 * MILLISECOND;
const COMMAND: Micros = 8;
const SYNC_AT_LEAST: Micros = 120;
const SYNC_MORE: Micros = 300;
const SECOND_MS = 1_000;
/** Commands of one turn, so that one long pipeline does not keep the others waiting. */
const TURN = 256;
const LONGEST_NOTE = 160;

interface Job {
  readonly session: Session;
  readonly command: readonly string[];
}

export interface RedisServerOptions extends ReplicationOptions {
  readonly log: AppendOnlyFile | undefined;
  readonly scripts: Scripts | undefined;
}

export class RedisServer implements ServerContext {
  readonly process: SimulatedProcess;
  readonly engine: Engine;
  readonly log: AppendOnlyFile | undefined;
  readonly pubSub = new PubSub();
  readonly replication: Replication;
  readonly sessions = new Set<Session>();
  readonly #jobs: Job[] = [];
  #opened = 0;
  #isBusy = false;
  /** Something was done between turns: what it has to say waits for the end of one. */
  #isTurnDue = false;
  /** Those who wait, the one first that has waited longest. */
  readonly #waiting = new Set<Session>();

  constructor(simulated: SimulatedProcess, { log, scripts, replicaOf }: RedisServerOptions) {
    this.process = simulated;
    this.log = log;
    this.engine = new Engine({
      now: simulated.now,
      random: (below) => Math.floor(simulated.entropy.fraction() * below),
      publish: (channel, message) => this.pubSub.publish(channel, message),
      scripts,
    });
    this.replication = new Replication(this, { replicaOf });
  }

  /** Loads what is on the disk, and listens from then on. */
  start(): void {
    const { host } = this.process;
    const loaded = this.log?.load((command) => void this.engine.execute(command, true)) ?? 0;
    this.engine.takeEffects();
    this.engine.takeChanged();
    host.after(START + loaded, () => {
      if (this.process.ended) return;
      const { createServer } = this.process.builtin<NetModule>("net");
      createServer((socket: Socket) => this.#accept(socket)).listen(PORT);
      this.replication.start();
      this.#everySecond();
    });
  }

  apply(commands: readonly (readonly string[])[]): void {
    for (const command of commands) this.engine.execute(command, true);
    this.#settle();
    this.#isTurnDue = true;
    this.#work();
  }

  /** Has a command wait for its turn. */
  submit(session: Session, command: readonly string[]): void {
    this.#jobs.push({ session, command });
    this.#work();
  }

  close(session: Session): void {
    this.sessions.delete(session);
    this.pubSub.leave(session);
    session.blocked = undefined;
    this.#waiting.delete(session);
    session.socket.destroy();
  }

  #accept(socket: Socket): void {
    const session = new Session(++this.#opened, socket);
    this.sessions.add(session);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on("error", () => {}); // its `close` follows
    socket.on("close", () => this.close(session));
    socket.on("data", (bytes: Buffer) => {
      try {
        for (const command of session.reader.take(bytes.toString("latin1"))) this.submit(session, command);
      } catch (error) {
        if (!(error instanceof RedisError)) throw error;
        session.send(error);
        socket.end(Buffer.from(session.takeOutput(), "latin1"));
      }
    });
  }

  #work(): void {
    if (this.#isBusy || this.process.ended) return;
    let executed = 0;
    for (let i = 0; i < this.#jobs.length && executed < TURN; ) {
      const job = this.#jobs[i];
      if (job === undefined) break;
      if (job.session.blocked !== undefined) {
        i++;
        continue;
      }
      this.#jobs.splice(i, 1);
      if (!this.sessions.has(job.session)) continue;
      this.#execute(job);
      this.#settle();
      executed++;
    }
    if (executed === 0 && !this.#isTurnDue) return;
    this.#isTurnDue = false;
    this.#endTurn(executed * COMMAND);
  }

  /** What was done is on the disk, as far as the policy asks for it, before anybody hears of it. */
  #endTurn(took: Micros): void {
    this.#isBusy = true;
    const { host } = this.process;
    const synced = this.#write();
    const takes = took + (synced ? SYNC_AT_LEAST + host.random.below(SYNC_MORE) : 0);
    const outputs = [...this.sessions].flatMap((session): [Session, string][] => {
      const output = session.takeOutput();
      return output === "" ? [] : [[session, output]];
    });
    host.after(takes, () => {
      this.#isBusy = false;
      if (this.process.ended) return;
      for (const [session, output] of outputs) {
        if (!session.socket.destroyed) session.socket.write(Buffer.from(output, "latin1"));
      }
      this.#work();
    });
  }

  #execute({ session, command }: Job): void {
    const [given = ""] = command;
    const name = given.toUpperCase();
    if (!session.isReplica) this.process.note("request", command.join(" ").slice(0, LONGEST_NOTE));
    if (session.transaction !== undefined && !IN_TRANSACTION.has(name)) {
      session.send(this.#queued(session, command));
      return;
    }
    if (name === "EXEC") {
      session.send(this.#executeAll(session));
      return;
    }
    const reply = isConnectionCommand(name)
      ? connectionCommand(this, session, name, command.slice(1))
      : this.#reply(command);
    if (reply instanceof Blocked) this.#block(session, reply);
    else if (reply !== undefined) session.send(reply);
  }

  #reply(command: readonly string[]): Reply | Blocked {
    const refusal = this.log?.refusal;
    if (refusal !== undefined && this.engine.isWrite(command)) return refusal;
    return this.engine.execute(command);
  }

  #queued(session: Session, command: readonly string[]): Reply {
    try {
      if (!isConnectionCommand((command[0] ?? "").toUpperCase())) this.engine.check(command);
      session.transaction?.push(command);
      return QUEUED;
    } catch (error) {
      if (!(error instanceof RedisError)) throw error;
      session.isTransactionBad = true;
      return error;
    }
  }

  #executeAll(session: Session): Reply {
    const { transaction, isTransactionBad, isDirty } = session;
    session.endTransaction();
    if (transaction === undefined) return new RedisError("ERR EXEC without MULTI");
    if (isTransactionBad)
      return new RedisError("EXECABORT Transaction discarded because of previous errors.");
    if (isDirty) return NO_LIST;
    return transaction.map((command): Reply => {
      const name = (command[0] ?? "").toUpperCase();
      const reply = isConnectionCommand(name)
        ? (connectionCommand(this, session, name, command.slice(1)) ?? OK)
        : this.#reply(command);
      return reply instanceof Blocked ? reply.onTimeout : reply;
    });
  }

  #block(session: Session, blocked: Blocked): void {
    session.blocked = blocked;
    this.#waiting.add(session);
    if (blocked.timeoutMs === 0) return;
    this.process.host.after(blocked.timeoutMs * MILLISECOND, () => {
      if (session.blocked !== blocked || this.process.ended) return;
      this.#answer(session, blocked.onTimeout);
      this.#isTurnDue = true;
      this.#work();
    });
  }

  /** What it waited for. */
  #answer(session: Session, reply: Reply): void {
    session.blocked = undefined;
    this.#waiting.delete(session);
    session.send(reply);
  }

  /** After a unit of work: those who wait for what it did get it, and its effects are one. */
  #settle(): void {
    this.#keep();
    for (let changed = this.engine.takeChanged(); changed.size > 0; changed = this.engine.takeChanged()) {
      for (const session of this.sessions) {
        if (!session.isDirty) session.isDirty = [...session.watched].some((key) => changed.has(key));
      }
      for (const session of [...this.#waiting]) {
        const { blocked } = session;
        if (blocked === undefined || !blocked.keys.some((key) => changed.has(key))) continue;
        const reply = this.engine.attempt(blocked);
        if (reply === undefined) continue;
        this.#answer(session, reply);
        this.#keep();
      }
    }
  }

  #keep(): void {
    const effects = this.engine.takeEffects();
    if (effects.length === 0) return;
    this.log?.add(effects);
    this.replication.feed(unitText(effects));
  }

  #write(): boolean {
    return this.log?.flush() ?? false;
  }

  #everySecond(): void {
    this.process.host.after(SECOND_MS * MILLISECOND, () => {
      if (this.process.ended) return;
      this.log?.everySecond();
      this.#everySecond();
    });
  }
}

/** What a transaction does not put off. */
const IN_TRANSACTION = new Set(["EXEC", "DISCARD", "MULTI", "WATCH", "QUIT", "RESET"]);
