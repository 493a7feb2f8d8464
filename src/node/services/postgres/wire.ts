/** Messages of Postgres' wire protocol, as far as a server in front of an engine, and whoever asks one question, must know them. */

const SSL_REQUEST = 80_877_103;
const GSS_REQUEST = 80_877_104;
const CANCEL_REQUEST = 80_877_102;
const QUERY = 0x51;
const PARSE = 0x50;
const TERMINATE = 0x58;
const READY = 0x5a;
const IDLE = 0x49;
const PROTOCOL = 196_608; // 3.0
const TYPE_BYTES = 1;
const LENGTH_BYTES = 4;

export type ClientMessage =
  /** Asks for encryption: the answer is one letter. */
  | { readonly kind: "encryption" }
  | { readonly kind: "cancel" }
  | { readonly kind: "terminate" }
  /** Whole messages for the engine, and the SQL in them. */
  | { readonly kind: "messages"; readonly bytes: Uint8Array; readonly sql: readonly string[] };

/** Takes bytes as they come, and gives whole messages. */
export class MessageReader {
  #bytes = Buffer.alloc(0);
  #started = false;

  *take(bytes: Buffer): Generator<ClientMessage> {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    while (!this.#started) {
      const length =
        this.#bytes.length < LENGTH_BYTES ? Number.POSITIVE_INFINITY : this.#bytes.readInt32BE(0);
      if (this.#bytes.length < length) return;
      const message = this.#cut(length);
      const code = message.readInt32BE(LENGTH_BYTES);
      if (code === SSL_REQUEST || code === GSS_REQUEST) yield { kind: "encryption" };
      else if (code === CANCEL_REQUEST) yield { kind: "cancel" };
      else {
        this.#started = true;
        yield { kind: "messages", bytes: message, sql: [] };
      }
    }
    let end = 0;
    const sql: string[] = [];
    while (this.#bytes.length >= end + TYPE_BYTES + LENGTH_BYTES) {
      const next = end + TYPE_BYTES + this.#bytes.readInt32BE(end + TYPE_BYTES);
      if (this.#bytes.length < next) break;
      if (this.#bytes[end] === TERMINATE) {
        yield { kind: "terminate" };
        return;
      }
      sql.push(...sqlOf(this.#bytes.subarray(end, next)));
      end = next;
    }
    if (end > 0) yield { kind: "messages", bytes: this.#cut(end), sql };
  }

  #cut(length: number): Buffer {
    const message = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return message;
  }
}

function sqlOf(message: Buffer): string[] {
  const body = message.subarray(TYPE_BYTES + LENGTH_BYTES);
  const from = message[0] === QUERY ? 0 : message[0] === PARSE ? body.indexOf(0) + 1 : -1;
  return from < 0 ? [] : [body.toString("utf8", from, body.indexOf(0, from))];
}

/** A simple query. */
export function queryMessage(sql: string): Uint8Array {
  const text = Buffer.from(`${sql}\0`);
  const message = Buffer.alloc(TYPE_BYTES + LENGTH_BYTES + text.length);
  message[0] = QUERY;
  message.writeInt32BE(LENGTH_BYTES + text.length, TYPE_BYTES);
  text.copy(message, TYPE_BYTES + LENGTH_BYTES);
  return message;
}

/** What a connection begins with. */
export function startupMessage(parameters: Readonly<Record<string, string>>): Uint8Array {
  const pairs = Object.entries(parameters).map(([name, value]) => `${name}\0${value}\0`);
  const text = Buffer.from(`${pairs.join("")}\0`);
  const message = Buffer.alloc(2 * LENGTH_BYTES + text.length);
  message.writeInt32BE(message.length, 0);
  message.writeInt32BE(PROTOCOL, LENGTH_BYTES);
  text.copy(message, 2 * LENGTH_BYTES);
  return message;
}

/** What a connection ends with. */
export const GOODBYE: Uint8Array = Uint8Array.of(TERMINATE, 0, 0, 0, LENGTH_BYTES);

export interface ServerMessage {
  /** One letter. */
  readonly type: string;
  readonly body: Buffer;
}

/** Takes bytes of a server as they come, and gives whole messages. */
export class AnswerReader {
  #bytes = Buffer.alloc(0);

  *take(bytes: Buffer): Generator<ServerMessage> {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    while (this.#bytes.length >= TYPE_BYTES + LENGTH_BYTES) {
      const end = TYPE_BYTES + this.#bytes.readInt32BE(TYPE_BYTES);
      if (this.#bytes.length < end) return;
      const type = this.#bytes.toString("latin1", 0, TYPE_BYTES);
      yield { type, body: this.#bytes.subarray(TYPE_BYTES + LENGTH_BYTES, end) };
      this.#bytes = this.#bytes.subarray(end);
    }
  }
}

/** How the engine stands after these messages: undefined where it does not say. */
export function isIdleAfter(messages: Uint8Array): boolean | undefined {
  const bytes = Buffer.from(messages.buffer, messages.byteOffset, messages.length);
  let idle: boolean | undefined;
  for (
    let at = 0;
    at + TYPE_BYTES + LENGTH_BYTES <= bytes.length;
    at += TYPE_BYTES + bytes.readInt32BE(at + TYPE_BYTES)
  ) {
    if (bytes[at] === READY) idle = bytes[at + TYPE_BYTES + LENGTH_BYTES] === IDLE;
  }
  return idle;
}
