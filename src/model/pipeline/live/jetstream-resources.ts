/**
 * The pipeline's resources on what JetStream itself has: orders in a stream with a durable consumer, everything else in key-value
 * buckets. Who asks does the work of the replicas; the state machines of keys, leases and pointers are those of the simulation.
 *
 * What was asked and answered is recorded as every client of the resources records it.
 */
import { type Host, type Json, type Micros, recordCall } from "seedstorm";
import { Bucket, type Engine, Queue } from "seedstorm/live";
import type { Command, StateMachine } from "../../replication/machine.js";
import { NO_ANSWER, recordOutcome } from "../../replication/recorded-outcome.js";
import {
  type CheckpointCommand,
  CheckpointMachine,
  type CheckpointResult,
} from "../../resources/checkpoint.js";
import { keyOf, keyOfRead } from "../../resources/client.js";
import {
  type IdempotencyCommand,
  IdempotencyMachine,
  type IdempotencyResult,
} from "../../resources/idempotency.js";
import { type LeaseCommand, LeaseMachine, type LeaseResult } from "../../resources/lease.js";
import {
  type ObservationCommand,
  ObservationMachine,
  type ObservationResult,
} from "../../resources/observations.js";
import type {
  CheckpointAnswer,
  IdempotencyAnswer,
  LeaseAnswer,
  ObservationAnswer,
  QueueAnswer,
  ReadValue,
  ResourceCommand,
  ResourceRead,
} from "../../resources/protocol.js";
import type { QueueCommand } from "../../resources/queue-command.js";
import type { Outcome, Resources } from "../../resources/resources.js";
import { RESOURCES, type Refused } from "../../resources/types.js";
import type { PipelineKnobs } from "../knobs.js";
import type { ReplicaOptions } from "../replica.js";
import { DeadLetters } from "./dead-letters.js";
import { BUCKETS, DEAD_LETTERS, ORDERS } from "./names.js";
import { Register } from "./register.js";
import { StreamQueue } from "./stream-queue.js";

/** What is behind a connection. */
interface Reached {
  readonly queue: StreamQueue;
  readonly effects: Keys<IdempotencyCommand, IdempotencyResult>;
  readonly checkpoints: Keys<CheckpointCommand, CheckpointResult>;
  readonly leaders: Keys<LeaseCommand, LeaseResult>;
  readonly observations: Keys<ObservationCommand, ObservationResult>;
}

/** What is answered at once to who loses a race, where a defect is planted. */
const IN_PROGRESS: Json = { ok: true, state: "in-progress" };

/** The keys of a bucket, each with its machine. */
class Keys<C extends Command, R> {
  readonly #host: Host;
  readonly #bucket: Bucket;
  readonly #fresh: () => StateMachine<C, R>;
  readonly #registers = new Map<string, Register<C, R>>();

  constructor(host: Host, bucket: Bucket, fresh: () => StateMachine<C, R>) {
    this.#host = host;
    this.#bucket = bucket;
    this.#fresh = fresh;
  }

  of(key: string): Register<C, R> {
    let register = this.#registers.get(key);
    if (register === undefined) {
      register = new Register(this.#host, this.#bucket, key, this.#fresh);
      this.#registers.set(key, register);
    }
    return register;
  }
}

export class JetStreamResources implements Resources {
  readonly #host: Host;
  readonly #knobs: PipelineKnobs;
  readonly #reached: Promise<Reached>;
  readonly #name: string;
  #requests = 0;

  constructor(host: Host, knobs: PipelineKnobs, deployment: ReplicaOptions, engine: Promise<Engine>) {
    this.#host = host;
    this.#knobs = knobs;
    this.#reached = engine.then((connected) => reach(host, knobs, deployment, connected));
    this.#name = `${host.id}#${host.incarnation}`;
  }

