/**
 * Picks out of a history what a reader wants to hear: moments (a fault, an election, a lease that changes
 * hands) and the flow between them (orders accepted, payments made), which is only counted. Moments of one
 * kind that come close together are shown as one. Kinds that occur too often to be shown one by one are
 * counted with the flow.
 */

import type { Fault } from "../sim/faults/catalogue.js";
import type { HistoryEvent } from "../sim/history.js";
import { type Micros, SECOND } from "../sim/time.js";
import { asBegun } from "../sim/triggers.js";
import type { Outcome } from "../storm/scenario.js";
import { faultLength, faultText, triggerText } from "./fault-text.js";
import { lossAt } from "./loss-text.js";
import { list } from "./words.js";

export type MomentKind =
  | "violation"
  | "fault"
  | "host"
  | "election"
  | "membership"
  | "lease"
  | "dead letter"
  | "redelivery"
  | "refusal"
  | "unknown outcome"
  | "recovery"
  | "operation"
  | "program";

export interface Moment {
  readonly at: Micros;
  readonly kind: MomentKind;
  /** Where it happened; empty when the text names it or when it concerns the whole world. */
  readonly host: string;
  readonly text: string;
  /** The fault that begins or ends in this moment. */
  readonly fault?: string;
}

/** Something that happens so often that it is counted instead of shown. */
export interface FlowTick {
  readonly at: Micros;
  readonly label: string;
}

export interface RunMoments {
  readonly moments: readonly Moment[];
  readonly flow: readonly FlowTick[];
}

/** Kinds of which more than this many are counted with the flow. */
const SHOWN_ONE_BY_ONE = 8;
const COUNTABLE: readonly MomentKind[] = ["redelivery", "refusal", "unknown outcome", "program"];
/** The same thing happening several times within this time is shown as one. */
const TOGETHER: Micros = SECOND;

const OUTCOME_WORDS: Readonly<Record<string, string>> = { accept: "accepted" };

interface Draft {
  readonly at: Micros;
  readonly kind: MomentKind;
  readonly host: string;
  /** Drafts with the same key may be shown as one; empty for none. */
  readonly key: string;
  readonly verb: string;
  readonly items: string[];
  readonly tail: string;
  readonly fault?: string;
  /** How it is counted when it is counted. */
  readonly label: string;
}

export function momentsOf(outcome: Outcome): RunMoments {
  const drafts: Draft[] = [];
  const flow: FlowTick[] = [];
  const collector = new Collector(drafts, flow, outcome);
  for (const event of outcome.history) collector.take(event);
  const moments: Moment[] = [];
  const counts = new Map<MomentKind, number>();
  for (const { kind } of drafts) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  for (const draft of drafts) {
    if (COUNTABLE.includes(draft.kind) && (counts.get(draft.kind) ?? 0) > SHOWN_ONE_BY_ONE) {
      flow.push({ at: draft.at, label: draft.label });
    } else moments.push(momentOf(draft));
  }
  moments.push(...violationMoments(outcome));
  return {
    moments: moments.sort((a, b) => a.at - b.at),
    flow: flow.sort((a, b) => a.at - b.at),
  };
}

/** The first violation of each property, and how many more there are of it; the verdict tells them in full. */
function violationMoments({ violations }: Outcome): Moment[] {
  const counts = new Map<string, number>();
  for (const { property } of violations) counts.set(property, (counts.get(property) ?? 0) + 1);
  return [...counts].flatMap(([property, n]) => {
    const first = violations.find((violation) => violation.property === property);
    if (first === undefined) return [];
    const more = n === 1 ? "" : ` (and ${n - 1} more)`;
    return [
      { at: first.at, kind: "violation", host: "", text: `${property} violated${more}: ${first.message}` },
    ];
  });
}

function momentOf({ at, kind, host, verb, items, tail, fault }: Draft): Moment {
  const text = [verb, list(items, 6), tail].filter((part) => part !== "").join(" ");
  return { at, kind, host, text, ...(fault === undefined ? {} : { fault }) };
}

