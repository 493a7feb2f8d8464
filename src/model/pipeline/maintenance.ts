/**
 * Singleton maintenance: whoever holds the lease creates the consumer group, saves checkpoints, trims and prunes.
 *
 * A holder can't know that it still holds. It may be paused for a minute between two lines and go on as if nothing
 * had been; so every write carries its epoch, the first thing a new holder does is to raise the fence of
 * everything it will write to, and a holder that is refused anywhere stops. It then releases what it thinks it
 * holds, which is refused in its turn if that is somebody else's by now.
 */
import { type Host, sha256 } from "seedstorm";
import { putObject } from "../resources/objects.js";
import type { Progress } from "../resources/protocol.js";
import type { Resources } from "../resources/resources.js";
import { POLICY_HASH, RESOURCES, type RefusalReason, SCHEMAS } from "../resources/types.js";
import { GOALS } from "./goals.js";
import type { PipelineKnobs } from "./knobs.js";
import { CHECKOUT_WORKERS, CHECKPOINT, MAINTENANCE_LEASE } from "./wire.js";

export interface MaintenanceOptions {
  /** Where `checkout-workers` may run. */
  readonly placement: readonly string[];
  /** Providers with an object store. */
  readonly providers: readonly string[];
}

type Asked = { readonly status: string; readonly reason?: RefusalReason };

export class Maintenance {
  readonly #host: Host;
  readonly #resources: Resources;
  readonly #knobs: PipelineKnobs;
  readonly #options: MaintenanceOptions;
  readonly #holder: string;
  /** The epoch that this holder believes in; 0 when it believes in none. */
  #epoch = 0;
  /** Another host had the lease; only a planted defect goes by it. */
  #hasGivenUp = false;
  #redrivenAt = 0;
  /** What the last round found. */
  #progress: Progress | undefined;
  /** The checkpoint's version as this holder saw it first; only a planted defect goes by it. */
  #firstVersion: number | undefined;
  /** Nothing below this offset is left to trim. */
  #trimmed = 0;

  constructor(host: Host, resources: Resources, knobs: PipelineKnobs, options: MaintenanceOptions) {
    this.#host = host;
    this.#resources = resources;
    this.#knobs = knobs;
    this.#options = options;
    this.#holder = `${host.id}#${host.incarnation}`;
  }

  /** Contends for the lease for ever. */
  async start(): Promise<never> {
    for (;;) {
      const epoch = this.#hasGivenUp ? 0 : await this.#acquire();
      if (epoch > 0) await this.#hold(epoch);
      await this.#host.sleep(this.#knobs.leaseTtl);
    }
  }

