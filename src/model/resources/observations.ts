/**
 * The replicated observations: what known observers saw of the health of failure domains, and what follows from it.
 *
 * Promises: an observation counts only with the ed25519 signature of an observer whose public key is configured, and
 * only if its sequence is higher than that of the observer's last one for the domain. When the observers' majority view of a
 * domain changes, that is one resource event. Observations tell; they decide nothing: no placement and no
 * membership is ever changed by them here.
 */
import { type Json, type KeyPair, keyPairFromSeed, sign, verifySignature, type Write } from "seedstorm";
import type { Applied, Deadline, StateMachine } from "../replication/machine.js";
import { type Defects, RESOURCES, type Refused, type ReplicaHealth, refused, SCHEMAS } from "./types.js";

/** What one observer says of one domain. */
export interface Observation {
  readonly signer: string;
  /** `provider`, or a longer path. */
  readonly domain: string;
  readonly health: ReplicaHealth;
  /** Ascending for each signer and domain, across the signer's restarts. */
  readonly sequence: number;
}

export interface SignedObservation extends Observation {
  /** ed25519 over the observation's canonical text, in hexadecimal. */
  readonly signature: string;
}

export type ObservationCommand = {
  readonly type: "observe";
  readonly observation: SignedObservation;
  readonly schemaId: string;
};

export interface Observed {
  readonly ok: true;
  /** The agreed view of the domain after it. */
  readonly health: ReplicaHealth;
  /** A resource event followed. */
  readonly event: boolean;
}
export type ObservationResult = Observed | Refused;

/** Public keys of the observers, by their names; configuration. */
export type PublicKeys = ReadonlyMap<string, string>;

/** Making a key pair takes as long as a virtual second: universes share this many sets of them. */
const KEY_RINGS = 16;
const keyPairs = new Map<string, KeyPair>();

/** The key pair of an observer in the universe of this seed. */
export function observerKeys(seed: number, signer: string): KeyPair {
  const name = `observer/${seed % KEY_RINGS}/${signer}`;
  let keys = keyPairs.get(name);
  if (keys === undefined) {
    keys = keyPairFromSeed(name);
    keyPairs.set(name, keys);
  }
  return keys;
}

/** Signatures by key and text: observers of many universes say the same few things. Forgetting is harmless. */
const SIGNATURES_LIMIT = 4_096;
const signatures = new Map<string, string>();

export function signObservation(keys: KeyPair, observation: Observation): SignedObservation {
  const { signer, domain, health, sequence } = observation;
  const text = textOf(observation);
  const name = keys.publicKey + text;
  let signature = signatures.get(name);
  if (signature === undefined) {
    signature = sign(keys, text);
    if (signatures.size >= SIGNATURES_LIMIT) signatures.clear();
    signatures.set(name, signature);
  }
  return { signer, domain, health, sequence, signature };
}

function textOf({ signer, domain, health, sequence }: Observation): string {
  return JSON.stringify([SCHEMAS.observation, signer, domain, health, sequence]);
}

interface DomainView {
  /** The last observation of each signer. */
  readonly bySigner: Map<string, SignedObservation>;
  health: ReplicaHealth;
}

interface ObservationSnapshot {
  readonly domains: readonly (readonly [string, ReplicaHealth, readonly SignedObservation[]])[];
  readonly events: number;
}

type Result = Applied<ObservationResult>;
const NO_WRITES: readonly Write[] = [];
const NO_DEADLINES: readonly Deadline<ObservationCommand>[] = [];
const refuse = (reason: Refused["reason"]): Result => ({ result: refused(reason), writes: NO_WRITES });

export class ObservationMachine implements StateMachine<ObservationCommand, ObservationResult> {
  readonly #publicKeys: PublicKeys;
  readonly #defects: Defects;
  readonly #domains = new Map<string, DomainView>();
  #events = 0;

  constructor(publicKeys: PublicKeys, defects: Defects) {
    this.#publicKeys = publicKeys;
    this.#defects = defects;
  }

  /** The agreed view of a domain; healthy when nobody said anything yet. */
  health(domain: string): ReplicaHealth {
    return this.#domains.get(domain)?.health ?? "healthy";
  }

  /** The last observation of this signer for the domain. */
  last(signer: string, domain: string): SignedObservation | undefined {
    return this.#domains.get(domain)?.bySigner.get(signer);
  }

  apply(command: ObservationCommand): Result {
    if (command.schemaId !== SCHEMAS.observation) return refuse("unknown-schema");
    const { observation } = command;
    const { signer, domain, health, sequence } = observation;
    const publicKey = this.#publicKeys.get(signer);
    const signed =
      publicKey !== undefined && verifySignature(publicKey, textOf(observation), observation.signature);
    if (!signed && !this.#defects("unsigned-observation-accepted")) return refuse("bad-signature");
    const view = this.#domains.get(domain) ?? { bySigner: new Map(), health: "healthy" };
    const last = view.bySigner.get(signer)?.sequence ?? 0;
    if (sequence <= last && !this.#defects("replayed-observation-accepted"))
      return refuse("stale-observation");
    this.#domains.set(domain, view);
    view.bySigner.set(signer, observation);
    const writes: Write[] = [{ key: `observation/${signer}/${domain}`, value: { sequence, health } }];
    const agreed = majorityView(view.bySigner);
    const event = agreed !== view.health;
    if (event) {
      view.health = agreed;
      this.#events += 1;
      writes.push({
        key: `event/${this.#events}`,
        value: { domain, health: agreed, resources: Object.values(RESOURCES) },
      });
    }
    return { result: { ok: true, health: agreed, event }, writes };
  }

  deadlines(): readonly Deadline<ObservationCommand>[] {
    return NO_DEADLINES;
  }

  snapshot(): Json {
    const snapshot: ObservationSnapshot = {
      domains: [...this.#domains].map(([domain, view]) => [domain, view.health, [...view.bySigner.values()]]),
      events: this.#events,
    };
    return snapshot as unknown as Json; // plain data throughout
  }

  restore(json: Json): void {
    const from = json as unknown as ObservationSnapshot; // written by `snapshot`
    this.#domains.clear();
    for (const [domain, health, observations] of from.domains) {
      const bySigner = new Map(observations.map((observation) => [observation.signer, observation]));
      this.#domains.set(domain, { bySigner, health });
    }
    this.#events = from.events;
  }
}

/** What more than half of those say that spoke; degraded when they don't agree. */
function majorityView(bySigner: ReadonlyMap<string, SignedObservation>): ReplicaHealth {
  let healthy = 0;
  let lost = 0;
  for (const { health } of bySigner.values()) {
    if (health === "healthy") healthy += 1;
    else if (health === "lost") lost += 1;
  }
  if (healthy * 2 > bySigner.size) return "healthy";
  return lost * 2 > bySigner.size ? "lost" : "degraded";
}
