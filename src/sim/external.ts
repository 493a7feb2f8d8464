/**
 * Services outside the failure model: a payment provider, a carrier, a provider's object storage.
 *
 * They never crash and never lose what they applied; they are slow, answer with errors (typed ones too, and limits on how
 * much they take), hang, or apply a call and lose the reply or reset the connection. What they applied is the truth, and goes into the history as such. A service in a domain is
 * cut off with it. A system must survive that because every third party does it, and because nobody can look
 * into a third party's ledger before deciding whether to call again.
 */
import { type ExternalReply, type Host, rpc } from "./host.js";
import { draw, type Random, type Table, tableOf } from "./random.js";
import type { Domain, Json } from "./spec.js";
import { type Micros, SECOND } from "./time.js";

export interface ExternalCall {
  readonly operation: string;
  /** What the caller gave to recognise a repeated call by. */
  readonly token: string;
  readonly body: Json;
  /** Id of the host that calls. */
  readonly from: string;
  /** True virtual time. */
  readonly at: Micros;
}

export type ExternalResult =
  /** `applied`: something new was done; false for a replayed token and for a mere read. */
  | { readonly ok: true; readonly value: Json; readonly applied: boolean }
  | { readonly ok: false; readonly error: string };

/** What a service does with a call. It keeps a ledger of its own. */
export interface ExternalModel {
  apply(call: ExternalCall): ExternalResult;
}

export interface ExternalSpec {
  /** Where it stands; left out, it can be reached whatever domain is lost. */
  readonly domain?: Domain;
  /** How long it takes to answer, beyond the network, in microseconds. Default: a median of 20 ms with a tail. */
  readonly latency?: Table;
  create(): ExternalModel;
}

/** One call that a service applied. */
export interface LedgerEntry extends ExternalCall {
  readonly value: Json;
}

export const EXTERNAL_CALL = rpc<
  { readonly operation: string; readonly token: string; readonly body: Json },
  ExternalReply<Json>
>("outside/call");

/** The machine that stands for a service. */
export const externalId = (service: string): string => `external/${service}`;

/**
 * What its random streams are named after. Like the name of `EXTERNAL_CALL` it is older than the machine's id, and stays, so
 * that a seed gives the universe that it always gave.
 */
export const externalStream = (service: string): string => `outside/${service}`;

const LATENCY = tableOf(
  [
    [0, 8_000],
    [0.5, 20_000],
    [0.9, 60_000],
    [0.99, 250_000],
    [1, 900_000],
  ],
  1,
);

/** Where services without a domain of their own stand: far from everybody. */
export const EXTERNAL_DOMAIN: Domain = { provider: "external", region: "internet" };

/** One trouble with a service. */
export interface ExternalTrouble {
  readonly kind: "slow" | "errors" | "hang" | "lost-reply" | "status" | "rate-limit" | "reset";
  /** For `slow`, how many times longer; for `rate-limit`, calls a second; else the share of calls in [0, 1]. */
  readonly degree: number;
  /** What `status` answers with. */
  readonly status?: number;
  readonly random: Random;
  readonly fired: () => void;
}

/** What services that speak HTTP say with a status. */
const PHRASES: ReadonlyMap<number, string> = new Map([
  [400, "bad request"],
  [401, "unauthorized"],
  [403, "forbidden"],
  [404, "not found"],
  [408, "request timeout"],
  [409, "conflict"],
  [425, "too early"],
  [429, "too many requests"],
  [500, "internal server error"],
  [502, "bad gateway"],
  [503, "service unavailable"],
  [504, "gateway timeout"],
]);

const phraseOf = (status: number): string => PHRASES.get(status) ?? `status ${status}`;
const TOO_MANY = 429;

/** The calls that a limit has let through in the second that is under way. */
interface Taken {
  readonly since: Micros;
  readonly calls: number;
}

/** A service that is at work in a world. */
export class ExternalService {
  readonly name: string;
  readonly ledger: LedgerEntry[] = [];
  readonly troubles = new Set<ExternalTrouble>();
  readonly #latency: Table;
  readonly #model: ExternalModel;
  readonly #random: Random;
  readonly #taken = new Map<ExternalTrouble, Taken>();

  constructor(name: string, spec: ExternalSpec, random: Random) {
    this.name = name;
    this.#latency = spec.latency ?? LATENCY;
    this.#model = spec.create();
    this.#random = random;
  }

  /** Answers calls on the host that stands for it. @param now true virtual time. */
  serve(host: Host, now: () => Micros): void {
    host.onRequest(EXTERNAL_CALL, async (call, from) => {
      const usual = draw(this.#latency, this.#random);
      let latency = usual;
      // Every trouble draws for every call; of those that strike, the first of a kind does what the kind does.
      let refuses: ExternalTrouble | undefined;
      let hangs: ExternalTrouble | undefined;
      let loses: ExternalTrouble | undefined;
      /** How long a call has to wait that is one too many; 0 for none. */
      let retryAfter = 0;
      for (const trouble of this.troubles) {
        switch (trouble.kind) {
          case "slow": {
            const slowed = Math.floor(usual * trouble.degree);
            if (slowed > latency) trouble.fired();
            latency = Math.max(latency, slowed);
            break;
          }
          case "rate-limit": {
            const wait = this.#waitFor(trouble, now());
            if (wait > 0) refuses ??= trouble;
            retryAfter = Math.max(retryAfter, wait);
            break;
          }
          case "errors":
          case "status":
            if (trouble.random.chance(trouble.degree)) refuses ??= trouble;
            break;
          case "hang":
            if (trouble.random.chance(trouble.degree)) hangs ??= trouble;
            break;
          case "lost-reply":
          case "reset":
            if (trouble.random.chance(trouble.degree)) loses ??= trouble;
        }
      }
      // Time passes before the call is applied and again before the reply leaves: both are windows for a crash.
      const before = Math.floor(latency / 2);
      await host.sleep(before);
      if (refuses !== undefined) {
        refuses.fired();
        return refusalBy(refuses, retryAfter);
      }
      if (hangs !== undefined) {
        hangs.fired();
        return new Promise(() => {});
      }
      const { operation, token, body } = call;
      const at = now();
      const result = this.#model.apply({ operation, token, body, from, at });
      if (result.ok && result.applied) {
        this.ledger.push({ operation, token, body, from, at, value: result.value });
        host.record({
          kind: "external",
          phase: "applied",
          service: this.name,
          operation,
          token,
          value: result.value,
        });
      }
      await host.sleep(latency - before);
      if (loses !== undefined) {
        loses.fired();
        if (loses.kind === "reset") return { ok: false, error: "connection reset", unknown: true };
        return new Promise(() => {});
      }
      return result.ok ? { ok: true, value: result.value } : { ok: false, error: result.error };
    });
  }

  /** How long a call has to wait until a limit lets it through: 0 for not at all. */
  #waitFor(limit: ExternalTrouble, now: Micros): Micros {
    const before = this.#taken.get(limit);
    const { since, calls } =
      before === undefined || now - before.since >= SECOND ? { since: now, calls: 0 } : before;
    this.#taken.set(limit, { since, calls: calls + 1 });
    return calls < limit.degree ? 0 : since + SECOND - now;
  }
}

function refusalBy({ kind, status = 0 }: ExternalTrouble, retryAfter: Micros): ExternalReply<Json> {
  if (kind === "rate-limit") return { ok: false, error: phraseOf(TOO_MANY), status: TOO_MANY, retryAfter };
  if (kind === "status") return { ok: false, error: phraseOf(status), status };
  return { ok: false, error: "service unavailable" };
}
