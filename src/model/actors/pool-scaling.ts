/** By how much a pool is to grow or shrink, as a function of its load. Leaves out when: cooldowns are the pool's. */
import type { PoolConfig } from "./pool-api.js";

/** The size that a pool should have; its present one when that will do. */
export function sizeFor(
  config: PoolConfig,
  { size, busy, waiting }: { readonly size: number; readonly busy: number; readonly waiting: number },
): number {
  const { minSize, maxSize, scaleUpAbove, scaleDownBelow } = config;
  const demand = busy + waiting;
  if (demand > scaleUpAbove * size) return Math.min(maxSize, size + step(config, size));
  if (demand < scaleDownBelow * size) return Math.max(minSize, size - step(config, size));
  return size;
}

/** A share of the size, within the limits for one step. */
export function step({ scaleFactor, minStep, maxStep }: PoolConfig, size: number): number {
  return Math.min(maxStep, Math.max(minStep, Math.floor(size * scaleFactor)));
}