class Collector {
  /** As they began. */
  readonly #faults: ReadonlyMap<string, Fault>;
  readonly #aims: ReadonlyMap<string, string>;
  readonly #fired: ReadonlySet<string>;
  readonly #open = new Map<string, Draft>();
  readonly #dead = new Set<string>();

  constructor(
    private readonly drafts: Draft[],
    private readonly flow: FlowTick[],
    private readonly outcome: Outcome,
  ) {
    const { plan, history } = outcome;
    const begun = asBegun(plan.faults, history, plan.topology);
    this.#faults = new Map(begun.map((fault) => [fault.id, fault]));
    this.#aims = new Map(plan.faults.map((fault) => [fault.id, triggerText(fault)]));
    const fired = new Set<string>();
    for (const event of history)
      if (event.kind === "fault" && event.phase === "fired") fired.add(event.fault);
    this.#fired = fired;
  }

  take(event: HistoryEvent): void {
    switch (event.kind) {
      case "fault":
        this.#takeFault(event);
        break;
      case "host":
        this.#takeHost(event);
        break;
      case "state":
        this.#takeState(event);
        break;
      case "lease":
        this.#takeLease(event);
        break;
      case "client":
        if (event.operation.includes("/")) break; // what the system's own hosts ask of its resources
        if (event.phase === "info") {
          const verb = `${event.operation} ${event.key}: outcome unknown`;
          this.#add(event, "unknown outcome", { verb, label: "of unknown outcome" });
        } else if (event.phase === "ok") {
          this.#count(event, OUTCOME_WORDS[event.operation] ?? `${event.operation} ok`);
        } else if (event.phase === "fail") this.#count(event, `${event.operation} failed`);
        break;
      case "deliver":
        if (event.deliveryCount > 1) {
          const verb = `gets ${event.stream} #${event.sequence} again (delivery ${event.deliveryCount})`;
          this.#add(event, "redelivery", { verb, label: "redelivered" });
        }
        break;
      case "ack":
      case "nack":
        this.#count(event, `${event.kind}ed`);
        break;
      case "term":
        this.#addDead(event, `${event.stream} ${event.group}`, event.sequence);
        break;
      case "durable":
        for (const { key, value } of event.writes) {
          const [what, group = "", offset = ""] = key.split("/");
          if (what === "dead" && value !== null)
            this.#addDead(event, `${event.store.split("@")[0]} ${group}`, offset);
        }
        break;
      case "external":
        if (event.phase === "applied") this.#count(event, `${event.service}/${event.operation}`);
        break;
      case "refusal": {
        const verb = `refuses ${event.operation} (${event.reason}):`;
        this.#add(event, "refusal", { verb, item: event.key, key: verb, label: `refused (${event.reason})` });
        break;
      }
      case "operator":
        this.#add(event, "operation", { verb: `operator: ${event.operation}` });
        break;
      case "program":
        this.#takeProgram(event);
        break;
      case "publish":
      case "publish-ack":
      case "goal":
        break;
    }
  }

