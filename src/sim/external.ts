/**
 * Services outside the failure model: a payment provider, a carrier, a provider's object storage.
 *
 * They never crash and never lose what they applied; they are slow, answer with errors, hang, or apply a call
 * and lose the reply. What they applied is the truth, and goes into the history as such. A service in a domain is
 * cut off with it. A system must survive that because every third party does it, and because nobody can look
 * into a third party's books before deciding whether to call again.
 */
import { type Host, rpc } from "./host.js";
import type { Domain, Json } from "./plan.js";
import { draw, type Random, type Table, tableOf } from "./random.js";
import type { Micros } from "./time.js";

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

/** What a service does with a call. It keeps its own books. */
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
  { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly error: string }
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

/** One trouble with a service; `intercept` decides for each call. */
export interface ExternalTrouble {
  readonly kind: "slow" | "errors" | "hang" | "lost-reply";
  /** For `slow`, how many times longer; else the share of calls in [0, 1]. */
  readonly degree: number;
  readonly random: Random;
  readonly fired: () => void;
}

/** A service that is at work in a world. */
export class ExternalService {
  readonly name: string;
  readonly ledger: LedgerEntry[] = [];
  readonly troubles = new Set<ExternalTrouble>();
  readonly #latency: Table;
  readonly #model: ExternalModel;
  readonly #random: Random;

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
      for (const trouble of this.troubles) {
        const strikes = trouble.kind === "slow" || trouble.random.chance(trouble.degree);
        if (!strikes) continue;
        if (trouble.kind === "slow") {
          const slowed = Math.floor(usual * trouble.degree);
          if (slowed > latency) trouble.fired();
          latency = Math.max(latency, slowed);
        } else if (trouble.kind === "errors") refuses ??= trouble;
        else if (trouble.kind === "hang") hangs ??= trouble;
        else loses ??= trouble;
      }
      // Time passes before the call is applied and again before the reply leaves: both are windows for a crash.
      const before = Math.floor(latency / 2);
      await host.sleep(before);
      if (refuses !== undefined) {
        refuses.fired();
        return { ok: false, error: "service unavailable" };
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
        return new Promise(() => {});
      }
      return result.ok ? { ok: true, value: result.value } : { ok: false, error: result.error };
    });
  }
}
