/**
 * What can be wrong with a disk as a whole: conditions that last (full, slow, stalled) and failures that wait
 * for the next occasion (an fsync that fails, a write that goes astray). A fault has fired when code under
 * test could see something of it, and each fault is notified of that once. What such a fault does to the
 * bytes is described where the bytes are.
 */

/** Called once, when the fault did something for the first time. */
export type OnFired = () => void;

interface ActiveFault {
  readonly onFired: OnFired;
  readonly factor: number;
  fired: boolean;
}

/** A condition that holds as long as at least one fault that began it has not ended. Such faults may overlap. */
export class Condition {
  readonly #faults: ActiveFault[] = [];
  #factor = 1;

  get active(): boolean {
    return this.#faults.length > 0;
  }

  /** The largest factor of all active faults; 1 when there are none. */
  get factor(): number {
    return this.#factor;
  }

  begin(onFired: OnFired, factor = 1): void {
    this.#faults.push({ onFired, factor, fired: false });
    this.#rate();
  }

  /** Ends the fault that began with this callback, or all of them. */
  end(onFired: OnFired | undefined): void {
    const index = this.#faults.findIndex((fault) => fault.onFired === onFired);
    if (onFired === undefined) this.#faults.length = 0;
    else if (index >= 0) this.#faults.splice(index, 1);
    this.#rate();
  }

  /** The condition just did something: whichever faults it is due to have fired. */
  fire(): void {
    for (const fault of this.#faults) {
      if (fault.fired) continue;
      fault.fired = true;
      fault.onFired();
    }
  }

  #rate(): void {
    this.#factor = this.#faults.reduce((slowest, fault) => Math.max(slowest, fault.factor), 1);
  }
}
