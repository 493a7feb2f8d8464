/**
 * Where committed entries are: on so many disks that every later leader must come by them.
 *
 * A leader counts what members say that they have; here it is counted what they are known to have. It is judged
 * when an entry is committed and when a member comes back and tells what its disk kept, so that an entry which only
 * happens to be still in somebody's memory, or which a lucky election saves, is missed all the same. Members
 * that lost their content and say so neither have it nor vote. Not verified: entries that are older than the newest
 * committed one, and what a member says to have while its medium has lost it.
 */
import type { EventOf } from "seedstorm";
import { ensure, list, type Property, texts, where, whole } from "seedstorm/check";
import { memberLogs } from "./member-logs.js";
import { memberOf, memberOfEvent } from "./stores.js";

type StateEvent = EventOf<"state">;

interface Group {
  /** Members that vote, those without an identity included. */
  voters: ReadonlySet<string>;
  /** Of the configuration that they stand in. */
  generation: number;
  /** Those that have been heard of, by whether they have an identity. */
  readonly members: Map<string, boolean>;
  newest: { readonly index: number; readonly term: number; readonly event: StateEvent } | undefined;
}

const newGroup = (): Group => ({ voters: new Set(), generation: 1, members: new Map(), newest: undefined });

export const commitHeld: Property = {
  id: "raft-commit-held",
  kind: "always",
  sentence:
    "A committed entry is on the disks of a majority, so that no leader can be elected by members that are without it.",
  subscribes: ["state", "durable", "host"],
  start(context) {
    const logs = context.view(memberLogs);
    const named = context.view(memberOfEvent);
    const groups = new Map<string, Group>();
    /** Members whose host has booted and that have not spoken since. */
    const silent = new Set<string>();

    function judge(name: string, group: Group, event: StateEvent): void {
      const { newest, voters, members } = group;
      if (newest === undefined) return;
      const without: string[] = [];
      let holders = 0;
      for (const [member, hasIdentity] of members) {
        if (!hasIdentity) continue;
        if (has(member, newest.index, newest.term)) holders++;
        else if (voters.has(member)) without.push(member);
      }
      const majority = Math.floor(voters.size / 2) + 1;
      context.checked();
      if (without.length < majority || holders >= majority) return;
      const hosts = list(without.map((member) => memberOf(member).host));
      context.violated(
        `entry ${newest.index} of term ${newest.term} in ${name}`,
        `Entry ${newest.index} of term ${newest.term} in ${name} was committed ${where(newest.event)}, but ${hosts} don't have it on their disks ${where(event)}: they are a majority and could elect a leader without it.`,
        [newest.event, event],
      );
    }

    function has(member: string, index: number, term: number): boolean {
      const own = logs.termAt(member, index);
      return own === undefined ? logs.lastIndex(member) > index : own === term;
    }

    function spoke(name: string, group: Group, event: StateEvent): void {
      const member = event.name;
      const isNew = !group.members.has(member);
      group.members.set(member, event.to !== "recovering");
      if (isNew && (event.to === "follower" || event.to === "witness")) {
        group.voters = new Set([...group.voters, member]);
      }
      if (silent.delete(member)) judge(name, group, event);
    }

    /** A leader that applies its log anew tells of old changes again. */
    function changed(name: string, group: Group, event: StateEvent): void {
      const generation = Number(event.to);
      if (generation <= group.generation) return;
      group.generation = generation;
      const hosts = [...texts(event.detail, "voters"), ...texts(event.detail, "witnesses")];
      group.voters = new Set(hosts.map((host) => `${name}@${host}`));
      judge(name, group, event);
    }

    function committed(name: string, group: Group, event: StateEvent): void {
      const index = Number(event.to);
      const term = whole(event.detail, "term") ?? 0;
      const { newest } = group;
      if (newest !== undefined && (term < newest.term || index <= newest.index)) return;
      group.newest = { index, term, event };
      judge(name, group, event);
    }

    return {
      subscribes: ["state", "host"],
      on(event) {
        if (event.kind === "host" && event.phase === "boot") {
          for (const { members } of groups.values()) {
            for (const member of members.keys()) if (memberOf(member).host === event.host) silent.add(member);
          }
        } else if (event.kind === "state") {
          const name = event.entity === "membership" ? event.name : named.member.group;
          if (event.entity === "raft") spoke(name, ensure(groups, name, newGroup), event);
          else if (event.entity === "commit") committed(name, ensure(groups, name, newGroup), event);
          else if (event.entity === "membership") changed(name, ensure(groups, name, newGroup), event);
        }
      },
    };
  },
};
