/**
 * Members that did not answer a client, each for a while: two seconds at first, twice as long each time that it does not answer
 * again, half a minute at most. One that is lost for good costs a client its patience so rarely that everything else gets done.
 */
import { type Micros, seconds } from "seedstorm";

const FIRST = seconds(2);
const LONGEST = seconds(30);

interface Silence {
  readonly until: Micros;
  readonly length: Micros;
}

export class SilentMembers {
  readonly #silences = new Map<string, Silence>();

  /** It did not answer. */
  add(member: string, now: Micros): void {
    if (this.has(member, now)) return; // asked by several requests at once
    const before = this.#silences.get(member);
    const length = before === undefined ? FIRST : Math.min(before.length * 2, LONGEST);
    this.#silences.set(member, { until: now + length, length });
  }

  /** It answered. */
  delete(member: string): void {
    this.#silences.delete(member);
  }

  has(member: string, now: Micros): boolean {
    return now < (this.#silences.get(member)?.until ?? 0);
  }

  /** These members, with the silent ones behind the others. */
  last(members: readonly string[], now: Micros): readonly string[] {
    return [
      ...members.filter((member) => !this.has(member, now)),
      ...members.filter((member) => this.has(member, now)),
    ];
  }
}
