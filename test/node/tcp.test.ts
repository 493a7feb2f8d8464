import { describe, expect, it } from "vitest";
import { node } from "../../src/node/index.js";
import { SECOND } from "../../src/sim/time.js";
import { printed, runPrograms } from "./support/universe.js";

const talking = (way: string) => ({
  server: node("half-open.ts", { args: ["server"] }),
  client: node("half-open.ts", { args: [way] }),
});

const errors = async (way: string, downFor: number) => {
  const crash = { kind: "crash", id: "c", at: 5 * SECOND, for: downFor * SECOND, target: "server" } as const;
  return printed(await runPrograms({ hosts: talking(way), faults: [crash], seconds: 120 }), "client");
};

describe("a connection to a host that crashes", () => {
  it("notices nothing while it has nothing to say, even when the host is up again", async () => {
    expect(await errors("waits", 1)).toEqual([]);
  });

  it("is reset by a host that is up again and knows nothing of it, when it is kept alive", async () => {
    expect(await errors("keeps alive", 1)).toEqual([expect.stringMatching(/^ECONNRESET after [67] s$/)]);
  });

  it("gives up after thirty seconds of silence, when it is kept alive", async () => {
    expect(await errors("keeps alive", 100)).toEqual([expect.stringMatching(/^ETIMEDOUT after 3[5-9] s$/)]);
  });
});
