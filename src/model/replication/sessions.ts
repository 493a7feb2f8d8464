/**
 * Client sessions: a request that comes twice is answered twice and applied once. The table is part of the
 * replicated state: every replica fills it in the same order from the log, and it travels in snapshots.
 *
 * A client says below which sequence all its requests are answered; those results are forgotten. The table is
 * capped: the client that was quiet for longest goes first, and of one client the oldest result. What was forgotten for one of the first two
 * reasons is recognised and not applied again; a client that was dropped altogether is as good as new, so the cap
 * must be far above the number of clients at work.
 */
import type { Json } from "seedstorm";
import type { Session } from "./machine.js";

const MAX_CLIENTS = 4_096;
const MAX_RESULTS = 512;

/** How a request came out the first time. */
export interface SavedResult {
  readonly index: number;
  readonly term: number;
  readonly result: unknown;
}

/** The request was applied long ago and nobody should be waiting for its result any more. */
export const FORGOTTEN: unique symbol = Symbol("forgotten");

/** What became of an entry; FORGOTTEN for a repeat whose result nobody should be waiting for. */
export type Outcome = SavedResult | typeof FORGOTTEN;

interface ClientSession {
  /** Everything below is forgotten. */
  floor: number;
  readonly results: Map<number, SavedResult>;
}

type SessionImage = readonly [
  client: string,
  floor: number,
  results: readonly (readonly [sequence: number, index: number, term: number, result: Json])[],
];

export class Sessions {
  /** The longest unused first. */
  readonly #clients = new Map<string, ClientSession>();

  /** What came of this request when it was applied before; undefined when it is new. */
  find(session: Session): SavedResult | typeof FORGOTTEN | undefined {
    const client = this.#clients.get(session.client);
    if (client === undefined) return undefined;
    return session.sequence < client.floor ? FORGOTTEN : client.results.get(session.sequence);
  }

  save(session: Session, saved: SavedResult): void {
    const client = this.#clients.get(session.client) ?? { floor: 0, results: new Map() };
    this.#clients.delete(session.client);
    this.#clients.set(session.client, client);
    client.results.set(session.sequence, saved);
    this.#forgetBelow(client, session.answeredBelow);
    if (client.results.size > MAX_RESULTS) this.#forgetBelow(client, oldestOf(client.results) + 1);
    if (this.#clients.size > MAX_CLIENTS) this.#dropQuietest();
  }

  /** A table that begins as this one and leaves it as it is. */
  rehearsal(): Rehearsal {
    return new Rehearsal(this);
  }

  snapshot(): Json {
    return [...this.#clients].map(([name, { floor, results }]) => [
      name,
      floor,
      [...results].map(([sequence, { index, term, result }]) => [sequence, index, term, result as Json]),
    ]);
  }

  restore(snapshot: Json): void {
    this.#clients.clear();
    for (const [name, floor, results] of snapshot as unknown as readonly SessionImage[]) {
      const saved = results.map(
        ([sequence, index, term, result]) => [sequence, { index, term, result }] as const,
      );
      this.#clients.set(name, { floor, results: new Map(saved) });
    }
  }

  #forgetBelow(client: ClientSession, floor: number): void {
    if (floor <= client.floor) return;
    client.floor = floor;
    for (const sequence of client.results.keys()) if (sequence < floor) client.results.delete(sequence);
  }

  #dropQuietest(): void {
    for (const name of this.#clients.keys()) {
      this.#clients.delete(name);
      return;
    }
  }
}

/** Results that are found beside a table's own, and forgotten with the rehearsal that they were saved in. */
export class Rehearsal {
  readonly #sessions: Sessions;
  readonly #results = new Map<string, Map<number, SavedResult>>();

  constructor(sessions: Sessions) {
    this.#sessions = sessions;
  }

  find(session: Session): SavedResult | typeof FORGOTTEN | undefined {
    return this.#results.get(session.client)?.get(session.sequence) ?? this.#sessions.find(session);
  }

  save(session: Session, saved: SavedResult): void {
    const results = this.#results.get(session.client);
    if (results === undefined) this.#results.set(session.client, new Map([[session.sequence, saved]]));
    else results.set(session.sequence, saved);
  }
}

function oldestOf(results: ReadonlyMap<number, SavedResult>): number {
  let oldest = Number.POSITIVE_INFINITY;
  for (const sequence of results.keys()) if (sequence < oldest) oldest = sequence;
  return oldest;
}
