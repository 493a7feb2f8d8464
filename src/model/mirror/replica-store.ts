/**
 * The replica store of a cluster: the newest state of each grain that its consumers have applied, on disk,
 * and whether it is fresh.
 *
 * It never goes back: what is not newer is refused, and what is shown is durable, so that a crash takes
 * nothing back either. A store whose medium was damaged is thrown away as a whole and filled again from the
 * log.
 *
 * Fresh means: not further behind than `maxAge`. The writer's timestamp alone can't say that, for its clock
 * may be fast. So a grain is fresh only if besides a poll that was *sent* within `maxAge` found nothing
 * newer. Clocks that stand still would stretch that, hence a timer ends it as well.
 */
import type { Host, Micros, Timer, Write } from "seedstorm";
import { GOALS } from "./goals.js";
import { type GrainState, UNWRITTEN } from "./grain.js";
import { Journal } from "./journal.js";
import type { MirrorKnobs } from "./knobs.js";

const FILE = "replicas";

interface Replica {
  readonly grain: string;
  readonly state: GrainState;
  /** By the clock of the cluster that wrote it. */
  readonly timestamp: Micros;
}

/**
 * A poll that is under way: if it finds nothing newer, the replica is known to be current as of its sending.
 */
export interface Poll {
  readonly sentAt: Micros;
  readonly timer: Timer;
  expired: boolean;
}

export class ReplicaStore {
  readonly #host: Host;
  readonly #knobs: MirrorKnobs;
  readonly #journal: Journal;
  readonly #replicas = new Map<string, Replica>();
  /** By grain: the last poll that found the replica current. */
  readonly #confirmed = new Map<string, Poll>();
  #txn = 0;

  constructor(host: Host, knobs: MirrorKnobs) {
    this.#host = host;
    this.#knobs = knobs;
    this.#journal = new Journal(host, FILE, () =>
      [...this.#replicas.values()].map((replica) => JSON.stringify(replica)),
    );
  }

  async open(): Promise<void> {
    const { records, damaged } = await this.#journal.recover();
    if (damaged) this.#host.reached(GOALS.storeDiscarded);
    else {
      for (const record of records) {
        const replica = JSON.parse(record) as Replica; // written by this class, and its checksum holds
        this.#replicas.set(replica.grain, replica);
      }
    }
    const writes: Write[] = [{ key: "opened", value: damaged ? "discarded" : "kept" }];
    for (const replica of this.#replicas.values()) writes.push(replicaWrite(replica));
    this.#record(writes);
  }

  state(grain: string): GrainState {
    return this.#replicas.get(grain)?.state ?? UNWRITTEN;
  }

  /** `no-room`: the disk is full, and nothing has changed. */
  update(grain: string, state: GrainState, timestamp: Micros): Promise<"applied" | "not-newer" | "no-room"> {
    return this.#journal.exclusive(async () => {
      if (state.sequence <= this.state(grain).sequence && !this.#host.defect("RW2")) return "not-newer";
      const replica: Replica = { grain, state, timestamp };
      if (!(await this.#journal.write(JSON.stringify(replica)))) return "no-room";
      this.#replicas.set(grain, replica);
      this.#record([replicaWrite(replica)]);
      await this.#journal.tidy();
      return "applied";
    });
  }

  /** To be called when a poll is sent. */
  pollSent(): Poll {
    const poll: Poll = {
      sentAt: this.#host.clock.monotonic(),
      timer: this.#host.after(this.#knobs.maxAge, () => {
        poll.expired = true;
      }),
      expired: false,
    };
    return poll;
  }

  /** The poll found that the replica has everything. */
  confirm(grain: string, poll: Poll): void {
    this.#confirmed.get(grain)?.timer.cancel();
    this.#confirmed.set(grain, poll);
  }

  isFresh(grain: string): boolean {
    const replica = this.#replicas.get(grain);
    if (replica === undefined) return false;
    const { maxAge, skewBound } = this.#knobs;
    const age = this.#host.clock.now() - replica.timestamp;
    if (age > maxAge) return false;
    return this.#host.defect("RW8") || (age >= -skewBound && this.#isConfirmed(grain));
  }

  #isConfirmed(grain: string): boolean {
    const poll = this.#confirmed.get(grain);
    if (poll === undefined || poll.expired) return false;
    return this.#host.clock.monotonic() - poll.sentAt <= this.#knobs.maxAge;
  }

  #record(writes: readonly Write[]): void {
    this.#host.record({ kind: "durable", store: `replica@${this.#host.id}`, txn: ++this.#txn, writes });
  }
}

function replicaWrite({ grain, state }: Replica): Write {
  return { key: grain, value: { sequence: state.sequence, fields: state.fields } };
}
