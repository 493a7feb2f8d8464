/**
 * Dead letters as JetStream reports them: an advisory when something was handed out as often as it may be, or when a worker gave
 * it up, which a stream keeps. Advisories are published once, and nobody waits for them to be stored: one that is lost leaves a
 * dead letter that nobody knows of.
 */

import type { Json } from "seedstorm";
import { fields, text, whole } from "seedstorm/check";
import type { Queue } from "seedstorm/live";

/** Where advisories about the consumers of a stream come out. */
export const advisorySubjects = (stream: string): string[] =>
  ["MAX_DELIVERIES", "MSG_TERMINATED"].map((what) => `$JS.EVENT.ADVISORY.CONSUMER.${what}.${stream}.>`);

export interface DeadLetter {
  readonly group: string;
  readonly offset: number;
  readonly count: number;
}

/** What an advisory says; undefined for any other message. */
export function deadLetterIn(advisory: Json): DeadLetter | undefined {
  const position = whole(advisory, "stream_seq");
  if (fields(advisory) === undefined || position === undefined) return undefined;
  return {
    group: text(advisory, "consumer"),
    offset: position - 1,
    count: whole(advisory, "deliveries") ?? 0,
  };
}

export class DeadLetters {
  readonly #queue: Queue;
  readonly #offsets = new Map<string, Set<number>>();
  #read = 0;

  /** @param queue the stream that keeps the advisories. */
  constructor(queue: Queue) {
    this.#queue = queue;
  }

  /** Offsets of a group's dead letters; undefined where nobody answers. */
  async of(group: string): Promise<readonly number[] | undefined> {
    const last = await this.#queue.last();
    if (last === undefined) return undefined;
    while (this.#read < last) {
      const advisory = await this.#queue.read(this.#read + 1);
      if (advisory === undefined) return undefined;
      this.#read += 1;
      const letter = deadLetterIn(advisory);
      if (letter === undefined) continue;
      const offsets = this.#offsets.get(letter.group) ?? new Set<number>();
      this.#offsets.set(letter.group, offsets.add(letter.offset));
    }
    return [...(this.#offsets.get(group) ?? [])];
  }
}
