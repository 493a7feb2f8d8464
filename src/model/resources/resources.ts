/**
 * What the pipeline asks of the replicated resources: five families of commands, and reads.
 *
 * The outcome of a command is one of four: `ok` and `refused` are committed answers; `unavailable` means that it was certainly
 * not done; `unknown` means that it may have been. Who implements this says how the resources are reached; gateways, workers,
 * maintenance and auditors are written against it alone.
 */
import type { Micros } from "seedstorm";
import type { CheckpointCommand } from "./checkpoint.js";
import type { IdempotencyCommand } from "./idempotency.js";
import type { LeaseCommand } from "./lease.js";
import type { ObservationCommand } from "./observations.js";
import type {
  CheckpointAnswer,
  IdempotencyAnswer,
  LeaseAnswer,
  ObservationAnswer,
  QueueAnswer,
  ReadValue,
  ResourceRead,
} from "./protocol.js";
import type { QueueCommand } from "./queue-command.js";
import type { RefusalReason } from "./types.js";

export type Outcome<R> =
  | { readonly status: "ok"; readonly value: R }
  | { readonly status: "refused"; readonly reason: RefusalReason }
  /** Certainly not done. */
  | { readonly status: "unavailable" }
  /** May have been done. */
  | { readonly status: "unknown" };

export interface Resources {
  /** @param wait how long a poll may wait for something to deliver; none by default. */
  orders<C extends QueueCommand>(command: C, wait?: Micros): Promise<Outcome<QueueAnswer<C>>>;
  effects<C extends IdempotencyCommand>(command: C): Promise<Outcome<IdempotencyAnswer<C>>>;
  checkpoints(command: CheckpointCommand): Promise<Outcome<CheckpointAnswer>>;
  leaders<C extends LeaseCommand>(command: C): Promise<Outcome<LeaseAnswer<C>>>;
  observations(command: ObservationCommand): Promise<Outcome<ObservationAnswer>>;
  /** A linearizable read; undefined when nobody could answer it in time. */
  read<R extends ResourceRead>(request: R): Promise<ReadValue<R> | undefined>;
}
