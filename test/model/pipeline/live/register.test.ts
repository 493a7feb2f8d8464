import { describe, expect, it } from "vitest";
import type { Bucket, Looked, Put, Revision } from "../../../../src/live/bucket.js";
import { Register } from "../../../../src/model/pipeline/live/register.js";
import {
  type IdempotencyCommand,
  IdempotencyMachine,
  type IdempotencyResult,
} from "../../../../src/model/resources/idempotency.js";
import { noDefects, SCHEMAS } from "../../../../src/model/resources/types.js";
import type { Host } from "../../../../src/sim/host.js";
import type { Json } from "../../../../src/sim/plan.js";
import { type Micros, SECOND } from "../../../../src/sim/time.js";
import { universe } from "../../../support/universe.js";

/** A key in memory, which a test may make silent. */
class FakeBucket {
  readonly revisions: Revision[] = [];
  /** What the next writes come to: done and answered, done and not answered, neither, or come too late. */
  readonly next: ("lost-answer" | "lost" | "raced" | "said-to-be-late")[] = [];
  race: Json = null;

  get(): Promise<Looked> {
    const last = this.revisions.at(-1);
    return Promise.resolve(last === undefined ? { status: "absent" } : { status: "found", ...last });
  }

  put(_key: string, value: Json, after: number): Promise<Put> {
    const how = this.next.shift();
    if (how === "raced") this.#store(this.race);
    if ((this.revisions.at(-1)?.revision ?? 0) !== after) return Promise.resolve({ status: "lost-race" });
    if (how !== "lost") this.#store(value);
    if (how === "said-to-be-late") return Promise.resolve({ status: "lost-race" });
    return Promise.resolve(
      how === undefined ? { status: "stored", revision: this.revisions.length } : { status: "unknown" },
    );
  }

  since(_key: string, after: number): Promise<readonly Revision[]> {
    return Promise.resolve(this.revisions.filter(({ revision }) => revision > after));
  }

  #store(value: Json): void {
    this.revisions.push({ revision: this.revisions.length + 1, value });
  }
}

const RESERVATION: Micros = 6 * SECOND;
type Key = Register<IdempotencyCommand, IdempotencyResult>;

/** Runs a script on a host, with registers of one key for two clients. */
async function scene(script: (a: Key, b: Key, bucket: FakeBucket, host: Host) => Promise<void>) {
  const world = universe({ hosts: ["a"], duration: 60 * SECOND });
  const bucket = new FakeBucket();
  world.onBoot("a", async (host) => {
    const register = (): Key =>
      new Register(
        host,
        bucket as unknown as Bucket,
        "k",
        () => new IdempotencyMachine({ reservation: RESERVATION }, noDefects),
      );
    await script(register(), register(), bucket, host);
  });
  await world.run();
  if (world.failure !== undefined) throw world.failure.error;
}

let asked = 0;
const question = (command: IdempotencyCommand, more = {}) => {
  asked += 1;
  return { command, by: `r${asked}`, timeout: SECOND, ...more };
};
const reserve = (owner: string, more = {}) =>
  question({ type: "reserve", key: "k", requestHash: "h", owner, schemaId: SCHEMAS.effect }, more);
const complete = (owner: string, attempt: number) =>
  question({ type: "complete", key: "k", owner, attempt, value: 7 });
const fresh = (attempt: number) => ({ status: "done", result: { ok: true, state: "new", attempt } });
const IN_PROGRESS = { status: "done", result: { ok: true, state: "in-progress" } };

/** What another client's reservation left in the bucket. */
async function reservationBy(owner: string): Promise<Json> {
  let left: Json = null;
  await scene(async (a, _, bucket) => {
    await a.ask(reserve(owner));
    left = bucket.revisions[0]?.value ?? null;
  });
  return left;
}

