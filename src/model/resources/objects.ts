/**
 * The object storage of one provider: immutable objects, addressed by the SHA-256 of their content.
 *
 * It stands outside the failure model and keeps what it acknowledged; it is slow, unreachable or silent like
 * any external service. When told to `rot`, it returns damaged content for everything that it holds by then,
 * without an error: the one way in which it fails. Because an object's name is its hash, putting one twice is
 * harmless, and whoever reads one can tell whether it is the right one.
 */
import {
  type ExternalCall,
  type ExternalModel,
  type ExternalResult,
  type Host,
  type Micros,
  sha256,
  TIMED_OUT,
} from "seedstorm";
import { type Defects, noDefects } from "./types.js";

/** The outside service of a provider's object storage. */
export const objectStore = (provider: string): string => `objects-${provider}`;

export class ObjectStore implements ExternalModel {
  readonly #defects: Defects;
  readonly #objects = new Map<string, string>();
  /** What was read back wrong since somebody let the store rot. */
  readonly #rotten = new Set<string>();

  constructor(defects: Defects = noDefects) {
    this.#defects = defects;
  }

  apply(call: ExternalCall): ExternalResult {
    const { operation, token, body } = call;
    if (operation === "get") {
      const content = this.#objects.get(token);
      return content === undefined
        ? { ok: false, error: "no such object" }
        : { ok: true, value: this.#rotten.has(token) ? rot(content) : content, applied: false };
    }
    if (operation === "rot") {
      for (const address of this.#objects.keys()) this.#rotten.add(address);
      return { ok: true, value: this.#rotten.size, applied: false };
    }
    if (operation !== "put" || typeof body !== "string") return { ok: false, error: "bad request" };
    if (sha256(body) !== token && !this.#defects("torn-checkpoint-accepted"))
      return { ok: false, error: "content does not match its address" };
    const known = this.#objects.has(token);
    this.#objects.set(token, body);
    return { ok: true, value: { sha256: token, bytes: body.length }, applied: !known };
  }
}

/** What has come of an upload when its connection ends half-way. */
const brokenOff = (content: string): string => content.slice(0, Math.floor(content.length / 2));

const rot = (content: string): string => `${content.slice(0, -1)}?`;

/** Puts an object into the stores of all these providers at once; resolves to the providers that acknowledged it. */
export async function putObject(
  host: Host,
  providers: readonly string[],
  address: string,
  content: string,
  timeout: Micros,
): Promise<readonly string[]> {
  const sent = host.defect("torn-checkpoint-accepted") ? brokenOff(content) : content;
  const replies = await Promise.all(
    providers.map((provider) => host.call(objectStore(provider), "put", address, sent, timeout)),
  );
  return providers.filter((_, i) => {
    const reply = replies[i];
    return reply !== undefined && reply !== TIMED_OUT && reply.ok;
  });
}

/**
 * Gets an object from the first of these providers that has it and answers; undefined when none does.
 *
 * @param verified whether content that doesn't hash to its address is passed over, as it should be.
 */
export async function getObject(
  host: Host,
  providers: readonly string[],
  address: string,
  timeout: Micros,
  verified: boolean,
): Promise<{ readonly content: string; readonly provider: string } | undefined> {
  for (const provider of providers) {
    const reply = await host.call<string>(objectStore(provider), "get", address, null, timeout);
    if (reply === TIMED_OUT || !reply.ok || typeof reply.value !== "string") continue;
    if (verified && sha256(reply.value) !== address) continue;
    return { content: reply.value, provider };
  }
  return undefined;
}
