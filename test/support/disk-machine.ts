/**
 * A machine for the disk alone: a list of events that the test runs by hand, and incarnations that end.
 */
import type { Disk } from "../../src/sim/disk.js";
import { type DiskAccess, DiskDevice } from "../../src/sim/disk-device.js";
import { openDisk } from "../../src/sim/open-disk.js";
import { Random } from "../../src/sim/random.js";
import type { Micros } from "../../src/sim/time.js";

interface Event {
  readonly at: Micros;
  readonly label: string;
  readonly incarnation: number;
  readonly action: () => void;
}

export class Machine {
  readonly device = new DiskDevice();
  now: Micros = 0;
  /** Labels of the crash points that were passed, in order. */
  readonly crashPoints: string[] = [];
  /** Crashes the machine at the crash point with this number, from 1. */
  crashAtPoint = 0;
  #events: Event[] = [];
  #incarnation = 1;
  readonly random: Random;

  constructor(seed = "test") {
    this.random = new Random(seed);
  }

  /** The disk of the current incarnation. */
  get disk(): Disk {
    const incarnation = this.#incarnation;
    const access: DiskAccess = {
      random: this.random,
      schedule: (operation, delay) => {
        const { label } = operation;
        this.#events.push({ at: this.now + delay, label, incarnation, action: () => operation.complete() });
      },
      durableWrite: (operation, file) => this.#pass(`before ${operation} ${file}`),
      durableWritten: (operation, file) => this.#pass(`after ${operation} ${file}`),
      alive: () => incarnation === this.#incarnation,
    };
    return openDisk(this.device, access);
  }

  /** Ends the incarnation; the power is gone. Gives the disk that the next one finds. */
  crash(): Disk {
    this.#incarnation++;
    this.device.crash(this.random);
    return this.disk;
  }

  /** Runs what is scheduled, in order of time, until nothing is left, and all that waits for it. */
  async run(): Promise<void> {
    await settle();
    for (let next = this.#take(); next !== undefined; next = this.#take()) {
      this.now = Math.max(this.now, next.at);
      if (next.incarnation === this.#incarnation) next.action();
      await settle();
    }
  }

  /** Runs the events and gives what the promise came to, or "pending". */
  async outcome<T>(promise: Promise<T>): Promise<T | Error | "pending"> {
    let outcome: T | Error | "pending" = "pending";
    promise.then(
      (value) => {
        outcome = value;
      },
      (error: Error) => {
        outcome = error;
      },
    );
    await this.run();
    return outcome;
  }

  /** Runs the events and gives the value; an exception when there is none. */
  async value<T>(promise: Promise<T>): Promise<T> {
    const outcome = await this.outcome(promise);
    if (outcome === "pending") throw new Error("never settled");
    if (outcome instanceof Error) throw outcome;
    return outcome;
  }

  /** A file's content as text. */
  async text(file: string, disk = this.disk): Promise<string> {
    return text(await this.value(disk.read(file)));
  }

  /** Appends and makes it durable. */
  async store(file: string, content: string | Uint8Array): Promise<void> {
    const { disk } = this;
    disk.append(file, typeof content === "string" ? bytes(content) : content);
    await this.value(disk.fsync(file));
  }

  #take(): Event | undefined {
    let first: Event | undefined;
    for (const event of this.#events) if (first === undefined || event.at < first.at) first = event;
    this.#events = this.#events.filter((event) => event !== first);
    return first;
  }

  #pass(point: string): boolean {
    this.crashPoints.push(point);
    if (this.crashPoints.length !== this.crashAtPoint) return true;
    this.crash();
    return false;
  }
}

export const bytes = (content: string): Uint8Array => new TextEncoder().encode(content);
export const text = (content: Uint8Array): string => new TextDecoder().decode(content);

/** A counter to hand in where a fault tells that it fired. */
export function counter(): { readonly fired: () => void; readonly count: () => number } {
  let count = 0;
  return {
    fired: () => {
      count++;
    },
    count: () => count,
  };
}

/** Lets all that is ready to go on, go on. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve();
}
