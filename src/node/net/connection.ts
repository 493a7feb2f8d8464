/**
 * One end of a TCP connection over the simulated network, where segments may be lost, doubled, overtaken or held, and
 * the peer may be down, or newly booted and know nothing of it.
 *
 * It delivers bytes in order and once, sends again what was not acknowledged (after 200 ms at first, at most 4 s apart),
 * keeps to the peer's window, closes each way by itself, and resets. It gives up after `GIVE_UP` without a sign of the
 * other side: sooner than Linux by default, so that a run shows it. There is no congestion control: the network's
 * bandwidth is shared by who sends first. What was written before a `close` is still sent, as a kernel does.
 */
import type { Host, Timer } from "../../sim/host.js";
import { MILLISECOND, type Micros, SECOND } from "../../sim/time.js";
import { systemError } from "./errors.js";
import type { Segment } from "./segment.js";

/** Bytes in one segment: a whole offload unit rather than a wire's frame, so that runs have fewer events. */
const SEGMENT_BYTES = 16_384;
const WINDOW = 262_144;
/** Writers wait when this much has not been acknowledged. */
const SEND_BUFFER = 131_072;
const FIRST_RETRY: Micros = 200 * MILLISECOND;
const LONGEST_RETRY: Micros = 4 * SECOND;
const DELAYED_ACKNOWLEDGEMENT: Micros = 40 * MILLISECOND;
const GIVE_UP: Micros = 30 * SECOND;
const EMPTY = Buffer.alloc(0);

/** Who uses a connection. */
export interface ConnectionUser {
  connected(): void;
  received(bytes: Buffer): void;
  /** The peer will send nothing more. */
  ended(): void;
  failed(error: Error): void;
}

/** What a connection needs of the stack it belongs to. */
export interface Wire {
  readonly host: Host;
  /** What a host's id has for an address. */
  addressOf(host: string): string;
  send(to: string, segment: Segment): void;
  /** It is over; in peace when both ways were closed and acknowledged. */
  forget(connection: Connection, inPeace: boolean): void;
}

type State = "connecting" | "open" | "closed";

interface Sent {
  readonly sequence: number;
  readonly bytes: Buffer | undefined;
  readonly length: number;
}

export class Connection {
  /** Undefined once the process has closed it: then it only sees to its end. */
  user: ConnectionUser | undefined;
  state: State;
  readonly #wire: Wire;
  readonly #unsent: Buffer[] = [];
  #unsentBytes = 0;
  #finished = false;
  #finSent = false;
  #peerFinished = false;
  readonly #unacknowledged: Sent[] = [];
  #nextSequence = 0;
  #oldestSequence = 0;
  /** While it is above the oldest one, what was lost with it is sent again as each part is acknowledged. */
  #recoverUpTo = 0;
  #peerWindow = WINDOW;
  #expected = 0;
  readonly #early = new Map<number, Segment>();
  /** Bytes that were handed over and not yet read. */
  #unread = 0;
  #toAcknowledge = 0;
  #acknowledgement: Timer | undefined;
  #retry: Timer | undefined;
  #retryAfter = FIRST_RETRY;
  /** Since when the other side owes an answer, or when it was heard last. */
  #patientSince: Micros;
  /** Both ways were closed in peace: the last word may have to be said again. */
  #inPeace = false;
  /** Silence after which the peer is asked whether it is still there; 0 for never. */
  #keepAliveAfter: Micros = 0;
  #keepAlive: Timer | undefined;
  /** Asked, and not yet answered. */
  #probing = false;
  #waitingWriters: ((error?: Error) => void)[] = [];

  constructor(
    wire: Wire,
    readonly peer: string,
    readonly localPort: number,
    readonly remotePort: number,
    readonly id: number,
    state: "connecting" | "open",
    user: ConnectionUser,
  ) {
    this.#wire = wire;
    this.state = state;
    this.user = user;
    this.#patientSince = this.#now();
    this.#send(state === "connecting" ? "syn" : "syn-ack");
    if (state === "connecting") this.#armRetry();
  }

  /** Calls back when there is room for more. The bytes are copied. */
  write(chunks: readonly Uint8Array[], done: (error?: Error) => void): void {
    if (this.state === "closed" || this.#finished) {
      done(systemError("EPIPE", "write"));
      return;
    }
    for (const chunk of chunks) {
      if (chunk.length === 0) continue;
      this.#unsent.push(Buffer.from(chunk));
      this.#unsentBytes += chunk.length;
    }
    this.#pump();
    if (this.#buffered() <= SEND_BUFFER) done();
    else this.#waitingWriters.push(done);
  }

  /**
   * Has it ask, after so much silence, whether the peer is still there: one that has crashed says nothing and one that has
   * rebooted knows nothing of the connection. 0 ends that.
   */
  keepAlive(after: Micros): void {
    this.#keepAliveAfter = after;
    this.#keepAlive?.cancel();
    this.#keepAlive = undefined;
    if (after > 0 && this.state !== "closed")
      this.#keepAlive = this.#wire.host.after(after, () => this.#probe());
  }

  /** Nothing more will be written. */
  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#pump();
  }

