/**
 * The pipeline as real processes: the same roles as in the simulation, and the same code. Only the groups are others': their logs
 * are streams of the engine, or there are none and every host asks the engine itself.
 */
import type { ExternalModel, Host, Plan } from "seedstorm";
import type { DrillProcesses, LiveContext } from "seedstorm/live";
import type { Resources } from "../../resources/resources.js";
import { noDefects } from "../../resources/types.js";
import type { PipelineKnobs } from "../knobs.js";
import type { GroupMembers, ReplicaOptions } from "../replica.js";
import { PipelineRoles } from "../roles.js";
import { jetstreamBackend } from "./jetstream-backend.js";
import { JetStreamResources } from "./jetstream-resources.js";
import { LogMember } from "./log-member.js";
import { keepersOf, withObjectStores } from "./object-stores.js";

export const pipelineProcesses: DrillProcesses = {
  boot(host: Host, plan: Plan, context: LiveContext): void | Promise<void> {
    const spec = plan.topology.find(({ id }) => id === host.id);
    if (spec === undefined) throw new RangeError(`the plan has no host ${host.id}`);
    const { now } = context;
    if (context.backend !== jetstreamBackend.id) {
      const members = (): GroupMembers => logMembers(host, context);
      return new PipelineRoles(plan, { now, keeping: { by: "replicas", members } }).bootOf(spec)?.(host);
    }
    const engine = context.engine();
    const reach = (own: Host, knobs: PipelineKnobs, deployment: ReplicaOptions): Resources =>
      new JetStreamResources(own, knobs, deployment, engine);
    const services = new Set(keepersOf(plan.topology).keys());
    const own = withObjectStores(host, engine, services);
    return new PipelineRoles(plan, { now, keeping: { by: "others", reach } }).bootOf(spec)?.(own);
  },

  services(plan: Plan): ReadonlyMap<string, ExternalModel> {
    const roles = new PipelineRoles(plan, { now: () => 0, keeping: { by: "replicas", members: noMembers } });
    const planted = (id: string): boolean => plan.defects.includes(id);
    const defects = plan.defects.length === 0 ? noDefects : planted;
    return new Map(roles.services().map(({ name, create }) => [name, create(defects)]));
  },
};

function logMembers(host: Host, { engine }: LiveContext): GroupMembers {
  const members: { start(engine: Awaited<ReturnType<LiveContext["engine"]>>): void }[] = [];
  return {
    add(group, machine) {
      const member = new LogMember(host, group, machine);
      members.push(member);
      return member;
    },
    async start() {
      const connected = await engine();
      for (const member of members) member.start(connected);
    },
  };
}

function noMembers(): never {
  throw new RangeError("services outside are members of no group");
}
