/** One connection of a client to the server, and what it has asked for that lasts. */
import type { Socket } from "../../net/socket.js";
import type { Blocked } from "./commands/command.js";
import { encoded, type Reply, RequestReader, type Version } from "./resp.js";

export class Session {
  version: Version = 2;
  name = "";
  readonly reader = new RequestReader();
  /** Commands that wait for `EXEC`; undefined outside of a transaction. */
  transaction: (readonly string[])[] | undefined;
  /** One of them was refused: none is executed. */
  isTransactionBad = false;
  readonly watched = new Set<string>();
  /** A watched key was changed. */
  isDirty = false;
  readonly channels = new Set<string>();
  readonly patterns = new Set<string>();
  /** The command that waits. */
  blocked: Blocked | undefined;
  /** Whether it is a replica, which is sent all that changes. */
  isReplica = false;
  /** How much of that it has said to have. */
  acknowledged = 0;
  /** Bytes to be sent at the end of the turn. */
  #output = "";

  constructor(
    readonly id: number,
    readonly socket: Socket,
  ) {}

  get subscriptions(): number {
    return this.channels.size + this.patterns.size;
  }

  send(reply: Reply): void {
    this.#output += encoded(reply, this.version);
  }

  sendRaw(text: string): void {
    this.#output += text;
  }

  /** What was sent in this turn, for when that is over. */
  takeOutput(): string {
    const output = this.#output;
    this.#output = "";
    return output;
  }

  endTransaction(): void {
    this.transaction = undefined;
    this.isTransactionBad = false;
    this.watched.clear();
    this.isDirty = false;
  }
}
