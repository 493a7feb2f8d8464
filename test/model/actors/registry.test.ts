import { describe, expect, it } from "vitest";
import { RegistryAgent } from "../../../src/model/actors/registry/agent.js";
import type { Registration, RegistryConfig, ServiceQuery } from "../../../src/model/actors/registry/api.js";
import { choose } from "../../../src/model/actors/registry/balancing.js";
import { RegistryClient } from "../../../src/model/actors/registry/client.js";
import { RegistryServer } from "../../../src/model/actors/registry/server.js";
import type { Fault } from "../../../src/sim/faults/catalogue.js";
import type { Host } from "../../../src/sim/host.js";
import { Random } from "../../../src/sim/random.js";
import { MILLISECOND, MINUTE, SECOND } from "../../../src/sim/time.js";
import { universe } from "../../support/universe.js";

const CONFIG: RegistryConfig = {
  registries: ["reg-1", "reg-2"],
  heartbeatInterval: 10 * SECOND,
  requestTimeout: SECOND,
  ttl: 60 * SECOND,
  checkInterval: 10 * SECOND,
  checkTimeout: 5 * SECOND,
  healthyAfter: 3,
  unhealthyAfter: 2,
  gossipInterval: 5 * SECOND,
  cacheFor: SECOND,
  ejectAfter: 3,
  ejectFor: 30 * SECOND,
};

const QUERY: ServiceQuery = { service: "orders", balancing: "round-robin" };

function registration(host: Host, parts: Partial<Registration> = {}): Registration {
  const instance = `orders@${host.id}#${host.incarnation}`;
  return {
    service: "orders",
    instance,
    host: host.id,
    version: "1.0.0",
    capabilities: {},
    weight: 1,
    ...parts,
  };
}

/** Two registries, two instances of a service, and a client in which a test runs. */
async function registries(
  body: (client: RegistryClient, host: Host, agents: ReadonlyMap<string, RegistryAgent>) => Promise<void>,
  faults: readonly Fault[] = [],
  config: RegistryConfig = CONFIG,
): Promise<void> {
  const world = universe({ hosts: ["reg-1", "reg-2", "a", "b", "client"], faults, duration: 10 * MINUTE });
  const agents = new Map<string, RegistryAgent>();
  for (const id of config.registries) world.onBoot(id, (host) => new RegistryServer(host, config).start());
  for (const id of ["a", "b"]) {
    world.onBoot(id, (host) => {
      const agent = new RegistryAgent(host, config);
      agents.set(id, agent);
      agent.register(registration(host, { capabilities: { zone: id } }));
    });
  }
  world.onBoot("client", (host) => body(new RegistryClient(host, config), host, agents));
  await world.run();
  if (world.failure !== undefined) throw world.failure.error;
}

async function hostOf(client: RegistryClient, query: Partial<ServiceQuery> = {}): Promise<string> {
  const routing = await client.route({ ...QUERY, ...query });
  return routing.ok ? routing.route.host : routing.error;
}

const crash = (target: string, at: number, duration: number): Fault => ({
  kind: "crash",
  id: `crash-${target}-${at}`,
  target,
  at,
  for: duration,
});

describe("a registry", () => {
  it("knows an instance as healthy once it has passed enough checks", async () => {
    await registries(async (client, host) => {
      await host.sleep(25 * SECOND);
      expect(await hostOf(client)).toBe("none");
      expect(await hostOf(client, { health: ["starting"] })).not.toBe("none");
      await host.sleep(10 * SECOND);
      expect([await hostOf(client), await hostOf(client)].sort()).toEqual(["a", "b"]);
    });
  });

  it("finds instances by what they can do", async () => {
    await registries(async (client, host) => {
      await host.sleep(40 * SECOND);
      for (let i = 0; i < 5; i++) expect(await hostOf(client, { capabilities: { zone: "b" } })).toBe("b");
      expect(await hostOf(client, { capabilities: { zone: "c" } })).toBe("none");
      expect(await hostOf(client, { service: "payments" })).toBe("none");
    });
  });

  it("takes an instance that fails its checks for unhealthy, and lets it expire", async () => {
    await registries(
      async (client, host) => {
        await host.sleep(70 * SECOND);
        for (let i = 0; i < 4; i++) expect(await hostOf(client)).toBe("b");
        expect(await hostOf(client, { health: ["unhealthy"] })).toBe("a");
        await host.sleep(60 * SECOND);
        expect(await hostOf(client, { health: ["unhealthy", "starting"] })).toBe("none");
      },
      [crash("a", 40 * SECOND, 5 * MINUTE)],
    );
  });

  it("forgets an instance that deregisters, whatever the other registry heard", async () => {
    await registries(
      async (client, host, agents) => {
        await host.sleep(40 * SECOND);
        await agents.get("a")?.deregister("orders@a#1");
        await host.sleep(20 * SECOND);
        for (let i = 0; i < 4; i++) expect(await hostOf(client)).toBe("b");
      },
      [
        {
          kind: "partition",
          id: "p",
          a: ["a"],
          b: ["reg-1"],
          oneWay: false,
          at: 39 * SECOND,
          for: 10 * SECOND,
        },
      ],
    );
  });

  it("prefers the healthiest, and those degraded to none", async () => {
    await registries(async (client, host, agents) => {
      agents.get("a")?.setHealth("orders@a#1", "degraded");
      await host.sleep(40 * SECOND);
      for (let i = 0; i < 4; i++) expect(await hostOf(client, { maxInstances: 1 })).toBe("b");
      expect(await hostOf(client, { health: ["degraded"] })).toBe("a");
    });
  });

  it("learns from its peer after a restart, and is passed over while it is down", async () => {
    await registries(
      async (client, host) => {
        await host.sleep(45 * SECOND);
        expect(await hostOf(client)).not.toBe("none");
        await host.sleep(6 * SECOND); // it is up, and knows of both by its peer alone
        expect(await hostOf(client, { health: ["starting"] })).not.toBe("none");
      },
      [crash("reg-1", 41 * SECOND, 9 * SECOND)],
    );
  });

  it("hears of an instance by gossip when that can't reach it", async () => {
    await registries(
      async (client, host) => {
        await host.sleep(5 * MINUTE);
        expect(await hostOf(client, { health: ["starting", "unhealthy"] })).toBe("a");
        expect(await hostOf(client)).toBe("b");
      },
      [{ kind: "partition", id: "p", a: ["a"], b: ["reg-1"], oneWay: true, at: 1, for: 9 * MINUTE }],
    );
  });
});

