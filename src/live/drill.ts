/**
 * One drill, from an empty folder to a history: the engine comes up, the system's processes come up, orders and faults run their
 * time, everything is healed, the healing is measured, and liveness gets its quiet period. Then all processes end and what they
 * wrote down is put into one history. Whatever happens, nothing that was started here lives on, and the journals are kept.
 *
 * Nothing is judged here.
 */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { planText } from "../explore/formats/plan-file.js";
import type { Fact } from "../sim/history.js";
import type { HostSpec, Plan } from "../sim/plan.js";
import { Random } from "../sim/random.js";
import { type Micros, SECOND } from "../sim/time.js";
import type { Backend } from "./backend.js";
import { Children, type Ending } from "./children.js";
import { Cluster } from "./cluster.js";
import type { DrawnDrill, Drill } from "./definition.js";
import { countsOf, planAsItWas, struckText } from "./drilled-plan.js";
import { checkFaults, type LiveFault, SERVER_ROLE, serversOf } from "./faults.js";
import type { DrillEnding, DrillHistory } from "./history-file.js";
import { OUTSIDE } from "./host.js";
import { type HostCommand, HostProcesses } from "./host-processes.js";
import { Engine } from "./jetstream.js";
import { JOURNAL_LOST, JournalError, JournalWriter, mergeJournals, readJournal } from "./journal.js";
import { DrillError, type NatsServer, type SyncInterval } from "./nats-server.js";
import { readBack } from "./read-back.js";
import { Storm, type StormTarget } from "./storm.js";
import { checkUnset, nanosecondsOf, wallAhead } from "./wall-clock.js";

export interface DrillRequest {
  readonly drill: Drill;
  /** One of the drill's. */
  readonly backend: Backend;
  readonly drawn: DrawnDrill;
  readonly server: NatsServer;
  readonly sync: SyncInterval;
  /** A folder of its own, which is there and empty. Its path must be short: sockets lie in it. */
  readonly folder: string;
  readonly hostCommand: HostCommand;
  readonly stop: AbortSignal;
  /** How long the cluster, and the processes, may take to come up, and everything to heal. */
  readonly patienceMs: number;
  /** Bytes that each server may store. */
  readonly maxFileBytes: number;
  readonly progress: (text: string) => void;
}

const POLL_MS = 100;
/** A recovery that takes longer is worth a note of what it waited for. */
const SLOW_MS = 10_000;
/** So many things that are not well are named. */
const SHOWN = 4;

export function runDrill(request: DrillRequest): Promise<DrillHistory> {
  return new DrillRun(request).run();
}

class DrillRun implements StormTarget {
  readonly cluster: Cluster;
  readonly #request: DrillRequest;
  readonly #children = new Children();
  readonly #journal: JournalWriter;
  readonly #hosts: HostProcesses;
  readonly #serverLives = new Map<string, number>();
  readonly #faults: readonly LiveFault[];
  /** By log. */
  readonly #streams: ReadonlyMap<string, string>;
  readonly #notes: string[] = [];
  readonly #stop = new AbortController();
  #base = process.hrtime.bigint();
  #plan: Plan;
  #engine: Engine | undefined;
  /** Why the drill can't go on, once a process has ended that should not have. */
  #hostEnded: DrillEnding | undefined;

