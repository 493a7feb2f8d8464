/**
 * The operator: what people do, as the workload has it, and what somebody does who means ill.
 *
 * `redrive`, `checkpoint-reset`, `drain {host, for}`, `replace-replica {out, in}` and `hand-over {from, to}` are what operators do. `forge-observation {domain, health}`
 * sends an observation signed with the wrong key, `replay-observation {domain, signer}` sends a known one again,
 * `rot-objects {provider}` lets a provider's object store give back damaged content, and `save-under-wrong-policy`
 * tries to move the checkpoint's pointer under a policy that isn't the resource's: all to be refused or survived.
 */
import { type Host, type Json, type Micros, type Operation, seconds, TIMED_OUT } from "seedstorm";
import { objectStore } from "../resources/objects.js";
import { observerKeys, signObservation } from "../resources/observations.js";
import type { Outcome, Resources } from "../resources/resources.js";
import { RESOURCES, type ReplicaHealth, SCHEMAS } from "../resources/types.js";
import { GOALS } from "./goals.js";
import { relieve, replaceReplica } from "./members.js";
import { CHECKOUT_WORKERS, CHECKPOINT, DRAIN } from "./wire.js";

type Body = { readonly [key: string]: Json };

const DEFAULT_DRAIN: Micros = seconds(5);
/** Of a holder of the lease that is yet to come: no fence is above it. */
const LATER_EPOCH = 1_000_000;
const ROT_TIMEOUT: Micros = seconds(2);

export class Operator {
  readonly #host: Host;
  readonly #resources: Resources;
  /** All replica hosts, spare ones included. Those that observe do so under their own names. */
  readonly #replicas: readonly string[];

  constructor(host: Host, resources: Resources, replicas: readonly string[]) {
    this.#host = host;
    this.#resources = resources;
    this.#replicas = replicas;
  }

  /** @param now virtual time at boot: what was due before it is not made up for. */
  start(operations: readonly Operation[], now: Micros): void {
    for (const operation of operations) {
      if (operation.at < now) continue;
      this.#host.after(operation.at - now, () => this.#carryOut(operation));
    }
  }

  async #carryOut({ action, body }: Operation): Promise<void> {
    const fields: Body =
      typeof body === "object" && body !== null && !Array.isArray(body) ? (body as Body) : {};
    this.#host.record({ kind: "operator", operation: action, detail: fields });
    switch (action) {
      case "redrive":
        return this.#redrive();
      case "checkpoint-reset":
        return this.#record(action, await this.#resources.checkpoints({ type: "reset", name: CHECKPOINT }));
      case "drain":
        return this.#drain(fields);
      case "replace-replica":
        return this.#replaceReplica(fields);
      case "hand-over":
        return this.#handOver(fields);
      case "forge-observation":
        return this.#forgeObservation(fields);
      case "replay-observation":
        return this.#replayObservation(fields);
      case "rot-objects":
        return this.#rotObjects(fields);
      case "save-under-wrong-policy":
        return this.#saveUnderWrongPolicy();
      default:
        throw new RangeError(`operator: no action "${action}"`);
    }
  }

  async #redrive(): Promise<void> {
    const redriven = await this.#resources.orders({ type: "redrive", group: CHECKOUT_WORKERS });
    if (redriven.status === "ok" && redriven.value.count > 0) this.#host.reached(GOALS.redriven);
    this.#record("redrive", redriven);
  }

  #drain(fields: Body): void {
    const host = fields.host;
    const duration = fields.for;
    if (typeof host !== "string") throw new RangeError("operator: drain needs a host");
    this.#host.send(DRAIN, host, { for: typeof duration === "number" ? duration : DEFAULT_DRAIN });
  }

  async #replaceReplica(fields: Body): Promise<void> {
    const { out, in: incoming } = fields;
    if (typeof out !== "string" || typeof incoming !== "string") {
      throw new RangeError("operator: replace-replica needs a host to take out and one to put in");
    }
    const groups = await replaceReplica(this.#host, this.#replicas, out, incoming);
    if (groups.length > 0) this.#host.reached(GOALS.replicaReplaced);
    this.#host.record({ kind: "operator", operation: "replace-replica done", detail: { out, groups } });
  }

  /** A host hands over all groups that it leads. */
  async #handOver(fields: Body): Promise<void> {
    const { from, to } = fields;
    if (typeof from !== "string" || typeof to !== "string") {
      throw new RangeError("operator: hand-over needs a host that leads and one to follow it");
    }
    await relieve(this.#host, from, to);
  }

  async #forgeObservation(fields: Body): Promise<void> {
    const { domain, signer } = this.#domainAndSigner(fields);
    const health = (fields.health ?? "lost") as ReplicaHealth; // whatever it is, it must be refused
    const stranger = observerKeys(0, "nobody"); // a key that is nobody's
    const forged = { signer, domain, health, sequence: Number.MAX_SAFE_INTEGER };
    const observation = signObservation(stranger, forged);
    await this.#observe("forge-observation", observation);
  }

  async #replayObservation(fields: Body): Promise<void> {
    const { domain, signer } = this.#domainAndSigner(fields);
    const known = await this.#resources.read({
      resource: RESOURCES.observations,
      read: "domain",
      domain,
      signer,
    });
    if (known?.last) await this.#observe("replay-observation", known.last);
  }

  async #observe(action: string, observation: ReturnType<typeof signObservation>): Promise<void> {
    const schemaId = SCHEMAS.observation;
    const observed = await this.#resources.observations({ type: "observe", observation, schemaId });
    if (observed.status === "refused") this.#host.reached(GOALS.observationRefused);
    this.#record(action, observed);
  }

  #domainAndSigner(fields: Body): { readonly domain: string; readonly signer: string } {
    const { domain, signer = this.#replicas[0] } = fields;
    if (typeof domain !== "string" || typeof signer !== "string") {
      throw new RangeError("operator: an observation needs a domain");
    }
    return { domain, signer };
  }

  async #rotObjects(fields: Body): Promise<void> {
    const { provider } = fields;
    if (typeof provider !== "string") throw new RangeError("operator: rot-objects needs a provider");
    const token = `rot:${this.#host.incarnation}`;
    const reply = await this.#host.call(objectStore(provider), "rot", token, null, ROT_TIMEOUT);
    const status = reply === TIMED_OUT ? "unknown" : "ok";
    this.#host.record({ kind: "operator", operation: "rot-objects done", detail: { provider, status } });
  }

  /** What is there is saved once more: nothing is wrong with that but the policy. */
  async #saveUnderWrongPolicy(): Promise<void> {
    const pointer = await this.#resources.read({
      resource: RESOURCES.checkpoints,
      read: "pointer",
      name: CHECKPOINT,
    });
    const saved = await this.#resources.checkpoints({
      type: "save",
      name: CHECKPOINT,
      expectedVersion: pointer?.version ?? 0,
      sha256: pointer?.sha256 ?? "00".repeat(32),
      bytes: pointer?.bytes ?? 0,
      cursor: pointer?.cursor ?? 0,
      objectCopies: pointer?.objectCopies ?? [],
      epoch: LATER_EPOCH,
      schemaId: SCHEMAS.checkpoint,
      policyHash: "00".repeat(32),
    });
    this.#record("save-under-wrong-policy", saved);
  }

  #record(operation: string, outcome: Outcome<unknown>): void {
    if (outcome.status !== "refused") return;
    this.#host.record({ kind: "refusal", operation, reason: outcome.reason, key: "", detail: {} });
  }
}
