import { describe, expect, it } from "vitest";
import { answersAsWritten, commandsDecided } from "../../../src/model/runner/properties/aggregates.js";
import { infoIsTrue } from "../../../src/model/runner/properties/answers.js";
import { declaredAsSet } from "../../../src/model/runner/properties/declared.js";
import { effectRecordedTruly } from "../../../src/model/runner/properties/effects.js";
import { operatorsAnswered, replaysEnd } from "../../../src/model/runner/properties/operators.js";
import { plannedManifests, plannedSettings } from "../../../src/model/runner/properties/plan.js";
import { findScenario } from "../../../src/scenarios/index.js";
import type { Json } from "../../../src/sim/plan.js";
import { HistoryBuilder, judge } from "../../support/history-builder.js";

const knobs = findScenario("runner-calm")?.plan(1).knobs ?? {};

type Fields = { readonly [name: string]: Json };

/** A customer's command, and the gateway's transaction about it. */
class Shop extends HistoryBuilder {
  #txn = 0;

  constructor() {
    super({ knobs });
  }

  asked(command: string, id: string, payload: Fields, aggregate = "order"): this {
    const value = { tenant: "acme", aggregate, ...payload };
    this.client("call", command, `${command}-${id}`, JSON.stringify(["acme", id]), value);
    return this;
  }

  wrote(command: string, id: string, status: number, rows: Fields, reason?: string): this {
    const answer = { status, body: reason === undefined ? {} : { reason } };
    this.durable("gateway", "aggregates@gateway", ++this.#txn, {
      ...rows,
      [`command:acme:${command}-${id}`]: answer,
    });
    return this;
  }

  answered(phase: "ok" | "fail", command: string, id: string, value: Json): this {
    this.client(phase, command, `${command}-${id}`, JSON.stringify(["acme", id]), value);
    return this;
  }
}

const event = (type: string, payload: Fields, tenantId = "acme"): Json => ({ tenantId, type, payload });
const placed = { status: "placed", cents: 5 };

/** An order that is there. */
const shopWithOrder = (): Shop =>
  new Shop().asked("place", "o-1", { cents: 5 }).wrote("place", "o-1", 200, {
    "aggregate:acme:order:o-1": placed,
    "event:1": event("order-placed", { order: "o-1", cents: 5 }),
  });

describe("what aggregates make of commands", () => {
  const complaints = (shop: Shop): number => judge(commandsDecided, shop).violations.length;

  it("is as their rules say", () => {
    const shop = shopWithOrder()
      .asked("place", "o-1", { cents: 5 })
      .asked("cancel", "o-1", {})
      .wrote("cancel", "o-1", 200, {
        "aggregate:acme:order:o-1": { ...placed, status: "cancelling" },
        "event:2": event("order-cancelled", { order: "o-1" }),
      })
      .asked("survey", "o-1", {})
      .wrote("survey", "o-1", 422, {}, "order-is-cancelling");
    expect(complaints(shop)).toBe(0);
  });

  it.each<[string, number, Fields, string | undefined]>([
    [
      "a note on an order that is not completed",
      200,
      { "aggregate:acme:order:o-1": { ...placed, survey: true } },
      undefined,
    ],
    ["a refusal for another reason", 422, {}, "order-is-completed"],
    [
      "a refusal that changes the order",
      422,
      { "aggregate:acme:order:o-1": { ...placed, cents: 6 } },
      "order-is-placed",
    ],
    [
      "a refusal that is published",
      422,
      { "event:2": event("order-completed", { order: "o-1" }) },
      "order-is-placed",
    ],
  ])("is not %s", (_, status, rows, reason) => {
    const shop = shopWithOrder().asked("survey", "o-1", {}).wrote("survey", "o-1", status, rows, reason);
    expect(complaints(shop)).toBe(1);
  });

  it("is no event of another tenant", () => {
    const shop = shopWithOrder()
      .asked("cancel", "o-1", {})
      .wrote("cancel", "o-1", 200, {
        "aggregate:acme:order:o-1": { ...placed, status: "cancelling" },
        "event:2": event("order-cancelled", { order: "o-1" }, "beta"),
      });
    expect(complaints(shop)).toBe(1);
  });

  it.each<[string, number, string | undefined, number]>([
    ["of what there is", 2, undefined, 0],
    ["of more than there is", 4, undefined, 1],
    ["of more than there is, and is refused", 4, "out-of-stock", 0],
    ["of what there is, and is refused", 2, "out-of-stock", 1],
  ])("is a reservation %s", (_, quantity, reason, expected) => {
    const own = "aggregate:acme:stock:item-1";
    const shop = new Shop()
      .asked("stock", "item-1", { quantity: 3 }, "stock")
      .wrote("stock", "item-1", 200, { [own]: { available: 3, reserved: {} } })
      .asked("reserve", "item-1", { order: "o-1", quantity }, "stock");
    const rows = {
      [own]: { available: 3 - quantity, reserved: { "o-1": quantity } },
      "event:1": event("stock-reserved", { item: "item-1", order: "o-1" }),
    };
    if (reason === undefined) shop.wrote("reserve", "item-1", 200, rows);
    else shop.wrote("reserve", "item-1", 422, {}, reason);
    expect(complaints(shop)).toBe(expected);
  });
});

