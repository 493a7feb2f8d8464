/**
 * The state machine of a broker's group: its streams, and, in the group of all brokers, the catalogue of every stream.
 *
 * Time is part of the state: it is the latest that a command was stamped with, so it never goes back, and a new leader goes
 * on from where the last one got to. What becomes due is a deadline of which the leader makes a `tick`; it can come late
 * after a change of leader, never early.
 */
import type { Json, Micros } from "seedstorm";
import type { Applied, Deadline, LogPosition, StateMachine } from "../replication/machine.js";
import { ADVISORY_SUBJECTS, type BrokerRefusal } from "./api.js";
import type { BrokerCommand, BrokerResult, Changes, Declaration } from "./commands.js";
import type { StreamConfig } from "./config.js";
import { Stream, type StreamImage } from "./stream.js";
import { matches, overlap } from "./subjects.js";
import { consumerFault, streamFault } from "./validate.js";

interface MachineImage {
  readonly now: Micros;
  readonly catalogue: readonly Declaration[];
  readonly streams: readonly StreamImage[];
}

export interface MachineOptions {
  readonly brokers: readonly string[];
  /** The streams of this group: those of three replicas, or those of one on one broker. */
  readonly owns: (config: StreamConfig) => boolean;
  /** Tells apart what is made in one life of a group from what was lost with another. Default: there is but one life. */
  readonly life?: string;
}

/** What the server wants to know of what was applied. */
export interface MachineListener {
  onReady(stream: string, consumer: string): void;
  onPublished(stream: string): void;
}

const DONE: BrokerResult = { ok: true, kind: "done" };

/** Of a stream's configuration: where and how its messages are kept. */
const UNCHANGEABLE = ["retention", "replicas", "storage", "placement"] as const;

export class BrokerMachine implements StateMachine<BrokerCommand, BrokerResult> {
  /** Nobody, until a server says who. */
  listener: MachineListener | undefined = undefined;
  readonly #options: MachineOptions;
  readonly #defect: (id: string) => boolean;
  readonly #catalogue = new Map<string, Declaration>();
  readonly #streams = new Map<string, Stream>();
  #now: Micros = 0;
  #deadlines: readonly Deadline<BrokerCommand>[] = [];
  #generation = 0;

  constructor(options: MachineOptions, defect: (id: string) => boolean) {
    this.#options = options;
    this.#defect = defect;
  }

  get now(): Micros {
    return this.#now;
  }

  declaration(stream: string): Declaration | undefined {
    return this.#catalogue.get(stream);
  }

  stream(name: string): Stream | undefined {
    return this.#streams.get(name);
  }

  /** The stream that takes messages on this subject. */
  streamFor(subject: string): Declaration | undefined {
    for (const declaration of this.#catalogue.values()) {
      if (declaration.config.subjects.some((pattern) => matches(pattern, subject))) return declaration;
    }
    return undefined;
  }

