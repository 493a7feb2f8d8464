import { expect, it } from "vitest";
import type { Pulled, Queue } from "../../../../src/live/queue.js";
import { PIPELINE_DEFAULTS } from "../../../../src/model/pipeline/knobs.js";
import type { DeadLetters } from "../../../../src/model/pipeline/live/dead-letters.js";
import { StreamQueue } from "../../../../src/model/pipeline/live/stream-queue.js";
import type { Host } from "../../../../src/sim/host.js";
import { SECOND } from "../../../../src/sim/time.js";
import { universe } from "../../../support/universe.js";

const GROUP = "workers";

/** A stream whose consumer hands out one delivery again and again, and takes whatever is said of it. */
class FakeQueue {
  readonly said: string[] = [];
  #pulls = 0;

  consumer() {
    return Promise.resolve({
      config: { description: JSON.stringify({ placement: ["aws/east"], semantics: "" }) },
    });
  }

  pull(): Promise<Pulled> {
    this.#pulls += 1;
    return Promise.resolve({
      ...{ status: "handed", position: 1, count: 1, content: {} },
      reply: `reply-${this.#pulls}`,
    });
  }

  say(reply: string): Promise<boolean> {
    this.said.push(reply);
    return Promise.resolve(true);
  }
}

async function onHost(script: (host: Host) => Promise<void>): Promise<void> {
  const world = universe({ hosts: ["a"], duration: SECOND });
  world.onBoot("a", script);
  await world.run();
  if (world.failure !== undefined) throw world.failure.error;
}

it("lets a worker settle a delivery twice that its server handed out twice", async () => {
  const fake = new FakeQueue();
  await onHost(async (host) => {
    const queue = new StreamQueue(host, fake as unknown as Queue, {} as DeadLetters, PIPELINE_DEFAULTS);
    const poll = { type: "poll", group: GROUP, domain: "aws/east", worker: "w" } as const;
    const ack = { type: "ack", group: GROUP, offset: 0, deliveryId: `${GROUP}/0/1` } as const;
    for (let i = 0; i < 2; i++) await queue.poll(poll as Parameters<StreamQueue["poll"]>[0], 0);
    for (let i = 0; i < 2; i++)
      expect(await queue.settle(ack as Parameters<StreamQueue["settle"]>[0])).toMatchObject({ status: "ok" });
  });
  expect(fake.said).toEqual(["reply-2", "reply-2"]);
});
