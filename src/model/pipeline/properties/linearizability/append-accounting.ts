/**
 * The order of the queue by accounting, in one pass: every record has a producer's key of its own, so no search is
 * needed to see whether offsets, deliveries and counts can have come about one after the other.
 *
 * The ledger is wrong when one key has two offsets or one offset two keys; when what was appended later lies
 * before what had been appended for certain; when an answer gives an offset for which there can't have been
 * enough records; when a worker gets a different record from the one that was appended; and when a read sees
 * fewer records or acks than were certain before it, or more than can have been by then. Appends that were
 * never answered may have been carried out.
 */
import { count, fields, type Operation, text, whole } from "seedstorm/check";
import { refusalIn } from "./recorded.js";

export interface AccountingError {
  /** What it is about: one finding each. */
  readonly subject: string;
  /** A sentence without its beginning: who was answered what, and when, stands before it. */
  readonly reason: string;
  readonly culprit: Operation;
  /** What contradicts the culprit. */
  readonly against: readonly Operation[];
}

/** Something that is certain from an answer on. */
interface Certain {
  readonly value: number;
  readonly by: Operation | undefined;
}

const NOTHING: Certain = { value: 0, by: undefined };

export class AppendAccounting {
  readonly errors: AccountingError[] = [];
  /** How many answers were held against the ledger. */
  compared = 0;
  /** By producer's key: the first append under it, with what was certain when it was asked for. */
  readonly #asked = new Map<string, { readonly by: Operation; readonly before: Certain }>();
  readonly #offsetOf = new Map<string, { readonly offset: number; readonly by: Operation }>();
  readonly #keyAt = new Map<number, { readonly key: string; readonly by: Operation }>();
  /** So many records there are at least. */
  #tail: Certain = NOTHING;
  readonly #ackedFor = new Map<number, Operation>();
  readonly #ackAsked = new Set<number>();
  #acked: Certain = NOTHING;
  readonly #readBegan = new Map<Operation, { readonly tail: Certain; readonly acked: Certain }>();

  /** @param operations all that was asked of the queue. */
  constructor(operations: readonly Operation[]) {
    const marks: { readonly at: number; readonly operation: Operation }[] = [];
    for (const operation of operations) {
      marks.push({ at: operation.call, operation });
      if (Number.isFinite(operation.ret)) marks.push({ at: operation.ret, operation });
    }
    marks.sort((a, b) => a.at - b.at);
    for (const { at, operation } of marks) {
      if (at === operation.call) this.#called(operation);
      else this.#answered(operation);
    }
  }

  #called(operation: Operation): void {
    const { f, input } = operation;
    if (f === "append") {
      const key = text(input, "producerKey");
      if (!this.#asked.has(key)) this.#asked.set(key, { by: operation, before: this.#tail });
    } else if (f === "ack") this.#ackAsked.add(whole(input, "offset") ?? -1);
    else if (f === "read-progress" || f === "read-headers") {
      this.#readBegan.set(operation, { tail: this.#tail, acked: this.#acked });
    }
  }