  /** The process has read so many bytes of those that it was given. */
  consumed(bytes: number): void {
    const before = this.#window();
    this.#unread -= bytes;
    if (before < SEGMENT_BYTES && this.#window() >= SEGMENT_BYTES && this.state === "open")
      this.#acknowledge();
  }

  /** The process is done with it. What was written is still sent; what it did not read makes a reset of it. */
  close(): void {
    if (this.user === undefined) return;
    this.user = undefined;
    if (this.state === "closed") return;
    if (this.#unread > 0 || this.state === "connecting") this.reset();
    else this.finish();
  }

  /** Ends it at once and lets the other side know. */
  reset(): void {
    if (this.state === "closed") return;
    this.#send("rst");
    this.#over();
  }

  receive(segment: Segment): void {
    if (this.state === "closed") {
      if (this.#inPeace && segment.flag === "data" && segment.fin) this.#acknowledge();
      return;
    }
    this.#patientSince = this.#now();
    this.#probing = false;
    switch (segment.flag) {
      case "rst":
        this.wasReset();
        return;
      case "syn":
        this.#send("syn-ack"); // the first one, or its answer, was lost
        return;
      case "syn-ack":
        if (this.state === "connecting") this.#opened();
        else this.#acknowledge();
        return;
      case "data":
        if (this.state === "open") this.#take(segment);
    }
  }

  #opened(): void {
    this.state = "open";
    this.#retryAfter = FIRST_RETRY;
    this.#stopRetry();
    this.#acknowledge();
    this.user?.connected();
    this.#pump();
  }

  /** A reset has come for it. */
  wasReset(): void {
    if (this.state === "closed") return;
    const refused = this.state === "connecting";
    this.#over();
    const place = { address: this.#wire.addressOf(this.peer), port: this.remotePort };
    this.user?.failed(
      refused ? systemError("ECONNREFUSED", "connect", place) : systemError("ECONNRESET", "read"),
    );
  }

  #take(segment: Segment): void {
    this.#peerWindow = segment.window;
    this.#wasAcknowledged(segment.acknowledged);
    if (segment.bytes === undefined && !segment.fin) {
      this.#pump();
      this.#endIfDone();
      return;
    }
    if (segment.sequence > this.#expected) {
      this.#early.set(segment.sequence, segment);
      this.#acknowledge();
      return;
    }
    if (segment.sequence < this.#expected) {
      this.#acknowledge(); // a copy: the first acknowledgement may have been lost
      return;
    }
    for (
      let next: Segment | undefined = segment;
      next !== undefined;
      next = this.#early.get(this.#expected)
    ) {
      this.#early.delete(this.#expected);
      this.#accept(next);
    }
    if (this.state === "open") this.#pump();
    this.#endIfDone();
  }

  /** The next bytes of the stream, or its end. */
  #accept({ bytes, fin }: Segment): void {
    if (bytes !== undefined && this.user === undefined) {
      this.reset(); // nobody is left to read it
      return;
    }
    if (bytes?.length === 0) {
      this.#acknowledge(); // the peer asks for the window
    } else if (bytes !== undefined) {
      this.#expected += bytes.length;
      this.#unread += bytes.length;
      if (++this.#toAcknowledge > 1) this.#acknowledge();
      else this.#acknowledgeLater();
      this.user?.received(bytes);
    }
    if (fin && this.state === "open") {
      this.#expected++;
      this.#peerFinished = true;
      this.#acknowledge();
      this.user?.ended();
    }
  }

  #wasAcknowledged(upTo: number): void {
    if (upTo <= this.#oldestSequence) return;
    this.#oldestSequence = upTo;
    this.#retryAfter = FIRST_RETRY;
    this.#stopRetry();
    let first = this.#unacknowledged[0];
    while (first !== undefined && first.sequence + first.length <= upTo) {
      this.#unacknowledged.shift();
      first = this.#unacknowledged[0];
    }
    if (first !== undefined) {
      if (upTo < this.#recoverUpTo) this.#sendData(first);
      this.#armRetry();
    }
    if (this.#waitingWriters.length > 0 && this.#buffered() <= SEND_BUFFER) {
      const waiting = this.#waitingWriters;
      this.#waitingWriters = [];
      for (const done of waiting) done();
    }
  }

  #buffered(): number {
    return this.#unsentBytes + this.#nextSequence - this.#oldestSequence;
  }

  /** Sends what there is, as far as the peer has room. */
  #pump(): void {
    if (this.state !== "open") return;
    while (this.#unsentBytes > 0) {
      const room = this.#peerWindow - (this.#nextSequence - this.#oldestSequence);
      if (room <= 0) {
        this.#armRetry(); // probes until there is room: the news of it may be lost
        return;
      }
      const bytes = this.#nextBytes(Math.min(room, SEGMENT_BYTES));
      const last = this.#finished && this.#unsentBytes === 0;
      this.#sendNew(bytes, last);
    }
    if (this.#finished && !this.#finSent) this.#sendNew(undefined, true);
  }

  #sendNew(bytes: Buffer | undefined, fin: boolean): void {
    const length = (bytes?.length ?? 0) + (fin ? 1 : 0);
    const sent = { sequence: this.#nextSequence, bytes, length };
    if (this.#unacknowledged.length === 0) this.#patientSince = this.#now();
    if (fin) this.#finSent = true;
    this.#nextSequence += length;
    this.#unacknowledged.push(sent);
    this.#sendData(sent);
    this.#armRetry();
  }

  #nextBytes(most: number): Buffer {
    const taken: Buffer[] = [];
    let left = most;
    while (left > 0) {
      const first = this.#unsent[0];
      if (first === undefined) break;
      if (first.length <= left) {
        this.#unsent.shift();
        taken.push(first);
        left -= first.length;
      } else {
        taken.push(first.subarray(0, left));
        this.#unsent[0] = first.subarray(left);
        left = 0;
      }
    }
    const [only] = taken;
    const bytes = taken.length === 1 && only !== undefined ? only : Buffer.concat(taken);
    this.#unsentBytes -= bytes.length;
    return bytes;
  }

  #retryNow(): void {
    this.#retry = undefined;
    if (this.#now() - this.#patientSince >= GIVE_UP && this.#owes()) {
      const { state } = this;
      this.#over();
      const place = { address: this.#wire.addressOf(this.peer), port: this.remotePort };
      this.user?.failed(
        state === "connecting"
          ? systemError("ETIMEDOUT", "connect", place)
          : systemError("ETIMEDOUT", "read"),
      );
      return;
    }
    this.#retryAfter = Math.min(this.#retryAfter * 2, LONGEST_RETRY);
    if (this.state === "connecting") {
      this.#send("syn");
      this.#armRetry();
      return;
    }
    const [first] = this.#unacknowledged;
    if (first !== undefined) {
      this.#recoverUpTo = this.#nextSequence;
      this.#sendData(first);
      this.#armRetry();
    } else if (this.#unsentBytes > 0) {
      this.#ask(); // whether there is room again: the news of it may be lost
      this.#armRetry();
    } else if (this.#probing) {
      this.#ask();
      this.#armRetry();
    }
  }

  #probe(): void {
    this.#keepAlive = undefined;
    if (this.state === "open" && this.#now() - this.#patientSince >= this.#keepAliveAfter) {
      if (!this.#owes()) this.#patientSince = this.#now();
      this.#probing = true;
      this.#ask();
      this.#armRetry();
    }
    this.keepAlive(this.#keepAliveAfter);
  }

  /** A segment without bytes, which the peer answers at once. */
  #ask(): void {
    this.#sendData({ sequence: this.#nextSequence, bytes: EMPTY, length: 0 });
  }

  /** Whether the other side has yet to say something. */
  #owes(): boolean {
    return (
      this.#probing || this.state === "connecting" || this.#unacknowledged.length > 0 || this.#unsentBytes > 0
    );
  }

  #endIfDone(): void {
    if (this.state !== "open" || !this.#finSent || !this.#peerFinished) return;
    if (this.#unacknowledged.length > 0) return;
    this.#inPeace = true;
    this.#over();
  }

  #over(): void {
    this.state = "closed";
    this.#stopRetry();
    this.keepAlive(0);
    this.#acknowledgement?.cancel();
    this.#acknowledgement = undefined;
    this.#wire.forget(this, this.#inPeace);
    const waiting = this.#waitingWriters;
    this.#waitingWriters = [];
    for (const done of waiting) done(systemError("EPIPE", "write"));
  }

  #armRetry(): void {
    this.#retry ??= this.#wire.host.after(this.#retryAfter, () => this.#retryNow());
  }

