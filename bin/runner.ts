/**
 * `seedstorm runner`: one process of the runner over a real broker, from its settings to its end. On SIGTERM or Ctrl-C it takes nothing
 * more, finishes what is under way, and ends with 0. What is not over by the drain's time-out is given up, comes again elsewhere,
 * and makes it 1; a second signal ends it at once.
 */
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { InputError, printable, shown, suggestion } from "../src/input/index.js";
import { DrillError, type Listening, loadClients, type Route, ServiceHost } from "../src/live/index.js";
import { GOALS } from "../src/model/runner/goals.js";
import { type ExitCode, firstLine, HarnessError, HELD, VIOLATED } from "./exit-codes.js";
import { type Configuration, PARTS, type PartName, readConfiguration } from "./runner-files.js";
import type { Part } from "./runner-parts.js";
import type { Terminal } from "./terminal.js";

export interface RunnerOptions {
  /** The file of settings; without it, the one that the environment names. */
  readonly config: string | undefined;
  /** Says whether the settings are good, and starts nothing. */
  readonly check: boolean;
}

/** What was under way was given up. */
const FORCED = VIOLATED;
/** How much longer than its limit a drain may take before the process ends without it. */
const GRACE_MS = 2_000;

export async function runner(name: string, options: RunnerOptions, terminal: Terminal): Promise<ExitCode> {
  const part = PARTS.find((each) => each === name);
  if (part === undefined)
    throw new InputError(`runner: there is no part ${shown(name)}${suggestion(name, PARTS, "parts")}`);
  const configuration = readConfiguration(part, options.config, process.env);
  if (options.check) {
    terminal.out(["the settings are good"]);
    return HELD;
  }
  await clientsOfNats();
  return new RunnerProcess(part, configuration, terminal).run();
}

/** Nothing but drills, campaigns on a queue and this need them. */
async function clientsOfNats(): Promise<void> {
  try {
    await loadClients("the runner");
  } catch (error) {
    if (!(error instanceof DrillError)) throw error;
    throw new InputError(error.message);
  }
}

class RunnerProcess {
  readonly #name: PartName;
  readonly #configuration: Configuration;
  readonly #terminal: Terminal;
  readonly #host: ServiceHost;
  #isForced = false;

  constructor(name: PartName, configuration: Configuration, terminal: Terminal) {
    const { settings, folder, providers } = configuration;
    this.#name = name;
    this.#configuration = configuration;
    this.#terminal = terminal;
    const id = settings.service.id === "" ? hostname() : settings.service.id;
    this.#host = new ServiceHost({
      spec: { id, domain: { provider: "process", region: "here" }, role: name },
      disk: join(folder, name),
      services: providers,
      onFact: (fact) => {
        if (fact.kind === "goal" && fact.goal === GOALS.drainForced) this.#isForced = true;
      },
    });
  }

  async run(): Promise<ExitCode> {
    const { partOf } = await import("./runner-parts.js");
    const signalled = this.#signalled();
    const part = partOf(this.#name, this.#host, this.#configuration, (line) => this.#say(line));
    const listening = await this.#listen((request) => part.answer(request));
    const { host } = this.#configuration.listen;
    this.#note(`${this.#name} ${this.#host.id} listens on ${host}:${listening.port}`);
    const signal = await Promise.race([signalled, this.#failureOf(part)]);
    this.#note(`${signal}: draining`);
    const most = this.#configuration.settings.drainTimeout + GRACE_MS;
    const isOver = await Promise.race([part.stop().then(() => true), sleep(most, false)]);
    listening.close();
    const code = isOver && !this.#isForced ? HELD : FORCED;
    this.#note(code === HELD ? "drained" : "ended by force: what was under way comes again elsewhere");
    return code;
  }

  /** Settles only if the part can't start. @throws HarnessError */
  async #failureOf(part: Part): Promise<never> {
    try {
      await part.start();
    } catch (error) {
      throw new HarnessError(`the ${this.#name} can't start: ${firstLine(error)}`, undefined, error);
    }
    this.#note(`${this.#name} ${this.#host.id} is up`);
    return new Promise(() => undefined);
  }

  async #listen(route: Route): Promise<Listening> {
    const { listen, settings } = this.#configuration;
    try {
      return await this.#host.listen(listen, route);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      const why = code === "EADDRINUSE" ? "something listens there" : `the system says ${code}`;
      throw new InputError(`service.listen: ${printable(settings.service.listen)} can't be used: ${why}`);
    }
  }

  /** The first signal to end. */
  #signalled(): Promise<NodeJS.Signals> {
    return new Promise((resolve) => {
      let isFirst = true;
      const onSignal = (signal: NodeJS.Signals): void => {
        if (!isFirst) process.exit(FORCED);
        isFirst = false;
        resolve(signal);
      };
      process.on("SIGTERM", onSignal);
      process.on("SIGINT", onSignal);
    });
  }

  #note(message: string): void {
    const at = this.#host.clock.now();
    this.#say({ at, level: "info", message, tenant: "", correlation: "", trace: "" });
  }

  /** Lines of JSON, as collectors of logs read them. */
  #say(line: object): void {
    this.#terminal.out([JSON.stringify(line)]);
  }
}
