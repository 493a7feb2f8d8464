/**
 * Randomness for one simulated process: what `Math.random`, `crypto` and the like hand out, drawn from the host's own stream,
 * so that the seed decides it.
 */
import type { Random } from "../../sim/random.js";

/** The significant bits of a double in [0, 1), and how many of them the upper of two draws gives. */
const DOUBLE = 2 ** 53;
const LOWER_BITS = 2 ** 21;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export class Entropy {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** As `Math.random`: in [0, 1), with 53 bits. */
  fraction(): number {
    return (this.#random.uint32() * LOWER_BITS + (this.#random.uint32() >>> 11)) / DOUBLE;
  }

  /** Fills any view with random bytes, and returns it. */
  fill<V extends ArrayBufferView>(view: V): V {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    for (let at = 0; at < bytes.length; at += 4) {
      const drawn = this.#random.uint32();
      for (let i = 0; i < 4 && at + i < bytes.length; i++) bytes[at + i] = drawn >>> (8 * i);
    }
    return view;
  }

  /** A UUID of version 4. */
  uuid(): string {
    const bytes = this.fill(new Uint8Array(16));
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => HEX[byte] ?? "").join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }
}
