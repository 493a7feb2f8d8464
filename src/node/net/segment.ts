/** What travels between the network stacks of simulated hosts: the fields of TCP that matter here. */
import { message } from "../../sim/host.js";

export interface Segment {
  readonly from: number;
  readonly to: number;
  /** Tells a connection from a later one between the same ports: what sequence numbers do in real TCP. */
  readonly id: number;
  readonly flag: "syn" | "syn-ack" | "rst" | "data";
  /** Of the first byte of `bytes`, or of the end. */
  readonly sequence: number;
  readonly bytes: Buffer | undefined;
  /** The sender will send nothing more: takes a number, as a byte does. */
  readonly fin: boolean;
  /** The number that is expected next. */
  readonly acknowledged: number;
  /** How much the receiver has room for. */
  readonly window: number;
}

export const SEGMENT = message<Segment>("tcp");

/** Ethernet, IP and TCP together. */
const HEADER_BYTES = 66;

export function bytesOf(segment: Segment): number {
  return HEADER_BYTES + (segment.bytes?.length ?? 0);
}
