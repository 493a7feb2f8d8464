/**
 * What was made of the latest texts: plans by the thousand have the same files, and reading one takes longer than most of
 * what a node does with it.
 *
 * For what depends on the text alone and is changed by nobody afterwards. What throws is tried again each time.
 */
export class Remembered<T> {
  readonly #made = new Map<string, T>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get(text: string, make: () => T): T {
    const known = this.#made.get(text);
    if (known !== undefined) return known;
    const made = make();
    if (this.#made.size === this.#most) this.#made.clear();
    this.#made.set(text, made);
    return made;
  }
}
