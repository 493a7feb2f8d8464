/**
 * The request side of the resources on a replica host: takes commands and reads to the group's leader, if that is
 * here, and says who leads otherwise.
 *
 * A poll that finds nothing ready waits here, at the leader, until a record becomes ready or its time is over, so
 * that idle workers cost nothing. A poll that waits has taken nothing: it goes through the log only when there is
 * something to take, and when it must be refused, so that a refusal is a committed decision too.
 */
import type { Host, Micros, Timer } from "seedstorm";
import { invariant } from "../invariant.js";
import { elsewhere } from "../replication/elsewhere.js";
import type { GroupMember, Proposed, Session } from "../replication/machine.js";
import type { CheckpointCommand, CheckpointMachine, CheckpointResult } from "./checkpoint.js";
import { Copies } from "./copies.js";
import type { IdempotencyCommand, IdempotencyResult } from "./idempotency.js";
import type { LeaseCommand, LeaseResult } from "./lease.js";
import type { ObservationCommand, ObservationMachine, ObservationResult } from "./observations.js";
import {
  RESOURCE,
  type ResourceCommand,
  type ResourceRead,
  type ResourceReply,
  type ResourceResult,
} from "./protocol.js";
import type { QueueMachine } from "./queue.js";
import type { QueueCommand, QueueResult } from "./queue-command.js";

/** This host's members of all groups, and the machines that reads look into. */
export interface ResourceGroups {
  readonly orders: GroupMember<QueueCommand, QueueResult>;
  readonly effects: GroupMember<IdempotencyCommand, IdempotencyResult>;
  readonly checkpoints: GroupMember<CheckpointCommand, CheckpointResult>;
  readonly leaders: GroupMember<LeaseCommand, LeaseResult>;
  readonly observations: GroupMember<ObservationCommand, ObservationResult>;
  readonly queue: QueueMachine;
  readonly pointers: CheckpointMachine;
  readonly health: ObservationMachine;
}

type Poll = QueueCommand & { readonly type: "poll" };

/** A poll that waits for something to deliver. */
interface Waiter {
  readonly poll: Poll;
  readonly session: Session;
  readonly answer: (reply: ResourceReply | Promise<ResourceReply>) => void;
  readonly timer: Timer;
}

const NOTHING: ResourceReply = { status: "done", result: { ok: true, delivery: null } };

export class ResourceServer {
  readonly #host: Host;
  readonly #groups: ResourceGroups;
  readonly #copies = new Copies();
  /** Polls that wait, first come first, by consumer group. */
  readonly #waiters = new Map<string, Waiter[]>();
  /** Polls on their way through the log, by consumer group: each will take one record. */
  readonly #polling = new Map<string, number>();
  readonly #waking = new Set<string>();

  constructor(host: Host, groups: ResourceGroups) {
    this.#host = host;
    this.#groups = groups;
    // Not a literal in the assignment: V8 would put it into the old generation, and it keeps the whole universe.
    const wakeSoon = (group: string): void => this.#wakeSoon(group);
    groups.queue.onReady = wakeSoon;
    host.onRequest(RESOURCE, ({ question, attempt }) => {
      if (question.kind === "read") return this.#read(question.request);
      const { request, session, wait } = question;
      if (this.#copies.isCopy(session, attempt)) return unanswered();
      if (request.resource === "orders" && request.command.type === "poll")
        return this.#poll(request.command, session, wait);
      return this.#propose(request, session);
    });
  }

  async #propose(request: ResourceCommand, session: Session): Promise<ResourceReply> {
    const groups = this.#groups;
    switch (request.resource) {
      case "orders":
        return replyTo(await groups.orders.propose(request.command, session));
      case "order-effects":
        return replyTo(await groups.effects.propose(request.command, session));
      case "order-checkpoints":
        return replyTo(await groups.checkpoints.propose(request.command, session));
      case "order-leaders":
        return replyTo(await groups.leaders.propose(request.command, session));
      case "order-observations":
        return replyTo(await groups.observations.propose(request.command, session));
    }
  }

