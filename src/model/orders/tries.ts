/**
 * Tries of requests, and one answer for each. The network may deliver a request twice: were each copy carried out by itself, one could be
 * refused for want of room and the other one be taken, and who asked would hear of the refusal alone. So whoever asks numbers its tries,
 * and whoever answers gives all copies of a try the answer to the first, which they wait for while it is still being found.
 *
 * Of each client's present life the latest answers are kept. A try that is older than those, or comes from an earlier life, is not
 * carried out: what became of it is unknown. So memory is bounded, and however late a copy comes, it changes nothing. A service that
 * restarts has forgotten all tries, and need not know them: what was sent to its life before comes to nobody.
 */
import type { Host } from "seedstorm";

/** A request, as one try of it. */
export interface Try<Q> {
  /** The client's life, … */
  readonly life: number;
  /** … and which of the tries of that life this is. */
  readonly number: number;
  readonly body: Q;
}

/** Numbers the tries of one life of a host. */
export class Tries {
  readonly #host: Host;
  #last = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  next<Q>(body: Q): Try<Q> {
    return { life: this.#host.incarnation, number: ++this.#last, body };
  }
}

const KEPT = 1_000;

interface Client<R> {
  readonly life: number;
  readonly answers: Map<number, R | Promise<R>>;
  /** Of tries up to this one answers are no longer kept. */
  forgotten: number;
}

export class Answers<R> {
  readonly #unknown: R;
  readonly #host: Host;
  readonly #clients = new Map<string, Client<R>>();

  /** @param unknown the answer to a try of which it is not known any more whether it was carried out. */
  constructor(host: Host, unknown: R) {
    this.#host = host;
    this.#unknown = unknown;
  }

  /** The answer to this try, which is found with `carryOut` for the first copy that comes. */
  to<Q>(from: string, { life, number, body }: Try<Q>, carryOut: (body: Q) => R | Promise<R>): R | Promise<R> {
    if (this.#host.defect("copies-carried-out")) return carryOut(body);
    const client = this.#clientIn(from, life);
    if (life < client.life) return this.#unknown;
    const known = client.answers.get(number);
    if (known !== undefined) return known;
    if (number <= client.forgotten) return this.#unknown;
    const answer = carryOut(body);
    client.answers.set(number, answer);
    for (const oldest of client.answers.keys()) {
      if (client.answers.size <= KEPT) break;
      client.answers.delete(oldest);
      client.forgotten = Math.max(client.forgotten, oldest);
    }
    return answer;
  }

  #clientIn(from: string, life: number): Client<R> {
    const known = this.#clients.get(from);
    if (known !== undefined && known.life >= life) return known;
    const client: Client<R> = { life, answers: new Map(), forgotten: 0 };
    this.#clients.set(from, client);
    return client;
  }
}
