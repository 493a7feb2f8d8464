/**
 * Entries of the replicated log, and how one is written down.
 *
 * A record is a header of 28 bytes and a body of JSON. Everything in it is covered by a checksum, and each record
 * carries the *chain*: the checksum of all that came before it in the log and of itself. Two logs with the same
 * chain at an index are the same up to there, so a record of an older tail, a misplaced one or one that was
 * left behind by a lost truncation is found out, though it is sound in itself. An entry is encoded once, by the leader that makes
 * it; every replica hands on the same bytes.
 */
import { crc32 } from "seedstorm";
import type { Configuration } from "./configuration.js";
import type { Command, Session } from "./machine.js";

export type Payload =
  /** A new leader's first entry: what counts as committed in its term. */
  | { readonly kind: "noop" }
  | { readonly kind: "command"; readonly command: Command; readonly session: Session | undefined }
  | { readonly kind: "members"; readonly configuration: Configuration }
  /** All that a witness gets of a command: its place, term and digest. */
  | { readonly kind: "hidden" };

/** An entry is never changed once it is made. */
export interface Entry {
  readonly index: number;
  readonly term: number;
  readonly payload: Payload;
  /** CRC-32 of the encoded payload, also where the payload itself is hidden. */
  readonly digest: number;
  /** The checksum of the log up to and including this entry. */
  readonly chain: number;
  /** The whole record, as it stands in the log file. */
  readonly bytes: Uint8Array;
}

const HEADER_BYTES = 28;
const KINDS: readonly Payload["kind"][] = ["noop", "command", "members", "hidden"];

// Where things stand in the header, all little-endian.
const CHECKSUM = 0;
const BODY_LENGTH = 4;
const KIND = 8;
const CHAIN = 12;
const DIGEST = 16;
const INDEX = 20;
const TERM = 24;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * What the checksums of a file begin with, so that sound bytes of another group, which a stray write put there, are
 * not taken for this one's.
 */
export function checksumSeedOf(file: string): number {
  return crc32(encoder.encode(file));
}

/** Makes the entry that follows a log whose chain is `chainBefore`. */
export function makeEntry(index: number, term: number, payload: Payload, chainBefore: number): Entry {
  const bytes = withRoomForHeader(bodyOf(payload));
  const digest = bytes.length === HEADER_BYTES ? 0 : crc32(bytes, 0, HEADER_BYTES);
  const chain = writeHeader(bytes, payload.kind, index, term, digest, chainBefore);
  return { index, term, payload, digest, chain, bytes };
}

/** The same entry as a witness stores it: commands and configurations differ, a configuration it must know. */
export function hidden(entry: Entry): Entry {
  if (entry.payload.kind !== "command") return entry;
  const bytes = new Uint8Array(HEADER_BYTES);
  bytes.set(entry.bytes.subarray(0, HEADER_BYTES));
  put32(bytes, BODY_LENGTH, 0);
  bytes[KIND] = KINDS.indexOf("hidden");
  put32(bytes, CHECKSUM, crc32(bytes, 0, BODY_LENGTH));
  return { ...entry, payload: { kind: "hidden" }, bytes };
}

/**
 * Reads the record at `offset`; undefined when there is none that is sound and follows `indexBefore` and `chainBefore`.
 *
 * @param trusting takes the record without looking at its checksums.
 */
export function readEntry(
  file: Uint8Array,
  offset: number,
  indexBefore: number,
  chainBefore: number,
  trusting: boolean,
): Entry | undefined {
  const bodyAt = offset + HEADER_BYTES;
  if (bodyAt > file.length) return undefined;
  const end = bodyAt + get32(file, offset + BODY_LENGTH);
  const index = get32(file, offset + INDEX);
  if (end > file.length || index !== indexBefore + 1) return undefined;
  const bytes = file.slice(offset, end);
  const kind = KINDS[bytes[KIND] ?? -1];
  const digest = get32(bytes, DIGEST);
  const chain = get32(bytes, CHAIN);
  const body = bytes.subarray(HEADER_BYTES);
  if (kind === undefined) return undefined;
  if (!trusting) {
    if (get32(bytes, CHECKSUM) !== crc32(bytes, 0, BODY_LENGTH, HEADER_BYTES)) return undefined;
    if (chain !== crc32(bytes, chainBefore, DIGEST, HEADER_BYTES)) return undefined;
    if (kind !== "hidden" && digest !== (body.length === 0 ? 0 : crc32(body))) return undefined;
  }
  const payload = payloadOf(kind, body);
  return payload && { index, term: get32(bytes, TERM), payload, digest, chain, bytes };
}

function writeHeader(
  bytes: Uint8Array,
  kind: Payload["kind"],
  index: number,
  term: number,
  digest: number,
  chainBefore: number,
): number {
  put32(bytes, BODY_LENGTH, bytes.length - HEADER_BYTES);
  bytes[KIND] = KINDS.indexOf(kind);
  put32(bytes, DIGEST, digest);
  put32(bytes, INDEX, index);
  put32(bytes, TERM, term);
  const chain = crc32(bytes, chainBefore, DIGEST, HEADER_BYTES);
  put32(bytes, CHAIN, chain);
  put32(bytes, CHECKSUM, crc32(bytes, 0, BODY_LENGTH, HEADER_BYTES));
  return chain;
}

function bodyOf(payload: Payload): string {
  switch (payload.kind) {
    case "noop":
    case "hidden":
      return "";
    case "command":
      return JSON.stringify(
        payload.session === undefined ? [payload.command] : [payload.command, payload.session],
      );
    case "members":
      return JSON.stringify(payload.configuration);
  }
}

function payloadOf(kind: Payload["kind"], body: Uint8Array): Payload | undefined {
  switch (kind) {
    case "noop":
    case "hidden":
      return { kind };
    case "command": {
      const parsed = parse<[Command, Session?]>(body);
      return parsed && { kind, command: parsed[0], session: parsed[1] };
    }
    case "members": {
      const configuration = parse<Configuration>(body);
      return configuration && { kind, configuration };
    }
  }
}

/** What this file itself encoded; undefined when it is not even JSON, as can be where checksums are not looked at. */
function parse<T>(body: Uint8Array): T | undefined {
  try {
    return JSON.parse(decoder.decode(body)) as T;
  } catch {
    return undefined;
  }
}

/** UTF-8 behind an empty header. Nearly every body is ASCII, where a plain loop is quicker than the encoder. */
function withRoomForHeader(text: string): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) {
      const encoded = encoder.encode(text);
      const longer = new Uint8Array(HEADER_BYTES + encoded.length);
      longer.set(encoded, HEADER_BYTES);
      return longer;
    }
    bytes[HEADER_BYTES + i] = code;
  }
  return bytes;
}

export function put32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value;
  bytes[offset + 1] = value >>> 8;
  bytes[offset + 2] = value >>> 16;
  bytes[offset + 3] = value >>> 24;
}

/** Bytes beyond the end count as zero. */
export function get32(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset] ?? 0) |
      ((bytes[offset + 1] ?? 0) << 8) |
      ((bytes[offset + 2] ?? 0) << 16) |
      ((bytes[offset + 3] ?? 0) << 24)) >>>
    0
  );
}
