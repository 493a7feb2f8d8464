import { describe, expect, it } from "vitest";
import type { Elsewhere } from "../../../src/model/replication/elsewhere.js";
import {
  type Attempt,
  GroupClient,
  type GroupClientOptions,
} from "../../../src/model/replication/group-client.js";
import { TIMED_OUT } from "../../../src/sim/host.js";
import { SECOND, seconds } from "../../../src/sim/time.js";
import { universe } from "../../support/universe.js";

type Reply = { readonly status: "done" } | Elsewhere | "silence";

const DONE = { status: "done" } as const;
const hint = (leader: string | undefined): Reply => ({ status: "redirect", leader });

/** Runs a script with a client of members `a`, `b` and `c`; what it asks of them, and when, comes back. */
async function withClient(
  replies: (attempt: Attempt) => Reply,
  script: (ask: (wait?: number) => Promise<string>, sleep: (time: number) => Promise<void>) => Promise<void>,
  options: Partial<GroupClientOptions> = {},
) {
  const asked: Attempt[] = [];
  const world = universe({ hosts: ["client"], duration: 600 * SECOND });
  world.onBoot("client", (host) => {
    const client = new GroupClient(host, "client", {
      members: ["a", "b", "c"],
      timeout: seconds(6),
      attemptTimeout: seconds(1.5),
      round: "from-leader",
      ...options,
    });
    const send = async (attempt: Attempt) => {
      asked.push(attempt);
      const reply = replies(attempt);
      if (reply !== "silence") return reply;
      await host.sleep(attempt.timeout);
      return TIMED_OUT;
    };
    return script(
      async (wait = 0) => (await client.ask("group", wait, send)).status,
      (time) => host.sleep(time),
    );
  });
  await world.run();
  if (world.failure !== undefined) throw world.failure.error;
  return asked;
}

const membersOf = (asked: readonly Attempt[]): string => asked.map(({ member }) => member).join("");

describe("a client of groups", () => {
  it("asks who answered last, and follows hints to another", async () => {
    const leader = ({ member }: Attempt) => (member === "c" ? DONE : hint("c"));
    const asked = await withClient(leader, async (ask) => {
      await ask();
      await ask();
    });
    expect(membersOf(asked)).toBe("acc");
  });

  it("goes round all members though hints lead in a circle to one that does not answer", async () => {
    const answers = ({ member }: Attempt): Reply =>
      member === "a" ? hint("c") : member === "b" ? DONE : "silence";
    const asked = await withClient(answers, async (ask) => {
      expect(await ask()).toBe("done");
    });
    expect(membersOf(asked)).toBe("acb");
    const behind = await withClient(
      answers,
      async (ask) => {
        expect(await ask()).toBe("done");
      },
      { round: "from-first" },
    );
    expect(membersOf(behind)).toBe("acacab");
  });

  it("says that nothing was done only if everybody it asked said so", async () => {
    for (const [reply, status] of [
      [hint(undefined), "unavailable"],
      [{ status: "unavailable" }, "unavailable"],
      [{ status: "unknown" }, "unknown"],
      ["silence", "unknown"],
    ] as const) {
      await withClient(
        () => reply,
        async (ask) => {
          expect(await ask()).toBe(status);
        },
      );
    }
  });

  it("keeps a command open until it is closed, and says below which all are", async () => {
    const world = universe({ hosts: ["client"] });
    const below: number[] = [];
    world.onBoot("client", (host) => {
      const options = { members: ["a"], timeout: 1, attemptTimeout: 1, round: "from-leader" } as const;
      const client = new GroupClient(host, "client", options);
      const first = client.open();
      below.push(first.answeredBelow, client.open().answeredBelow);
      client.close(first);
      below.push(client.open().answeredBelow);
    });
    await world.run();
    expect(below).toEqual([1, 1, 2]);
  });
});

describe("a member that does not answer", () => {
  it("is asked last for a while, and for longer each time", async () => {
    const firsts: (string | undefined)[] = [];
    const asked = await withClient(
      ({ member }) => (member === "a" ? "silence" : { status: "unavailable" }),
      async (ask, sleep) => {
        for (const pause of [0, 0, seconds(3), 0, seconds(3), seconds(3)]) {
          await sleep(pause);
          await ask();
        }
      },
      { asksSilentLast: true, timeout: seconds(0.1), attemptTimeout: seconds(0.1) },
    );
    for (const { member, number } of asked) if (number === 1) firsts.push(member);
    expect(firsts.join("")).toBe("ababba");
  });

  it("is asked first again as soon as it has answered", async () => {
    const asked = await withClient(
      ({ member, number }) => (member === "b" ? hint("a") : number === 1 ? "silence" : DONE),
      async (ask, sleep) => {
        await ask();
        await sleep(seconds(0.5));
        await ask();
      },
      { asksSilentLast: true },
    );
    expect(membersOf(asked).slice(0, 4)).toBe("abaa");
  });

  it("leaves the others less time to wait, so that they answer in time", async () => {
    const asked = await withClient(
      ({ member }) => (member === "a" ? "silence" : DONE),
      async (ask) => {
        expect(await ask(seconds(5))).toBe("done");
      },
    );
    expect(asked.map(({ member, wait, timeout }) => [member, wait, timeout])).toEqual([
      ["a", seconds(5), seconds(6.5)],
      ["b", seconds(3), seconds(4.5)],
    ]);
  });
});
