/** Assertions of the runner: each fires as soon as what it stands for is broken, and no handler of a message takes it for its own. */
import { describe, expect, it } from "vitest";
import type { Delivery } from "../../../src/model/broker/api.js";
import { DEFAULT_FILES } from "../../../src/model/runner/business/files.js";
import { backoff, type NodeContext } from "../../../src/model/runner/context.js";
import { putEffect } from "../../../src/model/runner/effect-gate.js";
import { EffectWorker } from "../../../src/model/runner/effect-worker.js";
import {
  encodeEffectCommand,
  encodeEvent,
  HEADERS,
  headersOf,
  type Metadata,
} from "../../../src/model/runner/envelope.js";
import { Keys } from "../../../src/model/runner/keys.js";
import { Log } from "../../../src/model/runner/log.js";
import { loadManifests } from "../../../src/model/runner/manifest.js";
import { Meters } from "../../../src/model/runner/meters.js";
import { RunnerNode } from "../../../src/model/runner/node.js";
import { type Ownership, putLease } from "../../../src/model/runner/ownership.js";
import type { EffectRecord, LeaseRecord } from "../../../src/model/runner/records.js";
import { Relay } from "../../../src/model/runner/relay.js";
import { SagaWorker } from "../../../src/model/runner/saga-worker.js";
import { loadSettings } from "../../../src/model/runner/settings.js";
import { subjectOf } from "../../../src/model/runner/subjects.js";
import { transition } from "../../../src/model/runner/transition.js";
import { SUBMIT } from "../../../src/model/runner/wire.js";
import type { Transaction } from "../../../src/model/storage/transaction.js";
import type { Host } from "../../../src/sim/host.js";
import type { Json } from "../../../src/sim/plan.js";
import { universe } from "../../support/universe.js";
import { failureOn } from "../actors/on-host.js";

const settings = loadSettings(DEFAULT_FILES, {});
const manifests = loadManifests(DEFAULT_FILES, settings);
const metadata: Metadata = { correlationId: "o1", traceparent: "" };

/** A store in which every key has this value. */
const transactionOf = (value?: unknown): Transaction => ({
  get: async () => value as Json | undefined,
  scanPrefix: async (prefix) =>
    prefix === "outbox:" ? [{ key: "k", value: value as Json, version: 1 }] : [],
  scanDue: async () => [],
  put: () => {},
  delete: () => {},
  commit: async () => ({ status: "committed", txn: 1 }),
});

/** A node's parts, with a store and a broker that do as the test says. */
function contextOf(host: Host, value: unknown, broker: Partial<NodeContext["broker"]>): NodeContext {
  return {
    host,
    life: "a/1.1",
    settings,
    store: { begin: () => transactionOf(value) },
    broker: broker as NodeContext["broker"], // the test calls nothing else
    keys: new Keys(host),
    meters: new Meters(),
    log: new Log(host),
    secrets: {},
  };
}

const deliveryOf = (subject: string, data: Json, headers: Readonly<Record<string, string>>): Delivery => {
  const answer = async () => ({ status: "ok", value: undefined }) as const;
  return {
    stream: "S",
    sequence: 1,
    subject,
    headers,
    data,
    publishedAt: 0,
    consumer: "c",
    deliveryCount: 1,
    pending: 0,
    ack: answer,
    nak: answer,
    inProgress: answer,
    term: answer,
  };
};

describe("an assertion of a part's lease fires when", () => {
  const lease: LeaseRecord = { holder: "a", epoch: 2, heartbeat: 3, time: 10, wanted: "" };

  it.each<[string, Partial<LeaseRecord>, string]>([
    ["its epoch goes back", { epoch: 1 }, "the epoch of a part only grows"],
    ["its time goes back", { time: 9 }, "the time of a part never goes back"],
    ["somebody takes it over within an epoch", { holder: "b" }, "whoever takes a part over begins an epoch"],
  ])("%s", (_, change, message) => {
    expect(() => putLease(transactionOf(), "lease:0", lease, { ...lease, ...change })).toThrow(message);
  });

  it("it begins before the first epoch", () => {
    expect(() => putLease(transactionOf(), "lease:0", undefined, { ...lease, epoch: 0 })).toThrow(
      "only grows",
    );
  });
});

describe("an assertion of an effect's record fires when", () => {
  const waiting: EffectRecord = { phase: "waiting", round: 3, tries: 2 };
  const done: EffectRecord = { phase: "done", round: 3, resultType: "charged", payload: {}, timestamp: 0 };

  it("an effect that has ended changes", () => {
    expect(() => putEffect(transactionOf(), "k", done, done)).toThrow(
      "how an effect has ended never changes",
    );
  });

  it("a round comes again", () => {
    expect(() => putEffect(transactionOf(), "k", waiting, { ...waiting, round: 2 })).toThrow(
      "the rounds of a command only go up",
    );
  });
});

