import { describe, expect, it } from "vitest";
import { type ActorRef, type Down, type ExitReason, Failure } from "../../../src/model/actors/actor.js";
import { Actors } from "../../../src/model/actors/actors.js";
import type { RestartPolicy, SupervisorOptions } from "../../../src/model/actors/supervision.js";
import { TreeSupervisor } from "../../../src/model/actors/supervisor.js";
import type { Host } from "../../../src/sim/host.js";
import { MINUTE, SECOND } from "../../../src/sim/time.js";
import { onHost } from "./on-host.js";

const KILLED: ExitReason = { kind: "killed", by: "a test" };

/** A supervisor with children `a`, `b`, `c` … */
function tree(
  host: Host,
  options: Partial<SupervisorOptions> = {},
  policies: RestartPolicy[] = ALL_PERMANENT,
) {
  const actors = new Actors(host);
  const supervisor = new TreeSupervisor(actors, {
    name: "tree",
    strategy: "one-for-one",
    intensity: { maxRestarts: 3, window: MINUTE },
    ...options,
  });
  const children = policies.map((restart, i) => {
    const id = "abcdef".charAt(i);
    return supervisor.start({ id, restart, start: () => actors.spawn<never, never>(id, () => ({})) });
  });
  const kill = (i: number, reason = KILLED) => children[i]?.current?.exit(reason);
  const lives = () => children.map(({ current }) => current?.id ?? "");
  return { actors, supervisor, children, kill, lives };
}

const ALL_PERMANENT: RestartPolicy[] = ["permanent", "permanent", "permanent"];

