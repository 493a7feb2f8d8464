/**
 * A member of a group whose log is somebody else's: a stream of a replicated engine. The state machine above it, its sessions and
 * its deadlines are those of the simulation, unchanged.
 *
 * Every member reads the log and applies it, and any of them may append: the engine decides the order, and a member answers when
 * it has applied what it appended. So all of them lead, as those above see it, as long as they are connected. Deadlines are
 * watched by all; whose command comes second finds nothing left to do. Facts that are recorded once are recorded by the life that
 * appended the command. A life begins with an empty machine and applies the log from its first position.
 *
 * What the engine loses or changes is not made up for. A hole, a log that got shorter, and an acknowledged position at which
 * something else stands are recorded, as states of a `log`; the machine then stands still, or answers that it does not know.
 */
import { type Host, type Json, ms, type Timer } from "seedstorm";
import type { Engine, Found } from "seedstorm/live";
import { Applier } from "../../replication/applier.js";
import { DeadlineWatch } from "../../replication/deadlines.js";
import type { Command, GroupMember, Proposed, Session, StateMachine } from "../../replication/machine.js";
import { answerOf } from "../../replication/proposal.js";
import type { Outcome } from "../../replication/sessions.js";

/** An entry of the log. A barrier has no command. */
interface LogEntry {
  readonly command?: Command;
  readonly session?: Session;
  /** The life that appended it. */
  readonly by: string;
}

/** What came of the entry at a position. */
interface Settled {
  readonly outcome: Outcome | undefined;
  readonly session: Session | undefined;
}

/** The engine's log knows no terms. */
const TERM = 1;
/** How often the end of the log is looked at, should news of an append not come. */
const LOOK_EVERY = ms(200);
/** How long after its acknowledgement an entry may take to be applied here. */
const APPLY_TIMEOUT = ms(2_500);
/** Positions that are read at once, at most. */
const MOST_AHEAD = 32;
/** Outcomes are kept for so many positions: those who wait for them are quick. */
const KEPT_OUTCOMES = 4_096;
/** So many looks in a row that find nothing are normal; then what is missing is examined. */
const LOOKS_UNTIL_EXAMINED = 15;

export class LogMember<C extends Command, R> implements GroupMember<C, R> {
  readonly group: string;
  readonly machine: StateMachine<C, R>;
  readonly term = TERM;
  readonly leader = undefined;
  readonly #host: Host;
  readonly #life: string;
  readonly #applier: Applier<C, R>;
  readonly #deadlines: DeadlineWatch<C>;
  readonly #settled = new Map<number, Settled>();
  readonly #waiting = new Map<number, (() => void)[]>();
  #engine: Engine | undefined;
  #index = 0;
  #following = false;
  #again = false;
  #looks = 0;
  #readAhead = 1;
  #stopped = false;

  constructor(host: Host, group: string, machine: StateMachine<C, R>) {
    this.#host = host;
    this.group = group;
    this.machine = machine;
    this.#life = `${host.id}#${host.incarnation}`;
    this.#applier = new Applier(host, group, machine);
    this.#deadlines = new DeadlineWatch(host, (command) => this.#proposeDeadline(command));
  }

  get isLeader(): boolean {
    return this.#engine?.isConnected === true;
  }