  #poll(poll: Poll, session: Session, wait: Micros): ResourceReply | Promise<ResourceReply> {
    const { orders, queue } = this.#groups;
    if (!orders.isLeader) return { status: "redirect", leader: orders.leader };
    if (this.#available(poll.group) > 0 || !queue.serves(poll.group, poll.domain))
      return this.#take(poll, session);
    return new Promise((resolve) => {
      const waiter: Waiter = {
        poll,
        session,
        answer: resolve,
        timer: this.#host.after(wait, () => this.#stopWaiting(waiter)),
      };
      const waiting = this.#waiters.get(poll.group);
      if (waiting === undefined) this.#waiters.set(poll.group, [waiter]);
      else waiting.push(waiter);
    });
  }

  /** Records that are ready and that no poll under way will take. */
  #available(group: string): number {
    return (this.#groups.queue.ready(group) ?? 0) - (this.#polling.get(group) ?? 0);
  }

  async #take(poll: Poll, session: Session): Promise<ResourceReply> {
    const { group } = poll;
    this.#polling.set(group, (this.#polling.get(group) ?? 0) + 1);
    const proposed = await this.#groups.orders.propose(poll, session);
    const polling = this.#polling.get(group) ?? 0;
    invariant(polling > 0, "a poll that comes back was counted when it went out");
    this.#polling.set(group, polling - 1);
    this.#wake(group);
    return replyTo(proposed);
  }

  /** @returns true, because whoever waited goes on. */
  #stopWaiting(waiter: Waiter): boolean {
    const waiting = this.#waiters.get(waiter.poll.group);
    const at = waiting?.indexOf(waiter) ?? -1;
    if (at >= 0) waiting?.splice(at, 1);
    const { isLeader, leader } = this.#groups.orders;
    waiter.answer(isLeader ? NOTHING : { status: "redirect", leader });
    return true;
  }

  /** A record became ready while it was applied: those that wait for it are served when that is through. */
  #wakeSoon(group: string): void {
    if (this.#waking.has(group) || (this.#waiters.get(group)?.length ?? 0) === 0) return;
    this.#waking.add(group);
    this.#host.after(0, () => {
      this.#waking.delete(group);
      this.#wake(group);
      return true;
    });
  }

  #wake(group: string): void {
    const waiting = this.#waiters.get(group);
    if (waiting === undefined || !this.#groups.orders.isLeader) return;
    while (this.#available(group) > 0) {
      const waiter = waiting.shift();
      if (waiter === undefined) return;
      waiter.timer.cancel();
      waiter.answer(this.#take(waiter.poll, waiter.session));
    }
  }

  async #read(request: ResourceRead): Promise<ResourceReply> {
    const { orders, checkpoints, observations, queue, pointers, health } = this.#groups;
    switch (request.resource) {
      case "orders": {
        if (!(await orders.readBarrier())) return { status: "redirect", leader: orders.leader };
        if (request.read === "headers") {
          return { status: "read", value: request.offsets.map((offset) => queue.header(offset) ?? null) };
        }
        const progress = queue.progress(request.group);
        return { status: "read", value: progress === undefined ? null : { tail: queue.tail, ...progress } };
      }
      case "order-checkpoints":
        if (!(await checkpoints.readBarrier())) return { status: "redirect", leader: checkpoints.leader };
        return { status: "read", value: pointers.pointer(request.name) ?? null };
      case "order-observations": {
        if (!(await observations.readBarrier())) return { status: "redirect", leader: observations.leader };
        const last = health.last(request.signer, request.domain) ?? null;
        return { status: "read", value: { health: health.health(request.domain), last } };
      }
    }
  }
}

/** The first copy is answered. */
function unanswered(): Promise<ResourceReply> {
  return new Promise(() => {});
}

function replyTo(proposed: Proposed<ResourceResult>): ResourceReply {
  return proposed.ok ? { status: "done", result: proposed.result } : elsewhere(proposed);
}
