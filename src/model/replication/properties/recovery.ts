/**
 * Groups recover: once all is well each has one leader, every member that keeps content has what was applied elsewhere, and each
 * member is what the group's configuration says that it is.
 *
 * Judged when the run is over, for what was there some time before. Not verified: a host that was taken out of a group, to which
 * nobody speaks any more, indexes whose command wrote nothing, and members whose last change no leader lived to record as committed.
 */
import { type EventOf, type Micros, type Plan, SECOND } from "seedstorm";
import { ensure, list, type Property, texts, time, when, whole } from "seedstorm/check";
import { committedState, type DurableEvent, isSnapshot } from "./committed.js";
import { memberLogs } from "./member-logs.js";
import { memberOf, storeOfEvent } from "./stores.js";

type StateEvent = EventOf<"state">;

/** Hosts by the role that they have in a group. */
interface Members {
  readonly voters: readonly string[];
  readonly learners: readonly string[];
  readonly witnesses: readonly string[];
  readonly event: StateEvent | undefined;
}

/** As the plan's topology places them. */
function founders({ topology }: Plan): Members {
  const having = (role: string) => topology.filter((host) => host.role === role).map(({ id }) => id);
  return {
    voters: having("replica"),
    learners: having("replica-learner"),
    witnesses: having("replica-witness"),
    event: undefined,
  };
}

const newVoteless = (): Map<string, StateEvent> => new Map();

/** The newest configuration that was committed in each group; the founders' where none was. */
class Configurations {
  readonly #founders: Members;
  /** By group and host: members that had a vote and have none yet in the newest configuration, since when. */
  readonly voteless = new Map<string, Map<string, StateEvent>>();
  readonly #generations = new Map<string, number>();
  readonly #members = new Map<string, Members>();

  constructor(plan: Plan) {
    this.#founders = founders(plan);
  }

