/** Drives a state machine alone: commands applied at ascending log indexes, and nothing else. */
import type { Applied, Command, Deadline, StateMachine } from "../../../src/model/replication/machine.js";

export class Log<C extends Command, R> {
  index = 0;
  term = 1;

  constructor(readonly machine: StateMachine<C, R>) {}

  /** Applies a command at the next index. */
  apply(command: C): Applied<R> {
    this.index += 1;
    return this.machine.apply(command, { index: this.index, term: this.term });
  }

  /** Applies it and gives what the caller is answered. */
  result(command: C): R {
    return this.apply(command).result;
  }

  /** The keys that a command wrote. */
  keys(command: C): string[] {
    return this.apply(command).writes.map((write) => write.key);
  }

  deadline(key: string): Deadline<C> | undefined {
    return this.machine.deadlines().find((deadline) => deadline.key === key);
  }

  /** The deadline with this key passes: its command is applied, as the leader would. */
  pass(key: string): Applied<R> {
    const deadline = this.deadline(key);
    if (deadline === undefined) throw new RangeError(`no deadline ${key}`);
    return this.apply(deadline.command);
  }
}

/** A planted defect. */
export const planted = (id: string) => (asked: string) => asked === id;
