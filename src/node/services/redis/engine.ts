/**
 * Executes commands on data, one by one, and keeps account of what they did: which keys have changed, and the commands that
 * have the same effect when they are executed elsewhere or later.
 */
import type { Blocked, Execution } from "./commands/command.js";
import { COMMANDS } from "./commands/index.js";
import { Keyspace, type KeyspaceObserver } from "./keyspace.js";
import { RedisError, type Reply, replied } from "./resp.js";
import type { ScriptHost, Scripts } from "./scripts.js";

export interface EngineOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random: (below: number) => number;
  readonly publish: (channel: string, message: string) => number;
  readonly scripts: Scripts | undefined;
}

const SCRIPT_COMMANDS = new Set(["EVAL", "EVALSHA", "SCRIPT"]);

export class Engine implements KeyspaceObserver, ScriptHost {
  readonly keyspace: Keyspace;
  /** Whether clients may only read. */
  isReadOnly = false;
  readonly #options: EngineOptions;
  readonly #scripts: Scripts | undefined;
  #changed = new Set<string>();
  #effects: (readonly string[])[] = [];
  #changes = 0;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#scripts = options.scripts;
    this.keyspace = new Keyspace(options.now, this);
  }

  has(name: string): boolean {
    return COMMANDS.has(name) || SCRIPT_COMMANDS.has(name);
  }

  /** Executes a command; an error is its reply. */
  execute(command: readonly string[], isTrusted = false): Reply | Blocked {
    return replied(() => this.run(command, isTrusted));
  }

  /** Executes a command. Throws a RedisError. @param isTrusted it comes from the log or from the master. */
  run([given = "", ...args]: readonly string[], isTrusted = false): Reply | Blocked {
    const name = given.toUpperCase();
    if (SCRIPT_COMMANDS.has(name)) return this.#script(name, args);
    const command = this.#checked(name, given, args);
    if (command.writes && this.isReadOnly && !isTrusted)
      throw new RedisError("READONLY You can't write against a read only replica.");
    const before = this.#changes;
    const { execution, state } = this.#execution();
    const reply = command.run(execution, args);
    if (command.writes && !state.isReplaced && this.#changes > before) this.#effects.push([given, ...args]);
    return reply;
  }

  /** Tries a command that waits once more. Undefined: it goes on waiting. */
  attempt({ attempt }: Blocked): Reply | undefined {
    return replied(() => attempt(this.#execution().execution));
  }

  #execution(): { readonly execution: Execution; readonly state: { isReplaced: boolean } } {
    const { now, random, publish } = this.#options;
    const state = { isReplaced: false };
    const effectsBefore = this.#effects.length;
    const propagate = (...commands: readonly (readonly string[])[]): void => {
      state.isReplaced = true;
      this.#effects.splice(effectsBefore, this.#effects.length, ...commands);
    };
    return { execution: { keyspace: this.keyspace, now: now(), random, publish, propagate }, state };
  }

  /** Whether it would change something, as far as its name tells. */
  isWrite([given = ""]: readonly string[]): boolean {
    const name = given.toUpperCase();
    return COMMANDS.get(name)?.writes ?? /^EVAL(SHA)?$/.test(name);
  }

  /** Throws the error that a command with so many words gets before it is executed. */
  check([given = "", ...args]: readonly string[]): void {
    if (!SCRIPT_COMMANDS.has(given.toUpperCase())) this.#checked(given.toUpperCase(), given, args);
  }

  changed(key: string): void {
    this.#changes++;
    this.#changed.add(key);
  }

  expired(key: string): void {
    this.#effects.push(["DEL", key]);
  }

  takeChanged(): ReadonlySet<string> {
    const changed = this.#changed;
    if (changed.size > 0) this.#changed = new Set();
    return changed;
  }

  takeEffects(): readonly (readonly string[])[] {
    const effects = this.#effects;
    if (effects.length > 0) this.#effects = [];
    return effects;
  }

  #checked(name: string, given: string, args: readonly string[]) {
    const command = COMMANDS.get(name);
    if (command === undefined) {
      const shown = args.slice(0, 3).map((arg) => `'${arg.slice(0, 128)}'`);
      throw new RedisError(
        `ERR unknown command '${given}', with args beginning with: ${shown.join(" ")} (this simulated server does not have it)`,
      );
    }
    const words = args.length + 1;
    if (command.arity < 0 ? words < -command.arity : words !== command.arity)
      throw new RedisError(`ERR wrong number of arguments for '${given.toLowerCase()}' command`);
    return command;
  }

  #script(name: string, args: readonly string[]): Reply {
    if (this.#scripts === undefined)
      throw new RedisError(
        "ERR scripts are run by fengari, which is not installed: npm install --save-dev fengari",
      );
    return name === "SCRIPT" ? this.#scripts.command(args) : this.#scripts.evaluate(name, args, this);
  }
}
