/**
 * The processes of a drill's hosts: each is started with a file of its settings, writes a journal of its own in each of its lives, and is
 * up once it has said so there. One that ends though nobody ended it is reported.
 */
import { closeSync, openSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HostSpec, Plan } from "../sim/plan.js";
import type { Backend } from "./backend.js";
import type { Child, Children, Ending } from "./children.js";
import type { Cluster } from "./cluster.js";
import type { Drill } from "./definition.js";
import { serversOf } from "./faults.js";
import type { HostSettings } from "./host-process.js";

/** A process of a host, in its present life. */
interface Life {
  readonly spec: HostSpec;
  readonly incarnation: number;
  readonly child: Child;
  /** Its end is the drill's doing. */
  expected: boolean;
}

/** How a host's process is started, given the file with its settings. */
export type HostCommand = (settings: string) => readonly [command: string, ...args: string[]];

export interface HostProcessesOptions {
  readonly drill: Drill;
  readonly backend: Backend;
  readonly plan: Plan;
  readonly folder: string;
  readonly hostCommand: HostCommand;
  readonly cluster: Cluster;
  readonly children: Children;
  /** Called when a process has ended and nobody ended it, with the last that it said. */
  readonly onEnded: (host: string, ending: Ending, words: string) => void;
}

export class HostProcesses {
  readonly #options: HostProcessesOptions;
  readonly #lives = new Map<string, Life>();

  constructor(options: HostProcessesOptions) {
    this.#options = options;
  }

  /** A host that was started: its process, and in which life it is. */
  of(id: string): Pick<Life, "child" | "incarnation"> | undefined {
    return this.#lives.get(id);
  }

  /** @param base when the drill began, by the machine's monotonic clock. */
  async boot(spec: HostSpec, base: bigint): Promise<void> {
    const { folder, drill, backend, hostCommand, children, onEnded } = this.#options;
    const incarnation = (this.#lives.get(spec.id)?.incarnation ?? 0) + 1;
    const name = nameOf(spec, incarnation);
    const settings: HostSettings = {
      drill: drill.id,
      backend: backend.id,
      spec,
      incarnation,
      folder,
      base: String(base),
      journal: join(folder, "journals", `${name}.jsonl`),
      servers: this.#serversFor(spec),
    };
    const file = join(folder, "settings", `${name}.json`);
    writeFileSync(file, JSON.stringify(settings));
    const log = join(folder, "logs", `${name}.log`);
    const out = openSync(log, "a");
    const [command, ...args] = hostCommand(file);
    const child = await children.start(command, args, { out, err: out });
    closeSync(out);
    const life: Life = { spec, incarnation, child, expected: false };
    this.#lives.set(spec.id, life);
    void child.ended.then((ending) => {
      if (!life.expected) onEnded(spec.id, ending, lastLine(log));
    });
  }

  /** Starts a host again that was killed. */
  async restart(id: string, base: bigint): Promise<void> {
    const life = this.#lives.get(id);
    if (life === undefined) throw new RangeError(`${id} was never started`);
    await this.boot(life.spec, base);
  }

  async kill(id: string): Promise<void> {
    const life = this.#lives.get(id);
    if (life === undefined) return;
    life.expected = true;
    await life.child.kill();
  }

  async end(): Promise<void> {
    await Promise.all([...this.#lives.keys()].map((id) => this.kill(id)));
  }

  /** Hosts that were started and have not said that they are up. */
  missing(): string[] {
    return [...this.#lives.values()]
      .filter(
        ({ spec, incarnation }) =>
          !hasTwoLines(join(this.#options.folder, "journals", `${nameOf(spec, incarnation)}.jsonl`)),
      )
      .map(({ spec }) => spec.id);
  }

  /** The servers that a host connects to, the nearest first; only the nearest where hosts stay with theirs. */
  #serversFor({ domain }: HostSpec): string[] {
    const { plan, cluster, backend } = this.#options;
    const servers = serversOf(plan);
    const near = plan.topology.find(
      ({ id, domain: { provider } }) => provider === domain.provider && servers.includes(id),
    );
    if (near === undefined) return cluster.urls();
    const own = cluster.urlOf(near.id);
    return backend.roams ? [own, ...cluster.urls().filter((url) => url !== own)] : [own];
  }
}

const nameOf = ({ id }: HostSpec, incarnation: number): string => `${encodeURIComponent(id)}#${incarnation}`;

function hasTwoLines(path: string): boolean {
  try {
    return readFileSync(path, "utf8").split("\n", 3).length === 3;
  } catch {
    return false;
  }
}

function lastLine(path: string): string {
  if (statSync(path).size === 0) return "it said nothing";
  const lines = readFileSync(path, "utf8").trim().split("\n");
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1) ?? "";
}
