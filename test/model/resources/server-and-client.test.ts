import { describe, expect, it } from "vitest";
import type { Proposed } from "../../../src/model/replication/machine.js";
import { ResourceClient } from "../../../src/model/resources/client.js";
import type { Polled, QueueCommand, QueueResult } from "../../../src/model/resources/queue-command.js";
import type { Outcome } from "../../../src/model/resources/resources.js";
import type { Fault } from "../../../src/sim/faults/catalogue.js";
import type { Host } from "../../../src/sim/host.js";
import { type Micros, ms, SECOND, seconds } from "../../../src/sim/time.js";
import type { World } from "../../../src/sim/world.js";
import { universe } from "../../support/universe.js";
import type { SoloGroup } from "./solo.js";
import { soloResources } from "./solo-resources.js";

const GROUP = "checkout-workers";

/** Three replica hosts and a client host; `a` leads everything unless the test says otherwise, and the client does not know `c`. */
function world(
  script: (client: ResourceClient, host: Host) => Promise<void>,
  faults: readonly Fault[] = [],
  replicas: readonly string[] = ["b", "a"],
) {
  const made: World = universe({ hosts: ["a", "b", "c", "client"], faults, duration: 60 * SECOND });
  const groups: Partial<Record<"a" | "b" | "c", ReturnType<typeof soloResources>>> = {};
  made.onBoot("a", (host) => {
    groups.a = soloResources(host);
  });
  made.onBoot("b", (host) => {
    const own = soloResources(host);
    own.orders.isLeader = false;
    own.orders.leader = "a";
    groups.b = own;
  });
  made.onBoot("c", (host) => {
    groups.c = soloResources(host);
  });
  made.onBoot("client", (host) =>
    script(new ResourceClient(host, { replicas, timeout: seconds(6), attemptTimeout: ms(1_500) }), host),
  );
  return { made, groups };
}

async function run(made: World): Promise<void> {
  await made.run();
  if (made.failure !== undefined) throw made.failure.error;
}

const record = (n: number) => ({
  key: `delivery-${n}`,
  schemaId: "order.v1",
  generation: 1,
  orderId: `order-${n}`,
  body: { n },
});
const append = (client: ResourceClient, n: number) =>
  client.orders({ type: "append", record: record(n), producerKey: `delivery-${n}` });
const createGroup = (client: ResourceClient, placement: string[]) =>
  client.orders({ type: "create-group", group: GROUP, placement, semantics: "at-least-once" });
const poll = (client: ResourceClient, wait: Micros) =>
  client.orders({ type: "poll", group: GROUP, domain: "aws/us-east/a", worker: "w" }, wait);

describe("a client of the resources", () => {
  it("follows a redirect to the leader and gets a typed answer", async () => {
    const answers: Outcome<unknown>[] = [];
    const { made } = world(async (client) => {
      answers.push(await append(client, 1), await append(client, 1));
      const other = {
        type: "append",
        record: { ...record(2), key: "delivery-1" },
        producerKey: "delivery-1",
      } as const;
      answers.push(await client.orders(other));
    });
    await run(made);
    expect(answers).toEqual([
      { status: "ok", value: { ok: true, offset: 0, repeated: false } },
      { status: "ok", value: { ok: true, offset: 0, repeated: true } },
      { status: "refused", reason: "conflict" },
    ]);
  });

  it("finds the leader though hints are old and lead in a circle", async () => {
    const answers: Outcome<unknown>[] = [];
    const { made, groups } = world(
      async (client) => {
        if (groups.a !== undefined) Object.assign(groups.a.orders, { isLeader: false, leader: undefined });
        answers.push(await append(client, 1));
      },
      [],
      ["a", "b", "c"],
    );
    await run(made);
    expect(answers).toMatchObject([{ status: "ok", value: { offset: 0 } }]);
    expect(groups.c?.queue.tail).toBe(1);
  });

  it("says unavailable when certainly nothing was done, and unknown when something may have been", async () => {
    const outcomes: string[] = [];
    const { made, groups } = world(async (client, host) => {
      await host.sleep(SECOND);
      for (const group of Object.values(groups)) {
        group.orders.isLeader = false;
        group.orders.leader = undefined;
      }
      outcomes.push((await append(client, 1)).status);
    });
    await run(made);
    const down: Fault = { id: "f", kind: "crash", target: "*", at: SECOND, for: 50 * SECOND };
    const dark = world(
      async (client, host) => {
        await host.sleep(2 * SECOND);
        outcomes.push((await append(client, 1)).status);
      },
      [
        { ...down, id: "a", target: "a" },
        { ...down, id: "b", target: "b" },
      ],
    );
    await run(dark.made);
    expect(outcomes).toEqual(["unavailable", "unknown"]);
  });

  it("asks again under the same session, so that a lost reply does nothing twice", async () => {
    const answers: Outcome<unknown>[] = [];
    const lossy: Fault = { id: "l", kind: "loss", from: "a", to: "client", ratio: 1, at: 0, for: 3 * SECOND };
    const { made, groups } = world(
      async (client) => {
        answers.push(await client.orders({ type: "append", record: record(1), producerKey: "k" }));
      },
      [lossy],
    );
    await run(made);
    expect(answers).toMatchObject([{ status: "ok", value: { offset: 0, repeated: false } }]);
    expect(groups.a?.queue.tail).toBe(1);
  });

  it("does not say that nothing was done because a second copy of its request found nobody in office", async () => {
    const outcomes: string[] = [];
    const twice: Fault = {
      id: "d",
      kind: "duplication",
      from: "client",
      to: "a",
      ratio: 1,
      at: 0,
      for: SECOND,
    };
    const { made, groups } = world(
      async (client) => {
        const orders = groups.a?.orders as SoloGroup<QueueCommand, QueueResult>;
        orders.propose = async (): Promise<Proposed<QueueResult>> => {
          const led = orders.isLeader;
          orders.isLeader = false;
          orders.leader = undefined;
          if (!led) return { ok: false, reason: "not-leader", leader: undefined };
          await orders.host.sleep(SECOND); // in the log, and nobody knows what will become of it
          return { ok: false, reason: "unknown" };
        };
        outcomes.push((await append(client, 1)).status);
      },
      [twice],
    );
    await run(made);
    expect(outcomes).toEqual(["unknown"]);
  });
});

