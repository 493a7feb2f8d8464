/**
 * Connections in front of a Postgres that has one session for all of them. They take turns: one that is in a transaction, or in
 * the middle of a conversation, keeps the session to itself until that is over. What a connection leaves undone when it goes
 * is rolled back. Encryption is declined and cancelling ignored.
 */
import { isIdleAfter, MessageReader, queryMessage } from "./wire.js";

const KEEP_ALIVE_MS = 1_000;
const NO_ENCRYPTION = "N";

/** Of a socket of `node:net`, real or simulated, what is needed here. */
export interface PostgresClient {
  readonly destroyed: boolean;
  setKeepAlive(enable: boolean, initialDelay: number): unknown;
  on(event: "data", listener: (bytes: Buffer) => void): unknown;
  on(event: "error" | "close", listener: () => void): unknown;
  write(bytes: string | Uint8Array): unknown;
  end(): unknown;
}

export interface PostgresSession {
  /** Messages of the wire protocol in; messages out, when it is done with them. One call at a time. */
  execute(messages: Uint8Array, done: (answer: Uint8Array) => void): void;
  /** Called for each statement as it arrives. */
  asked?(sql: string): void;
}

interface Job {
  readonly client: PostgresClient;
  readonly messages: Uint8Array;
  /** Undefined when nobody waits for an answer. */
  readonly answer: ((bytes: Uint8Array) => void) | undefined;
}

export class Turns {
  readonly #session: PostgresSession;
  #jobs: Job[] = [];
  /** The connection that the session belongs to for the moment. */
  #holder: PostgresClient | undefined;
  #busy = false;

  constructor(session: PostgresSession) {
    this.#session = session;
  }

  /** Serves a connection that has come in. */
  accept(client: PostgresClient): void {
    const reader = new MessageReader();
    // One that is gone without a word must not keep the session to itself.
    client.setKeepAlive(true, KEEP_ALIVE_MS);
    client.on("error", () => {}); // its `close` follows
    client.on("close", () => this.#left(client));
    client.on("data", (bytes: Buffer) => {
      for (const message of reader.take(bytes)) {
        switch (message.kind) {
          case "encryption":
            client.write(NO_ENCRYPTION);
            break;
          case "cancel":
          case "terminate":
            client.end();
            return;
          case "messages":
            for (const sql of message.sql) this.#session.asked?.(sql);
            this.#jobs.push({
              client,
              messages: message.bytes,
              answer: (answer) => client.write(Buffer.from(answer)),
            });
            this.#work();
        }
      }
    });
  }

  #left(client: PostgresClient): void {
    this.#jobs = this.#jobs.filter((job) => job.client !== client);
    if (this.#holder !== client) return;
    this.#jobs.unshift({ client, messages: queryMessage("rollback"), answer: undefined });
    this.#work();
  }

  #work(): void {
    if (this.#busy) return;
    const next = this.#jobs.findIndex(({ client }) => this.#holder === undefined || client === this.#holder);
    const [job] = next < 0 ? [] : this.#jobs.splice(next, 1);
    if (job === undefined) return;
    this.#busy = true;
    this.#session.execute(job.messages, (answer) => this.#done(job, answer));
  }

  #done({ client, answer }: Job, bytes: Uint8Array): void {
    const idle = isIdleAfter(bytes);
    if (idle === true) this.#holder = undefined;
    else if (idle === false || this.#holder === undefined) this.#holder = client;
    this.#busy = false;
    if (!client.destroyed) answer?.(bytes);
    else if (this.#holder === client && answer !== undefined) this.#left(client);
    this.#work();
  }
}
