/**
 * The runner as processes of a drill: the same roles as in the simulation, and the same code. Only the broker is another's.
 */
import type { Host, Plan } from "seedstorm";
import type { DrillProcesses, LiveContext } from "seedstorm/live";
import { newServices, RunnerRoles } from "../roles.js";
import { JetStreamBroker } from "./jetstream-broker.js";

/** What speaks to the broker. */
const NEEDS_BROKER: ReadonlySet<string> = new Set(["runner", "gateway", "producer", "operator"]);

export const runnerProcesses: DrillProcesses = {
  async boot(host: Host, plan: Plan, { now, engine }: LiveContext): Promise<void> {
    const spec = plan.topology.find(({ id }) => id === host.id);
    if (spec === undefined) throw new RangeError(`the plan has no host ${host.id}`);
    const broker = NEEDS_BROKER.has(spec.role)
      ? await JetStreamBroker.over((await engine()).connection, host)
      : undefined;
    const roles = new RunnerRoles(plan, {
      now,
      broker: () => {
        if (broker === undefined) throw new RangeError(`a ${spec.role} needs no broker`);
        return broker;
      },
    });
    await roles.bootOf(spec)?.(host);
  },

  services: newServices,
};
