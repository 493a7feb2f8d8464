/**
 * The whole pipeline, put together in a world from a plan: what boots on which host, by its role, and the services
 * outside.
 *
 * Roles: `replica`, `replica-learner` and `replica-witness` (a member of every group), `replica-spare` (a member of none
 * until an operator makes it one), `gateway`, `worker`,
 * `maintenance`, `shop` (carries out `deliver` operations), `operator` (carries out all other operations) and
 * `auditor`. Hosts with other roles stay empty. A witness keeps no content and observes nothing.
 */
import type { Host, HostSpec, Micros, Plan, World } from "seedstorm";
import { ResourceClient } from "../resources/client.js";
import { ObjectStore, objectStore } from "../resources/objects.js";
import { observerKeys } from "../resources/observations.js";
import {
  domainPath,
  FIRST_GENERATION,
  type ReplicaLocator,
  type ReplicaRole,
  type ReplicaSetLocator,
} from "../resources/types.js";
import { Auditor } from "./auditor.js";
import { Gateway } from "./gateway.js";
import { type PipelineKnobs, pipelineKnobs } from "./knobs.js";
import { Maintenance } from "./maintenance.js";
import { Observer, type Watched } from "./observer.js";
import { Operator } from "./operator.js";
import { PAYMENTS, PaymentService } from "./payments.js";
import { type ReplicaOptions, startReplica } from "./replica.js";
import { Shop, ShopLedger } from "./shop.js";
import { Worker } from "./worker.js";

const REPLICA_ROLES: ReadonlyMap<string, ReplicaRole> = new Map([
  ["replica", "voter"],
  ["replica-learner", "learner"],
  ["replica-witness", "witness"],
]);

/** A replica host that belongs to no group yet. */
const SPARE = "replica-spare";

/** The design is usually drawn with so many; only a planted defect goes back to it. */
const VOTERS_OF_THE_SOURCE = 2;

/** Audits begin when this share of the quiet period is over. */
const AUDIT_AFTER = 0.5;

/** Where the resources' replicas stand. */
export function replicaSet(plan: Plan): ReplicaSetLocator {
  const replicas: ReplicaLocator[] = [];
  for (const { id, domain, role } of plan.topology) {
    const replicaRole = REPLICA_ROLES.get(role);
    if (replicaRole === undefined) continue;
    replicas.push({
      replicaId: id,
      domain,
      role: replicaRole,
      health: "healthy",
      epoch: FIRST_GENERATION,
      contentGeneration: FIRST_GENERATION,
    });
  }
  return { generation: FIRST_GENERATION, replicas };
}

/** Puts the pipeline into a world made for this plan. */
export function buildPipeline(world: World, plan: Plan): void {
  new Pipeline(world, plan).build();
}

class Pipeline {
  readonly #world: World;
  readonly #plan: Plan;
  readonly #knobs: PipelineKnobs;
  readonly #replicas: readonly ReplicaLocator[];
  /** Replicas that keep content. */
  readonly #keepers: readonly ReplicaLocator[];
  /** Hosts that clients and operators may ask: those that keep content, and spare ones. */
  readonly #servers: readonly HostSpec[];
  /** Providers where content is kept: each has an object store. */
  readonly #providers: readonly string[];
  readonly #publicKeys: ReadonlyMap<string, string>;

  constructor(world: World, plan: Plan) {
    this.#world = world;
    this.#plan = plan;
    this.#knobs = pipelineKnobs(plan.knobs);
    this.#replicas = replicaSet(plan).replicas;
    this.#keepers = this.#replicas.filter(({ role }) => role !== "witness");
    const keepers = new Set(this.#keepers.map(({ replicaId }) => replicaId));
    this.#servers = plan.topology.filter(({ id, role }) => keepers.has(id) || role === SPARE);
    this.#providers = [...new Set(this.#keepers.map(({ domain }) => domain.provider))];
    this.#publicKeys = new Map(
      this.#keepers.map(({ replicaId }) => [replicaId, observerKeys(plan.seed, replicaId).publicKey]),
    );
  }

  build(): void {
    this.#world.addExternal(PAYMENTS, { create: () => new PaymentService() });
    for (const provider of this.#providers) {
      const region = this.#keepers.find(({ domain }) => domain.provider === provider)?.domain.region ?? "";
      this.#world.addExternal(objectStore(provider), {
        domain: { provider, region },
        create: () => new ObjectStore((id) => this.#world.defect(id)),
      });
    }
    for (const spec of this.#plan.topology) this.#place(spec);
  }

