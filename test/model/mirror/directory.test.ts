import { describe, expect, it } from "vitest";
import { Directory } from "../../../src/model/mirror/directory.js";
import { CLAIM, DEREGISTER, LOOKUP } from "../../../src/model/mirror/wire.js";
import type { Fault } from "../../../src/sim/faults/catalogue.js";
import type { Host } from "../../../src/sim/host.js";
import { SECOND } from "../../../src/sim/time.js";
import { universe } from "../../support/universe.js";

const grain = "cart/ada";

async function withDirectory(
  script: (host: Host) => Promise<void>,
  options: { faults?: readonly Fault[]; defects?: readonly string[] } = {},
) {
  const world = universe({ hosts: ["directory", "client"], duration: 20 * SECOND, ...options });
  let done = false;
  world.onBoot("directory", (host) => new Directory(host).start());
  world.onBoot("client", async (host) => {
    await host.sleep(SECOND);
    await script(host);
    done = true;
  });
  await world.run();
  expect(world.failure).toBeUndefined();
  expect(done).toBe(true);
}

const claim = (host: Host, cluster: string, expected: number) =>
  host.request(CLAIM, "directory", { grain, cluster, expected }, SECOND);
const deregister = (host: Host, epoch: number) =>
  host.request(DEREGISTER, "directory", { grain, epoch }, SECOND);
const lookup = (host: Host) => host.request(LOOKUP, "directory", null, SECOND);

describe("the directory", () => {
  it("gives a grain to the first who asks, and to one who knows its epoch", async () => {
    await withDirectory(async (host) => {
      expect(await claim(host, "east", 0)).toEqual({ status: "granted", epoch: 1 });
      expect(await claim(host, "west", 0)).toEqual({ status: "overtaken" });
      expect(await claim(host, "west", 1)).toEqual({ status: "granted", epoch: 2 });
      expect(await claim(host, "europe", 1)).toEqual({ status: "overtaken" });
      expect(await lookup(host)).toEqual([{ grain, cluster: "west", epoch: 2 }]);
    });
  });

  it("goes on from the epoch that a grain had before it was taken out", async () => {
    await withDirectory(async (host) => {
      await claim(host, "east", 0);
      await claim(host, "west", 1);
      expect(await deregister(host, 1)).toEqual({ status: "overtaken" });
      expect(await deregister(host, 2)).toEqual({ status: "done" });
      expect(await lookup(host)).toEqual([]);
      expect(await claim(host, "west", 2)).toEqual({ status: "overtaken" });
      expect(await claim(host, "east", 0)).toEqual({ status: "granted", epoch: 3 });
    });
  });

  it("begins anew when taking out forgets the epoch", async () => {
    await withDirectory(
      async (host) => {
        await claim(host, "east", 0);
        await deregister(host, 1);
        expect(await claim(host, "east", 0)).toEqual({ status: "granted", epoch: 1 });
      },
      { defects: ["RW7"] },
    );
  });

  it("knows epochs after a crash, also of grains that were taken out", async () => {
    const faults: Fault[] = [{ id: "f", kind: "crash", at: 5 * SECOND, for: SECOND, target: "directory" }];
    await withDirectory(
      async (host) => {
        await claim(host, "east", 0);
        await deregister(host, 1);
        await host.sleep(8 * SECOND);
        expect(await claim(host, "west", 0)).toEqual({ status: "granted", epoch: 2 });
      },
      { faults },
    );
  });
});