describe("a key of a bucket, moved by whoever asks", () => {
  it("answers as the machine does, to every client", async () => {
    const answers: unknown[] = [];
    await scene(async (a, b) => {
      answers.push(await a.ask(reserve("a")), await b.ask(reserve("b")));
      answers.push(await a.ask(complete("a", 1)), await b.ask(reserve("b")));
    });
    expect(answers).toMatchObject([
      fresh(1),
      IN_PROGRESS,
      { status: "done", result: { state: "done", count: 1 } },
      { status: "done", result: { state: "completed", value: 7 } },
    ]);
  });

  it("reads again when it loses a race", async () => {
    const race = await reservationBy("b");
    await scene(async (a, _, bucket) => {
      Object.assign(bucket, { race });
      bucket.next.push("raced");
      expect(await a.ask(reserve("a"))).toMatchObject(IN_PROGRESS);
      expect(bucket.revisions).toHaveLength(1);
    });
  });

  it("answers without a look what the planted defect answers when it loses a race", async () => {
    const race = await reservationBy("b");
    await scene(async (a, _, bucket) => {
      Object.assign(bucket, { race });
      bucket.next.push("raced");
      const onLostRace = { ok: true, state: "lost" };
      expect(await a.ask(reserve("a", { onLostRace }))).toEqual({ status: "done", result: onLostRace });
    });
  });

  it("finds that a write was done which was not answered", async () => {
    await scene(async (a, _, bucket) => {
      bucket.next.push("lost-answer");
      expect(await a.ask(reserve("a"))).toMatchObject(fresh(1));
      expect(bucket.revisions).toHaveLength(1);
    });
  });

  it("finds that a write was done which is said to have lost its race", async () => {
    await scene(async (a, _, bucket) => {
      bucket.next.push("said-to-be-late");
      expect(await a.ask(reserve("a"))).toMatchObject(fresh(1));
      expect(bucket.revisions).toHaveLength(1);
    });
  });

  it("writes again in the same place when a write was not answered and not done", async () => {
    await scene(async (a, _, bucket) => {
      bucket.next.push("lost");
      expect(await a.ask(reserve("a"))).toMatchObject(fresh(1));
      expect(bucket.revisions).toHaveLength(1);
    });
  });

  it("says that a command may have been done when no write of it was ever answered", async () => {
    await scene(async (a, _, bucket) => {
      bucket.next.push(...Array.from({ length: 50 }, () => "lost" as const));
      expect(await a.ask(reserve("a"))).toEqual({ status: "unknown" });
    });
  });

  it("says that a command was certainly not done when nobody was there", async () => {
    await scene(async (a, _, bucket) => {
      bucket.put = () => Promise.resolve({ status: "nobody" });
      expect(await a.ask(reserve("a"))).toEqual({ status: "unavailable" });
    });
  });

  it("ends what runs out once somebody has seen it for as long as it may last, and not before", async () => {
    await scene(async (a, b, bucket, host) => {
      await a.ask(reserve("a"));
      await host.sleep(RESERVATION - SECOND);
      expect(await b.ask(reserve("b"))).toMatchObject(IN_PROGRESS);
      expect(bucket.revisions).toHaveLength(1);
      await host.sleep(2 * SECOND);
      expect(await b.ask(reserve("b"))).toMatchObject(fresh(2));
    });
  });

  it("tries again to end what ran out when its write came to nothing", async () => {
    await scene(async (a, b, bucket, host) => {
      await a.ask(reserve("a"));
      bucket.next.push("lost", "lost");
      await host.sleep(RESERVATION + SECOND);
      expect(bucket.revisions).toHaveLength(1);
      expect(await b.ask(reserve("b"))).toMatchObject(IN_PROGRESS);
      await host.sleep(RESERVATION + SECOND);
      expect(await b.ask(reserve("b"))).toMatchObject(fresh(2));
    });
  });

  it("ends nothing that has moved on", async () => {
    await scene(async (a, b, bucket, host) => {
      await a.ask(reserve("a"));
      await b.ask(reserve("b")); // sees it from now on
      await a.ask(complete("a", 1));
      await host.sleep(2 * RESERVATION);
      expect(bucket.revisions).toHaveLength(2);
    });
  });
});