  #place(spec: HostSpec): void {
    if (REPLICA_ROLES.has(spec.role) || spec.role === SPARE) {
      this.#world.onBoot(spec.id, (host) => this.#bootReplica(host));
      return;
    }
    const operations = this.#plan.workload.filter(({ host }) => host === spec.id);
    const ledger = new ShopLedger(operations.filter(({ action }) => action === "deliver"));
    switch (spec.role) {
      case "gateway":
        this.#world.onBoot(spec.id, (host) => new Gateway(host, this.#client(host), this.#knobs).start());
        break;
      case "worker":
        this.#world.onBoot(spec.id, (host) => new Worker(host, this.#client(host), this.#knobs).start());
        break;
      case "maintenance":
        this.#world.onBoot(spec.id, (host) => this.#bootMaintenance(host));
        break;
      case "shop":
        this.#world.onBoot(spec.id, (host) =>
          new Shop(host, this.#knobs, this.#hostsOf("gateway"), ledger).start(this.#world.now),
        );
        break;
      case "operator":
        this.#world.onBoot(spec.id, (host) => {
          const replicas = this.#servers.map(({ id }) => id);
          new Operator(host, this.#client(host), replicas).start(operations, this.#world.now);
        });
        break;
      case "auditor":
        this.#world.onBoot(spec.id, (host) => this.#bootAuditor(host));
        break;
      default:
        break;
    }
  }

  async #bootReplica(host: Host): Promise<void> {
    await startReplica(host, this.#knobs, {
      members: this.#membersFor(host),
      objectQuorum: Math.floor(this.#providers.length / 2) + 1,
      publicKeys: this.#publicKeys,
    });
    if (!this.#publicKeys.has(host.id)) return;
    const keys = observerKeys(this.#plan.seed, host.id);
    await new Observer(host, this.#client(host), this.#knobs, keys, this.#watchedBy(host)).start();
  }

  /** Where every group begins: all replicas, in the roles that they were placed in. */
  #membersFor(host: Host): ReplicaOptions["members"] {
    const votes = host.defect("GW1") ? VOTERS_OF_THE_SOURCE : this.#replicas.length;
    return this.#replicas.map(({ replicaId, role, contentGeneration }, i) => ({
      id: replicaId,
      role: i < votes ? role : "learner",
      contentGeneration,
    }));
  }

  #bootMaintenance(host: Host): Promise<void> {
    const options = { placement: this.#placement(), providers: this.#providers };
    return new Maintenance(host, this.#client(host), this.#knobs, options).start();
  }

  #bootAuditor(host: Host): Promise<void> {
    const { healAt, duration } = this.#plan;
    const auditAt: Micros = healAt + Math.floor((duration - healAt) * AUDIT_AFTER);
    const auditor = new Auditor(host, this.#client(host), this.#knobs, this.#hostsOf("shop"));
    return auditor.start(Math.max(0, auditAt - this.#world.now));
  }

  /** A client that asks the replicas of its own provider first. */
  #client(host: Host): ResourceClient {
    const { operationTimeout, attemptTimeout } = this.#knobs;
    const near = this.#servers.filter(({ domain }) => domain.provider === host.domain.provider);
    const far = this.#servers.filter(({ domain }) => domain.provider !== host.domain.provider);
    const replicas = [...near, ...far].map(({ id }) => id);
    return new ResourceClient(host, { replicas, timeout: operationTimeout, attemptTimeout });
  }

  /** One replica of every other provider stands for it. */
  #watchedBy(host: Host): Watched[] {
    const watched: Watched[] = [];
    for (const provider of this.#providers) {
      const replica = this.#keepers.find(({ domain }) => domain.provider === provider);
      if (provider !== host.domain.provider && replica !== undefined) {
        watched.push({ domain: provider, host: replica.replicaId });
      }
    }
    return watched;
  }

  /** Where `checkout-workers` may run: what the plan says, or every provider that has a worker. */
  #placement(): readonly string[] {
    const { placement } = this.#knobs;
    if (placement !== "") return placement.split(",").map((path) => path.trim());
    const workers = this.#plan.topology.filter(({ role }) => role === "worker");
    return [...new Set(workers.map(({ domain }) => domainPath(domain).split("/")[0] ?? ""))];
  }

  #hostsOf(role: string): readonly string[] {
    return this.#plan.topology.filter((spec) => spec.role === role).map(({ id }) => id);
  }
}
