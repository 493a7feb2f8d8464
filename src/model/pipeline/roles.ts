/**
 * What each host of a pipeline runs, by its role, and which services stand outside: all that a plan says about it. Where
 * that comes to life, in a simulated world or as real processes, is for others to say.
 *
 * Roles: `replica`, `replica-learner` and `replica-witness` (a member of every group), `replica-spare` (a member of none
 * until an operator makes it one), `gateway`, `worker`,
 * `maintenance`, `shop` (carries out `deliver` operations), `operator` (carries out all other operations) and
 * `auditor`. Hosts with other roles stay empty. A witness keeps no content and observes nothing.
 */
import type { Domain, ExternalModel, Host, HostSpec, Micros, Plan } from "seedstorm";
import { ResourceClient } from "../resources/client.js";
import { ObjectStore, objectStore } from "../resources/objects.js";
import { observerKeys } from "../resources/observations.js";
import type { Resources } from "../resources/resources.js";
import {
  type Defects,
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
import { type GroupMembers, type ReplicaOptions, startReplica } from "./replica.js";
import { Shop, ShopLedger } from "./shop.js";
import { Worker } from "./worker.js";

const REPLICA_ROLES: ReadonlyMap<string, ReplicaRole> = new Map([
  ["replica", "voter"],
  ["replica-learner", "learner"],
  ["replica-witness", "witness"],
]);

/** A replica host that belongs to no group yet. */
const SPARE = "replica-spare";

/** Audits begin when this share of the quiet period is over. */
const AUDIT_AFTER = 0.5;

/** Where the resources are: in groups of the replica hosts, or with somebody else, whom every host reaches by itself. */
export type Keeping =
  | {
      readonly by: "replicas";
      /** How a replica host's members of the groups come about. */
      members(host: Host, knobs: PipelineKnobs, replicas: readonly ReplicaLocator[]): GroupMembers;
    }
  | { readonly by: "others"; reach(host: Host, knobs: PipelineKnobs, deployment: ReplicaOptions): Resources };

/** Where a pipeline comes to life. */
export interface PipelineContext {
  /** Time since the universe began. */
  now(): Micros;
  readonly keeping: Keeping;
}

/** A service beyond the failure model. */
export interface OutsideService {
  readonly name: string;
  /** Where it stands, if that matters to anybody. */
  readonly domain: Domain | undefined;
  create(defects: Defects): ExternalModel;
}

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

export class PipelineRoles {
  readonly #plan: Plan;
  readonly #context: PipelineContext;
  readonly #knobs: PipelineKnobs;
  readonly #replicas: readonly ReplicaLocator[];
  /** Replicas that keep content. */
  readonly #keepers: readonly ReplicaLocator[];
  /** Hosts that clients and operators may ask: those that keep content, and spare ones. */
  readonly #servers: readonly HostSpec[];
  /** Providers where content is kept: each has an object store. */
  readonly #providers: readonly string[];
  readonly #publicKeys: ReadonlyMap<string, string>;

  constructor(plan: Plan, context: PipelineContext) {
    this.#plan = plan;
    this.#context = context;
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

  /** The settings of a host: the plan's, or those that it was upgraded to. */
  #knobsOf(host: Host): PipelineKnobs {
    return host.knobs === this.#plan.knobs ? this.#knobs : pipelineKnobs(host.knobs);
  }

  services(): OutsideService[] {
    const payments: OutsideService = {
      name: PAYMENTS,
      domain: undefined,
      create: () => new PaymentService(),
    };
    const stores = this.#providers.map((provider): OutsideService => {
      const region = this.#keepers.find(({ domain }) => domain.provider === provider)?.domain.region ?? "";
      return {
        name: objectStore(provider),
        domain: { provider, region },
        create: (defects) => new ObjectStore(defects),
      };
    });
    return [payments, ...stores];
  }

  /** What runs on a host from each of its boots on; undefined for one that stays empty. */
  bootOf(spec: HostSpec): ((host: Host) => void | Promise<void>) | undefined {
    if (REPLICA_ROLES.has(spec.role) || spec.role === SPARE) return (host) => this.#bootReplica(host);
    const operations = this.#plan.workload.filter(({ host }) => host === spec.id);
    const ledger = new ShopLedger(operations.filter(({ action }) => action === "deliver"));
    switch (spec.role) {
      case "gateway":
        return (host) => new Gateway(host, this.#client(host), this.#knobsOf(host)).start();
      case "worker":
        return (host) => new Worker(host, this.#client(host), this.#knobsOf(host)).start();
      case "maintenance":
        return (host) => this.#bootMaintenance(host);
      case "shop":
        return (host) =>
          new Shop(host, this.#knobs, this.#hostsOf("gateway"), ledger).start(this.#context.now());
      case "operator":
        return (host) => {
          const replicas = this.#servers.map(({ id }) => id);
          new Operator(host, this.#client(host), replicas).start(operations, this.#context.now());
        };
      case "auditor":
        return (host) => this.#bootAuditor(host);
      default:
        return undefined;
    }
  }

  get #deployment(): ReplicaOptions {
    const objectQuorum = Math.floor(this.#providers.length / 2) + 1;
    return { objectQuorum, publicKeys: this.#publicKeys };
  }

  async #bootReplica(host: Host): Promise<void> {
    const knobs = this.#knobsOf(host);
    const { keeping } = this.#context;
    if (keeping.by === "replicas") {
      const members = keeping.members(host, knobs, this.#replicas);
      await startReplica(host, knobs, this.#deployment, members);
    }
    if (!this.#publicKeys.has(host.id)) return;
    const keys = observerKeys(this.#plan.seed, host.id);
    await new Observer(host, this.#client(host), knobs, keys, this.#watchedBy(host)).start();
  }

  #bootMaintenance(host: Host): Promise<void> {
    const options = { placement: this.#placement(), providers: this.#providers };
    return new Maintenance(host, this.#client(host), this.#knobsOf(host), options).start();
  }

  #bootAuditor(host: Host): Promise<void> {
    const { healAt, duration } = this.#plan;
    const auditAt: Micros = healAt + Math.floor((duration - healAt) * AUDIT_AFTER);
    const auditor = new Auditor(host, this.#client(host), this.#knobs, this.#hostsOf("shop"));
    return auditor.start(Math.max(0, auditAt - this.#context.now()));
  }

  /** Of replicas, those of the host's own provider are asked first. */
  #client(host: Host): Resources {
    const { keeping } = this.#context;
    if (keeping.by === "others") return keeping.reach(host, this.#knobsOf(host), this.#deployment);
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