  #stopRetry(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
  }

  #acknowledgeLater(): void {
    this.#acknowledgement ??= this.#wire.host.after(DELAYED_ACKNOWLEDGEMENT, () => this.#acknowledge());
  }

  #acknowledge(): void {
    this.#transmit("data", this.#nextSequence, undefined, false);
  }

  #sendData({ sequence, bytes, length }: Sent): void {
    this.#transmit("data", sequence, bytes, length > (bytes?.length ?? 0));
  }

  #send(flag: "syn" | "syn-ack" | "rst"): void {
    this.#transmit(flag, 0, undefined, false);
  }

  /** Every segment acknowledges what has come so far. */
  #transmit(flag: Segment["flag"], sequence: number, bytes: Buffer | undefined, fin: boolean): void {
    this.#toAcknowledge = 0;
    this.#acknowledgement?.cancel();
    this.#acknowledgement = undefined;
    this.#wire.send(this.peer, {
      from: this.localPort,
      to: this.remotePort,
      id: this.id,
      flag,
      sequence,
      bytes,
      fin,
      acknowledged: this.#expected,
      window: this.#window(),
    });
  }

  #window(): number {
    return Math.max(0, WINDOW - this.#unread);
  }

  #now(): Micros {
    return this.#wire.host.clock.monotonic();
  }
}
