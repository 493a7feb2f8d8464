import { describe, expect, it } from "vitest";
import type { Engine, Found } from "../../../src/live/jetstream.js";
import { LogMember } from "../../../src/model/pipeline/live/log-member.js";
import type {
  Command,
  Deadline,
  Proposed,
  Session,
  StateMachine,
} from "../../../src/model/replication/machine.js";
import type { Host } from "../../../src/sim/host.js";
import type { Json } from "../../../src/sim/plan.js";
import { ms, SECOND } from "../../../src/sim/time.js";
import { universe } from "../../support/universe.js";

interface Add extends Command {
  readonly type: "add" | "expire";
  readonly n: number;
}

/** Adds up. A sum that is odd becomes even by itself after a second. */
class Sum implements StateMachine<Add, number> {
  sum = 0;
  expired = 0;
  #deadlines: readonly Deadline<Add>[] = [];

  apply({ type, n }: Add, { index }: { readonly index: number }) {
    if (type === "expire" && this.sum !== n) return { result: this.sum, writes: [] };
    if (type === "expire") this.expired += 1;
    this.sum += type === "add" ? n : 1;
    const command: Add = { type: "expire", n: this.sum };
    this.#deadlines = this.sum % 2 === 0 ? [] : [{ key: "odd", generation: index, after: SECOND, command }];
    return { result: this.sum, writes: [{ key: "sum", value: this.sum }] };
  }

  deadlines(): readonly Deadline<Add>[] {
    return this.#deadlines;
  }

  snapshot(): Json {
    return this.sum;
  }

  restore(snapshot: Json): void {
    this.sum = Number(snapshot);
  }
}

/** A log in memory, which a test may damage. */
class FakeLog {
  isConnected = true;
  entries: (Json | undefined)[] = [];
  answers: "appended" | "unknown" | "nobody" = "appended";

  append(_log: string, content: Json) {
    if (this.answers === "nobody") return Promise.resolve({ status: "nobody" });
    this.entries.push(content);
    const { answers } = this;
    return Promise.resolve(
      answers === "unknown" ? { status: answers } : { status: answers, position: this.entries.length },
    );
  }

  read(_log: string, position: number): Promise<Found> {
    const content = this.entries[position - 1];
    return Promise.resolve(content === undefined ? { status: "end" } : { status: "entry", content });
  }

  examine(log: string, position: number): Promise<Found> {
    const last = this.entries.length;
    if (last + 1 < position) return Promise.resolve({ status: "shorter", last });
    if (last < position) return Promise.resolve({ status: "end" });
    return this.entries[position - 1] === undefined
      ? Promise.resolve({ status: "hole", last })
      : this.read(log, position);
  }

  onAppend(): void {}
}

const session = (sequence: number): Session => ({ client: "c", sequence, answeredBelow: 0 });
const add = (n: number): Add => ({ type: "add", n });

interface Scene {
  readonly log: FakeLog;
  readonly members: Map<string, LogMember<Add, number>>;
  readonly machines: Map<string, Sum>;
}

/** Members on hosts `a` and `b` over one log; the script runs on `a`. */
async function scene(script: (member: LogMember<Add, number>, scene: Scene, host: Host) => Promise<void>) {
  const world = universe({ hosts: ["a", "b"], duration: 20 * SECOND });
  const parts: Scene = { log: new FakeLog(), members: new Map(), machines: new Map() };
  for (const id of ["b", "a"]) {
    world.onBoot(id, async (host) => {
      const machine = new Sum();
      const member = new LogMember<Add, number>(host, "sums", machine);
      parts.members.set(id, member);
      parts.machines.set(id, machine);
      member.start(parts.log as unknown as Engine);
      await host.sleep(ms(10)); // until both are there
      if (id === "a") await script(member, parts, host);
    });
  }
  await world.run();
  if (world.failure !== undefined) throw world.failure.error;
  return { ...parts, history: world.history.events };
}

const odd = (history: readonly { readonly kind: string }[]) =>
  history.filter((event) => event.kind === "state") as unknown as { readonly to: string }[];

