/** Who wants to hear of an end. Each hears of it once; who comes after it hears of it at once. */
import type { Down, Monitor } from "./actor.js";

export class Monitors {
  readonly #watchers = new Set<{ readonly onDown: (down: Down) => void }>();
  #down: Down | undefined = undefined;

  add(onDown: (down: Down) => void): Monitor {
    if (this.#down !== undefined) {
      onDown(this.#down);
      return { cancel: () => {} };
    }
    const watcher = { onDown };
    this.#watchers.add(watcher);
    return { cancel: () => void this.#watchers.delete(watcher) };
  }

  /** Resolved once it has ended. */
  ended(): Promise<void> {
    return new Promise((resolve) => {
      this.add(() => resolve());
    });
  }

  tell(down: Down): void {
    this.#down = down;
    for (const watcher of [...this.#watchers]) {
      if (this.#watchers.delete(watcher)) watcher.onDown(down);
    }
  }
}