  apply(command: BrokerCommand, { index, term }: LogPosition): Applied<BrokerResult> {
    this.#now = Math.max(this.#now, command.at);
    const changes: Changes = {
      now: this.#now,
      writes: [],
      advisories: [],
      ready: new Set(),
      published: new Set(),
    };
    for (const stream of this.#streams.values()) stream.advance(this.#now, changes);
    const result = this.#apply(command, `${this.#options.life ?? ""}${term}.${index}`, changes);
    this.#publishAdvisories(changes);
    this.#setDeadline();
    for (const name of changes.published) this.listener?.onPublished(name);
    for (const name of changes.ready) {
      const at = name.indexOf("/");
      this.listener?.onReady(name.slice(0, at), name.slice(at + 1));
    }
    return { result, writes: changes.writes };
  }

  snapshot(): Json {
    const image: MachineImage = {
      now: this.#now,
      catalogue: [...this.#catalogue.values()],
      streams: [...this.#streams.values()].map((stream) => stream.image()),
    };
    return image as unknown as Json; // plain data
  }

  restore(snapshot: Json): void {
    const image = snapshot as unknown as MachineImage; // as `snapshot` makes it
    this.#now = image.now;
    this.#catalogue.clear();
    this.#streams.clear();
    for (const declaration of image.catalogue) this.#catalogue.set(declaration.config.name, declaration);
    for (const stream of image.streams) {
      this.#streams.set(stream.declaration.config.name, Stream.restore(stream, this.#defect));
    }
    this.#setDeadline();
  }

  deadlines(): readonly Deadline<BrokerCommand>[] {
    return this.#deadlines;
  }

  #apply(command: BrokerCommand, instance: string, changes: Changes): BrokerResult {
    if (command.type === "tick") return DONE;
    if (command.type === "create-stream") return this.#createStream(command.config, instance, changes);
    if (command.type === "update-stream") return this.#updateStream(command.config, changes);
    if (command.type === "delete-stream") return this.#deleteStream(command.stream, changes);
    if (command.type === "adopt-stream") return this.#adopt(command.declaration, instance, changes);
    const stream = this.#streams.get(command.stream);
    if (stream === undefined) return refused("no-such-stream");
    switch (command.type) {
      case "create-consumer":
        if (consumerFault(command.config, stream.config) !== undefined) return refused("invalid");
        return doneUnless(stream.createConsumer(command.config, changes));
      case "delete-consumer":
        return doneUnless(stream.deleteConsumer(command.consumer, changes));
      case "purge":
        return { ok: true, kind: "purged", messages: stream.purge(command, changes) };
      case "publish": {
        const published = stream.publish(command, this.#now, changes);
        return typeof published === "string"
          ? refused(published)
          : { ok: true, kind: "published", ...published };
      }
      case "deliver": {
        const consumer = stream.consumer(command.consumer);
        if (consumer === undefined) return refused("no-such-consumer");
        const messages = stream.deliveries.deliver(consumer, command.batch, command.to, this.#now, changes);
        return { ok: true, kind: "delivered", messages };
      }
      case "answer": {
        const consumer = stream.consumer(command.consumer);
        if (consumer === undefined) return refused("no-such-consumer");
        return doneUnless(stream.deliveries.answer(consumer, command, this.#now, changes));
      }
    }
  }

  #createStream(config: StreamConfig, id: string, changes: Changes): BrokerResult {
    if (streamFault(config, this.#options.brokers) !== undefined) return refused("invalid");
    const known = this.#catalogue.get(config.name)?.config;
    if (known !== undefined) {
      return JSON.stringify(known) === JSON.stringify(config) ? DONE : refused("exists");
    }
    if (this.#overlapsAnother(config)) return refused("subjects-overlap");
    const declaration: Declaration = { config, id, revision: 1 };
    this.#catalogue.set(config.name, declaration);
    return this.#options.owns(config) ? this.#adopt(declaration, id, changes) : DONE;
  }

  #updateStream(config: StreamConfig, changes: Changes): BrokerResult {
    if (streamFault(config, this.#options.brokers) !== undefined) return refused("invalid");
    const known = this.#catalogue.get(config.name);
    if (known === undefined) return refused("no-such-stream");
    const isAsBefore = UNCHANGEABLE.every((name) => known.config[name] === config[name]);
    if (!isAsBefore) return refused("not-changeable");
    if (this.#overlapsAnother(config)) return refused("subjects-overlap");
    if (JSON.stringify(known.config) === JSON.stringify(config)) return DONE;
    const declaration: Declaration = { ...known, config, revision: known.revision + 1 };
    this.#catalogue.set(config.name, declaration);
    return this.#options.owns(config) ? this.#adopt(declaration, known.id, changes) : DONE;
  }

  #deleteStream(name: string, changes: Changes): BrokerResult {
    if (!this.#catalogue.delete(name)) return refused("no-such-stream");
    if (this.#streams.delete(name)) changes.writes.push({ key: name, value: null });
    return DONE;
  }

  /** Makes the stream, or makes it as it is declared now. */
  #adopt(declaration: Declaration, instance: string, changes: Changes): BrokerResult {
    const { name } = declaration.config;
    const there = this.#streams.get(name);
    if (there?.declaration.id === declaration.id) {
      if (there.declaration.revision < declaration.revision) there.redeclare(declaration, changes);
      return DONE;
    }
    if (there !== undefined) changes.writes.push({ key: name, value: null });
    const made = new Stream(declaration, instance, this.#defect);
    this.#streams.set(name, made);
    made.writeDeclaration(changes);
    return DONE;
  }

  #overlapsAnother({ name, subjects }: StreamConfig): boolean {
    for (const { config } of this.#catalogue.values()) {
      if (config.name === name) continue;
      if (config.subjects.some((one) => subjects.some((two) => overlap(one, two)))) return true;
    }
    return false;
  }

  /** Into this group's stream for them, if there is one. Advisories about that stream's own consumers end there too. */
  #publishAdvisories(changes: Changes): void {
    for (const { kind, advisory } of changes.advisories) {
      const subject = `${ADVISORY_SUBJECTS[kind]}.${advisory.stream}.${advisory.consumer}`;
      for (const stream of this.#streams.values()) {
        if (!stream.config.subjects.some((pattern) => matches(pattern, subject))) continue;
        const data = { ...advisory };
        stream.publish(
          { type: "publish", stream: stream.config.name, subject, headers: {}, data },
          this.#now,
          changes,
        );
      }
    }
  }

  #setDeadline(): void {
    let next: Micros | undefined;
    for (const stream of this.#streams.values()) {
      const due = stream.nextDue();
      if (due !== undefined && (next === undefined || due < next)) next = due;
    }
    const current = this.#deadlines[0];
    if (next === undefined) {
      if (current !== undefined) this.#deadlines = [];
      return;
    }
    if (current?.command.at === next) return;
    this.#generation++;
    const after = Math.max(0, next - this.#now);
    const command = { type: "tick", at: next } as const;
    this.#deadlines = [{ key: "due", generation: this.#generation, after, command }];
  }
}

function refused(reason: BrokerRefusal): BrokerResult {
  return { ok: false, reason };
}

function doneUnless(reason: BrokerRefusal | undefined): BrokerResult {
  return reason === undefined ? DONE : refused(reason);
}
