/** What a registry's configuration must be like for its promises to hold. */
import { checkConfig, count, duration } from "../config.js";
import type { RegistryConfig } from "./api.js";

/** @throws RangeError that names what is wrong. */
export function checkRegistry(config: RegistryConfig): void {
  checkConfig("registry", {
    registries: config.registries.length > 0 ? undefined : "expected at least one host, got none",
    heartbeatInterval: duration(config.heartbeatInterval),
    requestTimeout: duration(config.requestTimeout),
    ttl:
      duration(config.ttl) ??
      (config.ttl > config.heartbeatInterval
        ? undefined
        : `expected more than the heartbeat interval of ${config.heartbeatInterval}, got ${config.ttl}`),
    checkInterval: duration(config.checkInterval),
    checkTimeout: duration(config.checkTimeout),
    healthyAfter: count(config.healthyAfter, 1),
    unhealthyAfter: count(config.unhealthyAfter, 1),
    gossipInterval: duration(config.gossipInterval),
    cacheFor: duration(config.cacheFor),
    ejectAfter: count(config.ejectAfter, 1),
    ejectFor: duration(config.ejectFor),
  });
}
