/**
 * A client of the replicated resources: finds each group's leader, follows redirects, and asks again under the
 * same session until it has an answer or its time is over.
 *
 * Asking again under the same session is safe, because the group answers a repeat with what it answered before; only a
 * new session would do the thing twice.
 *
 * What was asked and answered is recorded in the history, as `RESOURCE/COMMAND` by a client: `fail` where it was refused or
 * certainly not done, `info` where it may have been done. What concerns observations is not recorded.
 */
import { type Host, type Json, type Micros, ms, type RecordOutcome, recordCall, TIMED_OUT } from "seedstorm";
import type { Session } from "../replication/machine.js";
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
  type ResourceCommand,
  type ResourceQuestion,
  type ResourceRead,
  type ResourceReply,
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

const BACKOFF_FIRST = ms(50);
const BACKOFF_LAST = ms(800);
/** So many redirects in a row are followed; then the next replica of the round is asked, after a while. */
const REDIRECTS_AT_ONCE = 2;

const NO_ANSWER: Json = { reason: "no-answer" };
const UNAVAILABLE_ANSWER: Json = { reason: "unavailable" };
const UNAVAILABLE = { status: "unavailable" } as const;
const UNKNOWN = { status: "unknown" } as const;

export class ResourceClient implements Resources {
  readonly #host: Host;
  readonly #options: ClientOptions;
  readonly #name: string;
  readonly #leaders = new Map<string, string>();
  /** Sequences of commands that have no outcome yet, in ascending order. */
  readonly #open = new Set<number>();
  #sequence = 0;
  #reads = 0;

  constructor(host: Host, options: ClientOptions) {
    this.#host = host;
    this.#options = options;
    this.#name = `${host.id}#${host.incarnation}`;
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
    record("ok", reply.value as unknown as Json); // plain data throughout
    return reply.value as ReadValue<R>; // the server answers by the same table
  }

  async #command<V>(request: ResourceCommand, wait: Micros = 0): Promise<Outcome<V>> {
    this.#sequence += 1;
    const sequence = this.#sequence;
    this.#open.add(sequence);
    const [answeredBelow = sequence] = this.#open;
    const session: Session = { client: this.#name, sequence, answeredBelow };
    const { command } = request;
    const record = this.#recordCall(request, command.type, String(sequence), keyOf(command), command);
    const { resource } = request;
    const reply = await this.#ask(resource, { kind: "command", request, session, wait }, wait);
    this.#open.delete(sequence);
    if (reply.status !== "done") {
      const unknown = reply.status === "unknown";
      record(unknown ? "info" : "fail", unknown ? NO_ANSWER : UNAVAILABLE_ANSWER);
      return unknown ? UNKNOWN : UNAVAILABLE;
    }
    const { result } = reply;
    if (!result.ok) {
      record("fail", { reason: result.reason });
      return { status: "refused", reason: result.reason };
    }
    record("ok", result as unknown as Json); // plain data throughout
    return { status: "ok", value: result as V }; // a machine answers each command with its own kind of result
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

  /** Asks until there is an answer or the time is over; then `unknown` if anybody may have acted on it. */
  async #ask(group: string, question: ResourceQuestion, wait: Micros): Promise<ResourceReply> {
    const { clock } = this.#host;
    const until = clock.monotonic() + this.#options.timeout + wait;
    // Hints are followed for a while, but never instead of the round: they can be old and lead in a circle.
    let probe = this.#leaders.get(group) ?? this.#after(undefined);
    let target = probe;
    let certainlyNot = true;
    let attempt = 1;
    let redirects = 0;
    let backoff = BACKOFF_FIRST;
    for (;;) {
      const left = until - clock.monotonic();
      if (left <= 0) return certainlyNot ? UNAVAILABLE : UNKNOWN;
      const patience = Math.min(left, this.#options.attemptTimeout + wait);
      const reply = await this.#host.request(RESOURCE, target, { question, attempt }, patience);
      attempt += 1;
      if (reply === TIMED_OUT) {
        certainlyNot = false;
        this.#leaders.delete(group);
        probe = this.#after(probe);
        target = probe;
        continue;
      }
      switch (reply.status) {
        case "done":
        case "read":
          this.#leaders.set(group, target);
          return reply;
        case "redirect": {
          const { leader } = reply;
          redirects += 1;
          if (leader !== undefined && leader !== target && redirects <= REDIRECTS_AT_ONCE) {
            target = leader;
            continue;
          }
          probe = this.#after(probe);
          target = probe;
          break;
        }
        case "unknown":
          certainlyNot = false;
          probe = this.#after(probe);
          target = probe;
          break;
        case "unavailable":
          break;
      }
      redirects = 0;
      await this.#host.sleep(backoff + this.#host.random.below(backoff));
      backoff = Math.min(backoff * 2, BACKOFF_LAST);
    }
  }

  /** The replica to ask when this one is of no help; the nearest to begin with. */
  #after(target: string | undefined): string {
    const { replicas } = this.#options;
    const at = target === undefined ? -1 : replicas.indexOf(target);
    return replicas[(at + 1) % replicas.length] ?? "";
  }
}

/** What a command is about: a key, a lease, a checkpoint, a group, a producer's key. */
function keyOf(command: ResourceCommand["command"]): string {
  if ("key" in command) return command.key;
  if ("name" in command) return command.name;
  if ("group" in command) return command.group;
  return "producerKey" in command ? command.producerKey : "";
}

function keyOfRead(request: ResourceRead): string {
  if ("group" in request) return request.group;
  return "name" in request ? request.name : "";
}
