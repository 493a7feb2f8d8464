/**
 * What tells kinds of faults apart on a page: families have colours, of which an eye keeps a handful apart, and the kinds of a family
 * have patterns.
 */

/** Families of fault kinds: each has a colour, and each kind in it a pattern of its own. */
export type FaultFamily = "power" | "network" | "disk" | "clock" | "external";

const KINDS: { readonly [F in FaultFamily]: readonly string[] } = {
  power: ["crash", "pause", "crash-point", "domain-loss", "exit", "host-loss", "upgrade"],
  network: [
    ...["partition", "loss", "clog", "flaky-link", "slow-link", "duplication", "reorder", "bandwidth"],
    ...["connection-reset", "half-open", "dns-failure"],
  ],
  disk: [
    ...["disk-stall", "disk-slow", "disk-full", "disk-wipe", "fsync-failure", "bit-rot"],
    ...["misdirected-write", "latent-sector-error"],
  ],
  clock: [
    ...["clock-skew", "clock-drift", "clock-jump", "clock-strobe", "clock-freeze", "leap-second"],
    "wrong-zone",
  ],
  external: [
    ...["external-errors", "external-hang", "external-slow", "external-lost-reply", "external-status"],
    ...["external-rate-limit", "external-reset"],
  ],
};
export const FAMILIES = Object.keys(KINDS) as readonly FaultFamily[]; // its keys are the families

export function familyOf(faultKind: string): FaultFamily {
  return FAMILIES.find((family) => KINDS[family].includes(faultKind)) ?? "network";
}

/** A tile of 8 by 8 that is painted in a family's colour: which of its pixels, on how dark a ground. */
export interface FaultPattern {
  readonly isPainted: (x: number, y: number) => boolean;
  /** How much of the colour the other pixels have, from 0 to 1. */
  readonly ground: number;
}

export const TILE = 8;

/** Drawn at the width of a strip, so that they can be told apart there. */
const PATTERNS: readonly FaultPattern["isPainted"][] = [
  () => true,
  (x) => x % 4 < 2,
  (x, y) => (x + y) % 8 < 3,
  (x, y) => (x + TILE - y) % 8 < 3,
  (x) => x % 8 < 3,
  (x, y) => x % 4 < 2 && y % 4 < 2,
];
const GROUNDS = [0.3, 0];

/** Of each kind another one than of any other kind of its family. */
export function patternOf(faultKind: string): FaultPattern {
  const index = Math.max(0, KINDS[familyOf(faultKind)].indexOf(faultKind));
  const isPainted = PATTERNS[index % PATTERNS.length] ?? (() => true);
  // A full tile shows no ground: of those the second one is paler.
  const ground = GROUNDS[Math.floor(index / PATTERNS.length) % GROUNDS.length] ?? 0;
  if (index > 0 && index % PATTERNS.length === 0) return { isPainted: () => false, ground: 0.45 };
  return { isPainted, ground };
}
