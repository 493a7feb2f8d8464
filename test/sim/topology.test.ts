import { describe, expect, it } from "vitest";
import { message } from "../../src/sim/host.js";
import type { Domain, HostSpec } from "../../src/sim/plan.js";
import { MILLISECOND } from "../../src/sim/time.js";
import { distanceOf, domainName, selects } from "../../src/sim/topology.js";
import { universe } from "../support/universe.js";

const domain = (provider: string, region: string, zone?: string): Domain =>
  zone === undefined ? { provider, region } : { provider, region, zone };

const host = (id: string, ...place: Parameters<typeof domain>): HostSpec => ({
  id,
  domain: domain(...place),
  role: "host",
});

describe("the distance of two machines", () => {
  it("is that of the widest domain that parts them", () => {
    const home = domain("aws", "us-east", "a");
    expect(distanceOf(home, domain("aws", "us-east", "a"))).toBe("same-zone");
    expect(distanceOf(home, domain("aws", "us-east", "b"))).toBe("cross-zone");
    expect(distanceOf(home, domain("aws", "eu-west", "a"))).toBe("cross-region");
    expect(distanceOf(home, domain("gcp", "us-east", "a"))).toBe("cross-provider");
  });

  it("is one zone where a region has no zones", () => {
    expect(distanceOf(domain("gcp", "central"), domain("gcp", "central"))).toBe("same-zone");
  });

  it.each([
    ["same-zone", host("z", "aws", "us-east", "a"), 0.25],
    ["cross-zone", host("z", "aws", "us-east", "b"), 1],
    ["cross-region", host("z", "aws", "eu-west", "a"), 30],
    ["cross-provider", host("z", "gcp", "central"), 45],
  ])("makes a median %s message take what such a link takes", async (_, there, medianMs) => {
    const PING = message<number>("ping");
    const world = universe({ hosts: [host("a", "aws", "us-east", "a"), there] });
    const latencies: number[] = [];
    world.onBoot("a", async (a) => {
      for (let i = 0; i < 500; i++) {
        await a.sleep(MILLISECOND * 100);
        a.send(PING, "z", world.now);
      }
    });
    world.onBoot("z", (z) => z.onMessage(PING, (sentAt) => latencies.push(world.now - sentAt)));
    await world.run();
    latencies.sort((x, y) => x - y);
    const median = (latencies[250] ?? 0) / MILLISECOND;
    expect(latencies).toHaveLength(500);
    expect(median).toBeGreaterThan(medianMs * 0.9);
    expect(median).toBeLessThan(medianMs * 1.1);
    expect(latencies[499]).toBeGreaterThan(2 * medianMs * MILLISECOND);
  });
});

describe("a selector", () => {
  const placed = { id: "aws-a", domain: domain("aws", "us-east", "a"), external: false };
  const service = { id: "external/payments", domain: domain("aws", "us-east"), external: true };

  it.each(["aws-a", "provider/aws", "region/aws/us-east", "zone/aws/us-east/a", "*"])(
    "means a host by %s",
    (selector) => {
      expect(selects(selector, placed)).toBe(true);
    },
  );

  it.each([
    "aws-b",
    "provider/gcp",
    "region/aws/us-west",
    "region/us-east",
    "zone/aws/us-east/b",
    "aws",
    "rack/1",
  ])("does not mean it by %s", (selector) => {
    expect(selects(selector, placed)).toBe(false);
  });

  it("means a service by its name or its domain, but not by *", () => {
    expect(selects("external/payments", service)).toBe(true);
    expect(selects("provider/aws", service)).toBe(true);
    expect(selects("*", service)).toBe(false);
  });

  it("means no zone of a region without zones", () => {
    expect(selects("zone/aws/us-east/undefined", service)).toBe(false);
  });
});

describe("the name of a domain", () => {
  it("leaves out the zone where there is none", () => {
    expect(domainName(domain("aws", "us-east", "a"))).toBe("aws/us-east/a");
    expect(domainName(domain("gcp", "central"))).toBe("gcp/central");
  });
});
