/**
 * What each host of the runner's world runs, by its role: `store` and `gateway` (one each), `runner`, `client`, `producer`,
 * `operator`. Payments and the carrier stand outside. Where that comes to life, and who is the broker, is for others to say.
 *
 * A plan whose files or environments are no good is refused as a whole.
 */
import {
  type ExternalModel,
  type Host,
  type HostSpec,
  type Micros,
  type Operation,
  type Plan,
  SECOND,
} from "seedstorm";
import { StoreClient, serveStore } from "../storage/service.js";
import { Store } from "../storage/store.js";
import type { RunnerBroker } from "./broker-port.js";
import { CARRIER, PAYMENTS } from "./business/files.js";
import { Client } from "./client.js";
import { Gateway } from "./gateway.js";
import { environmentOf, filesOf, type RunnerKnobs, runnerKnobs } from "./knobs.js";
import { loadManifests, resolveSecret } from "./manifest.js";
import { NodeProcess } from "./node-process.js";
import { Operator } from "./operator.js";
import { Producer } from "./producer.js";
import { carrier, payments } from "./providers.js";
import { GATEWAY_STORE, RUNNER_STORE } from "./records.js";
import { type Files, loadSettings, parseFile, type Settings, SettingsError } from "./settings.js";
import type { Durability } from "./topology.js";
import { ADMIN } from "./wire.js";

/** How long a node waits for its store before it tries anew. */
export const STORE_TIMEOUT: Micros = 2 * SECOND;

/** The services outside, by name. */
export const runnerServices: ReadonlyMap<string, () => ExternalModel> = new Map([
  [PAYMENTS, payments],
  [CARRIER, carrier],
]);

/** New ones, by name. */
export const newServices = (): ReadonlyMap<string, ExternalModel> =>
  new Map([...runnerServices].map(([name, create]) => [name, create()]));

export type Boot = (host: Host) => void | Promise<void>;

/** Where the runner comes to life. */
export interface RunnerContext {
  /** Time since the universe, or the drill, began; operations of the workload are due by it. */
  now(): Micros;
  /** As a host reaches it. */
  broker(host: Host): RunnerBroker;
}

export class RunnerRoles {
  readonly #plan: Plan;
  readonly #context: RunnerContext;
  readonly #knobs: RunnerKnobs;
  readonly #files: Files;
  readonly #secrets: Readonly<Record<string, string>>;
  readonly #gateway: string;

  /** Throws a RangeError that says what the plan lacks. */
  constructor(plan: Plan, context: RunnerContext) {
    this.#plan = plan;
    this.#context = context;
    this.#knobs = runnerKnobs(plan.knobs);
    this.#files = filesOf(plan.knobs);
    this.#gateway = firstWith(plan.topology, "gateway");
    firstWith(plan.topology, "store");
    this.#secrets = secretsOf(this.#files);
    for (const { id } of plan.topology) loadSettings(this.#files, environmentOf(plan.knobs, id));
  }

  /** What a host runs; undefined for a role that is none of these. */
  bootOf({ id, role }: HostSpec): Boot | undefined {
    const knobs = this.#knobs;
    const { broker, now } = this.#context;
    const settings = loadSettings(this.#files, environmentOf(this.#plan.knobs, id));
    const operations = this.#plan.workload.filter((operation) => operation.host === id);
    switch (role) {
      case "store":
        return startStore;
      case "gateway":
        return (host) => {
          const store = new Store(host, { name: GATEWAY_STORE });
          return new Gateway(host, store, broker(host), settings.spread).start();
        };
      case "runner":
        for (const effect of loadManifests(this.#files, settings).effects.values())
          resolveSecret(this.#secrets, effect);
        return (host) => this.#startNode(host, broker(host));
      case "client":
        return (host) => new Client(host, knobs, this.#gateway).start(due(operations, now()));
      case "producer":
        return (host) => new Producer(host, knobs, broker(host)).start(due(operations, now()));
      case "operator":
        return (host) =>
          new Operator(
            host,
            knobs,
            broker(host),
            settings,
            durabilityOf((defect) => host.defect(defect), knobs),
          ).start(due(operations, now()));
      default:
        return undefined;
    }
  }

  /** A process that an operator can drain and start again. */
  async #startNode(host: Host, broker: RunnerBroker): Promise<void> {
    const settings = settingsOn(host);
    const store = host.defect("NW3")
      ? await localStore(host)
      : new StoreClient(host, { store: settings.store, timeout: STORE_TIMEOUT });
    const durability = durabilityOf((defect) => host.defect(defect), this.#knobs);
    const secrets = this.#secrets;
    const node = new NodeProcess(host, { settings, files: this.#files, secrets, store, broker, durability });
    host.onRequest(ADMIN, (request) => node.answer(request));
    await node.start();
  }
}

/** Operations with the time that is left until each. */
const due = (operations: readonly Operation[], now: Micros): readonly Operation[] =>
  operations.map((operation) => ({ ...operation, at: Math.max(0, operation.at - now) }));

/** The settings of a node: those of the plan, or those that it was upgraded to. */
const settingsOn = (host: Host): Settings =>
  loadSettings(filesOf(host.knobs), environmentOf(host.knobs, host.id));

async function startStore(host: Host): Promise<void> {
  const store = new Store(host, { name: RUNNER_STORE });
  await store.open();
  serveStore(host, store);
}

/** @param hasDefect whether a planted defect is switched on. */
export const durabilityOf = (hasDefect: (id: string) => boolean, knobs: RunnerKnobs): Durability => ({
  replicas: knobs.streamReplicas,
  duplicateWindow: hasDefect("NW6") ? 1 : knobs.duplicateWindow,
  maxMessages: knobs.streamLimit,
});

/** Of the weakness `NW3`: what a node knows, its peers don't. */
async function localStore(host: Host): Promise<Store> {
  const store = new Store(host, { name: RUNNER_STORE });
  await store.open();
  return store;
}

function firstWith(topology: readonly HostSpec[], role: string): string {
  const host = topology.find((spec) => spec.role === role);
  if (host === undefined) throw new RangeError(`topology: the runner needs a host with the role "${role}"`);
  return host.id;
}

/** @param name of the file that has them. @throws SettingsError */
export function secretsOf(files: Files, name = "secrets.json"): Readonly<Record<string, string>> {
  const secrets = parseFile(files, name);
  if (
    typeof secrets === "object" &&
    secrets !== null &&
    Object.values(secrets).every((each) => typeof each === "string")
  )
    return secrets as Record<string, string>;
  throw new SettingsError(`${name}: expected texts by name`);
}
