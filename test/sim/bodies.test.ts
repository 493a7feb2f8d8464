/** Bodies of messages: only data goes over a wire, and nobody can change it afterwards. */
import { describe, expect, it } from "vitest";
import { type Host, message, rpc } from "../../src/sim/host.js";
import { SECOND } from "../../src/sim/time.js";
import { runOn } from "../../src/storm/run.js";
import { planOf } from "../support/universe.js";

const PUT = message<unknown>("put");
const ASK = rpc<unknown, unknown>("ask");

/** What is found of code on `a` that talks to `b`; nothing where bodies are taken on trust. */
async function found(onA: (host: Host) => unknown, onB: (host: Host) => void = () => {}): Promise<string[]> {
  const system = {
    id: "bodies",
    title: "bodies",
    properties: [],
    defects: [],
    build: (
      world: Parameters<typeof runOn>[0] extends { build(world: infer W, plan: never): void } ? W : never,
    ) => {
      world.onBoot("a", (host) => {
        host.after(SECOND, () => onA(host));
      });
      world.onBoot("b", onB);
    },
  };
  const plan = planOf({ hosts: ["a", "b"], duration: 5 * SECOND });
  expect((await runOn(system, plan)).violations).toEqual([]);
  return (await runOn(system, plan, { checkBodies: true })).violations.map(({ message }) => message);
}

class Money {
  constructor(readonly cents: number) {}
}

describe("the body of a message", () => {
  it("is data: texts, numbers, lists, plain objects and bytes", async () => {
    const body = { id: "x", n: [1, 2.5, null, undefined], deep: { flag: true }, bytes: new Uint8Array(3) };
    expect(await found((host) => host.send(PUT, "b", body))).toEqual([]);
  });

  const loop: Record<string, unknown> = { id: "x" };
  loop.list = [{ back: loop }];
  it.each<[string, unknown, string]>([
    ["a function", { items: [{ done: () => 1 }] }, "a function at body.items[0].done of put"],
    ["an instance of a class", { price: new Money(5) }, "an instance of Money at body.price of put"],
    ["a map", new Map(), "an instance of Map at body of put"],
    ["a symbol", [Symbol("odd")], "Symbol(odd) at body[0] of put"],
    ["a loop", loop, "something that contains itself at body.list[0].back of put"],
  ])("is not %s", async (_, body, expected) => {
    expect(await found((host) => host.send(PUT, "b", body))).toEqual([
      `The code on a sent ${expected} at 1.000 s: a wire carries data alone, such as texts, numbers, lists, plain objects and bytes.`,
    ]);
  });

  it("can't be changed by who sent it", async () => {
    const [told] = await found((host) => {
      const order = { id: "x", lines: [{ sku: "s", amount: 1 }] };
      host.send(PUT, "b", order);
      host.after(SECOND, () => {
        for (const line of order.lines) line.amount = 2;
      });
    });
    expect(told).toMatch(/^The code on a changed the body of a message that was sent \(put\) at 2.000 s/);
  });

  it("can't be changed after ten thousand others either, and may be sent again", async () => {
    const [told] = await found((host) => {
      const order = { id: "x", lines: [{ sku: "s", amount: 1 }] };
      host.send(PUT, "b", order);
      for (let n = 0; n <= 10_000; n++) host.send(PUT, "b", { n });
      host.send(PUT, "b", order);
      for (const line of order.lines) line.amount = 2;
    });
    expect(told).toMatch(/^The code on a changed the body of a message that was sent \(put\) at 1.000 s/);
  });

  it("can't be changed by who gets it, and a reply neither", async () => {
    const [told] = await found(
      async (host) => {
        const reply = (await host.request(ASK, "b", { n: 1 }, SECOND)) as { answer: number };
        reply.answer++;
      },
      (host) => host.onRequest(ASK, () => ({ answer: 1 })),
    );
    expect(told).toMatch(/^The code on a changed the body of a message that was sent \(ask\) at 1.00\d s/);
  });
});