describe("a client of registries that are out of reach", () => {
  const cut: Fault = {
    kind: "partition",
    id: "p",
    a: ["client"],
    b: ["reg-1", "reg-2"],
    oneWay: false,
    at: 50 * SECOND,
    for: 8 * MINUTE,
  };

  it("goes by what it knew until that has expired", async () => {
    await registries(
      async (client, host) => {
        await host.sleep(45 * SECOND);
        expect(await hostOf(client)).not.toBe("none");
        await host.sleep(10 * SECOND);
        expect(await hostOf(client)).not.toBe("unreachable");
        await host.sleep(60 * SECOND);
        expect(await hostOf(client)).toBe("none");
      },
      [cut],
    );
  });

  it("says so when it never knew anything", async () => {
    await registries(
      async (client, host) => {
        await host.sleep(55 * SECOND);
        expect(await hostOf(client)).toBe("unreachable");
      },
      [cut],
    );
  });
});

describe("balancing", () => {
  it("passes over an instance that fails again and again, and tries it when it has waited or all fail", async () => {
    await registries(async (client, host) => {
      await host.sleep(40 * SECOND);
      const call = async () => {
        const routing = await client.route({ ...QUERY, balancing: "least-connections" });
        if (!routing.ok) throw new Error(routing.error);
        routing.route.done(routing.route.host === "a" ? "failure" : "success");
        routing.route.done("failure");
        return routing.route.host;
      };
      const hosts = [];
      for (let i = 0; i < 200; i++) hosts.push(await call());
      expect(hosts.filter((id) => id === "a")).toHaveLength(3);
      await host.sleep(31 * SECOND);
      for (let i = 0; i < 50; i++) hosts.push(await call());
      expect(hosts.filter((id) => id === "a")).toHaveLength(4);
    });
  });

  it("sends the next call to who has the fewest under way", async () => {
    await registries(async (client, host) => {
      await host.sleep(40 * SECOND);
      const hosts = [];
      for (let i = 0; i < 10; i++) hosts.push(await hostOf(client, { balancing: "least-connections" }));
      expect(hosts.filter((id) => id === "a")).toHaveLength(5);
    });
  });

  const candidates = ["a", "b", "c"].map((instance, i) => ({ instance, weight: i, connections: 2 - i }));
  const times = (balancing: Parameters<typeof choose>[1], key = (i: number) => `${i}`) => {
    const random = new Random("balancing");
    const counts: Record<string, number> = { a: 0, b: 0, c: 0 };
    for (let turn = 0; turn < 3_000; turn++) {
      const { instance = "" } = choose(candidates, balancing, { random, turn, key: key(turn) }) ?? {};
      counts[instance] = (counts[instance] ?? 0) + 1;
    }
    return counts;
  };

  it("takes turns, goes by weights, by few connections and by keys", () => {
    expect(times("round-robin")).toEqual({ a: 1_000, b: 1_000, c: 1_000 });
    expect(times("least-connections")).toEqual({ a: 0, b: 0, c: 3_000 });
    const { a, b, c } = times("weighted");
    expect([a, Math.round((c ?? 0) / (b ?? 1))]).toEqual([0, 2]);
    const two = times("two-choices");
    expect([two.a, Math.round((two.c ?? 0) / (two.b ?? 1))]).toEqual([0, 2]);
    expect(Object.values(times("random")).every((n) => n > 900)).toBe(true);
    expect(Object.values(times("consistent-hash")).every((n) => n > 800)).toBe(true);
    expect(Object.values(times("consistent-hash", () => "same")).sort()).toEqual([0, 0, 3_000]);
    expect(choose([], "random", { random: new Random("none"), turn: 0, key: "" })).toBeUndefined();
  });
});

describe("a registry's configuration", () => {
  it.each([
    [{ registries: [] }, "registry: registries: expected at least one host, got none"],
    [{ ttl: SECOND }, "registry: ttl: expected more than the heartbeat interval of 10000000, got 1000000"],
    [
      { checkTimeout: 0.5 * MILLISECOND + 0.5 },
      "registry: checkTimeout: expected whole microseconds, 1 or more, got 500.5",
    ],
  ])("is refused with %o", async (parts, message) => {
    const world = universe({ hosts: ["a"] });
    world.onBoot("a", (host) => {
      for (const Part of [RegistryServer, RegistryAgent, RegistryClient]) {
        expect(() => new Part(host, { ...CONFIG, ...parts })).toThrow(message);
      }
    });
    await world.run();
    expect(world.failure).toBeUndefined();
  });
});
