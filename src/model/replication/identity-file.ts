/**
 * What a member must never forget, in one small file: its term and vote, how far it acknowledged the log, and its content
 * generation.
 *
 * The file is two slots of two sectors. The newest state stands in one slot, twice, the one before it in the other;
 * a new state overwrites the older slot and counts when it is synced. So neither a crash in the middle of it, nor a
 * rotten, unreadable or overwritten sector, nor a write that went astray (each copy is a write of its own) loses the newest
 * state. A sound copy that belongs to another group or to the other slot is none: it got here by mistake. When a whole slot
 * is bad nobody can say whether it held the newest state, and the member must not take part on what is left.
 */
import { crc32 } from "../../sim/digest.js";
import { type Disk, DiskError } from "../../sim/disk.js";
import { get32, put32 } from "./entry.js";

export interface Identity {
  readonly term: number;
  /** Who got this member's vote in `term`; null for nobody. */
  readonly vote: string | null;
  /** The log was acknowledged up to this index … */
  readonly markIndex: number;
  /** … and had this chain there. */
  readonly markChain: number;
  readonly contentGeneration: number;
}

const SECTOR_BYTES = 512;
const SECTORS = 4;
const FIXED_BYTES = 32;

// Where things stand in a sector.
const CHECKSUM = 0;
const USED = 4;
const VERSION = 8;
const SLOT = 12;
const TERM = 16;
const MARK_INDEX = 20;
const MARK_CHAIN = 24;
const CONTENT_GENERATION = 28;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

interface Copy {
  readonly version: number;
  readonly slot: number;
  readonly identity: Identity;
}

export class IdentityFile {
  readonly #disk: Disk;
  readonly #name: string;
  /** Every checksum begins with the name, so that another group's state is not taken for this one's. */
  readonly #seed: number;
  /** Of the newest durable state. */
  #version = 0;
  #slot = 0;
  /** The disk copies what it is given. */
  readonly #sector = new Uint8Array(SECTOR_BYTES);

  constructor(disk: Disk, name: string) {
    this.#disk = disk;
    this.#name = name;
    this.#seed = crc32(encoder.encode(name));
  }

  /** Reads the newest state. `blank`: there is no file. `damaged`: the newest state may be lost. */
  async recover(): Promise<Identity | "blank" | "damaged"> {
    if (!this.#disk.exists(this.#name)) return "blank";
    const copies: (Copy | undefined)[] = [];
    for (let sector = 0; sector < SECTORS; sector++) copies.push(await this.#readSector(sector));
    let newest: Copy | undefined;
    for (const copy of copies) if (copy !== undefined && copy.version > (newest?.version ?? 0)) newest = copy;
    if (newest === undefined) return "damaged";
    const otherAt = (1 - newest.slot) * 2;
    const other = Math.max(copies[otherAt]?.version ?? 0, copies[otherAt + 1]?.version ?? 0);
    if (other < newest.version - 1) return "damaged";
    this.#version = newest.version;
    this.#slot = newest.slot;
    return newest.identity;
  }

  /** Puts a state where the older one stands. It counts when `sync` has resolved; after a failure, write again. */
  write(identity: Identity, term = identity.term, vote = identity.vote): void {
    const slot = 1 - this.#slot;
    this.#encode(identity, term, vote, this.#version + 1, slot);
    this.#disk.write(this.#name, slot * 2 * SECTOR_BYTES, this.#sector);
    this.#disk.write(this.#name, (slot * 2 + 1) * SECTOR_BYTES, this.#sector);
  }

  sync(): Promise<void> {
    return this.#disk.fsync(this.#name);
  }

  /** The state written last is durable: the next one goes to the other slot. */
  written(): void {
    this.#version++;
    this.#slot = 1 - this.#slot;
  }

  /** Replaces the whole file by a new one, at once or not at all. Rejects with DiskError. */
  async format(identity: Identity): Promise<void> {
    const fresh = `${this.#name}.new`;
    this.#disk.remove(fresh);
    for (let sector = 0; sector < SECTORS; sector++) {
      this.#encode(identity, identity.term, identity.vote, sector < 2 ? 1 : 2, sector < 2 ? 0 : 1);
      this.#disk.append(fresh, this.#sector);
    }
    await this.#disk.fsync(fresh);
    this.#disk.rename(fresh, this.#name);
    await this.#disk.fsync(this.#name);
    this.#version = 2;
    this.#slot = 1;
  }

  async #readSector(sector: number): Promise<Copy | undefined> {
    try {
      const bytes = await this.#disk.read(this.#name, sector * SECTOR_BYTES, SECTOR_BYTES);
      const copy = decode(bytes, this.#seed);
      return copy?.slot === Math.floor(sector / 2) ? copy : undefined;
    } catch (error) {
      if (error instanceof DiskError) return undefined;
      throw error;
    }
  }

  #encode(identity: Identity, term: number, vote: string | null, version: number, slot: number): void {
    const bytes = this.#sector;
    let used = FIXED_BYTES;
    if (vote !== null) {
      bytes[used++] = 1; // somebody got the vote, if only one with an empty name
      used += encoder.encodeInto(vote, bytes.subarray(used)).written;
    }
    put32(bytes, USED, used);
    put32(bytes, VERSION, version);
    put32(bytes, SLOT, slot);
    put32(bytes, TERM, term);
    put32(bytes, MARK_INDEX, identity.markIndex);
    put32(bytes, MARK_CHAIN, identity.markChain);
    put32(bytes, CONTENT_GENERATION, identity.contentGeneration);
    put32(bytes, CHECKSUM, crc32(bytes.subarray(USED, used), this.#seed));
  }
}

function decode(bytes: Uint8Array, seed: number): Copy | undefined {
  const used = get32(bytes, USED);
  if (used < FIXED_BYTES || used > bytes.length) return undefined;
  if (get32(bytes, CHECKSUM) !== crc32(bytes.subarray(USED, used), seed)) return undefined;
  const vote = used === FIXED_BYTES ? null : decoder.decode(bytes.subarray(FIXED_BYTES + 1, used));
  return {
    version: get32(bytes, VERSION),
    slot: get32(bytes, SLOT),
    identity: {
      term: get32(bytes, TERM),
      vote,
      markIndex: get32(bytes, MARK_INDEX),
      markChain: get32(bytes, MARK_CHAIN),
      contentGeneration: get32(bytes, CONTENT_GENERATION),
    },
  };
}
