/** One attempt of a candidate to be elected: who has granted it what it asked for. */
import type { Configuration } from "./configuration.js";
import { hasVote, memberOf, quorumOf } from "./membership.js";

export class Election {
  readonly #granted = new Set<string>();

  /**
   * @param pre whether it only asks if it would be elected.
   * @param term the term that it stands in.
   * @param transfer whether the leader itself asked for it.
   */
  constructor(
    readonly pre: boolean,
    readonly term: number,
    readonly transfer: boolean,
  ) {}

  /**
   * Takes a granted vote. It counts only from a member with a vote, and from the identity that the configuration knows:
   * what an older one promised is forgotten.
   *
   * @param counted overrules the second condition.
   */
  grant(from: string, contentGeneration: number, configuration: Configuration, counted: () => boolean): void {
    const member = memberOf(configuration, from);
    if (member === undefined || !hasVote(member)) return;
    if (member.contentGeneration === contentGeneration || counted()) this.#granted.add(from);
  }

  hasGranted(id: string): boolean {
    return this.#granted.has(id);
  }

  isWon(configuration: Configuration): boolean {
    return this.#granted.size >= quorumOf(configuration);
  }
}
