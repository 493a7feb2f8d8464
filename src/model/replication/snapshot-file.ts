/**
 * Snapshots: the state at one log index, instead of all entries up to there. A snapshot is written to a file of its
 * own, read back, and then put in the place of the one before; a replica that lags too far behind is sent the same text in one message.
 */
import { crc32 } from "../../sim/digest.js";
import { type Disk, DiskError } from "../../sim/disk.js";
import type { LogMark } from "./log.js";
import type { Configuration } from "./membership.js";

/** Never changed once it is made. */
export interface Snapshot extends LogMark {
  /** The configuration in force at the index, and where it stands. */
  readonly configuration: Configuration;
  readonly configurationIndex: number;
  /** State machine and sessions as JSON; null at a witness, which has neither. */
  readonly state: string | null;
  /** CRC-32 of `state`. */
  readonly digest: number;
}

/** The CRC-32 of a snapshot's text. */
export function digestOf(state: string): number {
  return crc32(encoder.encode(state));
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const CHECKSUM_DIGITS = 8;

export class SnapshotFile {
  readonly #disk: Disk;
  readonly #name: string;

  constructor(disk: Disk, name: string) {
    this.#disk = disk;
    this.#name = name;
  }

  /** Makes a snapshot durable in place of the one before. False when the disk would not. */
  async save(snapshot: Snapshot): Promise<boolean> {
    const fresh = `${this.#name}.new`;
    const body = JSON.stringify(snapshot);
    const bytes = encoder.encode(checksumOf(encoder.encode(body)) + body);
    try {
      this.#disk.remove(fresh);
      this.#disk.append(fresh, bytes);
      await this.#disk.fsync(fresh);
      // The log is about to be cut on the strength of this: a write that went astray must be noticed now.
      if (decode(await this.#disk.read(fresh), false) === undefined) return false;
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
      return decode(await this.#disk.read(this.#name), trusting) ?? "damaged";
    } catch (error) {
      if (error instanceof DiskError) return "damaged";
      throw error;
    }
  }

  remove(): void {
    this.#disk.remove(this.#name);
  }
}

function checksumOf(body: Uint8Array): string {
  return crc32(body).toString(16).padStart(CHECKSUM_DIGITS, "0");
}

function decode(bytes: Uint8Array, trusting: boolean): Snapshot | undefined {
  const body = bytes.subarray(CHECKSUM_DIGITS);
  if (!trusting && decoder.decode(bytes.subarray(0, CHECKSUM_DIGITS)) !== checksumOf(body)) return undefined;
  try {
    return JSON.parse(decoder.decode(body)) as Snapshot; // as this file encoded it
  } catch {
    return undefined;
  }
}
