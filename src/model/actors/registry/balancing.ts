/**
 * Which of several instances takes a call: pure functions of what is known of them. Leaves out who is considered at all, which
 * is the client's to say.
 */
import type { Random } from "seedstorm";
import type { Balancing } from "./api.js";

export interface Candidate {
  readonly instance: string;
  readonly weight: number;
  /** Calls under way. */
  readonly connections: number;
}

/** @param turn counts calls of this kind, for taking turns. */
export function choose<C extends Candidate>(
  candidates: readonly C[],
  balancing: Balancing,
  { random, turn, key }: { readonly random: Random; readonly turn: number; readonly key: string },
): C | undefined {
  if (candidates.length === 0) return undefined;
  switch (balancing) {
    case "round-robin":
      return candidates[turn % candidates.length];
    case "random":
      return random.pick(candidates);
    case "weighted":
      return byWeight(candidates, random);
    case "least-connections":
      return leastConnections(candidates, random);
    case "two-choices":
      return leastConnections(random.shuffle(candidates).slice(0, 2), random);
    case "consistent-hash":
      return byHash(candidates, key);
  }
}

/** One of those with the fewest: always taking the first would send the first calls of everybody to the same. */
function leastConnections<C extends Candidate>(candidates: readonly C[], random: Random): C {
  const fewest = Math.min(...candidates.map(({ connections }) => connections));
  return random.pick(candidates.filter(({ connections }) => connections === fewest));
}

function byWeight<C extends Candidate>(candidates: readonly C[], random: Random): C | undefined {
  let left = random.below(candidates.reduce((sum, { weight }) => sum + weight, 0));
  return candidates.find(({ weight }) => {
    left -= weight;
    return left < 0;
  });
}

/** Rendezvous hashing: when an instance goes, only its own keys go elsewhere. */
function byHash<C extends Candidate>(candidates: readonly C[], key: string): C | undefined {
  let best: C | undefined;
  let highest = -1;
  for (const candidate of candidates) {
    const hash = spread(`${key}/${candidate.instance}`);
    if (hash <= highest) continue;
    best = candidate;
    highest = hash;
  }
  return best;
}

/** A 32-bit hash of a text whose bits all depend on each of its characters: FNV-1a, and MurmurHash3's last step. */
function spread(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