describe("a long poll", () => {
  it("waits at the leader and is answered as soon as a record is ready", async () => {
    let answered: { readonly at: Micros; readonly polled: Outcome<Polled> } | undefined;
    const { made } = world(async (client, host) => {
      await createGroup(client, ["aws"]);
      host.after(seconds(2), () => append(client, 1));
      const polled = await poll(client, seconds(5));
      answered = { at: host.clock.monotonic(), polled };
    });
    await run(made);
    expect(answered?.polled).toMatchObject({ status: "ok", value: { delivery: { offset: 0, count: 1 } } });
    expect(answered?.at).toBeGreaterThan(seconds(2));
    expect(answered?.at).toBeLessThan(seconds(2.2));
  });

  it("comes back empty when its time is over, and costs a handful of events", async () => {
    let polled: Outcome<Polled> | undefined;
    const { made } = world(async (client) => {
      await createGroup(client, ["aws"]);
      polled = await poll(client, seconds(5));
    });
    await run(made);
    expect(polled).toEqual({ status: "ok", value: { ok: true, delivery: null } });
    expect(made.scheduler.events).toBeLessThan(25);
  });

  it("comes back empty in its time once the leader is back, though the nearest replica is lost for good", async () => {
    const polled: string[] = [];
    const { made } = world(
      async (client, host) => {
        await host.sleep(SECOND);
        await createGroup(client, ["aws"]);
        for (let n = 0; n < 3; n++) polled.push((await poll(client, seconds(5))).status);
      },
      [
        { id: "f", kind: "host-loss", target: "c", at: 0 },
        { id: "g", kind: "pause", target: "a", at: 4 * SECOND, for: 8 * SECOND },
      ],
      ["c", "b", "a"],
    );
    await run(made);
    expect(polled).toEqual(["unknown", "ok", "ok"]);
  });

  it("gives each of several waiting workers a record of its own", async () => {
    const offsets: unknown[] = [];
    const { made } = world(async (client) => {
      await createGroup(client, ["aws"]);
      const polls = [poll(client, seconds(5)), poll(client, seconds(5)), poll(client, seconds(5))];
      await append(client, 1);
      await append(client, 2);
      for (const polled of await Promise.all(polls)) {
        offsets.push(polled.status === "ok" ? (polled.value.delivery?.offset ?? null) : polled.status);
      }
    });
    await run(made);
    expect(offsets).toEqual([0, 1, null]);
  });

  it("is refused at once, and for good, from outside the placement", async () => {
    let polled: Outcome<Polled> | undefined;
    let at = 0;
    const { made } = world(async (client, host) => {
      await createGroup(client, ["gcp"]);
      const from = host.clock.monotonic();
      polled = await poll(client, seconds(5));
      at = host.clock.monotonic() - from;
    });
    await run(made);
    expect(polled).toEqual({ status: "refused", reason: "placement-denied" });
    expect(at).toBeLessThan(SECOND);
  });
});

describe("a read", () => {
  it("answers from the leader with what is committed", async () => {
    const values: unknown[] = [];
    const { made } = world(async (client) => {
      await createGroup(client, ["aws"]);
      await append(client, 1);
      values.push(await client.read({ resource: "orders", read: "headers", offsets: [0, 1] }));
      values.push(await client.read({ resource: "orders", read: "progress", group: GROUP }));
      values.push(await client.read({ resource: "order-checkpoints", read: "pointer", name: "orders" }));
    });
    await run(made);
    expect(values).toEqual([
      [{ key: "delivery-1", sha256: expect.any(String) }, null],
      { tail: 1, cursor: 0, acked: 0, dead: 0 },
      null,
    ]);
  });
});