describe("what a customer is answered", () => {
  it.each<["ok" | "fail", Json, number]>([
    ["ok", { status: 200 }, 0],
    ["ok", { status: 201 }, 1],
    ["fail", { status: 422, reason: "order-exists" }, 1],
    ["fail", { status: 200 }, 1],
  ])("is what was written down: %s %j", (phase, value, expected) => {
    const shop = shopWithOrder().answered(phase, "place", "o-1", value);
    expect(judge(answersAsWritten, shop).violations).toHaveLength(expected);
  });
});

describe("what an operator is answered", () => {
  const replay = {
    node: "runner-1",
    tenant: "acme",
    saga: "fulfilment",
    stream: "events",
    after: 0,
    all: true,
  };
  const good = {
    "sagas.yaml": "sagas: [{ name: s, onEvent: p, compensation: { program: p } }]",
    "effects.toml": "effects = []",
    "programs.json": '{ "programs": [{ "name": "p" }] }',
  };
  const bad = { ...good, "programs.json": '{ "programs": [] }' };
  const reload = (files: Json): Json => ({ node: "runner-1", path: "/admin/reload", body: files });

  const accident = { ...replay, intent: " " };
  const heldUp = { ...replay, intent: "held up" };
  const answer = (status: number, reason?: string): Json => ({
    status,
    body: reason === undefined ? {} : { reason },
  });
  const noProgram = answer(422, 'there is no program "p"');

  it.each<[string, "ok" | "fail" | "info", number, string, Json, Json]>([
    ["a replay", "ok", 0, "replay", heldUp, answer(202)],
    ["a replay", "fail", 1, "replay", heldUp, answer(503)],
    ["a replay", "info", 1, "replay", heldUp, null],
    ["an accident", "ok", 1, "replay", accident, answer(202)],
    ["an accident", "fail", 0, "replay", accident, answer(409, "say what it is for")],
    ["an accident", "fail", 1, "replay", accident, answer(409, 'there is no saga "x"')],
    ["a good reload", "ok", 0, "ask", reload(good), answer(200)],
    ["a good reload", "fail", 1, "ask", reload(good), noProgram],
    ["a bad reload", "fail", 0, "ask", reload(bad), noProgram],
    ["a bad reload", "ok", 1, "ask", reload(bad), answer(200)],
  ])("to %s: %s, %i complaints", (_, phase, expected, action, body, value) => {
    const workload = [{ id: "q-1", at: 0, host: "operator", action, body }];
    const story = new HistoryBuilder({ knobs, workload, healAt: 1_000_000 }).at(30);
    story.client("call", action, "q-1", "runner-1");
    story.client(phase, action, "q-1", "runner-1", value);
    expect(judge(operatorsAnswered, story).violations).toHaveLength(expected);
  });

  it.each([
    [true, 0],
    [false, 1],
  ])("is a replay that ends: %s", (ends, expected) => {
    const story = new HistoryBuilder({ knobs, healAt: 1_000_000, duration: 40_000_000 }).at(2);
    const row = { tenant: "acme", saga: "fulfilment", intent: "held up", after: 0, upTo: 9 };
    story.durable("store", "runner@store", 1, { "replay:acme:fulfilment:events": row });
    if (ends) story.durable("store", "runner@store", 2, { "replay:acme:fulfilment:events": null });
    expect(judge(replaysEnd, story).violations).toHaveLength(expected);
  });

  it.each([
    ["AGGREGATE_EVENTS", 0],
    ["EVENTS", 1],
  ])("is that the stream of events is %s", (events, expected) => {
    const story = new HistoryBuilder({ knobs });
    story.state("runner-1", "node", "runner-1", "starting", "ready", {});
    story.client("call", "/info", "q-1", "runner-1");
    const body = {
      mode: "combined",
      shard: "",
      phase: "ready",
      streams: { events, commands: "WORKFLOW_COMMANDS", facts: "WORKFLOW_EVENTS" },
      consumers: { prefix: "runner", group: "runners" },
      sagas: ["fulfilment", "closing"],
      effects: ["charge", "refund", "ship", "unship"],
    };
    story.client("ok", "/info", "q-1", "runner-1", { status: 200, body });
    expect(judge(infoIsTrue, story).violations).toHaveLength(expected);
  });
});

