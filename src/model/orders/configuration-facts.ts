/** How a service records what it made of a configuration that an operator sent it: whose text it was is seen by its checksum. */
import { crc32, type Host } from "seedstorm";

/** The entity of these `state` facts. */
export const CONFIGURATION = "configuration";

const encoder = new TextEncoder();

export const checksumOf = (toml: string): number => crc32(encoder.encode(toml));

export function recordConfiguration(host: Host, to: "taken" | "refused", toml: string): void {
  const detail = { text: checksumOf(toml) };
  host.record({ kind: "state", entity: CONFIGURATION, name: host.id, from: "offered", to, detail });
}
