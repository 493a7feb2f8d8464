/**
 * Snapshots: the state at one log index, instead of all entries up to there. A snapshot is written to a file of its
 * own, read back, and then put in the place of the one before; a replica that lags too far behind is sent the same in one
 * message.
 *
 * The file is a checksum and the length of the head, each of four bytes, the head as JSON, and the state.
 */
import { crc32, type Disk, DiskError } from "seedstorm";
import type { Configuration } from "./configuration.js";
import { checksumSeedOf, get32, put32 } from "./entry.js";
import type { LogMark } from "./log.js";

interface Head extends LogMark {
  /** The configuration in force at the index, and where it stands. */
  readonly configuration: Configuration;
  readonly configurationIndex: number;
  /** CRC-32 of the state. */
  readonly digest: number;
}

/** Never changed once it is made. */
export interface Snapshot extends Head {
  /** State machine and sessions as JSON in UTF-8; empty at a witness, which has neither. */
  readonly state: Uint8Array;
}

const CHECKSUM = 0;
const HEAD_LENGTH = 4;
const PREFIX_BYTES = 8;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A state as a snapshot holds it. */
export function encodeState(state: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(state));
}

/** The state in a snapshot; the caller knows its type. */
export function decodeState(state: Uint8Array): unknown {
  return JSON.parse(decoder.decode(state));
}

export class SnapshotFile {
  readonly #disk: Disk;
  readonly #name: string;
  readonly #seed: number;

  constructor(disk: Disk, name: string) {
    this.#disk = disk;
    this.#name = name;
    this.#seed = checksumSeedOf(name);
  }

  /** Makes a snapshot durable in place of the one before. False when the disk would not. */
  async save(snapshot: Snapshot): Promise<boolean> {
    const fresh = `${this.#name}.new`;
    try {
      this.#disk.remove(fresh);
      this.#disk.append(fresh, encode(snapshot, this.#seed));
      await this.#disk.fsync(fresh);
      // The log is about to be cut on the strength of this: a write that went astray must be noticed now.
      if (!isSound(await this.#disk.read(fresh), this.#seed)) return false;
      this.#disk.rename(fresh, this.#name);
      await this.#disk.fsync(this.#name);
      return true;
    } catch (error) {
      if (error instanceof DiskError) return false;
      throw error;
    }
  }

  /** @param trusting takes it without looking at its checksum. */
  async recover(trusting: boolean): Promise<Snapshot | "none" | "damaged"> {
    if (!this.#disk.exists(this.#name)) return "none";
    try {
      const bytes = await this.#disk.read(this.#name);
      return trusting || isSound(bytes, this.#seed) ? (decode(bytes) ?? "damaged") : "damaged";
    } catch (error) {
      if (error instanceof DiskError) return "damaged";
      throw error;
    }
  }

  remove(): void {
    this.#disk.remove(this.#name);
  }
}

function encode({ state, ...head }: Snapshot, seed: number): Uint8Array {
  const headBytes = encoder.encode(JSON.stringify(head));
  const bytes = new Uint8Array(PREFIX_BYTES + headBytes.length + state.length);
  put32(bytes, HEAD_LENGTH, headBytes.length);
  bytes.set(headBytes, PREFIX_BYTES);
  bytes.set(state, PREFIX_BYTES + headBytes.length);
  put32(bytes, CHECKSUM, crc32(bytes, seed, HEAD_LENGTH));
  return bytes;
}

function isSound(bytes: Uint8Array, seed: number): boolean {
  if (bytes.length < PREFIX_BYTES) return false;
  return get32(bytes, CHECKSUM) === crc32(bytes, seed, HEAD_LENGTH);
}

/** What `encode` made; undefined when it is not even JSON, as can be where the checksum is not looked at. */
function decode(bytes: Uint8Array): Snapshot | undefined {
  const stateAt = PREFIX_BYTES + get32(bytes, HEAD_LENGTH);
  const state = bytes.slice(stateAt);
  try {
    const head = JSON.parse(decoder.decode(bytes.subarray(PREFIX_BYTES, stateAt))) as Head;
    if (state.length > 0) decodeState(state);
    return { ...head, state };
  } catch {
    return undefined;
  }
}