describe("a supervisor", () => {
  it.each([
    ["one-for-one", ["a/1", "b/2", "c/1"]],
    ["one-for-all", ["a/2", "b/2", "c/2"]],
    ["rest-for-one", ["a/1", "b/2", "c/2"]],
  ] as const)("restarts children %s", async (strategy, expected) => {
    await onHost((host) => {
      const { kill, lives, children } = tree(host, { strategy });
      kill(1);
      expect(lives()).toEqual(expected);
      expect(children.every(({ current }) => current?.alive)).toBe(true);
    });
  });

  it("takes siblings down last one first, and starts them first one first", async () => {
    const seen = await onHost((host) => tree(host, { strategy: "one-for-all" }).kill(1));
    expect(seen.changes("actor").slice(3)).toEqual([
      "b/1: running → ended",
      "c/1: running → ended",
      "a/1: running → ended",
      "a/2: none → running",
      "b/2: none → running",
      "c/2: none → running",
    ]);
  });

  it("goes by each child's policy", async () => {
    await onHost((host) => {
      const { kill, lives, supervisor } = tree(host, {}, [
        "permanent",
        "transient",
        "transient",
        "temporary",
      ]);
      kill(0, { kind: "normal" });
      kill(1, { kind: "normal" });
      kill(2);
      kill(3);
      expect(lives()).toEqual(["a/2", "", "c/2", ""]);
      expect(supervisor.children.map(({ id }) => id)).toEqual(["a", "c"]);
    });
  });

  it("ends when it has to restart more often than it may in its window, and takes all down", async () => {
    await onHost(async (host) => {
      const { kill, lives, supervisor } = tree(host);
      const downs: Down[] = [];
      supervisor.monitor((down) => downs.push(down));
      for (let i = 0; i < 3; i++) kill(0);
      await host.sleep(MINUTE);
      for (let i = 0; i < 3; i++) kill(1);
      expect(supervisor.alive).toBe(true);
      kill(2);
      expect(supervisor.alive).toBe(false);
      expect(lives()).toEqual(["", "", ""]);
      expect(downs).toEqual([{ id: "tree/1", reason: { kind: "too-many-restarts", child: "c" } }]);
    });
  });

  it("is restarted by its own supervisor when it has ended", async () => {
    await onHost((host) => {
      const actors = new Actors(host);
      const intensity = { maxRestarts: 1, window: MINUTE };
      const top = new TreeSupervisor(actors, { name: "top", strategy: "one-for-one", intensity });
      let leaf: ActorRef<never, never> | undefined;
      const branch = top.start({
        id: "branch",
        restart: "permanent",
        start: () => {
          const supervisor = new TreeSupervisor(actors, {
            name: "branch",
            strategy: "one-for-one",
            intensity,
          });
          supervisor.start({
            id: "leaf",
            restart: "permanent",
            start: () => {
              leaf = actors.spawn<never, never>("leaf", () => ({}));
              return leaf;
            },
          });
          return supervisor;
        },
      });
      for (let i = 0; i < 2; i++) leaf?.exit(KILLED);
      expect([branch.current?.id, leaf?.id, leaf?.alive]).toEqual(["branch/2", "leaf/3", true]);
      for (let i = 0; i < 2; i++) leaf?.exit(KILLED);
      expect([top.alive, branch.current, leaf?.alive]).toEqual([false, undefined, false]);
    });
  });

  it("gives up on a child that never starts", async () => {
    await onHost((host) => {
      const { supervisor, actors } = tree(host);
      let starts = 0;
      const child = supervisor.start({
        id: "stillborn",
        restart: "permanent",
        start: () =>
          actors.spawn<never, never>("stillborn", () => {
            starts++;
            throw new Failure("no configuration");
          }),
      });
      expect([starts, supervisor.alive, child.current]).toEqual([4, false, undefined]);
    });
  });

  it("sees to a sibling that ends while it restarts another", async () => {
    await onHost((host) => {
      const { supervisor, actors, children, lives } = tree(host);
      let fragile: ActorRef<never, never> | undefined;
      supervisor.start({
        id: "troublemaker",
        restart: "permanent",
        start: () => {
          fragile?.exit(KILLED);
          children[0]?.current?.exit(KILLED);
          fragile = actors.spawn<never, never>("troublemaker", () => ({}));
          return fragile;
        },
      });
      expect(lives()).toEqual(["a/2", "b/1", "c/1"]);
      expect(fragile?.alive).toBe(true);
    });
  });

  it("stops its children last one first, and kills one that takes too long", async () => {
    const seen = await onHost(async (host) => {
      const { supervisor, actors } = tree(host, { shutdownTimeout: 2 * SECOND });
      const slow = supervisor.start({
        id: "slow",
        restart: "permanent",
        start: () =>
          actors.spawn<never, never, string>("slow", ({ host }) => ({ onCast: () => host.sleep(MINUTE) })),
      });
      slow.current?.cast("work");
      await host.sleep(SECOND);
      const late = supervisor.stop();
      expect(supervisor.start({ id: "late", restart: "permanent", start: () => supervisor }).current).toBe(
        undefined,
      );
      await Promise.all([late, supervisor.stop()]);
      expect(host.clock.monotonic()).toBe(3 * SECOND);
    });
    expect(seen.changes("actor").slice(4)).toEqual([
      "slow/1: running → ended",
      "c/1: running → ended",
      "b/1: running → ended",
      "a/1: running → ended",
    ]);
  });

  it("takes one child out", async () => {
    await onHost(async (host) => {
      const { supervisor, children, lives } = tree(host);
      const { current } = children[1] ?? {};
      await supervisor.remove("b");
      await supervisor.remove("b");
      expect([current?.alive, lives(), supervisor.alive]).toEqual([false, ["a/1", "", "c/1"], true]);
    });
  });

  it("refuses a second child of one id, and an intensity that is none", async () => {
    await onHost((host) => {
      const { supervisor } = tree(host);
      expect(() => supervisor.start({ id: "a", restart: "permanent", start: () => supervisor })).toThrow(
        'supervisor tree/1: there is a child "a" already',
      );
      expect(() => tree(host, { intensity: { maxRestarts: 5, window: 0 } })).toThrow(
        "supervisor tree: window: expected whole microseconds, 1 or more, got 0",
      );
    });
  });
});