  /** The epoch of a grant; 0 when somebody else holds the lease. */
  async #acquire(): Promise<number> {
    const { clock } = this.#host;
    const contended = await this.#resources.leaders({
      type: "acquire",
      name: MAINTENANCE_LEASE,
      holder: this.#holder,
      schemaId: SCHEMAS.leader,
      wallClock: clock.now(),
    });
    if (contended.status !== "ok") return 0;
    const { value } = contended;
    const isOthers = value.state === "busy" && !value.holder.startsWith(`${this.#host.id}#`);
    if (isOthers && this.#host.defect("standby-contends-once")) this.#hasGivenUp = true;
    return value.state === "granted" ? value.epoch : 0;
  }

  async #hold(epoch: number): Promise<void> {
    this.#epoch = epoch;
    if (epoch > 1) this.#host.reached(GOALS.leaseChangedHands);
    const renewing = this.#renew(epoch);
    await this.#raiseFences(epoch);
    await this.#createGroup(epoch);
    while (this.#epoch === epoch) {
      await this.#maintain(epoch);
      if (this.#epoch !== epoch) break;
      if (this.#host.buggify("maintenance/hand-over")) {
        this.#host.reached(GOALS.leaseHandedOver);
        break;
      }
      await this.#host.sleep(this.#knobs.maintenanceInterval);
    }
    this.#epoch = 0;
    await this.#resources.leaders({ type: "release", name: MAINTENANCE_LEASE, holder: this.#holder, epoch });
    await renewing;
  }

  /** Renews at a third of the lease's time, until a renewal is refused or the holder has stopped. */
  async #renew(epoch: number): Promise<void> {
    for (;;) {
      await this.#host.sleep(Math.floor(this.#knobs.leaseTtl / 3));
      if (this.#epoch !== epoch) return;
      const held = {
        name: MAINTENANCE_LEASE,
        holder: this.#holder,
        epoch,
        wallClock: this.#host.clock.now(),
      };
      this.#stopIfRefused("renew", await this.#resources.leaders({ type: "renew", ...held }));
    }
  }

  async #raiseFences(epoch: number): Promise<void> {
    const raised = await Promise.all([
      this.#resources.orders({ type: "raise-fence", epoch }),
      this.#resources.effects({ type: "raise-fence", epoch }),
      this.#resources.checkpoints({ type: "raise-fence", epoch }),
    ]);
    for (const outcome of raised) this.#stopIfRefused("raise-fence", outcome);
  }

  async #createGroup(epoch: number): Promise<void> {
    const { placement } = this.#options;
    const semantics = "effectively-once-with-idempotency";
    for (;;) {
      if (this.#epoch !== epoch) return;
      const group = {
        group: CHECKOUT_WORKERS,
        placement: await this.#widened(placement),
        semantics,
      } as const;
      const created = await this.#resources.orders({ type: "create-group", ...group, epoch });
      if (created.status === "refused" && created.reason !== "conflict")
        this.#stopIfRefused("create-group", created);
      if (created.status === "ok" || created.status === "refused") return;
    }
  }

  /** The placement as it was decided; only a planted defect lets observations have a say in it. */
  async #widened(placement: readonly string[]): Promise<readonly string[]> {
    if (!this.#host.defect("placement-widened-by-observation")) return placement;
    const wider = [...placement];
    for (const domain of this.#options.providers) {
      const signer = "";
      const report = await this.#resources.read({
        resource: RESOURCES.observations,
        read: "domain",
        domain,
        signer,
      });
      if (report !== undefined && report.health !== "healthy") wider.push(...this.#options.providers);
    }
    return wider;
  }

  /**
   * One round. Once begun it is carried through: whether the lease still holds is for the resources to say.
   */
  async #maintain(epoch: number): Promise<void> {
    const host = this.#host;
    const progress = await this.#resources.read({
      resource: "orders",
      read: "progress",
      group: CHECKOUT_WORKERS,
    });
    if (progress === undefined || progress === null) return;
    const before = this.#progress;
    this.#progress = progress;
    await Promise.all([
      this.#saveCheckpoint(progress, epoch),
      this.#trim(progress.cursor, epoch),
      this.#prune(epoch),
      this.#redrive(progress.dead, epoch),
    ]);
    if (before !== undefined && host.defect("checkpoint-regression"))
      await this.#saveCheckpoint(before, epoch);
    if (host.defect("placement-widened-by-observation")) await this.#createGroup(epoch);
  }

  async #trim(cursor: number, epoch: number): Promise<void> {
    if (cursor <= this.#trimmed) return;
    const trimmed = await this.#resources.orders({ type: "trim", epoch });
    this.#stopIfRefused("trim", trimmed);
    if (trimmed.status === "ok") this.#trimmed = cursor;
  }

  async #prune(epoch: number): Promise<void> {
    const keep = this.#host.defect("dedupe-shorter-than-redelivery") ? 0 : this.#knobs.retainCompleted;
    this.#stopIfRefused("prune", await this.#resources.effects({ type: "prune", keep, epoch }));
  }

  async #redrive(dead: number, epoch: number): Promise<void> {
    const now = this.#host.clock.monotonic();
    const { redriveInterval } = this.#knobs;
    if (dead === 0 || redriveInterval === 0 || now - this.#redrivenAt < redriveInterval) return;
    this.#redrivenAt = now;
    this.#host.reached(GOALS.redriven);
    const redriven = await this.#resources.orders({ type: "redrive", group: CHECKOUT_WORKERS, epoch });
    this.#stopIfRefused("redrive", redriven);
  }

  /** The immutable object first, at a quorum of providers; then the pointer, by compare-and-set. */
  async #saveCheckpoint(progress: Progress, epoch: number): Promise<void> {
    const host = this.#host;
    const pointer = await this.#resources.read({
      resource: RESOURCES.checkpoints,
      read: "pointer",
      name: CHECKPOINT,
    });
    if (pointer === undefined) return;
    this.#firstVersion ??= pointer?.version ?? 0;
    const cursor = host.defect("checkpoint-ahead-of-effects") ? progress.tail : progress.cursor;
    const content = JSON.stringify({
      cursor,
      acked: progress.acked,
      dead: progress.dead,
      tail: progress.tail,
    });
    const address = sha256(content);
    if (pointer?.sha256 === address) return;
    const providers = host.defect("GW7") ? this.#options.providers.slice(0, 1) : this.#options.providers;
    const put = () => putObject(host, providers, address, content, this.#knobs.attemptTimeout);
    const objectCopies = host.defect("pointer-before-object") ? providers : await put();
    const saved = await this.#resources.checkpoints({
      type: "save",
      name: CHECKPOINT,
      expectedVersion: host.defect("cas-on-stale-version") ? this.#firstVersion : (pointer?.version ?? 0),
      sha256: address,
      bytes: content.length,
      cursor,
      objectCopies,
      epoch,
      schemaId: SCHEMAS.checkpoint,
      policyHash: POLICY_HASH,
    });
    if (saved.status === "ok") host.reached(GOALS.checkpointSaved);
    if (host.defect("pointer-before-object")) await put();
    const harmless = saved.status === "refused" && saved.reason !== "fenced";
    if (!harmless) this.#stopIfRefused("save", saved);
    else
      host.record({
        kind: "refusal",
        operation: "save",
        reason: saved.reason,
        key: CHECKPOINT,
        detail: { epoch },
      });
  }

  /** A holder that is refused holds no longer, whatever it believes. */
  #stopIfRefused(operation: string, outcome: Asked): void {
    if (outcome.status !== "refused" || outcome.reason === undefined) return;
    const { reason } = outcome;
    const detail = { epoch: this.#epoch };
    this.#host.record({ kind: "refusal", operation, reason, key: MAINTENANCE_LEASE, detail });
    if (reason === "fenced") this.#host.reached(GOALS.holderFenced);
    if (reason === "fenced" || reason === "not-held") this.#epoch = 0;
  }
}
