/**
 * The request side of a broker: finds the group of a stream, takes commands and reads to it if its leader is here, and says
 * who leads otherwise.
 *
 * Whoever asks for messages when there are none waits here, at the leader, and has taken nothing. What is refused goes
 * through the log, so that a refusal is a committed decision; but for a stream that is not in the catalogue, which the
 * leader of all makes sure of first.
 */
import type { Host, Micros, Timer } from "seedstorm";
import { elsewhere } from "../replication/elsewhere.js";
import type { Proposed, Session } from "../replication/machine.js";
import type { ClientCommand, Declaration, DeliverCommand } from "./commands.js";
import type { StreamConfig } from "./config.js";
import { type BrokerGroup, type BrokerGroups, placementOf } from "./groups.js";
import type { MachineListener } from "./machine.js";
import {
  BROKER,
  type BrokerQuestion,
  type BrokerRead,
  type BrokerReply,
  type MessagesRead,
} from "./protocol.js";
import { Pusher } from "./push.js";

/** Somebody who waits for a message. */
interface Waiter {
  readonly answer: (reply: BrokerReply | Promise<BrokerReply>) => void;
  readonly timer: Timer;
}
interface Puller extends Waiter {
  readonly command: DeliverCommand;
  readonly session: Session;
}
interface Reader extends Waiter {
  readonly read: BrokerRead;
}

type Route =
  | { readonly here: true; readonly group: BrokerGroup; readonly config: StreamConfig }
  | { readonly here: false; readonly reply: BrokerReply };

export class BrokerServer implements MachineListener {
  readonly #host: Host;
  readonly #groups: BrokerGroups;
  readonly #brokers: readonly string[];
  readonly #pusher: Pusher;
  /** By `STREAM/CONSUMER`, first come first. */
  readonly #pullers = new Map<string, Puller[]>();
  /** Messages that deliveries under way will take. */
  readonly #taking = new Map<string, number>();
  /** By stream. */
  readonly #readers = new Map<string, Reader[]>();
  readonly #waking = new Set<string>();

