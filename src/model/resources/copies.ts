/**
 * Tells the copies of a request from the first. What the network delivers twice must not be answered twice: the second
 * answer could be that nothing was done here, while the first copy is in the log.
 *
 * Nothing needs to outlast a crash: what was sent to a life that is over is not delivered to the next one.
 */
import type { Session } from "../replication/machine.js";

interface Client {
  /** Nobody waits for what is below this sequence any more. */
  answeredBelow: number;
  /** By sequence: the newest attempt that was here. */
  readonly attempts: Map<number, number>;
}

export class Copies {
  readonly #clients = new Map<string, Client>();

  /**
   * Whether this was here before, or comes too late for anybody to wait for it. Remembers that it is here now.
   *
   * @param attempt how often the client has asked for this, from 1; it asks again only when it waits no more.
   */
  isCopy({ client: name, sequence, answeredBelow }: Session, attempt: number): boolean {
    let client = this.#clients.get(name);
    if (client === undefined) {
      client = { answeredBelow, attempts: new Map() };
      this.#clients.set(name, client);
    }
    const { attempts } = client;
    if (sequence < client.answeredBelow || attempt <= (attempts.get(sequence) ?? 0)) return true;
    attempts.set(sequence, attempt);
    if (answeredBelow > client.answeredBelow) {
      client.answeredBelow = answeredBelow;
      for (const known of attempts.keys()) if (known < answeredBelow) attempts.delete(known);
    }
    return false;
  }
}
