/**
 * The latest calls that a breaker goes by: at most so many, and none that came out longer ago than the window's time. Leaves
 * out what they were and how long they took.
 */
import type { Micros } from "seedstorm";
import { Queue } from "./queue.js";

export class BreakerWindow {
  readonly #calls: number;
  readonly #time: Micros;
  readonly #samples = new Queue<{ readonly at: Micros; readonly failed: boolean }>();
  #failures = 0;

  constructor(calls: number, time: Micros) {
    this.#calls = calls;
    this.#time = time;
  }

  get size(): number {
    return this.#samples.length;
  }

  get failures(): number {
    return this.#failures;
  }

  add(at: Micros, failed: boolean): void {
    this.#samples.push({ at, failed });
    if (failed) this.#failures++;
    while (this.#samples.length > this.#calls) this.#drop();
    for (let oldest = this.#samples.peek(); oldest !== undefined && oldest.at <= at - this.#time; ) {
      this.#drop();
      oldest = this.#samples.peek();
    }
  }

  clear(): void {
    this.#samples.drain();
    this.#failures = 0;
  }

  #drop(): void {
    if (this.#samples.shift()?.failed === true) this.#failures--;
  }
}
