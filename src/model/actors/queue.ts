/** A first-in first-out queue whose ends cost the same however long it is. Leaves out everything that lists can do besides. */

/** So many empty places at the front before they are let go. */
const LET_GO_AFTER = 64;

export class Queue<T> {
  #items: (T | undefined)[] = [];
  #first = 0;

  get length(): number {
    return this.#items.length - this.#first;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Takes the oldest item; undefined when there is none. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#first];
    this.#items[this.#first] = undefined;
    this.#first++;
    if (this.#first >= LET_GO_AFTER && this.#first * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }

  /** The oldest item, which stays. */
  peek(): T | undefined {
    return this.#items[this.#first];
  }

  /** Takes out this item, wherever it is. Returns whether it was there. */
  remove(item: T): boolean {
    const index = this.#items.indexOf(item, this.#first);
    if (index < 0) return false;
    this.#items.splice(index, 1);
    return true;
  }

  /** Takes all items, the oldest first. */
  drain(): T[] {
    const items = this.#items.slice(this.#first) as T[]; // only places before the first are empty
    this.#items = [];
    this.#first = 0;
    return items;
  }
}
