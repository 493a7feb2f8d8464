/** Requests between hosts of the runner's world, besides those of store and broker: the gateway's and a node's own. */
import { type Json, rpc } from "seedstorm";
import type { Headers } from "../broker/api.js";

/** A command for an aggregate, as HTTP has it. */
export interface Submission {
  readonly headers: Headers;
  readonly commandId: string;
  readonly aggregate: string;
  readonly id: string;
  readonly command: string;
  readonly payload: { readonly [name: string]: Json };
}

/** 2xx: done, now or when it came before; 4xx: refused for good; 5xx: not done, or not known to be. */
export interface GatewayReply {
  readonly status: number;
  readonly body: { readonly [name: string]: Json };
}

export const SUBMIT = rpc<Submission, GatewayReply>("gateway/submit");

export type AdminPath =
  | "/health"
  | "/ready"
  | "/metrics"
  | "/info"
  | "/logs"
  | "/admin/drain"
  | "/admin/start"
  | "/admin/reload"
  | "/admin/replay";

export interface AdminRequest {
  readonly path: AdminPath;
  readonly body: Json;
}

export interface AdminReply {
  readonly status: number;
  readonly body: Json;
}

export const ADMIN = rpc<AdminRequest, AdminReply>("node/admin");
