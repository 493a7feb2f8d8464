import { describe, expect, it } from "vitest";
import type { Host } from "../../../src/index.js";
import {
  decodeEffectCommand,
  decodeEvent,
  encodeEvent,
  headersOf,
} from "../../../src/model/runner/envelope.js";
import { Keys, parseKey } from "../../../src/model/runner/keys.js";
import { workIdOf } from "../../../src/model/runner/records.js";
import { addressOf, subjectOf } from "../../../src/model/runner/subjects.js";
import { parseTraceparent } from "../../../src/model/runner/trace.js";

// keys ask their host for defects only
const keys = new Keys({ defect: () => false } as unknown as Host);
const TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

describe("keys", () => {
  it("are as documented, with a tenant that may be empty", () => {
    expect(keys.saga("acme", "fulfilment", "o-1")).toBe("saga:acme:fulfilment:o-1");
    expect(keys.saga("", "fulfilment", "o-1")).toBe("saga::fulfilment:o-1");
    expect(keys.checkpoint("acme", "fulfilment", "FACTS", "0.1")).toBe(
      "checkpoint:acme:fulfilment:FACTS:0.1",
    );
    expect(keys.outbox("acme", "effect", "w1")).toBe("outbox:acme:effect:w1");
    const timer = { tenant: "acme", saga: "closing", correlation: "o-1", due: 1_500, timer: "archive" };
    expect(keys.schedule(timer)).toBe("schedule:acme:closing:o-1:00000000000000001500:archive");
    expect(keys.dedupe("acme", "fulfilment", "e1")).toBe("dedupe:acme:fulfilment:e1");
    expect(keys.effect("acme", "c1")).toBe("dedupe:acme:effect:c1");
  });

  it("differ for different ids, whatever is in them", () => {
    expect(keys.saga("acme", "fulfilment", "fulfilment:o-1")).not.toBe(
      keys.saga("acme:fulfilment", "fulfilment", "o-1"),
    );
    expect(parseKey(keys.saga("a:b", "c%", "d"))).toEqual({ namespace: "saga", parts: ["a:b", "c%", "d"] });
  });
});

describe("envelopes", () => {
  const event = {
    tenantId: "acme",
    eventId: "e1",
    type: "order-placed",
    payload: { order: "o-1" },
    metadata: { correlationId: "o-1", traceparent: TRACE },
  };
  const headers = headersOf("acme", event.metadata);

  it("come back as they were, with their trace", () => {
    expect(decodeEvent(encodeEvent(event), headers, "acme")).toEqual(event);
  });

  it("may say more than is known", () => {
    const more = { ...(encodeEvent(event) as object), shade: "green", metadata: { planet: "mars" } };
    expect(decodeEvent(more, headers, "acme")).toEqual(event);
  });

  it.each([
    [42, "data: expected an object"],
    [{ ...(encodeEvent(event) as object), eventId: "" }, "data.eventId: expected a text"],
    [{ ...(encodeEvent(event) as object), payload: [] }, "data.payload: expected an object"],
    [
      { ...(encodeEvent(event) as object), tenantId: "beta" },
      'the message speaks for tenant "beta" on a subject of tenant "acme"',
    ],
  ])("are refused with their path: %j", (data, message) => {
    expect(() => decodeEvent(data, headers, "acme")).toThrow(message);
  });

  it("of commands need their correlation", () => {
    const command = { tenantId: "acme", commandId: "c", effectName: "charge", payload: {} };
    expect(() => decodeEffectCommand(command, {}, "acme")).toThrow("data.metadata: expected an object");
  });
});

describe("subjects", () => {
  const spread = { ranges: 4, lanes: 2 };

  it.each(["acme", "", "a.b", "a*>", "_", "ü:%", "acme:fulfilment"])("bring back tenant %j", (tenant) => {
    expect(addressOf(subjectOf("events", tenant, "o-1", "order.placed", spread))).toMatchObject({
      tenant,
      type: "order.placed",
    });
  });

  it.each(["events.0", "events.0.0.acme.x.y", "events.a.0.acme.x", "events.0.0.%zz.x"])(
    "that no runner makes are told: %s",
    (subject) => {
      expect(addressOf(subject)).toBeUndefined();
    },
  );
});

describe("trace context", () => {
  it.each([
    [TRACE, true],
    [`01${TRACE.slice(2)}-more`, true],
    [`${TRACE}-more`, false],
    [`ff${TRACE.slice(2)}`, false],
    [TRACE.replace("00f067aa0ba902b7", "0000000000000000"), false],
    [TRACE.toUpperCase(), false],
    [undefined, false],
  ])("is taken as the standard has it: %s", (header, isGood) => {
    expect(parseTraceparent(header) !== undefined).toBe(isGood);
  });
});

describe("work ids", () => {
  it("are the same for the same event, and differ by tenant, saga, event and place", () => {
    const ids = [
      workIdOf("a", "s", "e", 0),
      workIdOf("b", "s", "e", 0),
      workIdOf("a", "t", "e", 0),
      workIdOf("a", "s", "f", 0),
      workIdOf("a", "s", "e", 1),
    ];
    expect(new Set(ids).size).toBe(5);
    expect(workIdOf("a", "s", "e", 0)).toBe(ids[0]);
  });
});