  on(event: StateEvent): void {
    const generation = Number(event.to);
    if (generation <= (this.#generations.get(event.name) ?? 1)) return;
    this.#generations.set(event.name, generation);
    const { detail } = event;
    const next: Members = {
      voters: texts(detail, "voters"),
      learners: texts(detail, "learners"),
      witnesses: texts(detail, "witnesses"),
      event,
    };
    this.#followVotes(event, this.of(event.name), next.learners);
    this.#members.set(event.name, next);
  }

  /** Who had a vote and learns again is to get it back; who is out, or votes, is owed nothing. */
  #followVotes(event: StateEvent, before: Members, learners: readonly string[]): void {
    const voteless = ensure(this.voteless, event.name, newVoteless);
    for (const host of voteless.keys()) if (!learners.includes(host)) voteless.delete(host);
    for (const host of learners) {
      const voted = before.voters.includes(host) || before.witnesses.includes(host);
      if (voted || voteless.has(host)) voteless.set(host, event);
    }
  }

  of(group: string): Members {
    return this.#members.get(group) ?? this.#founders;
  }
}

/** An election, a catching-up, a snapshot on its way. */
const SETTLED: Micros = 5 * SECOND;
/** Members that lost their content are taken in again by then. */
const RECOVERED: Micros = 15 * SECOND;

export const replicasCatchUp: Property = {
  id: "raft-replicas-catch-up",
  kind: "eventually",
  sentence: "Once all is well, every member that keeps content has applied what any other has.",
  subscribes: ["durable", "state", "host"],
  start(context) {
    const { plan } = context;
    const committed = context.view(committedState);
    const store = context.view(storeOfEvent);
    const configurations = new Configurations(plan);
    const applied = new Map<string, number>();
    /** By group: what was applied first, and when. */
    const newest = new Map<string, DurableEvent[]>();
    /** Hosts that never return. */
    const gone = new Set<string>();
    return {
      on(event) {
        if (event.kind === "host") {
          if (event.phase === "gone") gone.add(event.host);
        } else if (event.kind === "state") {
          if (event.entity === "membership") configurations.on(event);
        }
        if (event.kind !== "durable" || store.name.of !== "resource") return;
        const { member, group } = store.name;
        applied.set(member, Math.max(applied.get(member) ?? 0, event.txn));
        if (committed.news !== undefined && !isSnapshot(event)) ensure(newest, group, () => []).push(event);
      },
      end(at) {
        if (at - plan.healAt < RECOVERED) return;
        for (const [group, events] of newest) {
          const last = events.findLast((event) => event.at <= at - SETTLED);
          const { voters, learners, event: since } = configurations.of(group);
          if (last === undefined || (since?.at ?? 0) > at - SETTLED) continue;
          for (const host of [...voters, ...learners]) {
            if (gone.has(host)) continue;
            const own = applied.get(`${group}@${host}`) ?? 0;
            context.checked();
            if (own >= last.txn) continue;
            context.violated(
              `${group}@${host}`,
              `Index ${last.txn} of ${group} was applied ${when(last)}, and at ${time(at)} ${host} had only come to ${own}.`,
              [last],
            );
          }
        }
      },
    };
  },
};

const ROLES = {
  voter: new Set(["follower", "leader", "candidate", "pre-candidate"]),
  learner: new Set(["learner"]),
  witness: new Set(["witness"]),
} as const;

export const membersAreWhatTheyShouldBe: Property = {
  id: "raft-members-are-as-configured",
  kind: "eventually",
  sentence:
    "Once all is well, each group has one leader, and every member is what the committed configuration says: voter, learner or witness.",
  subscribes: ["state", "host"],
  start(context) {
    const { plan } = context;
    const logs = context.view(memberLogs);
    const configurations = new Configurations(plan);
    /** By `group@host`: what it says that it is. */
    const roles = new Map<string, StateEvent>();
    /** Hosts that never return. */
    const gone = new Set<string>();

    function judge(group: string, at: Micros): void {
      const { voters, learners, witnesses, event: since } = configurations.of(group);
      if ((since?.at ?? 0) > at - SETTLED) return;
      // A leader fell before it could say that a later change was committed: who belongs is not known.
      if (logs.newestChange(group) > (whole(since?.detail, "index") ?? 0)) return;
      const all = [
        ...voters.map((host) => ({ host, should: "voter" as const })),
        ...learners.map((host) => ({ host, should: "learner" as const })),
        ...witnesses.map((host) => ({ host, should: "witness" as const })),
      ].filter(({ host }) => !gone.has(host));
      const wrong = all.filter(
        ({ host, should }) => !ROLES[should].has(roles.get(`${group}@${host}`)?.to ?? ""),
      );
      const leaders = all.filter(({ host }) => roles.get(`${group}@${host}`)?.to === "leader");
      context.checked();
      if (wrong.length > 0) {
        const texts = wrong.map(
          ({ host, should }) => `${host}, a ${should}, is ${roles.get(`${group}@${host}`)?.to ?? "silent"}`,
        );
        context.violated(
          group,
          `At ${time(at)}, with all well, not every member of ${group} is what it should be: ${list(texts)}.`,
          since === undefined ? [] : [since],
        );
      } else if (leaders.length !== 1 && plan.knobs.buggify !== true) {
        context.violated(
          `${group} leads`,
          `At ${time(at)}, with all well, the leaders of ${group} are ${list(leaders.map(({ host }) => host))}.`,
          [],
        );
      }
    }

    return {
      on(event) {
        if (event.kind === "host") {
          if (event.phase === "gone") gone.add(event.host);
          if (event.phase !== "crash") return;
          for (const name of [...roles.keys()]) if (memberOf(name).host === event.host) roles.delete(name);
        } else if (event.kind === "state") {
          if (event.entity === "raft") roles.set(event.name, event);
          else if (event.entity === "membership") configurations.on(event);
        }
      },
      end(at) {
        if (at - plan.healAt < RECOVERED) return;
        for (const group of new Set([...roles.keys()].map((name) => memberOf(name).group))) judge(group, at);
      },
    };
  },
};

export const votesComeBack: Property = {
  id: "raft-votes-come-back",
  kind: "eventually",
  sentence:
    "A member that had a vote, lost what it had and was taken in again has its vote back once all is well.",
  subscribes: ["state", "host"],
  start(context) {
    const { plan } = context;
    const logs = context.view(memberLogs);
    const configurations = new Configurations(plan);
    /** Hosts that never return. */
    const gone = new Set<string>();
    return {
      on(event) {
        if (event.kind === "host") {
          if (event.phase === "gone") gone.add(event.host);
        } else if (event.kind === "state") {
          if (event.entity === "membership") configurations.on(event);
        }
      },
      end(at) {
        if (at - plan.healAt < RECOVERED) return;
        for (const [group, voteless] of configurations.voteless) {
          // A leader fell before it could say that a later change was committed: who votes is not known.
          const index = whole(configurations.of(group).event?.detail, "index") ?? 0;
          if (logs.newestChange(group) > index) continue;
          context.checked();
          for (const [host, since] of voteless) {
            if (gone.has(host) || since.at > at - RECOVERED) continue;
            context.violated(
              `${group}@${host}`,
              `${host} had a vote in ${group} and was taken in again ${when(since)}, and at ${time(at)}, with all well, it has none yet.`,
              [since],
            );
          }
        }
      },
    };
  },
};
