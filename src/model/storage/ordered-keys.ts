/** Keys in their order by UTF-16 code units, to be scanned by prefix. */
export class OrderedKeys {
  readonly #keys: string[] = [];

  add(key: string): void {
    const at = this.#firstFrom(key);
    if (this.#keys[at] !== key) this.#keys.splice(at, 0, key);
  }

  remove(key: string): void {
    const at = this.#firstFrom(key);
    if (this.#keys[at] === key) this.#keys.splice(at, 1);
  }

  /** Looks at the keys that begin so, in their order, until it is told to stop by `false`. */
  eachWithPrefix(prefix: string, look: (key: string) => boolean): void {
    const keys = this.#keys;
    for (let at = this.#firstFrom(prefix); at < keys.length; at++) {
      const key = keys[at] as string; // below the length
      if (!key.startsWith(prefix) || !look(key)) return;
    }
  }

  /** Position of the first key that is not below `key`. */
  #firstFrom(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] as string) < key)
        low = middle + 1; // below the length
      else high = middle;
    }
    return low;
  }
}
