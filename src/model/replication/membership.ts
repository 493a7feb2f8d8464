/**
 * Who belongs to a group, and in what role.
 *
 * A configuration changes by one member at a time, so that any majority of the old one meets any majority of the
 * new one. It counts from the moment its entry is in the log, committed or not. Its generation is the number of
 * configurations so far. A member's *content generation* is part of its identity: a host that lost what it had acknowledged comes back
 * with a higher one, and what the older identity said no longer counts.
 */
import { invariant } from "../invariant.js";
import type { Configuration, MemberRecord, MemberRole } from "./configuration.js";
import type { Entry } from "./entry.js";

/** A change of one member. */
export type MembershipChange =
  | {
      readonly kind: "add-learner";
      readonly id: string;
      readonly contentGeneration: number;
      readonly seat?: "voter" | "witness";
    }
  | { readonly kind: "promote"; readonly id: string }
  | { readonly kind: "remove"; readonly id: string }
  /** A member that lost its content is taken out and in again, as a learner with a new content generation. */
  | { readonly kind: "readmit"; readonly id: string; readonly incarnation: number };

/** The configuration after a change; undefined when the change makes no sense there. */
export function changed(configuration: Configuration, change: MembershipChange): Configuration | undefined {
  const { members } = configuration;
  const member = members.find(({ id }) => id === change.id);
  const with_ = (next: readonly MemberRecord[]): Configuration | undefined =>
    next.some(hasVote) ? { generation: configuration.generation + 1, members: next } : undefined;
  const replaced = (record: MemberRecord) => with_(members.map((m) => (m === member ? record : m)));
  switch (change.kind) {
    case "add-learner": {
      if (member !== undefined) return undefined;
      const { id, contentGeneration, seat } = change;
      const record: MemberRecord = { id, role: "learner", contentGeneration, incarnation: 1 };
      return with_([...members, seat === undefined ? record : { ...record, seat }]);
    }
    case "promote": {
      if (member?.role !== "learner") return undefined;
      const { seat = "voter", ...record } = member;
      return replaced({ ...record, role: seat });
    }
    case "remove":
      return member && with_(members.filter((m) => m !== member));
    case "readmit": {
      if (member === undefined) return undefined;
      const { id, role } = member;
      const { incarnation } = change;
      const contentGeneration = member.contentGeneration + 1;
      const seat = role === "learner" ? member.seat : role;
      const record: MemberRecord = { id, role: "learner", contentGeneration, incarnation };
      return replaced(seat === undefined ? record : { ...record, seat });
    }
  }
}

export function hasVote(member: MemberRecord): boolean {
  return member.role !== "learner";
}

/** Whether it keeps commands and state, or just what the log is made of. */
export function keepsContent(member: MemberRecord): boolean {
  return member.role !== "witness" && member.seat !== "witness";
}

/** How many of the members with a vote are a majority. */
export function quorumOf(configuration: Configuration): number {
  let votes = 0;
  for (const member of configuration.members) if (hasVote(member)) votes++;
  return Math.floor(votes / 2) + 1;
}

export function memberOf(configuration: Configuration, id: string): MemberRecord | undefined {
  for (const member of configuration.members) if (member.id === id) return member;
  return undefined;
}

/** Ids of the members in a role, in the configuration's order. */
export function idsOf(configuration: Configuration, role: MemberRole): string[] {
  return configuration.members.filter((member) => member.role === role).map(({ id }) => id);
}

/** All configurations that stand in the log or before it: a cut tail brings an older one back. */
export class ConfigurationHistory {
  #steps: { readonly index: number; readonly configuration: Configuration }[];

  constructor(first: Configuration, index = 0) {
    this.#steps = [{ index, configuration: uniform(first) }];
  }

  get current(): Configuration {
    return this.#newest().configuration;
  }

  /** The log index at which the current one stands. */
  get index(): number {
    return this.#newest().index;
  }

  /** The one that was in force at a log index, and where it stands. */
  at(index: number): { readonly index: number; readonly configuration: Configuration } {
    return this.#steps.findLast((step) => step.index <= index) ?? this.#steps[0] ?? this.#newest();
  }

  /** Takes note of an entry that was appended. */
  append(entry: Entry): void {
    if (entry.payload.kind !== "members") return;
    const { configuration } = entry.payload;
    invariant(entry.index > this.index, "configurations stand in the order of the log");
    invariant(
      configuration.generation > this.current.generation,
      "each configuration is later than the last",
    );
    this.#steps.push({ index: entry.index, configuration: uniform(configuration) });
  }

  /** Everything behind `index` is no longer in the log. */
  cutAfter(index: number): void {
    while (this.#steps.length > 1 && this.#newest().index > index) this.#steps.pop();
  }

  /** Everything up to `index` is in a snapshot. */
  compactTo(index: number): void {
    while (this.#steps.length > 1 && (this.#steps[1]?.index ?? Number.POSITIVE_INFINITY) <= index) {
      this.#steps.shift();
    }
  }

  reset(configuration: Configuration, index: number): void {
    this.#steps = [{ index, configuration: uniform(configuration) }];
  }

  #newest(): { readonly index: number; readonly configuration: Configuration } {
    return this.#steps[this.#steps.length - 1] as { index: number; configuration: Configuration }; // never empty
  }
}

/**
 * The same configuration with members that are all made here. They are looked at with each message, and V8 gives what was parsed from
 * a file, copied by a change or frozen with a message other hidden classes than what a literal made: code that meets a new one
 * is compiled again.
 */
function uniform({ generation, members }: Configuration): Configuration {
  return {
    generation,
    members: members.map(({ id, role, contentGeneration, incarnation, seat }) =>
      seat === undefined
        ? { id, role, contentGeneration, incarnation }
        : { id, role, contentGeneration, incarnation, seat },
    ),
  };
}
