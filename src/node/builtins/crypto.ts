/**
 * `node:crypto` of one process: what computes is Node's own, what draws randomness draws it from the host, what would run
 * on a thread is done at once and calls back in an event of its own. Making keys is refused: Node draws them itself.
 */
import * as crypto from "node:crypto";
import { refused } from "../env/refused.js";
import type { SimulatedProcess } from "../env/simulated-process.js";

type Callback = (error: unknown, result?: unknown) => void;

const KEY_MAKERS = [
  ...[
    "generateKeyPair",
    "generateKeyPairSync",
    "generateKey",
    "generateKeySync",
    "generatePrime",
    "generatePrimeSync",
  ],
] as const;

export function cryptoOf(simulated: SimulatedProcess): object {
  const { entropy } = simulated;
  /** The form with a callback of something that is done at once. */
  const later =
    (compute: (...args: never[]) => unknown) =>
    (...args: unknown[]): void => {
      const callback = args.pop() as Callback; // Node puts it last
      let outcome: [unknown] | [null, unknown];
      try {
        outcome = [null, compute(...(args as never[]))];
      } catch (error) {
        outcome = [error];
      }
      simulated.soon(() => callback(...(outcome as [unknown, unknown])));
    };
  const randomBytes = (size: number, callback?: Callback): Buffer | undefined => {
    const bytes = entropy.fill(Buffer.alloc(size));
    if (callback === undefined) return bytes;
    simulated.soon(() => callback(null, bytes));
    return undefined;
  };
  const randomInt = (...args: unknown[]): number | undefined => {
    const callback = typeof args.at(-1) === "function" ? (args.pop() as Callback) : undefined;
    const [low, high] = args.length > 1 ? (args as [number, number]) : [0, args[0] as number];
    if (!(high > low))
      throw new RangeError(`The value of "max" is out of range. It must be greater than ${low}.`);
    const drawn = low + Math.floor(entropy.fraction() * (high - low));
    if (callback === undefined) return drawn;
    simulated.soon(() => callback(null, drawn));
    return undefined;
  };
  const randomFillSync = <V extends ArrayBufferView>(
    view: V,
    offset = 0,
    size = view.byteLength - offset,
  ): V => {
    entropy.fill(new Uint8Array(view.buffer, view.byteOffset + offset, size));
    return view;
  };
  const webcrypto = webCryptoOf(simulated);
  return {
    ...crypto,
    default: undefined,
    randomBytes,
    pseudoRandomBytes: randomBytes,
    randomInt,
    randomFillSync,
    randomFill: later(randomFillSync),
    randomUUID: () => entropy.uuid(),
    getRandomValues: webcrypto.getRandomValues,
    webcrypto,
    subtle: webcrypto.subtle,
    pbkdf2: later(crypto.pbkdf2Sync),
    scrypt: later(crypto.scryptSync),
    hkdf: later(crypto.hkdfSync),
    ...Object.fromEntries(
      KEY_MAKERS.map((name) => [
        name,
        () => refused(`crypto.${name}`, "give the program a key that was made before"),
      ]),
    ),
  };
}

type Algorithm = string | { readonly name: string; readonly hash?: Algorithm };
type Bytes = ArrayBuffer | ArrayBufferView;

interface SecretKey {
  readonly type: "secret";
  readonly algorithm: { readonly name: string; readonly hash?: Algorithm; readonly length: number };
  readonly extractable: boolean;
  readonly usages: readonly string[];
  readonly raw: Buffer;
  readonly [Symbol.toStringTag]: string;
}

const BITS_A_BYTE = 8;

const nameOf = (algorithm: Algorithm): string => (typeof algorithm === "string" ? algorithm : algorithm.name);
const hashOf = (algorithm: Algorithm | undefined): string =>
  nameOf(algorithm ?? "SHA-256")
    .replace("-", "")
    .toLowerCase();
const bufferOf = (bytes: Bytes): Buffer =>
  bytes instanceof ArrayBuffer
    ? Buffer.from(bytes)
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const plain = (bytes: Buffer): ArrayBuffer => new Uint8Array(bytes).buffer;

/** `crypto` of the web: digests and secret keys, worked out at once, where Node would ask a thread. */
export function webCryptoOf({ entropy }: SimulatedProcess) {
  const known = {
    digest: async (algorithm: Algorithm, data: Bytes) =>
      plain(crypto.createHash(hashOf(algorithm)).update(bufferOf(data)).digest()),
    importKey: async (
      format: string,
      key: Bytes,
      algorithm: Algorithm,
      extractable: boolean,
      usages: readonly string[],
    ): Promise<SecretKey> => {
      if (format !== "raw") refused(`crypto.subtle.importKey("${format}")`, "import raw secret keys");
      const raw = Buffer.from(bufferOf(key));
      const hash = typeof algorithm === "string" ? undefined : algorithm.hash;
      const described = {
        name: nameOf(algorithm),
        ...(hash === undefined ? {} : { hash: { name: nameOf(hash) } }),
      };
      return {
        type: "secret",
        algorithm: { ...described, length: raw.length * BITS_A_BYTE },
        extractable,
        usages,
        raw,
        [Symbol.toStringTag]: "CryptoKey",
      };
    },
    sign: async (_algorithm: Algorithm, key: SecretKey, data: Bytes) =>
      plain(crypto.createHmac(hashOf(key.algorithm.hash), key.raw).update(bufferOf(data)).digest()),
    verify: async (_algorithm: Algorithm, key: SecretKey, signature: Bytes, data: Bytes) => {
      const expected = crypto.createHmac(hashOf(key.algorithm.hash), key.raw).update(bufferOf(data)).digest();
      const given = bufferOf(signature);
      return given.length === expected.length && crypto.timingSafeEqual(expected, given);
    },
  };
  const subtle = new Proxy(known, {
    get: (target, name, self) => {
      if (typeof name === "symbol" || name in target || name === "then")
        return Reflect.get(target, name, self);
      return () => refused(`crypto.subtle.${name}`, "use the synchronous functions of node:crypto");
    },
  });
  return {
    subtle,
    getRandomValues: <V extends ArrayBufferView>(view: V): V => entropy.fill(view),
    randomUUID: () => entropy.uuid(),
  };
}