describe("a member whose log is an engine's stream", () => {
  it("answers what came of a command, and all members come to the same", async () => {
    const answers: Proposed<number>[] = [];
    const { machines } = await scene(async (member) => {
      answers.push(await member.propose(add(2), session(1)), await member.propose(add(4), session(2)));
    });
    expect(answers).toMatchObject([
      { ok: true, index: 1, result: 2 },
      { ok: true, index: 2, result: 6 },
    ]);
    expect([...machines.values()].map(({ sum }) => sum)).toEqual([6, 6]);
  });

  it("answers a repeat with what it answered before, though the log has it twice", async () => {
    const answers: Proposed<number>[] = [];
    const { log, machines } = await scene(async (member, { log }) => {
      log.answers = "unknown";
      answers.push(await member.propose(add(2), session(1)));
      log.answers = "appended";
      answers.push(await member.propose(add(2), session(1)));
    });
    expect(answers).toMatchObject([
      { ok: false, reason: "unknown" },
      { ok: true, result: 2 },
    ]);
    expect(log.entries.length).toBeGreaterThanOrEqual(1);
    expect(machines.get("b")?.sum).toBe(2);
  });

  it("says that nothing was done where nobody is there who could, and where it is not connected", async () => {
    const answers: Proposed<number>[] = [];
    const { log } = await scene(async (member, { log }) => {
      log.answers = "nobody";
      answers.push(await member.propose(add(2), session(1)));
      log.isConnected = false;
      answers.push(await member.propose(add(2), session(2)));
      expect(member.isLeader).toBe(false);
      expect(await member.readBarrier()).toBe(false);
    });
    expect(answers.map((answer) => !answer.ok && answer.reason)).toEqual(["not-leader", "not-leader"]);
    expect(log.entries).toEqual([]);
  });

  it("has applied what was there before a read", async () => {
    let seen = 0;
    await scene(async (_, { log, members, machines }) => {
      log.entries.push({ command: { type: "add", n: 8 }, by: "c#1" });
      expect(await members.get("b")?.readBarrier()).toBe(true);
      seen = machines.get("b")?.sum ?? 0;
    });
    expect(seen).toBe(8);
  });

  it("lets deadlines run out, once, though all members watch them, and also when the log was away", async () => {
    const { machines } = await scene(async (member, { log }, host) => {
      await member.propose(add(3), session(1));
      log.answers = "nobody";
      await host.sleep(3 * SECOND);
      log.answers = "appended";
    });
    expect([...machines.values()].map(({ sum, expired }) => [sum, expired])).toEqual([
      [4, 1],
      [4, 1],
    ]);
  });

  it("does not know what came of a command at whose place something else stands, and records that", async () => {
    let answer: Proposed<number> | undefined;
    const { history } = await scene(async (member, { log }) => {
      log.append = () => {
        log.entries.push({ command: { type: "add", n: 10 }, by: "somebody" });
        return Promise.resolve({ status: "appended", position: log.entries.length });
      };
      answer = await member.propose(add(2), session(1));
    });
    expect(answer).toEqual({ ok: false, reason: "unknown" });
    expect(odd(history).map(({ to }) => to)).toEqual(["gone"]);
  });

  it("stands still at a hole, and records it", async () => {
    const { machines, history } = await scene(async (_, { log }) => {
      log.entries = [
        { command: { type: "add", n: 2 }, by: "x" },
        undefined,
        { command: { type: "add", n: 4 }, by: "x" },
      ];
    });
    expect(machines.get("a")?.sum).toBe(2);
    expect(odd(history).map(({ to }) => to)).toEqual(["hole", "hole"]);
  });

  it("records that the log got shorter than it was", async () => {
    const { history } = await scene(async (member, { log }, host) => {
      for (const n of [1, 2, 3]) await member.propose(add(n * 2), session(n));
      await host.sleep(SECOND);
      log.entries.length = 1;
    });
    expect(odd(history).map(({ to }) => to)).toContain("shorter");
  });
});
