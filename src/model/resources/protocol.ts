/**
 * What a client of the resources and the replica hosts say to each other: one request, for any resource.
 *
 * A command goes through the log under the client's session, so that a repeat is answered and not applied again. A poll is a
 * command that may wait at the leader until there is something to deliver. A read goes through no log: it is answered by
 * the leader after it made sure that it still leads.
 */
import { type Micros, rpc } from "seedstorm";
import type { Elsewhere } from "../replication/elsewhere.js";
import type { Session } from "../replication/machine.js";
import type { CheckpointCommand, CheckpointResult, Pointer, Saved } from "./checkpoint.js";
import type { Done, IdempotencyCommand, IdempotencyResult, Reserved } from "./idempotency.js";
import type { Contended, LeaseCommand, LeaseKept, LeaseResult } from "./lease.js";
import type { ObservationCommand, ObservationResult, Observed, SignedObservation } from "./observations.js";
import type {
  AppendedTo,
  Counted,
  Polled,
  QueueCommand,
  QueueResult,
  RecordHeader,
} from "./queue-command.js";
import type { ReplicaHealth } from "./types.js";

export type ResourceCommand =
  | { readonly resource: "orders"; readonly command: QueueCommand }
  | { readonly resource: "order-effects"; readonly command: IdempotencyCommand }
  | { readonly resource: "order-checkpoints"; readonly command: CheckpointCommand }
  | { readonly resource: "order-leaders"; readonly command: LeaseCommand }
  | { readonly resource: "order-observations"; readonly command: ObservationCommand };

/** What can be asked without changing anything, and what is answered. */
export type ResourceRead =
  | { readonly resource: "orders"; readonly read: "headers"; readonly offsets: readonly number[] }
  | { readonly resource: "orders"; readonly read: "progress"; readonly group: string }
  | { readonly resource: "order-checkpoints"; readonly read: "pointer"; readonly name: string }
  | {
      readonly resource: "order-observations";
      readonly read: "domain";
      readonly domain: string;
      readonly signer: string;
    };

export interface Progress {
  /** The next offset: how many records were ever appended. */
  readonly tail: number;
  readonly cursor: number;
  readonly acked: number;
  readonly dead: number;
}
export interface DomainReport {
  readonly health: ReplicaHealth;
  /** The asked signer's last observation of it. */
  readonly last: SignedObservation | null;
}
export type ReadValue<R extends ResourceRead> = R extends { readonly read: "headers" }
  ? readonly (RecordHeader | null)[]
  : R extends { readonly read: "progress" }
    ? Progress | null
    : R extends { readonly read: "pointer" }
      ? Pointer | null
      : DomainReport;

export type ResourceQuestion =
  | {
      readonly kind: "command";
      readonly request: ResourceCommand;
      readonly session: Session;
      readonly wait: Micros;
    }
  | { readonly kind: "read"; readonly request: ResourceRead };

export interface ResourceRequest {
  readonly question: ResourceQuestion;
  /** How often the client has asked, from 1: what comes with the same number again is a copy. */
  readonly attempt: number;
}

export type ResourceResult =
  | QueueResult
  | IdempotencyResult
  | CheckpointResult
  | LeaseResult
  | ObservationResult;
export type ResourceAnswer =
  | { readonly status: "done"; readonly result: ResourceResult }
  | { readonly status: "read"; readonly value: unknown };
export type ResourceReply = ResourceAnswer | Elsewhere;

export const RESOURCE = rpc<ResourceRequest, ResourceReply>("resource");

/** What a command that was not refused comes to. */
export type QueueAnswer<C extends QueueCommand> = C extends { readonly type: "append" }
  ? AppendedTo
  : C extends { readonly type: "poll" }
    ? Polled
    : Counted;
export type IdempotencyAnswer<C extends IdempotencyCommand> = C extends { readonly type: "reserve" }
  ? Reserved
  : Done;
export type LeaseAnswer<C extends LeaseCommand> = C extends { readonly type: "acquire" }
  ? Contended
  : LeaseKept;
export type CheckpointAnswer = Saved;
export type ObservationAnswer = Observed;
