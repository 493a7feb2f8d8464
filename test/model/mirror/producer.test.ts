import { describe, expect, it } from "vitest";
import { Activation } from "../../../src/model/mirror/activation.js";
import { type Entry, UNWRITTEN } from "../../../src/model/mirror/grain.js";
import { MIRROR_DEFAULTS } from "../../../src/model/mirror/knobs.js";
import { Producer } from "../../../src/model/mirror/producer.js";
import { APPEND, type AppendReply, type WriteReply } from "../../../src/model/mirror/wire.js";
import type { Fault } from "../../../src/sim/faults/catalogue.js";
import type { Host } from "../../../src/sim/host.js";
import { SECOND } from "../../../src/sim/time.js";
import { universe } from "../../support/universe.js";

const { channelCapacity } = MIRROR_DEFAULTS;

interface Options {
  /** How many writes are handled at once. */
  readonly writes: number;
  /** Between two complete states; 1: no deltas. */
  readonly fullStateEvery?: number;
  readonly answer?: (entry: Entry, sofar: readonly Entry[]) => AppendReply;
  readonly faults?: readonly Fault[];
  readonly defects?: readonly string[];
  readonly meanwhile?: (host: Host, producer: Producer, activation: Activation) => Promise<void>;
}

/** A producer that hands in a burst of writes to one grain, and a log that answers as it likes. */
async function burst({ writes, fullStateEvery = 1, answer, faults = [], defects = [], meanwhile }: Options) {
  const world = universe({ hosts: ["log", "east"], faults, defects, duration: 30 * SECOND });
  const appended: Entry[] = [];
  const replies: WriteReply[] = [];
  let fenced = 0;
  world.onBoot("log", (host) =>
    host.onRequest(APPEND, (entry) => {
      const reply = answer?.(entry, appended) ?? { status: "appended" as const };
      if (reply.status === "appended") appended.push(entry);
      return reply;
    }),
  );
  world.onBoot("east", async (host) => {
    const producer: Producer = new Producer(host, MIRROR_DEFAULTS, "log", (overtaken) => {
      fenced++;
      producer.drop(overtaken);
    });
    const activation = new Activation("cart/ada", 1, false, "east", UNWRITTEN, 0, fullStateEvery);
    await host.sleep(SECOND);
    for (let i = 1; i <= writes; i++) {
      void producer
        .offer(activation, activation.handle("a", `w${i}`, 0))
        .then((reply) => replies.push(reply));
    }
    await meanwhile?.(host, producer, activation);
  });
  await world.run();
  expect(world.failure).toBeUndefined();
  return { appended, replies, fenced, sequences: appended.map(({ sequence }) => sequence) };
}

const cutOff: Fault = {
  id: "f",
  kind: "partition",
  at: 0,
  for: 9 * SECOND,
  a: ["east"],
  b: ["log"],
  oneWay: false,
};
const allOk = (replies: readonly WriteReply[]) => replies.every(({ status }) => status === "ok");

describe("a producer", () => {
  it("appends everything in order while there is room", async () => {
    const { sequences, replies } = await burst({ writes: channelCapacity });
    expect(sequences).toEqual([1, 2, 3, 4, 5, 6]);
    expect(allOk(replies)).toBe(true);
  });

  it("merges what waits into the newest state when there is none, and answers for all of it", async () => {
    const { sequences, appended, replies } = await burst({ writes: 20 });
    expect(sequences.length).toBeLessThanOrEqual(channelCapacity);
    expect([sequences[0], sequences.at(-1)]).toEqual([1, 20]);
    expect(appended.at(-1)?.payload).toBe('{"a":"w20"}');
    expect(replies).toHaveLength(20);
    expect(allOk(replies)).toBe(true);
  });

  it("tries again until the log has it", async () => {
    const { sequences, replies } = await burst({ writes: 2, faults: [cutOff] });
    expect(sequences).toEqual([1, 2]);
    expect(allOk(replies)).toBe(true);
  });

  it("drops what isn't taken at once, where it must not", async () => {
    expect((await burst({ writes: 20, defects: ["RW5"] })).sequences).toEqual([1, 2, 3, 4, 5, 6]);
    expect((await burst({ writes: 2, defects: ["RW5"], faults: [cutOff] })).sequences).toEqual([]);
  });

  it("takes the sequence after somebody else's row, with a complete state", async () => {
    const { appended, replies } = await burst({
      writes: 3,
      fullStateEvery: 10,
      answer: ({ sequence }) =>
        sequence <= 7 ? { status: "sequence-conflict", latest: 7 } : { status: "appended" },
    });
    expect(appended).toMatchObject([{ sequence: 8, type: "full-state", payload: '{"a":"w3"}' }]);
    expect(replies).toEqual(Array.from({ length: 3 }, () => ({ status: "ok", sequence: 8 })));
  });

  it("writes changes that follow one another, with a complete state now and then", async () => {
    const { appended } = await burst({ writes: 5, fullStateEvery: 3 });
    expect(appended.map(({ type, after }) => `${type} ${after}`)).toEqual([
      "delta 0",
      "delta 1",
      "full-state 0",
      "delta 3",
      "delta 4",
    ]);
  });

  it("gives up what waits when another epoch has begun, and doesn't say that it was done", async () => {
    const { replies, fenced, sequences } = await burst({
      writes: 3,
      answer: (_, sofar) => (sofar.length === 0 ? { status: "appended" } : { status: "fenced", epoch: 2 }),
    });
    expect(sequences).toEqual([1]);
    expect(fenced).toBe(1);
    expect(replies.map(({ status }) => status)).toEqual(["ok", "unknown", "unknown"]);
  });

  it("says when nothing waits any more", async () => {
    let drainedAt = 0;
    await burst({
      writes: 3,
      faults: [cutOff],
      meanwhile: async (host, producer, activation) => {
        await producer.drained(activation);
        drainedAt = host.clock.now();
      },
    });
    expect(drainedAt).toBeGreaterThan(9 * SECOND);
  });
});
