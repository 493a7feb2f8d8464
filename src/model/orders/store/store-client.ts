/**
 * A host's way to a store: a few connections that are opened when they are needed and used over again.
 *
 * One question at a time on each connection; who finds all of them in use waits, in order, and no longer than for an
 * answer. A connection whose question found no answer is closed, since its answer may come yet. What a lost answer means is for
 * the caller to find out: nothing is asked twice here, save on a connection that the store says it does not know.
 */
import { type Host, type Micros, TIMED_OUT } from "seedstorm";
import { GOALS } from "../goals.js";
import type { RowWrite, StoredRow } from "./rows.js";
import { CONNECT, DISCONNECT, type NotConnected, READ, SCAN, WRITE } from "./wire.js";

/** The store did not answer, or there was no connection to be had: a write may have been carried out. */
export const UNAVAILABLE = "unavailable";
export type Unavailable = typeof UNAVAILABLE;

export type Written =
  | { readonly status: "written"; readonly rows: readonly StoredRow[] }
  | { readonly status: "conflict"; readonly current: StoredRow }
  | { readonly status: "full" };

const ROW_BYTES = 400;

export class StoreClient {
  readonly #host: Host;
  readonly #store: string;
  readonly #timeout: Micros;
  readonly #maxConnections: number;
  readonly #free: string[] = [];
  readonly #waiting: ((connection: string | undefined) => void)[] = [];
  /** Connections that are open or being opened. */
  #open = 0;

  constructor(host: Host, store: string, maxConnections: number, timeout: Micros) {
    this.#host = host;
    this.#store = store;
    this.#maxConnections = maxConnections;
    this.#timeout = timeout;
  }

  async read(...keys: readonly string[]): Promise<readonly StoredRow[] | Unavailable> {
    const reply = await this.#ask((connection) =>
      this.#host.request(READ, this.#store, { connection, keys }, this.#timeout),
    );
    return reply === UNAVAILABLE ? reply : reply.rows;
  }

  async scan(
    prefix: string,
    limit: number,
  ): Promise<{ readonly rows: readonly StoredRow[]; readonly now: Micros } | Unavailable> {
    return this.#ask((connection) =>
      this.#host.request(SCAN, this.#store, { connection, prefix, limit }, this.#timeout),
    );
  }

  write(writes: readonly RowWrite[]): Promise<Written | Unavailable> {
    const bytes = writes.length * ROW_BYTES;
    return this.#ask((connection) =>
      this.#host.request(WRITE, this.#store, { connection, writes }, this.#timeout, bytes),
    );
  }

  async #ask<R extends { readonly status: string }>(
    question: (connection: string) => Promise<R | NotConnected | typeof TIMED_OUT>,
  ): Promise<Exclude<R, NotConnected> | Unavailable> {
    for (let tries = 0; tries < 2; tries++) {
      const connection = await this.#acquire();
      if (connection === undefined) return UNAVAILABLE;
      const reply = await question(connection);
      if (reply === TIMED_OUT) {
        this.#discard(connection);
        return UNAVAILABLE;
      }
      if (reply.status !== "not-connected") {
        this.#release(connection);
        return reply as Exclude<R, NotConnected>; // any other status is a reply to the question
      }
      this.#lost();
    }
    return UNAVAILABLE;
  }

  async #acquire(): Promise<string | undefined> {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#open >= this.#maxConnections) return this.#wait();
    this.#open++;
    const reply = await this.#host.request(CONNECT, this.#store, null, this.#timeout);
    if (reply !== TIMED_OUT && reply.ok) return reply.connection;
    this.#open--;
    // Those who waited for it must look for themselves.
    this.#waiting.shift()?.(undefined);
    return undefined;
  }

  #wait(): Promise<string | undefined> {
    this.#host.reached(GOALS.connectionAwaited);
    return new Promise((resolve) => {
      const answer = (connection: string | undefined): void => {
        timer.cancel();
        resolve(connection ?? this.#acquire());
      };
      const timer = this.#host.after(this.#timeout, () => {
        this.#waiting.splice(this.#waiting.indexOf(answer), 1);
        resolve(undefined);
      });
      this.#waiting.push(answer);
    });
  }

  #release(connection: string): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(connection);
    else next(connection);
  }

  #discard(connection: string): void {
    if (this.#host.defect("connection-leak")) return;
    void this.#host.request(DISCONNECT, this.#store, { connection }, this.#timeout);
    this.#lost();
  }

  #lost(): void {
    this.#open--;
    this.#waiting.shift()?.(undefined);
  }
}
