/**
 * The messages that a stream keeps: by sequence, and by subject in the order of their sequences, with what they take of its
 * limits. Which of them must go by those is said here; why one goes otherwise, and what that means to consumers, is the
 * stream's business.
 */
import { invariant } from "../invariant.js";
import type { MessageData } from "./commands.js";
import type { StreamConfig } from "./config.js";
import { matches } from "./subjects.js";

export interface Stored extends MessageData {
  readonly bytes: number;
}

type Limits = Pick<StreamConfig, "maxMessages" | "maxBytes" | "maxMessagesPerSubject">;

export class StoredMessages {
  readonly #messages = new Map<number, Stored>();
  readonly #bySubject = new Map<string, number[]>();
  #bytes = 0;
  /** Of all that were ever kept. */
  lastSequence = 0;

  get size(): number {
    return this.#messages.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The lowest sequence; the next one when nothing is kept. */
  get first(): number {
    for (const sequence of this.#messages.keys()) return sequence;
    return this.lastSequence + 1;
  }

  /** In the order of their sequences. */
  values(): MapIterator<Stored> {
    return this.#messages.values();
  }

  subjects(): string[] {
    return [...this.#bySubject.keys()];
  }

  get(sequence: number): Stored | undefined {
    return this.#messages.get(sequence);
  }

  newestOf(subject: string): Stored | undefined {
    const sequences = this.#bySubject.get(subject) ?? [];
    return this.#messages.get(sequences[sequences.length - 1] ?? 0);
  }

  /** Messages after a sequence, in order. */
  read(after: number, limit: number, filter: string): MessageData[] {
    const found: MessageData[] = [];
    for (let sequence = Math.max(after + 1, this.first); sequence <= this.lastSequence; sequence++) {
      if (found.length === limit) break;
      const message = this.#messages.get(sequence);
      if (message !== undefined && matches(filter, message.subject)) found.push(message);
    }
    return found;
  }

  /** The newest message of each subject, in order. */
  newestBySubject(filter: string): MessageData[] {
    const found: MessageData[] = [];
    for (const subject of this.#bySubject.keys()) {
      const message = this.newestOf(subject);
      if (message !== undefined && matches(filter, subject)) found.push(message);
    }
    return found.sort((a, b) => a.sequence - b.sequence);
  }

  keep(message: Stored): void {
    const { sequence, subject, bytes } = message;
    invariant(sequence > this.lastSequence, "messages are kept in the order of their sequences");
    this.#messages.set(sequence, message);
    this.#bytes += bytes;
    this.lastSequence = sequence;
    const sequences = this.#bySubject.get(subject);
    if (sequences === undefined) this.#bySubject.set(subject, [sequence]);
    else sequences.push(sequence);
  }

  /** False when it was not kept. */
  delete({ sequence, subject, bytes }: Stored): boolean {
    if (!this.#messages.delete(sequence)) return false;
    this.#bytes -= bytes;
    const sequences = this.#bySubject.get(subject) ?? [];
    const at = sequences.indexOf(sequence);
    invariant(at >= 0, "a message that is kept stands among those of its subject");
    sequences.splice(at, 1);
    if (sequences.length === 0) this.#bySubject.delete(subject);
    const isEmpty = this.#messages.size === 0;
    invariant(isEmpty === (this.#bySubject.size === 0), "every subject that is listed has a message");
    invariant(isEmpty ? this.#bytes === 0 : this.#bytes > 0, "a stream's bytes are those of its messages");
    return true;
  }

  /** Whether there is no room for a message, what gives way by the limit of its subject being gone already. */
  isFullFor(
    { maxMessages, maxBytes, maxMessagesPerSubject }: Limits,
    subject: string,
    bytes: number,
  ): boolean {
    const sequences = this.#bySubject.get(subject) ?? [];
    const gives = maxMessagesPerSubject !== undefined && sequences.length >= maxMessagesPerSubject;
    const given = gives ? this.#messages.get(sequences[0] ?? 0) : undefined;
    const messages = this.size - (given === undefined ? 0 : 1);
    const kept = this.#bytes - (given?.bytes ?? 0);
    return (
      messages >= (maxMessages ?? Number.MAX_SAFE_INTEGER) ||
      kept + bytes > (maxBytes ?? Number.MAX_SAFE_INTEGER)
    );
  }

  /** The message that must go next by the limits, those of a subject first; undefined when they are kept. */
  beyond({ maxMessages, maxBytes, maxMessagesPerSubject }: Limits, subject: string): Stored | undefined {
    const sequences = this.#bySubject.get(subject) ?? [];
    if (maxMessagesPerSubject !== undefined && sequences.length > maxMessagesPerSubject) {
      return this.#messages.get(sequences[0] ?? 0);
    }
    const isOver =
      this.size > (maxMessages ?? Number.MAX_SAFE_INTEGER) ||
      this.#bytes > (maxBytes ?? Number.MAX_SAFE_INTEGER);
    return isOver ? this.#messages.get(this.first) : undefined;
  }
}