describe("an assertion of the relay fires when", () => {
  /** Dispatches one command, which the gateway refuses; meanwhile the item changes. */
  async function dispatched(change: { readonly tenant?: string; readonly kind?: string }): Promise<string> {
    const world = universe({ hosts: ["a", "gateway"] });
    const item = {
      kind: "command",
      body: { aggregate: "order", id: "o1", command: "cancel", payload: {} },
      workId: "w1",
      tenant: "acme",
      saga: "s",
      metadata,
      eventId: "e1",
      ordinal: 0,
      part: 0,
      tries: 0,
    };
    world.onBoot("gateway", (host) =>
      host.onRequest(SUBMIT, () => {
        Object.assign(item, change);
        return { status: 422, body: {} };
      }),
    );
    world.onBoot("a", async (host) => {
      const ownership = { parts: [0] } as unknown as Ownership; // the relay asks for nothing else
      await new Relay(contextOf(host, item, {}), ownership).pass();
    });
    await world.run();
    return String(world.failure?.error ?? "");
  }

  it("a dispatch ends that was not counted for its tenant", async () => {
    expect(await dispatched({ tenant: "other" })).toBe(
      "BrokenInvariant: a dispatch that ends was counted when it began",
    );
  });

  it("what goes to the broker is given up", async () => {
    expect(await dispatched({ kind: "effect" })).toBe(
      "BrokenInvariant: what goes to the broker is never given up",
    );
  });

  it("a pause comes before the first try", () => {
    expect(() => backoff(1, 10, 0)).toThrow("a pause comes after a try");
  });
});

describe("an assertion of a node fires when", () => {
  const saga = manifests.sagas[0];
  const type = saga?.triggers.find(({ stream }) => stream === "events")?.types[0] ?? "";
  const event = { tenantId: "acme", eventId: "e1", type, payload: {}, metadata };

  it("a checkpoint would pass an event that is not processed", async () => {
    const failure = await failureOn(async (host) => {
      if (saga === undefined) throw new Error("there is no saga");
      const position = { stream: "S", lane: "0.0", sequence: 4, watermark: 5, by: "delivery" } as const;
      await transition(contextOf(host, undefined, {}), manifests, saga, event, position);
    });
    expect(failure).toBe("BrokenInvariant: a checkpoint passes no event that is not processed");
  });

  it("it begins twice", async () => {
    const failure = await failureOn((host) => {
      const never = () => new Promise<never>(() => {});
      const context = contextOf(host, undefined, { pull: never, subscribe: () => ({ stop: () => {} }) });
      const node = new RunnerNode(context, DEFAULT_FILES);
      node.start();
      node.start();
    });
    expect(failure).toBe("BrokenInvariant: a node passes through its phases in their order");
  });

  it("a saga's handler breaks it, which ends the run and not the handler alone", async () => {
    const subject = subjectOf("events", "acme", metadata.correlationId, type, settings.spread);
    const failure = await failureOn((host) => {
      let reads = 0;
      const changing = Object.defineProperty(
        deliveryOf(subject, encodeEvent(event), headersOf("acme", metadata)),
        "sequence",
        { get: () => ++reads },
      );
      const subscribe: NodeContext["broker"]["subscribe"] = (_stream, _consumer, onDelivery) => {
        host.after(1, () => onDelivery(changing));
        return { stop: () => {} };
      };
      new SagaWorker(contextOf(host, undefined, { subscribe }), () => manifests).serve(new Set([0]));
    });
    expect(failure).toBe("BrokenInvariant: a checkpoint passes no event that is not processed");
  });

  it("an effect's handler breaks it, which ends the run and not the handler alone", async () => {
    const [effectName = ""] = manifests.effects.keys();
    const command = { tenantId: "acme", commandId: "w1", effectName, payload: {}, metadata };
    const headers = {
      ...headersOf("acme", metadata),
      [HEADERS.command]: "w1",
      [HEADERS.effect]: effectName,
    };
    const subject = subjectOf("commands", "acme", metadata.correlationId, effectName, settings.spread);
    const failure = await failureOn((host) => {
      let reads = 0;
      const record = {
        get phase() {
          return reads++ === 0 ? "waiting" : "done";
        },
        round: 1,
        tries: 0,
      };
      const delivery = deliveryOf(subject, encodeEffectCommand(command), headers);
      const pull: NodeContext["broker"]["pull"] = async () => ({ status: "ok", value: [delivery] });
      const worker = new EffectWorker(contextOf(host, record, { pull }), () => manifests);
      worker.serve(new Set([0]));
    });
    expect(failure).toBe("BrokenInvariant: how an effect has ended never changes");
  });
});
