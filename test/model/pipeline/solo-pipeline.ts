/**
 * The pipeline's roles over resources that never fail: one replica host with groups of one. What goes wrong in
 * these universes goes wrong in gateways, workers, shops and services outside.
 */
import { Gateway } from "../../../src/model/pipeline/gateway.js";
import { type PipelineKnobs, pipelineKnobs } from "../../../src/model/pipeline/knobs.js";
import { Maintenance } from "../../../src/model/pipeline/maintenance.js";
import { PAYMENTS, PaymentService } from "../../../src/model/pipeline/payments.js";
import { Shop, ShopLedger } from "../../../src/model/pipeline/shop.js";
import { Worker } from "../../../src/model/pipeline/worker.js";
import { ResourceClient } from "../../../src/model/resources/client.js";
import { ObjectStore, objectStore } from "../../../src/model/resources/objects.js";
import type { Fault } from "../../../src/sim/faults/catalogue.js";
import type { FactKind, HistoryEvent } from "../../../src/sim/history.js";
import type { Host } from "../../../src/sim/host.js";
import type { HostSpec, Json, KnobValue, Operation } from "../../../src/sim/plan.js";
import { SECOND, seconds } from "../../../src/sim/time.js";
import type { World } from "../../../src/sim/world.js";
import { universe } from "../../support/universe.js";
import { soloResources } from "../resources/solo-resources.js";

const PROVIDERS = ["aws", "gcp"];

export interface SoloOptions {
  /** Webhook bodies, delivered by the shop one every 100 ms from 2 s on. */
  readonly webhooks?: readonly Json[];
  readonly faults?: readonly Fault[];
  readonly defects?: readonly string[];
  readonly knobs?: Readonly<Record<string, KnobValue>>;
  readonly placement?: readonly string[];
  readonly seed?: number;
  /** Runs on a host of its own, `script`, from the beginning. */
  readonly script?: (resources: ResourceClient, host: Host, knobs: PipelineKnobs) => Promise<void>;
}

const spec = (id: string, provider: string): HostSpec => ({
  id,
  domain: { provider, region: "central" },
  role: "",
});

/** Hosts: `replica`, `gateway`, `worker-aws`, `worker-gcp`, `keeper-1`, `keeper-2`, `shop`, `script`. */
export function soloPipeline(options: SoloOptions): World {
  const world = universe({
    hosts: [
      spec("replica", "aws"),
      spec("gateway", "aws"),
      spec("worker-aws", "aws"),
      spec("worker-gcp", "gcp"),
      spec("keeper-1", "aws"),
      spec("keeper-2", "gcp"),
      spec("shop", "internet"),
      spec("script", "internet"),
    ],
    faults: options.faults ?? [],
    defects: options.defects ?? [],
    seed: options.seed ?? 1,
    duration: 60 * SECOND,
  });
  const knobs = pipelineKnobs({ maxDeliver: 3, ...options.knobs });
  const client = (host: Host) =>
    new ResourceClient(host, {
      replicas: ["replica"],
      timeout: knobs.operationTimeout,
      attemptTimeout: knobs.attemptTimeout,
    });
  const books = new ShopLedger(
    (options.webhooks ?? []).map(
      (body, i): Operation => ({
        id: `op-${i + 1}`,
        at: seconds(2) + i * 100_000,
        host: "shop",
        action: "deliver",
        body,
      }),
    ),
  );
  world.addExternal(PAYMENTS, { create: () => new PaymentService() });
  for (const provider of PROVIDERS)
    world.addExternal(objectStore(provider), { create: () => new ObjectStore() });
  world.onBoot("replica", (host) => void soloResources(host));
  world.onBoot("gateway", (host) => new Gateway(host, client(host), knobs).start());
  for (const id of ["worker-aws", "worker-gcp"]) {
    world.onBoot(id, (host) => new Worker(host, client(host), knobs).start());
  }
  const maintenance = { placement: options.placement ?? PROVIDERS, providers: PROVIDERS };
  for (const id of ["keeper-1", "keeper-2"]) {
    world.onBoot(id, (host) => new Maintenance(host, client(host), knobs, maintenance).start());
  }
  world.onBoot("shop", (host) => new Shop(host, knobs, ["gateway"], books).start(world.now));
  const { script } = options;
  if (script !== undefined) world.onBoot("script", (host) => script(client(host), host, knobs));
  return world;
}

/** Runs it to its end; what failed in it fails the test. */
export async function finished(world: World): Promise<History> {
  await world.run();
  if (world.failure !== undefined) throw world.failure.error;
  return new History(world);
}

/** A history that tests ask. */
export class History {
  constructor(readonly world: World) {}

  of<K extends FactKind>(kind: K): (HistoryEvent & { readonly kind: K })[] {
    return this.world.history.events.filter((event) => event.kind === kind) as (HistoryEvent & {
      readonly kind: K;
    })[]; // filtered by kind
  }

  /** What shops were told, in order: `ok`, `fail` or `info`, with the value. */
  answers(key: string): { readonly phase: string; readonly value: Json }[] {
    return this.of("client")
      .filter((event) => event.operation === "accept" && event.key === key && event.phase !== "call")
      .map(({ phase, value }) => ({ phase, value }));
  }

  /** Committed writes to keys that begin so, in order. */
  writes(prefix: string): { readonly key: string; readonly value: Json }[] {
    return this.of("durable")
      .flatMap(({ writes }) => writes)
      .filter(({ key }) => key.startsWith(prefix));
  }

  /** Tokens of the captures that the payment service applied. */
  captures(): string[] {
    return this.of("external")
      .filter(({ service, phase }) => service === PAYMENTS && phase === "applied")
      .map(({ token }) => token);
  }

  reached(goal: string): boolean {
    return this.world.goals.has(goal);
  }
}

export const webhook = (
  n: number,
  change: { readonly [key: string]: Json } = {},
): { readonly [key: string]: Json } => ({
  deliveryId: `delivery-${n}`,
  orderId: `order-${n}`,
  cents: 4_200,
  currency: "USD",
  ...change,
});