  #answered(operation: Operation): void {
    if (refusalIn(operation.output) !== "") return;
    switch (operation.f) {
      case "append":
        this.#appended(operation);
        break;
      case "poll":
        this.#delivered(operation);
        break;
      case "ack":
        this.#ackedOnce(operation);
        break;
      case "read-progress":
        this.#progress(operation);
        break;
      case "read-headers":
        this.#headers(operation);
        break;
      default:
        break;
    }
  }

  #appended(operation: Operation): void {
    const key = text(operation.input, "producerKey");
    const offset = whole(operation.output, "offset");
    if (offset === undefined) return;
    this.compared++;
    const known = this.#offsetOf.get(key);
    const before = this.#asked.get(key)?.before ?? NOTHING;
    if (known !== undefined && known.offset !== offset) {
      this.#wrong(key, `${key} had been answered with offset ${known.offset} before`, operation, [known.by]);
    }
    if (known === undefined) {
      this.#offsetOf.set(key, { offset, by: operation });
      if (offset < before.value) {
        const reason = `offset ${before.value - 1} was taken before ${key} was first appended`;
        this.#wrong(key, reason, operation, before.by === undefined ? [] : [before.by]);
      }
    }
    const there = this.#keyAt.get(offset);
    if (there === undefined) this.#keyAt.set(offset, { key, by: operation });
    else if (there.key !== key) {
      this.#wrong(`offset ${offset}`, `that offset was ${there.key}'s before`, operation, [there.by]);
    }
    this.#reached(offset, operation);
  }

  #delivered(operation: Operation): void {
    const delivery = fields(operation.output)?.delivery;
    const offset = whole(delivery, "offset");
    if (offset === undefined) return;
    this.compared++;
    const key = text(fields(delivery)?.record, "key");
    const there = this.#keyAt.get(offset);
    // A key that takes over under another name appends its record under that name.
    const same = there === undefined || there.key === key || there.key.startsWith(`${key}#`);
    if (!same) {
      this.#wrong(`offset ${offset}`, `${there.key} was appended at that offset, not ${key}`, operation, [
        there.by,
      ]);
    }
    this.#reached(offset, operation);
  }

  #ackedOnce(operation: Operation): void {
    const offset = whole(operation.input, "offset") ?? -1;
    if (this.#ackedFor.has(offset)) return;
    this.#ackedFor.set(offset, operation);
    if (this.#ackedFor.size > this.#acked.value) this.#acked = { value: this.#ackedFor.size, by: operation };
  }

  #progress(operation: Operation): void {
    const tail = whole(operation.output, "tail");
    const acked = whole(operation.output, "acked");
    const began = this.#readBegan.get(operation);
    if (tail === undefined || acked === undefined || began === undefined) return;
    this.compared++;
    const behind = (what: string, seen: number, certain: Certain): void => {
      const reason = `at least ${count(certain.value, what)} had been there for certain before it was asked`;
      if (seen < certain.value)
        this.#wrong(`reads of ${what}s`, reason, operation, certain.by === undefined ? [] : [certain.by]);
    };
    const ahead = (what: string, seen: number, most: number): void => {
      const reason = `only ${count(most, what)} had been asked for by then`;
      if (seen > most) this.#wrong(`reads of ${what}s`, reason, operation, []);
    };
    behind("record", tail, began.tail);
    behind("ack", acked, began.acked);
    ahead("record", tail, this.#asked.size);
    ahead("ack", acked, this.#ackAsked.size);
    if (tail > this.#tail.value) this.#tail = { value: tail, by: operation };
    if (acked > this.#acked.value) this.#acked = { value: acked, by: operation };
  }

  #headers(operation: Operation): void {
    const began = this.#readBegan.get(operation);
    const offsets = fields(operation.input)?.offsets;
    const headers = operation.output;
    if (began === undefined || !Array.isArray(offsets) || !Array.isArray(headers)) return;
    offsets.forEach((offset, i) => {
      if (typeof offset !== "number") return;
      this.compared++;
      const key = text(headers[i], "key");
      if (key === "" && offset < began.tail.value) {
        const reason = `nothing was found at offset ${offset}, though ${count(began.tail.value, "record")} had been there for certain`;
        this.#wrong(
          `offset ${offset}`,
          reason,
          operation,
          began.tail.by === undefined ? [] : [began.tail.by],
        );
      }
    });
  }

  /** There is a record at this offset, so there is one at each before it. */
  #reached(offset: number, by: Operation): void {
    if (offset + 1 > this.#asked.size) {
      const reason = `only ${count(this.#asked.size, "record")} had been asked for by then, so that offset can't be taken`;
      this.#wrong(`offset ${offset}`, reason, by, []);
    }
    if (offset + 1 > this.#tail.value) this.#tail = { value: offset + 1, by };
  }

  #wrong(subject: string, reason: string, culprit: Operation, against: readonly Operation[]): void {
    this.errors.push({ subject, reason, culprit, against });
  }
}
