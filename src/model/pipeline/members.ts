/**
 * How an operator changes who belongs to the groups: one replica host in, then another out, group by group.
 *
 * The new member first catches up as a learner and becomes a voter by itself; only then is the old one taken out, so
 * that a group never has less to lose than before. Each step is asked of one replica host after the other until the
 * group's leader has done it; what can't be done within a while is left, and said so by the result.
 */
import { type Host, type Micros, ms, seconds, TIMED_OUT } from "seedstorm";
import type { ReplicaHost } from "../replication/replica-host.js";
import { FIRST_GENERATION, RESOURCES, type ResourceName } from "../resources/types.js";
import { MEMBERS, type MembersRequest } from "./wire.js";

const ATTEMPT_TIMEOUT: Micros = seconds(2);
const PAUSE: Micros = ms(500);
const ATTEMPTS = 8;

/** Lets operators change the groups of this host. */
export function serveMembers(host: Host, replica: ReplicaHost): void {
  host.onRequest(MEMBERS, async (request) => {
    const member = replica.member(request.group);
    if (member === undefined) return false;
    if ("handOverTo" in request) return member.transferTo(request.handOverTo);
    const changed = await member.changeMembers(request.change);
    return changed.ok;
  });
}

/** Puts one replica host in the place of another, in all groups. Resolves to the groups in which it came through. */
export async function replaceReplica(
  host: Host,
  replicas: readonly string[],
  out: string,
  incoming: string,
): Promise<readonly ResourceName[]> {
  const replaced: ResourceName[] = [];
  for (const group of Object.values(RESOURCES)) {
    const contentGeneration = FIRST_GENERATION;
    const add = { kind: "add-learner", id: incoming, contentGeneration, seat: "voter" } as const;
    if (!(await asked(host, replicas, { group, change: add }))) continue;
    await host.sleep(ATTEMPT_TIMEOUT); // to catch up
    const others = replicas.filter((id) => id !== out);
    await host.request(MEMBERS, out, { group, handOverTo: others[0] ?? incoming }, ATTEMPT_TIMEOUT);
    if (await asked(host, replicas, { group, change: { kind: "remove", id: out } })) replaced.push(group);
  }
  return replaced;
}

/** Asks one replica host to hand over to another in all groups that it leads; which those are it knows itself. */
export async function relieve(host: Host, from: string, to: string): Promise<void> {
  const asks = Object.values(RESOURCES).map((group) =>
    host.request(MEMBERS, from, { group, handOverTo: to }, ATTEMPT_TIMEOUT),
  );
  await Promise.all(asks);
}

async function asked(host: Host, replicas: readonly string[], request: MembersRequest): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    for (const replica of replicas) {
      const done = await host.request(MEMBERS, replica, request, ATTEMPT_TIMEOUT);
      if (done !== TIMED_OUT && done) return true;
    }
    await host.sleep(PAUSE);
  }
  return false;
}