  #takeFault(event: Extract<HistoryEvent, { kind: "fault" }>): void {
    if (event.phase === "fired") return;
    this.#open.clear(); // what follows is to be shown as its consequence
    const fault = this.#faults.get(event.fault);
    const name = fault === undefined ? `${event.faultKind} ${event.target}` : faultText(fault);
    const length = fault === undefined ? "" : faultLength(fault);
    const end = this.#fired.has(event.fault) ? "healed:" : "over, and had no effect:";
    const aim = this.#aims.get(event.fault) ?? "";
    const verb = event.phase === "start" ? `${name}${length}${aim}` : `${end} ${name}`;
    this.#add(event, "fault", { verb, fault: event.fault });
  }

  #takeHost(event: Extract<HistoryEvent, { kind: "host" }>): void {
    if (event.phase === "boot" && event.incarnation === 1) return;
    const verbs = {
      boot: "up again:",
      crash: "down:",
      pause: "paused:",
      resume: "resumed:",
      gone: "gone for good:",
    } as const;
    const verb = event.exit === undefined ? verbs[event.phase] : `ended (${event.exit}):`;
    this.#add(event, "host", {
      verb,
      item: this.#crashed(event),
      key: event.phase,
      everywhere: true,
    });
  }

  /** A host that went down, with what that took back of its disk. */
  #crashed(event: Extract<HistoryEvent, { kind: "host" }>): string {
    const lost = lossAt(this.outcome, event);
    return lost === undefined ? event.host : `${event.host} (${lost})`;
  }

  #takeState(event: Extract<HistoryEvent, { kind: "state" }>): void {
    const { entity, from, to, detail } = event;
    const subject = event.name.split("@")[0] ?? "";
    if (entity === "raft") {
      if (to === "leader") {
        const tail = typeof detail.term === "number" ? `(term ${detail.term})` : "";
        this.#add(event, "election", { verb: "leads", item: subject, key: `leads ${tail}`, tail });
      } else if (from === "leader") {
        this.#add(event, "election", { verb: "no longer leads", item: subject, key: "steps down" });
      } else if (to === "recovering") {
        this.#add(event, "recovery", { verb: "recovers", item: subject, key: "recovers" });
      }
    } else if (entity === "membership") {
      const voters = Array.isArray(detail.voters) ? list(detail.voters.map(String), 7) : "";
      const verb = `${subject}: generation ${to}${voters === "" ? "" : `, voters ${voters}`}`;
      this.#add(event, "membership", { verb });
    } else if (entity !== "commit") {
      // A number is one of many: counted each by itself they would fill the screen.
      this.#count(event, /^\d+$/.test(to) ? entity : `${entity} ${to}`);
    }
  }

  #takeLease(event: Extract<HistoryEvent, { kind: "lease" }>): void {
    const lease = `lease ${event.lease}`;
    const epoch = `(epoch ${event.epoch})`;
    switch (event.phase) {
      case "grant":
        this.#add(event, "lease", { verb: `${lease} to ${event.holder} ${epoch}` });
        break;
      case "expire":
        this.#add(event, "lease", { verb: `${lease} of ${event.holder} expires ${epoch}` });
        break;
      case "release":
        this.#add(event, "lease", { verb: `${lease} given back by ${event.holder} ${epoch}` });
        break;
      case "refused":
        this.#count(event, "lease refused");
        break;
      case "renew":
        break;
    }
  }

  /** What a program was asked and prints goes with the flow, as long as there is little of it. */
  #takeProgram(event: Extract<HistoryEvent, { kind: "program" }>): void {
    const { phase, text } = event;
    if (phase === "request") return; // its response says the same and more
    const label = {
      response: "HTTP answers",
      output: "lines printed",
      error: "errors",
      exit: "exits",
      start: "starts",
    };
    this.#add(event, "program", {
      verb: phase === "response" ? text : `${phase}: ${text}`,
      label: label[phase],
    });
  }

  #addDead(event: HistoryEvent, stream: string, position: number | string): void {
    const id = `${stream} ${position}`;
    if (this.#dead.has(id)) return; // the other replicas say the same
    this.#dead.add(id);
    this.#add(event, "dead letter", { verb: `dead letter: ${stream} #${position}` });
  }

  #count(event: HistoryEvent, label: string): void {
    this.flow.push({ at: event.at, label });
  }

  #add(
    event: HistoryEvent,
    kind: MomentKind,
    report: {
      readonly verb: string;
      readonly item?: string;
      readonly key?: string;
      readonly tail?: string;
      readonly label?: string;
      readonly fault?: string;
      /** Shown once for several hosts. */
      readonly everywhere?: boolean;
    },
  ): void {
    const { verb, item, tail = "", label = kind, fault, everywhere = event.host === "world" } = report;
    const host = everywhere ? "" : event.host;
    const key = report.key === undefined ? "" : `${kind} ${host} ${report.key}`;
    const open = this.#open.get(key);
    if (open !== undefined && item !== undefined && event.at - open.at <= TOGETHER) {
      if (!open.items.includes(item)) open.items.push(item);
      return;
    }
    const items = item === undefined ? [] : [item];
    const draft = {
      at: event.at,
      kind,
      host,
      key,
      verb,
      items,
      tail,
      label,
      ...(fault === undefined ? {} : { fault }),
    };
    this.drafts.push(draft);
    if (key !== "") this.#open.set(key, draft);
  }
}
