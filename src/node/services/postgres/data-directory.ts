/**
 * The data directory of one Postgres on its host's simulated disk. The engine works on files in memory, which are its page
 * cache; each change is written through, and what is on the disk after a crash is what the next start finds.
 *
 * The files of the image are there from the beginning: one is copied to the disk before its first change, as an installed
 * file; one that is removed leaves a tombstone.
 */
import type { Disk } from "../../../sim/disk.js";

const DATA = "/var/lib/postgresql/data";
const GONE = "/var/lib/postgresql/gone";

export class DataDirectory {
  /** Completed syncs. */
  syncs = 0;
  readonly #disk: Disk;
  readonly #image: ReadonlyMap<string, Uint8Array>;

  constructor(disk: Disk, image: ReadonlyMap<string, Uint8Array>) {
    this.#disk = disk;
    this.#image = image;
  }

  /** Whether nothing was changed since the machine was installed. */
  get isFresh(): boolean {
    return !this.#disk.list().some((name) => name.startsWith(DATA) || name.startsWith(GONE));
  }

  /** The files that the disk has of its own. */
  *changed(): Generator<readonly [path: string, bytes: Uint8Array]> {
    for (const name of this.#disk.list()) {
      if (name.startsWith(DATA)) yield [name.slice(DATA.length), this.#disk.readNow(name)];
    }
  }

  /** Files of the image that are not there any more. */
  removed(): string[] {
    return this.#disk.list().flatMap((name) => (name.startsWith(GONE) ? [name.slice(GONE.length)] : []));
  }

  create(path: string): void {
    if (!this.#disk.exists(DATA + path)) this.#disk.append(DATA + path, new Uint8Array(0));
    this.#disk.remove(GONE + path);
  }

  write(path: string, at: number, bytes: Uint8Array): void {
    this.#own(path);
    this.#disk.write(DATA + path, at, bytes);
  }

  resize(path: string, size: number): void {
    this.#own(path);
    const before = this.#disk.size(DATA + path);
    if (size < before) this.#disk.truncate(DATA + path, size);
    else if (size > before) this.#disk.write(DATA + path, size - 1, new Uint8Array(1));
  }

  rename(from: string, to: string): void {
    this.#own(from);
    this.#disk.rename(DATA + from, DATA + to);
    this.#bury(from);
    this.#disk.remove(GONE + to);
  }

  remove(path: string): void {
    this.#disk.remove(DATA + path);
    this.#bury(path);
  }

  /** Makes a file last; it takes effect at once. What was not changed is on the disk already. */
  sync(path: string): void {
    if (!this.#disk.exists(DATA + path)) return;
    this.syncs++;
    this.#disk.fsyncNow(DATA + path);
  }

  #own(path: string): void {
    if (this.#disk.exists(DATA + path)) return;
    const known = this.#disk.exists(GONE + path) ? undefined : this.#image.get(path);
    if (known === undefined) this.create(path);
    else this.#disk.install(DATA + path, known);
  }

  #bury(path: string): void {
    if (this.#image.has(path) && !this.#disk.exists(GONE + path))
      this.#disk.append(GONE + path, new Uint8Array(0));
  }
}