  constructor(host: Host, groups: BrokerGroups, brokers: readonly string[]) {
    this.#host = host;
    this.#groups = groups;
    this.#brokers = brokers;
    this.#pusher = new Pusher(host, (stream) => this.#groupOf(stream));
    for (const group of Object.values(groups) as BrokerGroup[]) group.machine.listener = this;
    host.onRequest(BROKER, (question) => this.#answer(question));
  }

  onReady(stream: string, consumer: string): void {
    this.#soon(`${stream}/${consumer}`, () => {
      this.#servePullers(stream, consumer);
      this.#pusher.push(stream, consumer);
    });
  }

  onPublished(stream: string): void {
    this.#soon(stream, () => this.#serveReaders(stream));
  }

  async #answer(question: BrokerQuestion): Promise<BrokerReply> {
    if (question.kind === "read") return this.#read(question.read);
    const { command, session, wait } = question;
    switch (command.type) {
      case "create-stream":
      case "update-stream":
        return this.#propose(this.#groups.shared, command, session, command.config.name);
      case "delete-stream":
        return this.#propose(this.#groups.shared, command, session, command.stream);
    }
    const bySubject = command.type === "publish" && command.stream === "";
    const { machine } = this.#groups.shared;
    const route = await (bySubject
      ? this.#route(() => machine.streamFor(command.subject), "no-stream-for-subject")
      : this.#route(() => machine.declaration(command.stream), "no-such-stream"));
    if (!route.here) return route.reply;
    const { name } = route.config;
    if (command.type === "deliver") return this.#deliver(route.group, command, session, wait);
    return this.#propose(route.group, { ...command, stream: name }, session, name);
  }

  /** Where a stream's commands go. */
  async #route(
    find: () => Declaration | undefined,
    otherwise: "no-such-stream" | "no-stream-for-subject",
  ): Promise<Route> {
    const { shared, file, memory } = this.#groups;
    let declaration = find();
    if (declaration === undefined) {
      if (!(await shared.member.readBarrier())) {
        return { here: false, reply: { status: "redirect", leader: shared.member.leader } };
      }
      // What this broker had not applied before the barrier may be there now.
      declaration = find();
    }
    if (declaration === undefined) {
      return { here: false, reply: { status: "done", result: { ok: false, reason: otherwise }, stream: "" } };
    }
    const { config } = declaration;
    if (config.replicas === 3) {
      return shared.member.isLeader
        ? { here: true, group: shared, config }
        : { here: false, reply: { status: "redirect", leader: shared.member.leader } };
    }
    const placement = placementOf(config, this.#brokers);
    if (placement !== this.#host.id) return { here: false, reply: { status: "redirect", leader: placement } };
    const group = config.storage === "file" ? file : memory;
    const there = group.machine.stream(config.name)?.declaration;
    if (there?.id !== declaration.id || there.revision !== declaration.revision) {
      // Declared to all, and never used here or changed since; or lost with the memory that it was in.
      const adopted = await group.propose({ type: "adopt-stream", declaration }, undefined);
      if (!adopted.ok) return { here: false, reply: { status: "unavailable" } };
    }
    return { here: true, group, config };
  }

  #groupOf(stream: string): BrokerGroup | undefined {
    const config = this.#groups.shared.machine.declaration(stream)?.config;
    if (config === undefined) return undefined;
    if (config.replicas === 3) return this.#groups.shared;
    return config.storage === "file" ? this.#groups.file : this.#groups.memory;
  }

  async #propose(
    group: BrokerGroup,
    command: ClientCommand,
    session: Session,
    stream: string,
  ): Promise<BrokerReply> {
    if (command.type === "answer" && this.#host.defect("broker-ack-answered-early")) {
      if (!group.member.isLeader) return { status: "redirect", leader: group.member.leader };
      void group.propose(command, session);
      return { status: "done", result: { ok: true, kind: "done" }, stream };
    }
    return replyTo(await group.propose(command, session), stream);
  }

  #deliver(
    group: BrokerGroup,
    command: DeliverCommand,
    session: Session,
    wait: Micros,
  ): BrokerReply | Promise<BrokerReply> {
    if (!group.member.isLeader) return { status: "redirect", leader: group.member.leader };
    const consumer = group.machine.stream(command.stream)?.consumer(command.consumer);
    if (consumer?.config.mode === "push") {
      return { status: "done", result: { ok: false, reason: "invalid" }, stream: command.stream };
    }
    if (consumer === undefined || this.#available(group, command) > 0) {
      return this.#take(group, command, session);
    }
    return new Promise((resolve) => {
      const key = keyOf(command);
      const puller: Puller = {
        command,
        session,
        answer: resolve,
        timer: this.#host.after(wait, () => {
          drop(this.#pullers, key, puller);
          resolve(this.#nothing(group, command.stream));
        }),
      };
      push(this.#pullers, key, puller);
    });
  }

  #available(group: BrokerGroup, { stream, consumer }: DeliverCommand): number {
    const there = group.machine.stream(stream);
    const found = there?.consumer(consumer);
    if (there === undefined || found === undefined) return 0;
    return there.deliveries.available(found) - (this.#taking.get(`${stream}/${consumer}`) ?? 0);
  }

  async #take(group: BrokerGroup, command: DeliverCommand, session: Session): Promise<BrokerReply> {
    const key = keyOf(command);
    const expected = Math.max(0, Math.min(command.batch, this.#available(group, command)));
    this.#taking.set(key, (this.#taking.get(key) ?? 0) + expected);
    const proposed = await group.propose(command, session);
    this.#taking.set(key, (this.#taking.get(key) ?? 0) - expected);
    this.#servePullers(command.stream, command.consumer);
    return replyTo(proposed, command.stream);
  }

  #nothing(group: BrokerGroup, stream: string): BrokerReply {
    if (!group.member.isLeader) return { status: "redirect", leader: group.member.leader };
    return { status: "done", result: { ok: true, kind: "delivered", messages: [] }, stream };
  }

  #servePullers(stream: string, consumer: string): void {
    const pullers = this.#pullers.get(`${stream}/${consumer}`);
    const group = this.#groupOf(stream);
    if (pullers === undefined || group === undefined || !group.member.isLeader) return;
    for (;;) {
      const puller = pullers[0];
      if (puller === undefined || this.#available(group, puller.command) <= 0) return;
      pullers.shift();
      puller.timer.cancel();
      puller.answer(this.#take(group, puller.command, puller.session));
    }
  }

  async #read(read: BrokerRead): Promise<BrokerReply> {
    const route = await this.#route(
      () => this.#groups.shared.machine.declaration(read.stream),
      "no-such-stream",
    );
    if (!route.here) return route.reply;
    const { group } = route;
    const isSure = this.#host.defect("broker-read-without-barrier") || (await group.member.readBarrier());
    if (!isSure) return { status: "redirect", leader: group.member.leader };
    const reply = this.#look(group, read);
    const found = reply.status === "read" ? (reply.value as MessagesRead) : undefined; // as `look` says for messages
    if (read.what !== "messages" || read.wait === 0 || found === undefined || found.messages.length > 0) {
      return reply;
    }
    return new Promise((resolve) => {
      const reader: Reader = {
        read,
        answer: resolve,
        timer: this.#host.after(read.wait, () => {
          drop(this.#readers, read.stream, reader);
          resolve(group.member.isLeader ? reply : { status: "redirect", leader: group.member.leader });
        }),
      };
      push(this.#readers, read.stream, reader);
    });
  }

  #look(group: BrokerGroup, read: BrokerRead): BrokerReply {
    const stream = group.machine.stream(read.stream);
    if (stream === undefined) {
      return { status: "done", result: { ok: false, reason: "no-such-stream" }, stream: read.stream };
    }
    const messages = (found: MessagesRead["messages"]): BrokerReply => ({
      status: "read",
      value: { instance: stream.instance, lastSequence: stream.lastSequence, messages: found },
    });
    switch (read.what) {
      case "stream":
        return { status: "read", value: stream.state() };
      case "consumer": {
        const consumer = stream.consumer(read.consumer);
        if (consumer !== undefined) return { status: "read", value: stream.deliveries.state(consumer) };
        return { status: "done", result: { ok: false, reason: "no-such-consumer" }, stream: read.stream };
      }
      case "messages":
        return messages(stream.read(read.after, read.limit, read.filter));
      case "newest":
        return messages(stream.newestBySubject(read.filter));
    }
  }

  #serveReaders(stream: string): void {
    const readers = this.#readers.get(stream) ?? [];
    this.#readers.delete(stream);
    for (const { read, timer, answer } of readers) {
      timer.cancel();
      // Nobody waits twice: who wants to goes on asking.
      answer(this.#read(read.what === "messages" ? { ...read, wait: 0 } : read));
    }
  }

  /** What was applied in one go is served in one go, after it. */
  #soon(key: string, serve: () => void): void {
    if (this.#waking.has(key)) return;
    this.#waking.add(key);
    this.#host.after(0, () => {
      this.#waking.delete(key);
      serve();
    });
  }
}

function keyOf({ stream, consumer }: DeliverCommand): string {
  return `${stream}/${consumer}`;
}

function push<W>(waiters: Map<string, W[]>, key: string, waiter: W): void {
  const waiting = waiters.get(key);
  if (waiting === undefined) waiters.set(key, [waiter]);
  else waiting.push(waiter);
}

function drop<W>(waiters: Map<string, W[]>, key: string, waiter: W): void {
  const waiting = waiters.get(key);
  const at = waiting?.indexOf(waiter) ?? -1;
  if (at >= 0) waiting?.splice(at, 1);
}

function replyTo<R extends BrokerReply & { status: "done" }>(
  proposed: Proposed<R["result"]>,
  stream: string,
): BrokerReply {
  return proposed.ok ? { status: "done", result: proposed.result, stream } : elsewhere(proposed);
}
