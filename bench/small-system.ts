/** The smallest universe worth measuring: two hosts, twenty requests, no faults. What surrounds a run counts most here. */
import { message, rpc } from "../src/sim/host.js";
import type { Plan } from "../src/sim/plan.js";
import { MILLISECOND, SECOND } from "../src/sim/time.js";
import type { System } from "../src/storm/scenario.js";

const ADD = rpc<number, number>("add");
const DONE = message<number>("done");
const ADDITIONS = 20;

export const counterSystem: System = {
  id: "counter",
  title: "a counter and its client",
  properties: [],
  defects: [],
  build(world) {
    world.onBoot("server", (host) => {
      let total = 0;
      host.onRequest(ADD, (amount) => {
        total += amount;
        return total;
      });
      host.onMessage(DONE, () => {});
    });
    world.onBoot("client", async (host) => {
      for (let n = 0; n < ADDITIONS; n++) {
        await host.sleep(10 * MILLISECOND);
        await host.request(ADD, "server", n, SECOND);
      }
      host.send(DONE, "server", ADDITIONS);
    });
  },
};

export const counterPlan = (seed: number): Plan => ({
  format: 2,
  scenario: "counter",
  seed,
  topology: ["server", "client"].map((id) => ({
    id,
    domain: { provider: "aws", region: "us-east" },
    role: id,
  })),
  knobs: {},
  workload: [],
  faults: [],
  defects: [],
  healAt: SECOND,
  duration: 2 * SECOND,
});