  constructor(request: DrillRequest) {
    const { drawn, drill, backend, server, sync, folder, maxFileBytes, hostCommand } = request;
    this.#request = request;
    this.#plan = drawn.plan;
    this.#streams = backend.streams(drill.logs);
    this.#faults = checkFaults(drawn.faults, drawn.plan, drill);
    for (const part of ["journals", "sockets", "settings", "logs", "servers"]) mkdirSync(join(folder, part));
    this.#journal = new JournalWriter(join(folder, "journals", "drill.jsonl"));
    const nodes = serversOf(drawn.plan);
    this.cluster = new Cluster({ server, nodes, folder, sync, maxFileBytes }, this.#children);
    this.#hosts = new HostProcesses({
      ...{ drill, backend, plan: drawn.plan, folder, hostCommand },
      ...{ cluster: this.cluster, children: this.#children },
      onEnded: (host, ending, words) => this.#ended(host, ending, words),
    });
    request.stop.addEventListener("abort", () => this.#stop.abort(), { once: true });
  }

  get plan(): Plan {
    return this.#plan;
  }

  now(): Micros {
    return Number((process.hrtime.bigint() - this.#base) / 1000n);
  }

  record(host: string, fact: Fact, at?: bigint): void {
    this.#journal.record(host, fact, at);
  }

  streamOf(log: string): string {
    return this.#streams.get(log) ?? log;
  }

  async run(): Promise<DrillHistory> {
    const { patienceMs, progress, backend, drill } = this.#request;
    const { signal } = this.#stop;
    const ahead = wallAhead();
    const random = new Random(`${this.#plan.seed}/storm`);
    const storm = new Storm(this, random);
    let healing: Micros | null = null;
    let ending: DrillEnding = { how: "complete" };
    try {
      progress("starting the cluster");
      await this.cluster.start(patienceMs, signal);
      const engine = await Engine.connect(this.cluster.urls());
      this.#engine = engine;
      await backend.prepare({ engine, plan: this.#plan, stop: signal }, drill.logs);
      progress("starting the processes");
      const shift = await this.#bootAll();
      await this.#weather(storm, shift);
      const storms = this.now();
      progress("waiting for everything to heal");
      const missing = await this.#healed();
      if (missing === undefined) {
        healing = this.now() - storms;
        await this.#quiet();
        await this.#hosts.end();
        progress("reading every replica back");
        await this.#readBack(engine, ahead);
      } else ending = this.cluster.isFull() ? this.#full(missing) : { how: "unhealed", message: missing };
    } catch (error) {
      if (error instanceof JournalError || isOutOfSpace(error)) ending = this.#full(firstLine(error));
      else if (signal.aborted) ending = { how: "interrupted" };
      else if (healing !== null && error instanceof Error) ending = unread(error);
      else throw error;
    } finally {
      await this.#end();
    }
    return this.#history(storm, healing, this.#hostEnded ?? ending);
  }

  /** What the engine holds, from each replica of each stream, and what the backend makes of it. */
  async #readBack(engine: Engine, ahead: bigint): Promise<void> {
    const { backend } = this.#request;
    const { signal } = this.#stop;
    const { replicas, notes } = await readBack(engine, this.#streams, this, signal);
    this.#notes.push(...notes);
    checkUnset(ahead, wallAhead());
    const context = { engine, plan: this.#plan, stop: signal };
    await backend.recordState(context, replicas, this, (stamp) => nanosecondsOf(stamp) - ahead);
  }

  #full(message: string): DrillEnding {
    const { folder } = this.#request;
    return {
      ...{ how: "stopped", why: "full" },
      message: `the disk under ${folder}, or what a server may store, is full: ${message}; give it room by another --folder, or by --store`,
    };
  }

  async leaderOf(log: string): Promise<string | undefined> {
    return (await this.#engine?.info(this.streamOf(log)))?.cluster?.leader || undefined;
  }

  async kill(id: string): Promise<void> {
    const host = this.#hosts.of(id);
    await (host === undefined ? this.cluster.childOf(id)?.kill() : this.#hosts.kill(id));
    const incarnation = host?.incarnation ?? this.#serverLives.get(id) ?? 1;
    this.record(id, { kind: "host", phase: "crash", incarnation });
  }

  async start(id: string): Promise<void> {
    if (this.#hosts.of(id) !== undefined) {
      await this.#hosts.restart(id, this.#base);
      return;
    }
    await this.cluster.launch(id);
    this.#serverUp(id);
  }

  signal(id: string, signal: "SIGSTOP" | "SIGCONT"): void {
    const host = this.#hosts.of(id);
    const incarnation = host?.incarnation ?? this.#serverLives.get(id) ?? 1;
    const child = host?.child ?? this.cluster.childOf(id);
    if (signal === "SIGCONT") this.record(id, { kind: "host", phase: "resume", incarnation });
    child?.signal(signal);
    if (signal === "SIGSTOP") this.record(id, { kind: "host", phase: "pause", incarnation });
  }

  /** Starts everything but what comes after the healing. Resolves to when everything was up: times are counted from there. */
  async #bootAll(): Promise<Micros> {
    const { drill, patienceMs } = this.#request;
    const { topology } = this.#plan;
    this.#base = process.hrtime.bigint();
    this.#writePlan();
    for (const id of serversOf(this.#plan)) this.#serverUp(id);
    const senders = this.#senders();
    const late = new Set([SERVER_ROLE, ...drill.afterHealing, ...senders]);
    const early = topology.filter(({ id, role }) => !late.has(role) && !late.has(id));
    const outside: HostSpec = { id: OUTSIDE, domain: { provider: OUTSIDE, region: OUTSIDE }, role: OUTSIDE };
    for (const spec of [outside, ...early]) await this.#boot(spec);
    await this.#until(
      () => this.#hosts.missing().length === 0,
      patienceMs,
      () => {
        const missing = this.#hosts.missing().join(", ");
        throw new DrillError(
          `these processes did not come up within ${patienceMs / 1000} s: ${missing}`,
          "failed",
        );
      },
    );
    const shift = this.now();
    const workload = this.#plan.workload.map((operation) => ({ ...operation, at: operation.at + shift }));
    this.#plan = { ...this.#plan, workload };
    this.#writePlan();
    for (const spec of topology) if (senders.has(spec.id)) await this.#boot(spec);
    return shift;
  }

  /** Hosts that carry out the workload: they are started with their times. */
  #senders(): ReadonlySet<string> {
    return new Set(this.#plan.workload.map(({ host }) => host));
  }

  async #weather(storm: Storm, shift: Micros): Promise<void> {
    const { drawn } = this.#request;
    const { signal } = this.#stop;
    const end = shift + drawn.plan.healAt;
    const faults = this.#faults.map((fault) => ({ ...fault, at: fault.at + shift }));
    let failure: unknown;
    const over = storm.run(faults, signal).catch((error: unknown) => {
      failure = error;
    });
    try {
      while (this.now() < end && failure === undefined) {
        signal.throwIfAborted();
        this.#report(storm, faults.length, end);
        await sleep(POLL_MS * 5, undefined, { signal });
      }
    } finally {
      await over; // a fault that ends starts what it had killed: nothing is started once the drill is over
    }
    if (failure !== undefined) throw failure;
  }

  #report(storm: Storm, faults: number, end: Micros): void {
    const left = Math.ceil((end - this.now()) / SECOND);
    this.#request.progress(`${storm.struck.length} of ${faults} faults are over; ${left} s to go`);
  }

  /** Waits until everything is well again; what is missing, in a sentence, when that does not come in time. */
  async #healed(): Promise<string | undefined> {
    const { patienceMs, backend } = this.#request;
    const begun = performance.now();
    const until = begun + patienceMs;
    let before: readonly string[] = [];
    for (;;) {
      this.#stop.signal.throwIfAborted();
      const missing = this.#hosts.missing().map((id) => `${id} is not up`);
      for (const log of this.#streams.keys()) missing.push(...(await this.#unwell(log)));
      if (this.#engine !== undefined) missing.push(...(await backend.unwell(this.#engine, this.#plan)));
      if (missing.length === 0) {
        if (performance.now() - begun > SLOW_MS)
          this.#notes.push(`recovery waited for this last: ${before.slice(0, SHOWN).join("; ")}`);
        return undefined;
      }
      before = missing;
      if (performance.now() > until)
        return `${patienceMs / 1000} s after the last fault the engine was not well: ${missing.slice(0, SHOWN).join("; ")}.`;
      await sleep(POLL_MS);
    }
  }

  /** What is wrong with the stream of a log. */
  async #unwell(log: string): Promise<string[]> {
    const info = await this.#engine?.info(this.streamOf(log));
    if (info === undefined) return [`nobody answers for ${log}`];
    const { cluster } = info;
    if (!cluster?.leader) return [`${log} has no leader`];
    return (cluster.replicas ?? []).flatMap(({ name, current, offline = false, lag = 0 }) => {
      if (!offline && current && lag === 0) return [];
      const how = offline ? "offline" : lag > 0 ? `${lag} behind` : "not current";
      return [`${name} is not caught up with ${log} (${how})`];
    });
  }

  async #quiet(): Promise<void> {
    const { drill, progress } = this.#request;
    const healAt = this.now();
    this.#plan = { ...this.#plan, healAt, duration: healAt + drill.quiet };
    this.#writePlan();
    for (const spec of this.#plan.topology)
      if (drill.afterHealing.includes(spec.role)) await this.#boot(spec);
    while (this.now() < this.#plan.duration) {
      progress(`quiet for ${Math.ceil((this.#plan.duration - this.now()) / SECOND)} s more`);
      await sleep(POLL_MS * 5, undefined, { signal: this.#stop.signal });
    }
  }

  #boot(spec: HostSpec): Promise<void> {
    return this.#hosts.boot(spec, this.#base);
  }

  /** The code on a host ended by itself: the drill can't go on. */
  #ended(host: string, { code, signal }: Ending, words: string): void {
    if (this.#stop.signal.aborted) return;
    const how = signal === null ? `code ${code}` : signal;
    const message = `The code on ${host} ended by itself (${how}): ${words}.`;
    this.#hostEnded =
      code === JOURNAL_LOST
        ? this.#full(`${host} can't write down what it does`)
        : { how: "host-ended", host, message };
    this.#stop.abort();
  }

  #serverUp(id: string): void {
    const incarnation = (this.#serverLives.get(id) ?? 0) + 1;
    this.#serverLives.set(id, incarnation);
    this.record(id, { kind: "host", phase: "boot", incarnation });
  }

  async #until(done: () => boolean, timeoutMs: number, late: () => never): Promise<void> {
    const until = performance.now() + timeoutMs;
    while (!done()) {
      this.#stop.signal.throwIfAborted();
      if (performance.now() > until) late();
      await sleep(POLL_MS);
    }
  }

  async #end(): Promise<void> {
    await this.#hosts.end();
    await this.#engine?.close();
    this.cluster.close();
    await this.#children.end();
  }

  #writePlan(): void {
    writeFileSync(join(this.#request.folder, "plan.json"), planText(this.#plan));
  }

  #history(storm: Storm, healing: Micros | null, ending: DrillEnding): DrillHistory {
    const { drill, backend, server, sync, folder } = this.#request;
    const journals = readdirSync(join(folder, "journals")).map((name) => {
      const journal = readJournal(join(folder, "journals", name));
      if (journal.torn) this.#notes.push(`the last line of ${name} is not whole and was left out`);
      return journal;
    });
    const events = backend.historyOf(mergeJournals(journals, this.#base), this.#plan);
    return {
      header: {
        format: "seedstorm-drill",
        version: 1,
        drill: drill.id,
        backend: backend.id,
        server: { version: server.version, sync },
        plan: planAsItWas(this.#plan, storm.struck, ending, events),
        struck: storm.struck.map(struckText),
        faults: countsOf(this.#faults, storm.struck),
        healing,
        notes: this.#notes,
        ending,
      },
      events,
    };
  }
}

/** All was well, and what the engine holds could not be learned all the same: what was recorded by then is kept. */
function unread(error: Error): DrillEnding {
  return {
    how: "stopped",
    why: "unread",
    message: `what the engine holds could not be read back: ${firstLine(error)}`,
  };
}

function isOutOfSpace(error: unknown): error is Error {
  return error instanceof Error && "code" in error && error.code === "ENOSPC";
}

const firstLine = ({ message }: Error): string => message.split("\n", 1)[0] ?? "";
