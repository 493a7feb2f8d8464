/**
 * The runner, put together: which part boots on which host.
 *
 * Roles of hosts: `broker` (one or three), `store` and `gateway` (one each), `runner`, `client`, `producer`, `operator`.
 * Payments and the carrier stand outside. A plan whose files or environments are no good is refused as a whole.
 */
import { type Host, type HostSpec, type Micros, type Plan, SECOND, type World } from "seedstorm";
import type { Broker } from "../broker/client-api.js";
import { StoreClient, serveStore } from "../storage/service.js";
import { Store } from "../storage/store.js";
import { CARRIER, PAYMENTS } from "./business/files.js";
import { Client } from "./client.js";
import type { NodeContext } from "./context.js";
import { Gateway } from "./gateway.js";
import { GOALS } from "./goals.js";
import { Keys } from "./keys.js";
import { environmentOf, filesOf, type RunnerKnobs, runnerKnobs } from "./knobs.js";
import { Log } from "./log.js";
import { loadManifests, resolveSecret } from "./manifest.js";
import { Meters } from "./meters.js";
import { RunnerNode } from "./node.js";
import { Operator } from "./operator.js";
import { Producer } from "./producer.js";
import { carrier, payments } from "./providers.js";
import { type Files, loadSettings, parseFile, type Settings, SettingsError } from "./settings.js";
import { GATEWAY_STORE, RUNNER_STORE } from "./store-names.js";
import { type Durability, declareAll } from "./topology.js";
import { ADMIN } from "./wire.js";

/** How long a node waits for its store before it tries anew. */
const STORE_TIMEOUT: Micros = 2 * SECOND;

/** How brokers boot and how others reach them. */
export interface BrokerService {
  boot(host: Host, brokers: readonly string[]): void | Promise<void>;
  client(host: Host, brokers: readonly string[]): Broker;
}

/** Brings the runner to life in a world made for this plan. Throws a RangeError that says what the plan lacks. */
export function buildRunner(world: World, plan: Plan, service: BrokerService): void {
  const knobs = runnerKnobs(plan.knobs);
  const files = filesOf(plan.knobs);
  const brokers = plan.topology.filter(({ role }) => role === "broker").map(({ id }) => id);
  if (brokers.length === 0) throw new RangeError('topology: the runner needs a host with the role "broker"');
  const gateway = firstWith(plan.topology, "gateway");
  firstWith(plan.topology, "store");
  const secrets = secretsOf(files);
  world.addExternal(PAYMENTS, { create: payments });
  world.addExternal(CARRIER, { create: carrier });
  for (const { id, role } of plan.topology) {
    const settings = loadSettings(files, environmentOf(plan.knobs, id));
    if (role === "runner") {
      for (const effect of loadManifests(files, settings).effects.values()) resolveSecret(secrets, effect);
    }
    const operations = plan.workload.filter((operation) => operation.host === id);
    world.onBoot(id, (host) => {
      switch (role) {
        case "broker":
          return service.boot(host, brokers);
        case "store":
          return startStore(host);
        case "gateway": {
          const store = new Store(host, { name: GATEWAY_STORE });
          return new Gateway(host, store, service.client(host, brokers), settings.spread).start();
        }
        case "runner":
          return startNode(host, knobs, settingsOn(host), files, secrets, service.client(host, brokers));
        case "client":
          return new Client(host, knobs, gateway).start(operations);
        case "producer":
          return new Producer(host, knobs, service.client(host, brokers)).start(operations);
        case "operator":
          return new Operator(
            host,
            knobs,
            service.client(host, brokers),
            settings,
            durabilityOf(host, knobs),
          ).start(operations);
      }
    });
  }
}

/** The settings of a node: those of the plan, or those that it was upgraded to. */
const settingsOn = (host: Host): Settings =>
  loadSettings(filesOf(host.knobs), environmentOf(host.knobs, host.id));

async function startStore(host: Host): Promise<void> {
  const store = new Store(host, { name: RUNNER_STORE });
  await store.open();
  serveStore(host, store);
}

/** A process that an operator can drain and start again. */
async function startNode(
  host: Host,
  knobs: RunnerKnobs,
  settings: Settings,
  files: Files,
  secrets: Readonly<Record<string, string>>,
  broker: Broker,
): Promise<void> {
  const store = host.defect("NW3")
    ? await localStore(host)
    : new StoreClient(host, { store: settings.store, timeout: STORE_TIMEOUT });
  let lives = 0;
  const context = (): NodeContext => ({
    host,
    life: `${host.id}/${host.incarnation}.${++lives}`,
    settings,
    store,
    broker,
    keys: new Keys(host),
    meters: new Meters(),
    log: new Log(host),
    secrets,
  });
  let node = new RunnerNode(context(), files);
  host.onRequest(ADMIN, (request) => {
    if (request.path !== "/admin/start") return node.answer(request);
    if (node.phase !== "drained") return { status: 409, body: { phase: node.phase } };
    host.reached(GOALS.restarted);
    node = new RunnerNode(context(), files);
    node.start();
    return { status: 200, body: {} };
  });
  if (settings.createMissing)
    await declareAll(broker, settings, durabilityOf(host, knobs), () => host.sleep(200_000));
  node.start();
}

const durabilityOf = (host: Host, knobs: RunnerKnobs): Durability => ({
  replicas: knobs.streamReplicas,
  duplicateWindow: host.defect("NW6") ? 1 : knobs.duplicateWindow,
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

function secretsOf(files: Files): Readonly<Record<string, string>> {
  const secrets = parseFile(files, "secrets.json");
  if (
    typeof secrets === "object" &&
    secrets !== null &&
    Object.values(secrets).every((each) => typeof each === "string")
  )
    return secrets as Record<string, string>;
  throw new SettingsError("secrets.json: expected texts by name");
}
