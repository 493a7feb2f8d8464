/**
 * The job service's settings: those of the order system's pools, channels, breakers and registry, scaled down so that all of their
 * time-outs come due, several times over, in a universe of a minute.
 */
import { ms, SECOND } from "seedstorm";
import type { BreakerConfig } from "../actors/breaker-api.js";
import type { ChannelConfig } from "../actors/channel-api.js";
import type { PoolConfig } from "../actors/pool-api.js";
import type { RegistryConfig } from "../actors/registry/api.js";
import type { RestartIntensity } from "../actors/supervision.js";

export const SERVICE = "jobs";
export const CONSUMERS = 5;
/** How long one job actor may work on a job. */
export const JOB_TIMEOUT = 5 * SECOND;
/** How long the mill is waited for, at each of a job's two steps. */
export const MILL_TIMEOUT = 2 * SECOND;
export const ROOT_INTENSITY: RestartIntensity = { maxRestarts: 4, window: 5 * SECOND };
/** How long it takes until the tree is started anew when its root has given up. */
export const RESTART_PAUSE = ms(500);

export const POOL: PoolConfig = {
  name: "job-actors",
  minSize: 2,
  maxSize: 5,
  initialSize: 2,
  scaleUpAbove: 0.8,
  scaleDownBelow: 0.3,
  scaleFactor: 0.5,
  minStep: 1,
  maxStep: 2,
  cooldown: ms(800),
  idleTimeout: 5 * SECOND,
  checkoutTimeout: ms(700),
  intensity: { maxRestarts: 5, window: 6 * SECOND },
};

export const CHANNEL: ChannelConfig = {
  name: "job-queue",
  capacity: 12,
  whenFull: "block",
  sendTimeout: SECOND,
  receiveTimeout: 2 * SECOND,
  ackTimeout: 7 * SECOND,
  maxDeliveries: 4,
  messageTtl: 8 * SECOND,
};

export const BREAKER: BreakerConfig = {
  name: "mill",
  failureRatio: 0.5,
  minimumCalls: 6,
  windowCalls: 20,
  windowTime: 10 * SECOND,
  openFor: ms(1_500),
  probes: 3,
  halfOpenFor: 2 * SECOND,
  successesToClose: 2,
};

export const registryConfig = (registries: readonly string[]): RegistryConfig => ({
  registries,
  heartbeatInterval: SECOND,
  requestTimeout: ms(400),
  ttl: 5 * SECOND,
  checkInterval: SECOND,
  checkTimeout: ms(600),
  healthyAfter: 2,
  unhealthyAfter: 2,
  gossipInterval: ms(700),
  cacheFor: ms(300),
  ejectAfter: 3,
  ejectFor: 3 * SECOND,
});
