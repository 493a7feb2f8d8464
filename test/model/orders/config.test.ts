import { describe, expect, it } from "vitest";
import { duration, loadConfig, type OrdersConfig } from "../../../src/model/orders/config.js";
import { DIFFERENCES, PRESETS } from "../../../src/model/orders/presets.js";
import { MINUTE, SECOND } from "../../../src/sim/time.js";

const loaded = (toml: string): OrdersConfig => {
  const result = loadConfig(toml);
  if (!result.ok) throw new Error(result.message);
  return result.config;
};
const complaint = (toml: string): string => {
  const result = loadConfig(toml);
  return result.ok ? "nothing" : result.message;
};

describe("the configuration", () => {
  it("has the design's values in `source`", () => {
    const { order, payment, registry } = loaded(PRESETS.source).services;
    expect(order.pool).toMatchObject({ min_size: 5, max_size: 50, initial_size: 10, cooldown: "2min" });
    expect(order.channel).toMatchObject({ capacity: 1000, send_timeout: "5s" });
    expect(payment.circuit_breaker).toMatchObject({ failure_threshold: 50, timeout: "30s" });
    expect(registry.ttl).toBe("60s");
  });

  it("is refused as a whole, with the path of what is wrong and what was expected", () => {
    const change = (from: string, to: string) => complaint(PRESETS.tuned.replace(from, to));
    expect(change("capacity = 1000", "capacity = 0")).toBe(
      "services.order.channel.capacity: expected a whole number from 1 to 1000000, got 0",
    );
    expect(change('ttl = "6s"', "ttl = 6")).toContain("services.registry.ttl: expected a time with its unit");
    expect(change("capacity = 1000", "capacity = 1000\ncapacitee = 1")).toContain('did you mean "capacity"?');
    expect(change("initial_size = 250", "initial_size = 100")).toContain("services.order.pool");
    expect(complaint("[services.order")).toMatch(/^line \d+: /);
    expect(complaint("")).toContain("is missing");
  });

  it("reads times with their units", () => {
    expect([duration("10s"), duration("2min"), duration("250ms")]).toEqual([
      10 * SECOND,
      2 * MINUTE,
      SECOND / 4,
    ]);
  });

  it("has `tuned` as `source` with some values changed, each of them for a reason and to another one", () => {
    const flat = (value: unknown, path: string): (readonly [string, unknown])[] =>
      typeof value !== "object" || value === null
        ? [[path, value]]
        : Object.entries(value).flatMap(([key, inner]) => flat(inner, `${path}.${key}`));
    const before = new Map(flat(loaded(PRESETS.source), ""));
    const differing = flat(loaded(PRESETS.tuned), "").filter(([path, value]) => before.get(path) !== value);
    const changes = DIFFERENCES.flatMap(({ values }) => Object.entries(values));
    const unused = changes.filter(
      ([end, to]) => !differing.some(([path, value]) => path.endsWith(`.${end}`) && value === to),
    );
    expect(unused).toEqual([]);
    expect(new Set(changes.map(([end]) => end)).size).toBe(changes.length);
    expect(DIFFERENCES.filter(({ why }) => why === "")).toEqual([]);
  });
});