describe("what a plan sets its nodes to", () => {
  it("is what their file says, under the environment of all and of the host", () => {
    const plan = {
      "environment/*": "# all\nRUNNER_CONSUMERS_ACK_WAIT=700\nRUNNER_CREATE_MISSING=false",
      "environment/runner-2": "RUNNER_CONSUMERS_ACK_WAIT=800\nRUNNER_BROKERS=a, b\nRUNNER_SHARD=7",
    };
    const { consumers, createMissing, relay } = plannedSettings(plan);
    expect([consumers.ackWait, consumers.maxDeliver, createMissing, relay.tries]).toEqual([
      700,
      5,
      false,
      40,
    ]);
    const own = plannedSettings(plan, "runner-2");
    expect([own.consumers.ackWait, own.brokers, own.shard]).toEqual([800, ["a", "b"], "7"]);
  });

  it("is the default where nobody says anything", () => {
    const plan = {
      "environment/*": "RUNNER_CONFIG=own.toml",
      "file/own.toml": 'mode = "saga"\n[spread]\nparts = 3',
    };
    const { mode, spread, drainTimeout, effects } = plannedSettings(plan);
    expect([mode, spread, drainTimeout]).toEqual(["saga", { ranges: 1, lanes: 16, parts: 3 }, 25_000]);
    expect(effects.breaker.probes).toBe(3);
  });

  it("has the manifests that it names", () => {
    const { sagas, effects, programs } = plannedManifests({});
    expect(sagas.map(({ name }) => name)).toEqual(["fulfilment", "closing"]);
    expect(effects).toHaveLength(4);
    expect(programs).toHaveLength(3);
  });
});