  orders<C extends QueueCommand>(command: C, wait: Micros = 0): Promise<Outcome<QueueAnswer<C>>> {
    return this.#recorded(RESOURCES.orders, command, async () => {
      const { queue } = await this.#reached;
      return (await askQueue(queue, command, wait)) as Outcome<QueueAnswer<C>>; // each command has its own kind of answer
    });
  }

  effects<C extends IdempotencyCommand>(command: C): Promise<Outcome<IdempotencyAnswer<C>>> {
    return this.#recorded(RESOURCES.effects, command, async (by) => {
      // Keys share no state, so there is no fence before them, and nothing is pruned: a bucket has a setting for how long it keeps keys.
      if (command.type === "raise-fence" || command.type === "prune")
        return {
          status: "ok",
          value: { ok: true, state: "done", count: 0 } as unknown as IdempotencyAnswer<C>,
        };
      const { effects } = await this.#reached;
      const lost = command.type === "reserve" && this.#host.defect("lost-race-is-in-progress");
      return this.#ask(effects.of(command.key), command, by, lost ? IN_PROGRESS : undefined);
    });
  }

  checkpoints(command: CheckpointCommand): Promise<Outcome<CheckpointAnswer>> {
    return this.#recorded(RESOURCES.checkpoints, command, async (by) => {
      const { checkpoints } = await this.#reached;
      return this.#ask(checkpoints.of(POINTERS), command, by);
    });
  }

  leaders<C extends LeaseCommand>(command: C): Promise<Outcome<LeaseAnswer<C>>> {
    return this.#recorded(RESOURCES.leaders, command, async (by) => {
      const { leaders } = await this.#reached;
      return this.#ask(leaders.of(command.name), command, by);
    });
  }

  /** What concerns observations is not recorded. */
  async observations(command: ObservationCommand): Promise<Outcome<ObservationAnswer>> {
    const { observations } = await this.#reached;
    return this.#ask(observations.of(command.observation.domain), command, this.#nextRequest());
  }

  async read<R extends ResourceRead>(request: R): Promise<ReadValue<R> | undefined> {
    if (request.resource === RESOURCES.observations) return this.#answer(request);
    const requestId = this.#nextRequest();
    const operation = `${request.resource}/read-${request.read}`;
    const record = recordCall(this.#host, {
      requestId,
      operation,
      key: keyOfRead(request),
      value: asJson(request),
    });
    const value = await this.#answer(request);
    if (value === undefined) record("info", NO_ANSWER);
    else record("ok", asJson(value));
    return value;
  }

  async #answer<R extends ResourceRead>(request: R): Promise<ReadValue<R> | undefined> {
    return (await this.#looked(request)) as ReadValue<R> | undefined; // each read has its own kind of answer
  }

  async #looked(request: ResourceRead): Promise<ReadValue<ResourceRead> | undefined> {
    const { queue, checkpoints, observations } = await this.#reached;
    const { operationTimeout } = this.#knobs;
    switch (request.resource) {
      case "orders":
        return request.read === "headers" ? queue.headers(request.offsets) : queue.progress(request.group);
      case "order-checkpoints": {
        const machine = await checkpoints.of(POINTERS).look(operationTimeout);
        return machine && ((machine as CheckpointMachine).pointer(request.name) ?? null); // as `reach` makes them
      }
      case "order-observations": {
        const machine = await observations.of(request.domain).look(operationTimeout);
        if (machine === undefined) return undefined;
        const { domain, signer } = request;
        const view = machine as ObservationMachine; // as `reach` makes them
        return { health: view.health(domain), last: view.last(signer, domain) ?? null };
      }
    }
  }

  async #ask<C extends Command, V>(
    register: Register<C, { readonly ok: boolean }>,
    command: C,
    by: string,
    onLostRace?: Json,
  ): Promise<Outcome<V>> {
    const timeout = this.#knobs.operationTimeout;
    const asked = await register.ask({
      command,
      by,
      timeout,
      ...(onLostRace === undefined ? {} : { onLostRace }),
    });
    if (asked.status !== "done") return asked;
    const { result } = asked;
    if (result.ok) return { status: "ok", value: result as V }; // a machine answers each command with its own kind of result
    return { status: "refused", reason: (result as Refused).reason };
  }

  #nextRequest(): string {
    this.#requests += 1;
    return `${this.#name}:${this.#requests}`;
  }

  async #recorded<V>(
    resource: string,
    command: ResourceCommand["command"],
    act: (by: string) => Promise<Outcome<V>>,
  ): Promise<Outcome<V>> {
    const requestId = this.#nextRequest();
    const record = recordCall(this.#host, {
      requestId,
      operation: `${resource}/${command.type}`,
      key: keyOf(command),
      value: asJson(command),
    });
    const outcome = await act(requestId);
    recordOutcome(record, outcome, asJson);
    return outcome;
  }
}

/** All pointers are one key: they share a fence. */
const POINTERS = "pointers";

async function reach(
  host: Host,
  knobs: PipelineKnobs,
  deployment: ReplicaOptions,
  engine: Engine,
): Promise<Reached> {
  const defects = (id: string): boolean => host.defect(id);
  const [effects, checkpoints, leaders, observations] = await Promise.all([
    Bucket.open(engine, BUCKETS.effects),
    Bucket.open(engine, BUCKETS.checkpoints),
    Bucket.open(engine, BUCKETS.leaders),
    Bucket.open(engine, BUCKETS.observations),
  ]);
  const { reservation, leaseTtl } = knobs;
  const { objectQuorum, publicKeys } = deployment;
  const dead = new DeadLetters(new Queue(engine, DEAD_LETTERS.stream, ""));
  return {
    queue: new StreamQueue(host, new Queue(engine, ORDERS.stream, ORDERS.subject), dead, knobs),
    effects: new Keys(host, effects, () => new IdempotencyMachine({ reservation }, defects)),
    checkpoints: new Keys(host, checkpoints, () => new CheckpointMachine({ quorum: objectQuorum }, defects)),
    leaders: new Keys(host, leaders, () => new LeaseMachine({ ttl: leaseTtl }, defects)),
    observations: new Keys(host, observations, () => new ObservationMachine(publicKeys, defects)),
  };
}

function askQueue(queue: StreamQueue, command: QueueCommand, wait: Micros): Promise<Outcome<unknown>> {
  switch (command.type) {
    case "append":
      return queue.append(command);
    case "create-group":
      return queue.createGroup(command);
    case "poll":
      return queue.poll(command, wait);
    case "ack":
    case "nack":
    case "term":
    case "extend":
      return queue.settle(command);
    case "redrive":
    case "trim":
    case "raise-fence":
      return Promise.resolve({ status: "ok", value: { ok: true, count: 0 } }); // a stream has nothing like it
    case "expire":
    case "return":
      throw new RangeError(`${command.type} is what a consumer does by itself`);
  }
}

const asJson = (value: unknown): Json => value as Json; // plain data throughout
