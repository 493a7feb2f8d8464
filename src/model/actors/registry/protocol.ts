/** What registries, instances and clients say to each other. */
import { type Micros, message, rpc } from "seedstorm";
import type { Health, Registration } from "./api.js";

/** An instance says that it is there, with every heartbeat in full: whoever hears one knows it. */
export interface Announcement {
  readonly registration: Registration;
  /** Counts its heartbeats: what is said of a later one is newer, however long it took. */
  readonly heartbeat: number;
}

export interface Discovery {
  readonly service: string;
  readonly capabilities: Readonly<Record<string, string>>;
  readonly health: readonly Health[];
}

export interface Found {
  readonly registration: Registration;
  readonly health: Health;
  /** How long after this it expires if nothing more is heard of it. */
  readonly expiresIn: Micros;
}

/** What one registry knows of an instance, for another. */
export interface Rumour {
  readonly registration: Registration;
  readonly heartbeat: number;
  /** How long ago that heartbeat was. */
  readonly age: Micros;
  readonly deregistered: boolean;
}

export const ANNOUNCE = rpc<Announcement, "ok">("registry/announce");
export const DEREGISTER = rpc<{ readonly instance: string }, "ok">("registry/deregister");
export const DISCOVER = rpc<Discovery, readonly Found[]>("registry/discover");
export const SNAPSHOT = rpc<null, readonly Rumour[]>("registry/snapshot");
export const GOSSIP = message<readonly Rumour[]>("registry/gossip");
/** Asked of an instance's host. `unknown`: there is no such instance, as when its host has restarted. */
export const CHECK = rpc<{ readonly instance: string }, "healthy" | "degraded" | "unknown">("registry/check");
