/**
 * What a member must never forget, in one small file: its term and vote, how far it acknowledged the log, and its content
 * generation.
 *
 * The file is two slots of three sectors. The newest state stands in one slot, three times, the one before it in the other;
 * a new state overwrites the older slot and counts when it is synced. So neither a crash in the middle of it, nor a
 * rotten, unreadable or overwritten sector, nor a write that went astray (each copy is a write of its own) loses the newest
 * state. A sound copy that belongs to another group or to the other slot is none: it got here by mistake. And no number of
 * these troubles makes an older state pass for the newest: what is read back is believed only if two copies in the other slot
 * show that it was not written since (one may be what a stray write left in its place, never two). Otherwise nobody
 * can say what the newest state was, and the member must not take part on what is left.
 */
import { crc32, type Disk, DiskError } from "seedstorm";
import { checksumSeedOf, get32, put32 } from "./entry.js";

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
/** Of a state, in its slot. */
const COPIES = 3;
const SECTORS = 2 * COPIES;
/** So many old copies in a slot prove that nothing newer was written there: of one sync one write at most goes astray. */
const PROOF = 2;
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
  readonly #seed: number;
  /** Of the newest durable state. */
  #version = 0;
  #slot = 0;
  #isWhole = false;
  /** The disk copies what it is given. */
  readonly #sector = new Uint8Array(SECTOR_BYTES);
  /** The vote that stands in it, and where that ends: of all there is it changes least. */
  #vote: string | null = null;
  #voteEnd = FIXED_BYTES;

  constructor(disk: Disk, name: string) {
    this.#disk = disk;
    this.#name = name;
    this.#seed = checksumSeedOf(name);
  }

  /** Whether the newest state stands in all its copies. If not, write it once more before anything is done on it. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Reads the newest state. `blank`: there is no file. `damaged`: the newest state may be lost. */
  async recover(): Promise<Identity | "blank" | "damaged"> {
    if (!this.#disk.exists(this.#name)) return "blank";
    const copies = await Promise.all(
      Array.from({ length: SECTORS }, (_, sector) => this.#readSector(sector)),
    );
    const sound = copies.filter((copy) => copy !== undefined);
    const newest = sound.reduce<Copy | undefined>((a, b) => (a && a.version >= b.version ? a : b), undefined);
    if (newest === undefined) return "damaged";
    if (sound.filter(({ slot }) => slot !== newest.slot).length < PROOF) return "damaged";
    // As if it were yet to be written, which it is unless all its copies are there.
    this.#version = newest.version - 1;
    this.#slot = 1 - newest.slot;
    if (sound.filter(({ version }) => version === newest.version).length === COPIES) this.written();
    return newest.identity;
  }

  /** Puts a state where the older one stands. It counts when `sync` has resolved; after a failure, write again. */
  write(identity: Identity, term = identity.term, vote = identity.vote): void {
    const slot = 1 - this.#slot;
    this.#encode(identity, term, vote, this.#version + 1, slot);
    for (let copy = 0; copy < COPIES; copy++) {
      this.#disk.write(this.#name, (slot * COPIES + copy) * SECTOR_BYTES, this.#sector);
    }
  }

  sync(): Promise<void> {
    return this.#disk.fsync(this.#name);
  }

  /** The state written last is durable: the next one goes to the other slot. */
  written(): void {
    this.#version++;
    this.#slot = 1 - this.#slot;
    this.#isWhole = true;
  }

  /** Replaces the whole file by a new one, at once or not at all. Rejects with DiskError. */
  async format(identity: Identity): Promise<void> {
    const fresh = `${this.#name}.new`;
    this.#disk.remove(fresh);
    for (let sector = 0; sector < SECTORS; sector++) {
      const slot = Math.floor(sector / COPIES);
      this.#encode(identity, identity.term, identity.vote, slot + 1, slot);
      this.#disk.append(fresh, this.#sector);
    }
    await this.#disk.fsync(fresh);
    this.#disk.rename(fresh, this.#name);
    await this.#disk.fsync(this.#name);
    this.#version = 2;
    this.#slot = 1;
    this.#isWhole = true;
  }

  /** Undefined: there is no sound copy that belongs there. */
  async #readSector(sector: number): Promise<Copy | undefined> {
    try {
      const bytes = await this.#disk.read(this.#name, sector * SECTOR_BYTES, SECTOR_BYTES);
      const copy = decode(bytes, this.#seed);
      return copy?.slot === Math.floor(sector / COPIES) ? copy : undefined;
    } catch (error) {
      if (error instanceof DiskError) return undefined;
      throw error;
    }
  }

  #encode(identity: Identity, term: number, vote: string | null, version: number, slot: number): void {
    const bytes = this.#sector;
    if (vote !== null && vote !== this.#vote) {
      bytes[FIXED_BYTES] = 1; // somebody got the vote, if only one with an empty name
      const { written } = encoder.encodeInto(vote, bytes.subarray(FIXED_BYTES + 1));
      this.#vote = vote;
      this.#voteEnd = FIXED_BYTES + 1 + written;
    }
    const used = vote === null ? FIXED_BYTES : this.#voteEnd;
    put32(bytes, USED, used);
    put32(bytes, VERSION, version);
    put32(bytes, SLOT, slot);
    put32(bytes, TERM, term);
    put32(bytes, MARK_INDEX, identity.markIndex);
    put32(bytes, MARK_CHAIN, identity.markChain);
    put32(bytes, CONTENT_GENERATION, identity.contentGeneration);
    put32(bytes, CHECKSUM, crc32(bytes, this.#seed, USED, used));
  }
}

function decode(bytes: Uint8Array, seed: number): Copy | undefined {
  const used = get32(bytes, USED);
  if (used < FIXED_BYTES || used > bytes.length) return undefined;
  if (get32(bytes, CHECKSUM) !== crc32(bytes, seed, USED, used)) return undefined;
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