  start(engine: Engine): void {
    this.#engine = engine;
    engine.onAppend(this.group, () => this.#look());
    this.#lookForEver();
  }

  async propose(command: C, session: Session | undefined): Promise<Proposed<R>> {
    const known = session === undefined ? undefined : this.#applier.find(session);
    if (known !== undefined) return answerOf(known);
    if (!this.isLeader) return { ok: false, reason: "not-leader", leader: undefined };
    const content = session === undefined ? { command } : { command, session };
    const position = await this.#append(content);
    if (position === "nobody") return { ok: false, reason: "not-leader", leader: undefined };
    if (position === "unknown" || !(await this.#applied(position))) return { ok: false, reason: "unknown" };
    const settled = this.#settled.get(position);
    if (settled?.outcome === undefined || !isSame(settled.session, session)) {
      this.#recordOddity("acknowledged", "gone", { position });
      return { ok: false, reason: "unknown" };
    }
    return answerOf(settled.outcome);
  }

  async readBarrier(): Promise<boolean> {
    if (!this.isLeader) return false;
    const position = await this.#append({});
    return typeof position === "number" && this.#applied(position);
  }

  async #append(content: Omit<LogEntry, "by">): Promise<number | "nobody" | "unknown"> {
    if (this.#engine === undefined) return "nobody";
    const entry: LogEntry = { ...content, by: this.#life };
    const appended = await this.#engine.append(this.group, entry as unknown as Json); // plain data throughout
    return appended.status === "appended" ? appended.position : appended.status;
  }

  /** What runs out here may have run out elsewhere: the machine tells a deadline that is over from one that is not. */
  #proposeDeadline(command: C): boolean {
    if (!this.isLeader) return false;
    void this.#appendUntilDone(command);
    return true;
  }

  /** Nobody else may be there to do it: it is tried for as long as the deadline runs. */
  async #appendUntilDone(command: C): Promise<void> {
    while (typeof (await this.#append({ command })) !== "number") {
      await this.#host.sleep(LOOK_EVERY);
      if (!this.machine.deadlines().some((deadline) => deadline.command === command)) return;
    }
  }

  #lookForEver(): void {
    this.#look();
    this.#host.after(LOOK_EVERY, () => this.#lookForEver());
  }

  #look(): void {
    this.#again = true;
    if (!this.#following && !this.#stopped) void this.#follow();
  }

  /** Applies what has come, until nothing more has. */
  async #follow(): Promise<void> {
    this.#following = true;
    while (this.#again && !this.#stopped) {
      this.#again = false;
      while (await this.#applyNext()) this.#looks = 0;
    }
    this.#following = false;
  }

  /** Reads the next positions and applies those that have an entry. Whether all of them had. */
  async #applyNext(): Promise<boolean> {
    const engine = this.#engine;
    if (engine === undefined) return false;
    const next = this.#index + 1;
    const positions = Array.from({ length: this.#readAhead }, (_, i) => next + i);
    const found = await Promise.all(positions.map((position) => engine.read(this.group, position)));
    for (const [i, entry] of found.entries()) {
      if (entry.status !== "entry") {
        this.#readAhead = 1;
        if (i === 0) await this.#examine(next);
        return false;
      }
      this.#apply(next + i, entry);
    }
    // Who finds all that it asks for is behind.
    this.#readAhead = Math.min(this.#readAhead * 2, MOST_AHEAD);
    return true;
  }

  #apply(index: number, { content }: Found & { readonly status: "entry" }): void {
    const { command, session, by } = content as unknown as LogEntry; // as `#append` wrote it
    const payload =
      command === undefined ? ({ kind: "noop" } as const) : ({ kind: "command", command, session } as const);
    this.#index = index;
    const outcome = this.#applier.apply({ index, term: TERM, payload }, by === this.#life);
    this.#settled.set(index, { outcome, session });
    this.#settled.delete(index - KEPT_OUTCOMES);
    this.#deadlines.refresh(this.machine.deadlines());
    for (const resume of this.#waiting.get(index) ?? []) resume();
    this.#waiting.delete(index);
  }

  /** Resolves to whether the entry at a position is applied in time. */
  #applied(position: number): Promise<boolean> {
    if (this.#index >= position) return Promise.resolve(true);
    this.#look();
    return new Promise((resolve) => {
      let timer: Timer | undefined;
      const resume = (): void => {
        timer?.cancel();
        resolve(true);
      };
      timer = this.#host.after(APPLY_TIMEOUT, () => resolve(false));
      const others = this.#waiting.get(position);
      if (others === undefined) this.#waiting.set(position, [resume]);
      else others.push(resume);
    });
  }

  /** Nothing stands at the next position: the end of the log, as a rule. */
  async #examine(position: number): Promise<void> {
    this.#looks += 1;
    if (this.#looks % LOOKS_UNTIL_EXAMINED !== 0) return;
    const found = await this.#engine?.examine(this.group, position);
    if (found?.status === "entry") this.#again = true;
    else if (found?.status === "shorter")
      this.#recordOddity("whole", "shorter", { position, last: found.last });
    else if (found?.status === "hole") {
      this.#recordOddity("whole", "hole", { position, last: found.last });
      this.#stopped = true;
    }
  }

  #recordOddity(from: string, to: string, detail: { readonly [key: string]: number }): void {
    this.#host.record({
      kind: "state",
      entity: "log",
      name: `${this.group}@${this.#host.id}`,
      from,
      to,
      detail,
    });
  }
}

function isSame(a: Session | undefined, b: Session | undefined): boolean {
  return a?.client === b?.client && a?.sequence === b?.sequence;
}
