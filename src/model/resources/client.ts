/**
 * A client of the replicated resources. How it finds each group's leader and asks again is that of every client of groups.
 *
 * What was asked and answered is recorded in the history, as `RESOURCE/COMMAND` by a client: `fail` where it was refused or
 * certainly not done, `info` where it may have been done. What concerns observations is not recorded.
 */
import { type Host, type Json, type Micros, type RecordOutcome, recordCall } from "seedstorm";
import { GroupClient, type Unanswered } from "../replication/group-client.js";
import { NO_ANSWER, recordOutcome } from "../replication/recorded-outcome.js";
import type { CheckpointCommand } from "./checkpoint.js";
import type { IdempotencyCommand } from "./idempotency.js";
import type { LeaseCommand } from "./lease.js";
import type { ObservationCommand } from "./observations.js";
import {
  type CheckpointAnswer,
  type IdempotencyAnswer,
  type LeaseAnswer,
  type ObservationAnswer,
  type QueueAnswer,
  RESOURCE,
  type ReadValue,
  type ResourceAnswer,
  type ResourceCommand,
  type ResourceQuestion,
  type ResourceRead,
} from "./protocol.js";
import type { QueueCommand } from "./queue-command.js";
import type { Outcome, Resources } from "./resources.js";
import { RESOURCES, type ResourceName } from "./types.js";

export interface ClientOptions {
  /** Ids of all replica hosts, the nearest first. */
  readonly replicas: readonly string[];
  /** How long a command is tried for. */
  readonly timeout: Micros;
  /** How long one replica is waited for before another is asked. */
  readonly attemptTimeout: Micros;
}

const UNAVAILABLE = { status: "unavailable" } as const;
const UNKNOWN = { status: "unknown" } as const;

export class ResourceClient implements Resources {
  readonly #host: Host;
  readonly #name: string;
  readonly #groups: GroupClient;
  #reads = 0;

  constructor(host: Host, { replicas, timeout, attemptTimeout }: ClientOptions) {
    this.#host = host;
    this.#name = `${host.id}#${host.incarnation}`;
    this.#groups = new GroupClient(host, this.#name, {
      members: replicas,
      timeout,
      attemptTimeout,
      round: "from-leader",
      asksSilentLast: true,
    });
  }

  orders<C extends QueueCommand>(command: C, wait: Micros = 0): Promise<Outcome<QueueAnswer<C>>> {
    return this.#command({ resource: "orders", command }, wait);
  }

  effects<C extends IdempotencyCommand>(command: C): Promise<Outcome<IdempotencyAnswer<C>>> {
    return this.#command({ resource: "order-effects", command });
  }

  checkpoints(command: CheckpointCommand): Promise<Outcome<CheckpointAnswer>> {
    return this.#command({ resource: "order-checkpoints", command });
  }

  leaders<C extends LeaseCommand>(command: C): Promise<Outcome<LeaseAnswer<C>>> {
    return this.#command({ resource: "order-leaders", command });
  }

  observations(command: ObservationCommand): Promise<Outcome<ObservationAnswer>> {
    return this.#command({ resource: "order-observations", command });
  }

  async read<R extends ResourceRead>(request: R): Promise<ReadValue<R> | undefined> {
    this.#reads += 1;
    const record = this.#recordCall(
      request,
      `read-${request.read}`,
      `r${this.#reads}`,
      keyOfRead(request),
      request,
    );
    const reply = await this.#ask(request.resource, { kind: "read", request }, 0);
    if (reply.status !== "read") {
      record("info", NO_ANSWER);
      return undefined;
    }
    record("ok", asJson(reply.value));
    return reply.value as ReadValue<R>; // the server answers by the same table
  }

  async #command<V>(request: ResourceCommand, wait: Micros = 0): Promise<Outcome<V>> {
    const session = this.#groups.open();
    const { command } = request;
    const record = this.#recordCall(request, command.type, String(session.sequence), keyOf(command), command);
    const { resource } = request;
    const reply = await this.#ask(resource, { kind: "command", request, session, wait }, wait);
    this.#groups.close(session);
    const outcome = outcomeOf<V>(reply);
    recordOutcome(record, outcome, asJson);
    return outcome;
  }

  /** What is recorded is the very value that was asked with: it is never changed. Observations are not recorded. */
  #recordCall(
    { resource }: { readonly resource: ResourceName },
    what: string,
    number: string,
    key: string,
    value: ResourceCommand["command"] | ResourceRead,
  ): RecordOutcome {
    if (resource === RESOURCES.observations) return () => undefined;
    const requestId = `${this.#name}:${number}`;
    const operation = `${resource}/${what}`;
    return recordCall(this.#host, { requestId, operation, key, value: value as unknown as Json }); // plain data throughout
  }

  #ask(group: string, question: ResourceQuestion, longest: Micros): Promise<ResourceAnswer | Unanswered> {
    return this.#groups.ask(group, longest, ({ member, number, wait, timeout }) => {
      // Asked late, it waits for less, so that it can still say in time that there is nothing.
      const inTime = wait < longest ? { ...question, wait } : question;
      return this.#host.request(RESOURCE, member, { question: inTime, attempt: number }, timeout);
    });
  }
}

function outcomeOf<V>(reply: ResourceAnswer | Unanswered): Outcome<V> {
  if (reply.status !== "done") return reply.status === "unknown" ? UNKNOWN : UNAVAILABLE;
  const { result } = reply;
  if (!result.ok) return { status: "refused", reason: result.reason };
  return { status: "ok", value: result as V }; // a machine answers each command with its own kind of result
}

const asJson = (value: unknown): Json => value as Json; // plain data throughout

/** What a command is about: a key, a lease, a checkpoint, a group, a producer's key. */
export function keyOf(command: ResourceCommand["command"]): string {
  if ("key" in command) return command.key;
  if ("name" in command) return command.name;
  if ("group" in command) return command.group;
  return "producerKey" in command ? command.producerKey : "";
}

/** What a read is about, in the same way. */
export function keyOfRead(request: ResourceRead): string {
  if ("group" in request) return request.group;
  return "name" in request ? request.name : "";
}
