/**
 * The fence of a written resource: it remembers the highest lease epoch that it accepted from a fenced writer
 * and lets no lower one write again.
 *
 * This is what makes a lease safe. Its holder may be paused for as long as it pleases between looking at its
 * lease and writing; only the resource that is written to can tell that somebody else has come since. Writers that need
 * no lease carry no epoch and pass.
 */
import type { Write } from "seedstorm";
import { invariant } from "../invariant.js";
import type { Defects } from "./types.js";

export class Fence {
  #highest = 0;
  readonly #defects: Defects;
  readonly #ownDefect: string | undefined;

  /** @param ownDefect a defect that takes this one resource's fence away. */
  constructor(defects: Defects, ownDefect?: string) {
    this.#defects = defects;
    this.#ownDefect = ownDefect;
  }

  /** The highest epoch accepted so far; 0 before the first. */
  get highest(): number {
    return this.#highest;
  }

  set highest(epoch: number) {
    this.#highest = epoch;
  }

  /** Whether a writer with this epoch may write. */
  admits(epoch: number | undefined): boolean {
    if (epoch === undefined || epoch >= this.#highest) return true;
    if (this.#defects("fence-greater-than-or-equal") && epoch >= this.#highest - 1) return true;
    if (this.#ownDefect !== undefined && this.#defects(this.#ownDefect)) return true;
    return this.#defects("GW4");
  }

  /** Notes the epoch of a write that was admitted and is being carried out. */
  accept(epoch: number | undefined, writes: Write[]): void {
    if (epoch === undefined || epoch === this.#highest) return;
    invariant(this.admits(epoch), "a fence notes the epochs of writes that it admitted");
    this.#highest = epoch;
    writes.push({ key: "fence", value: epoch });
  }
}
