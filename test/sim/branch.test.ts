import { expect, test } from "vitest";
import { Random, StreamEpoch } from "../../src/sim/random.js";
import { World } from "../../src/sim/world.js";
import { planOf } from "../support/universe.js";

/** Draws of three hosts, one every 10 ms, as `time host draw`. */
async function draws(branch?: { readonly at: number; readonly future: number }): Promise<string[]> {
  const plan = planOf({ duration: 1_000_000 });
  const world = new World(branch === undefined ? plan : { ...plan, branch });
  const lines: string[] = [];
  for (const { id } of plan.topology) {
    world.onBoot(id, async (host) => {
      for (;;) {
        await host.sleep(10_000);
        lines.push(`${world.now} ${id} ${host.random.uint32()} ${world.random(`new/${world.now}`).uint32()}`);
      }
    });
  }
  await world.run();
  return lines;
}

const timeOf = (line: string): number => Number(line.split(" ")[0]);

test("a future has the same past up to its branch, and other chance from there on", async () => {
  const trunk = await draws();
  const future = await draws({ at: 500_000, future: 1 });
  const past = (lines: string[]) => lines.filter((line) => timeOf(line) < 500_000);
  const after = (lines: string[]) => lines.filter((line) => timeOf(line) >= 500_000);
  expect(past(future)).toEqual(past(trunk));
  expect(past(future).length).toBe(3 * 49);
  expect(after(future).filter((line) => after(trunk).includes(line))).toEqual([]);
});

test("every future is another one, and each of them always the same", async () => {
  const [first, again, second] = [
    await draws({ at: 500_000, future: 1 }),
    await draws({ at: 500_000, future: 1 }),
    await draws({ at: 500_000, future: 2 }),
  ];
  expect(again).toEqual(first);
  expect(second).not.toEqual(first);
});

test("a branch at the very beginning leaves nothing of the trunk's chance", async () => {
  const trunk = await draws();
  const future = await draws({ at: 0, future: 1 });
  expect(future.filter((line) => trunk.includes(line))).toEqual([]);
});

test("a stream goes on as another one when an epoch begins, and its forks with it", () => {
  const epoch = new StreamEpoch();
  const stream = new Random("a", epoch);
  const fork = stream.fork("b");
  expect(stream.uint32()).toBe(new Random("a").uint32());
  epoch.begin("later");
  expect(stream.uint32()).toBe(new Random("a/later").uint32());
  expect(fork.uint32()).toBe(new Random("a/b/later").uint32());
});
