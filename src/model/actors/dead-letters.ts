/** A box for the dead letters of any number of channels, in memory: it takes all, and keeps them until somebody sees to them. */
import type { Host } from "seedstorm";
import type { DeadLetter } from "./channel-api.js";
import { recordStream } from "./channel-facts.js";

export class DeadLetterBox<M> {
  readonly name: string;
  readonly #host: Host;
  readonly #letters: DeadLetter<M>[] = [];

  constructor(host: Host, name: string) {
    this.#host = host;
    this.name = name;
  }

  get letters(): readonly DeadLetter<M>[] {
    return this.#letters;
  }

  /** What a channel's `DeadLetters` is to be: `(letter) => box.accept(letter)`. */
  accept(letter: DeadLetter<M>): boolean {
    if (this.#host.defect("dead-letter-taken-and-lost")) return true;
    this.#letters.push(letter);
    recordStream(this.#host, "publish", this.name, letter);
    return true;
  }
}
