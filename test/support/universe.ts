/** Small universes for tests: a few hosts, no scenario, as many faults as the test asks for. */
import type { Fault } from "../../src/sim/faults/catalogue.js";
import type { HostSpec, KnobValue, Plan } from "../../src/sim/plan.js";
import type { SchedulerOptions } from "../../src/sim/scheduler.js";
import { SECOND } from "../../src/sim/time.js";
import { World } from "../../src/sim/world.js";

export interface UniverseOptions {
  /** Ids of hosts, or whole specs. A bare id stands in a zone of its own. Default: `a`, `b`, `c`. */
  readonly hosts?: readonly (string | HostSpec)[];
  readonly seed?: number;
  readonly faults?: readonly Fault[];
  readonly defects?: readonly string[];
  readonly knobs?: Readonly<Record<string, KnobValue>>;
  readonly duration?: number;
  readonly healAt?: number;
  readonly scheduler?: SchedulerOptions;
}

export function planOf(options: UniverseOptions = {}): Plan {
  const duration = options.duration ?? 60 * SECOND;
  return {
    format: 2,
    scenario: "test",
    seed: options.seed ?? 1,
    topology: (options.hosts ?? ["a", "b", "c"]).map((host) =>
      typeof host === "string"
        ? { id: host, domain: { provider: "aws", region: "us-east", zone: host }, role: "host" }
        : host,
    ),
    knobs: options.knobs ?? {},
    workload: [],
    faults: options.faults ?? [],
    defects: options.defects ?? [],
    healAt: options.healAt ?? duration,
    duration,
  };
}

/** A world that has not begun, in which bodies of messages are checked: say what boots where, then `await world.run()`. */
export function universe(options: UniverseOptions = {}): World {
  return new World(planOf(options), { checkBodies: true, ...options.scheduler });
}
