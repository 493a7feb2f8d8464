/**
 * The deadlines of a state machine, kept so that asking for them costs nothing while none has changed: the
 * list is the same array until one is set or dropped.
 */
import type { Command, Deadline } from "../replication/machine.js";

export class Deadlines<C extends Command> {
  readonly #byKey = new Map<string, Deadline<C>>();
  #list: readonly Deadline<C>[] | undefined = [];

  /** Sets a deadline, or starts the one with this key anew when the generation differs. */
  set(deadline: Deadline<C>): void {
    this.#byKey.set(deadline.key, deadline);
    this.#list = undefined;
  }

  get(key: string): Deadline<C> | undefined {
    return this.#byKey.get(key);
  }

  drop(key: string): void {
    if (this.#byKey.delete(key)) this.#list = undefined;
  }

  clear(): void {
    this.#byKey.clear();
    this.#list = undefined;
  }

  list(): readonly Deadline<C>[] {
    this.#list ??= [...this.#byKey.values()];
    return this.#list;
  }
}