describe("what nodes declare", () => {
  const stream = {
    name: "AGGREGATE_EVENTS",
    subjects: ["events.>"],
    retention: "limits",
    replicas: 3,
    storage: "file",
    duplicateWindow: 120_000_000,
  };
  const limited = { ...stream, maxMessages: 18, discard: "new" };
  const lane = {
    name: "runner-saga-0-1",
    mode: "push",
    deliverGroup: "runners",
    filters: ["events.0.1.>"],
    ackWait: 2_000_000,
    maxDeliver: 5,
    maxAckPending: 1,
  };
  const laneKey = "AGGREGATE_EVENTS/c/runner-saga-0-1";

  it.each<[string, string, Fields, number, number]>([
    ["a stream", "AGGREGATE_EVENTS", stream, 0, 0],
    ["one that keeps ids for less long", "AGGREGATE_EVENTS", { ...stream, duplicateWindow: 1 }, 0, 1],
    ["one with a limit", "AGGREGATE_EVENTS", limited, 18, 0],
    ["one without its limit", "AGGREGATE_EVENTS", stream, 18, 1],
    ["one that discards what is old", "AGGREGATE_EVENTS", { ...limited, discard: "old" }, 18, 1],
    ["one that an operator made larger", "AGGREGATE_EVENTS", { ...limited, maxMessages: 99 }, 18, 0],
    ["a lane", laneKey, lane, 0, 0],
    ["one with another wait", laneKey, { ...lane, ackWait: 2_000 }, 0, 1],
    ["one that may be tried without end", laneKey, { ...lane, maxDeliver: null }, 0, 1],
    ["one of another subject", laneKey, { ...lane, filters: ["events.0.>"] }, 0, 1],
    ["somebody else's consumer", "AGGREGATE_EVENTS/c/other", { ...lane, ackWait: 1 }, 0, 0],
  ])("is %s", (_, key, config, streamLimit, expected) => {
    const workload = [{ id: "e", at: 0, host: "operator", action: "enlarge", body: { messages: 99 } }];
    const story = new HistoryBuilder({ knobs: { ...knobs, streamLimit }, workload });
    story.applied("broker-1", "broker", 1, { [key]: { config, instance: "1.1" } });
    expect(judge(declaredAsSet, story).violations).toHaveLength(expected);
  });

  it.each([
    [99, 0],
    [18, 2],
  ])("takes %i messages when an operator was told that it takes 99", (maxMessages, expected) => {
    const workload = [{ id: "e", at: 0, host: "operator", action: "enlarge", body: { messages: 99 } }];
    const story = new HistoryBuilder({ knobs: { ...knobs, streamLimit: 18 }, workload });
    const of = (name: string, subject: string, retention: string): Fields => ({
      [name]: { config: { ...limited, name, subjects: [subject], retention, maxMessages: 99 } },
    });
    story.applied("broker-1", "broker", 1, {
      ...of("WORKFLOW_COMMANDS", "commands.>", "work-queue"),
      ...(maxMessages === 99 ? of("WORKFLOW_EVENTS", "workflow.>", "limits") : {}),
      AGGREGATE_EVENTS: { config: { ...limited, maxMessages } },
    });
    story.client("ok", "enlarge-streams", "e", "99", { status: 200, body: { messages: 99 } });
    expect(judge(declaredAsSet, story).violations).toHaveLength(expected);
  });
});

describe("what is recorded of an effect", () => {
  const value = { order: "acme/o-1", operation: "charge", command: "w1", tenant: "acme" };

  it.each<[string, string, Json, boolean, number]>([
    ["done, as it was", "charged", value, true, 0],
    ["done, and was not", "charged", value, false, 1],
    ["done for another order", "charged", { ...value, order: "acme/o-2" }, true, 1],
    ["another thing", "shipped", value, true, 1],
    ["declined, as it was", "declined", { reason: "declined" }, false, 0],
    ["declined for another reason", "declined", { reason: "unreachable" }, false, 1],
    ["declined, and was done", "declined", { reason: "declined" }, true, 1],
    ["unknown", "failed", {}, true, 0],
    ["unknown, with an answer", "failed", value, true, 1],
  ])("is %s", (_, resultType, payload, isApplied, expected) => {
    const story = new HistoryBuilder({ knobs });
    const call = { kind: "external", service: "payments", operation: "charge", token: "acme:w1" } as const;
    story.add("runner-1", { ...call, phase: "attempt", value: { command: "w1", tenant: "acme" } });
    if (isApplied) story.add("external/payments", { ...call, phase: "applied", value });
    else story.add("runner-1", { ...call, phase: "reply", value: { error: "declined" } });
    const record = { phase: "done", round: 1, resultType, payload, timestamp: 0 };
    story.durable("store", "runner@store", 1, { "dedupe:acme:effect:w1": record });
    expect(judge(effectRecordedTruly, story).violations).toHaveLength(expected);
  });
});
