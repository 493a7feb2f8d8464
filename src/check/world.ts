/**
 * What must hold of every universe, whatever runs in it: the world keeps its own rules.
 *
 * These properties watch the watchers. A violation is a bug of the world, of a plan, or of a system that records
 * facts which it can't know. An external service may rightly apply a call more often than it was attempted, since
 * networks duplicate; what can't be is that it applied or answered what nobody asked for.
 */
import type { EventOf, FactKind, HistoryEvent } from "../sim/history.js";
import { list, time, when, where } from "./evidence-text.js";
import { fields } from "./json.js";
import type { Property } from "./property.js";

type ExternalEvent = EventOf<"external">;
type ClientEvent = EventOf<"client">;

/** Every kind there is; the compiler asks for new ones. */
const KINDS: Readonly<Record<FactKind, true>> = {
  client: true,
  durable: true,
  publish: true,
  "publish-ack": true,
  deliver: true,
  ack: true,
  nack: true,
  term: true,
  external: true,
  state: true,
  lease: true,
  refusal: true,
  fault: true,
  host: true,
  operator: true,
  goal: true,
  program: true,
};
const EVERY_KIND = Object.keys(KINDS) as readonly FactKind[]; // the keys of the record above

export const ledgerConsistent: Property = {
  id: "world-ledger",
  kind: "always",
  sentence:
    "An external service applies and answers only what was attempted, and answers success only for what it applied.",
  subscribes: ["external"],
  start(context) {
    const attempts = new Map<string, ExternalEvent>();
    const applied = new Set<string>();
    /** Operations that do something; a mere read is answered without being applied. */
    const effective = new Set<string>();

    function applies(event: ExternalEvent, call: string): void {
      effective.add(event.operation);
      applied.add(call);
      context.checked();
      if (attempts.has(call)) return;
      context.violated(
        call,
        `${event.service} applied ${event.operation} for token ${event.token} ${when(event)}, which nobody had attempted.`,
        [event],
      );
    }

    function replies(event: ExternalEvent, call: string): void {
      const attempt = attempts.get(call);
      context.checked();
      if (attempt === undefined) {
        context.violated(
          call,
          `${event.host} got a reply from ${event.service} to ${event.operation} for token ${event.token} ${when(event)}, which nobody had attempted.`,
          [event],
        );
        return;
      }
      if (!effective.has(event.operation) || refuses(event) || applied.has(call)) return;
      context.violated(
        call,
        `${event.service} answered ${event.operation} for token ${event.token} with success ${where(event)}, but never applied it.`,
        [attempt, event],
      );
    }

    return {
      on(event) {
        if (event.kind !== "external") return;
        const call = `${event.service} ${event.operation} ${event.token}`;
        if (event.phase === "attempt") {
          if (!attempts.has(call)) attempts.set(call, event);
        } else if (event.phase === "applied") applies(event, call);
        else replies(event, call);
      },
    };
  },
};

/** Whether a service answered that it did not do it. */
function refuses(event: ExternalEvent): boolean {
  return fields(event.value)?.error !== undefined;
}

export const timeMovesOn: Property = {
  id: "world-time",
  kind: "always",
  sentence: "Virtual time never goes back in the history.",
  subscribes: EVERY_KIND,
  start(context) {
    let last: HistoryEvent | undefined;
    return {
      on(event) {
        const before = last;
        last = event;
        if (before === undefined) return;
        context.checked();
        if (event.at >= before.at) return;
        context.violated(
          "time",
          `Time went back from ${time(before.at)} (${before.kind} on ${before.host}) to ${time(event.at)} (${event.kind} on ${event.host}).`,
          [before, event],
        );
      },
    };
  },
};

export const causesPrecede: Property = {
  id: "world-causes",
  kind: "always",
  sentence: "Every event's cause stands before it in the history.",
  subscribes: EVERY_KIND,
  start: (context) => ({
    on(event) {
      if (event.cause === -1) return;
      context.checked();
      if (event.cause >= 0 && event.cause < event.id && context.event(event.cause).at <= event.at) return;
      context.violated(
        `event ${event.id}`,
        `Event ${event.id} (${event.kind} ${where(event)}) names event ${event.cause} as its cause, which had not happened.`,
        [event],
      );
    },
  }),
};

export const faultsEnd: Property = {
  id: "world-faults-end",
  kind: "always",
  sentence: "Every fault that lasts has ended when the quiet period begins, and none begins in it.",
  subscribes: ["fault"],
  start(context) {
    const { healAt, faults } = context.plan;
    const lasting = new Set(
      faults.filter((fault) => "for" in fault && fault.for > 0).map((fault) => fault.id),
    );
    const active = new Map<string, EventOf<"fault">>();
    return {
      on(event) {
        if (event.kind !== "fault") return;
        if (event.phase === "start" && lasting.has(event.fault)) active.set(event.fault, event);
        else if (event.phase === "end") active.delete(event.fault);
        if (event.phase === "fired") return;
        context.checked();
        if (event.at <= healAt) return;
        const verb = event.phase === "start" ? "began" : "ended";
        context.violated(
          event.fault,
          `Fault ${event.fault} (${event.faultKind} of ${event.target}) ${verb} ${when(event)}, in the quiet period that began at ${time(healAt)}.`,
          [event],
        );
      },
      end(at) {
        if (at < healAt) return;
        for (const [fault, event] of active) {
          context.violated(
            fault,
            `Fault ${fault} (${event.faultKind} of ${event.target}) began ${when(event)} and never ended.`,
            [event],
          );
        }
      },
    };
  },
};

export const hostsUp: Property = {
  id: "world-hosts-up",
  kind: "always",
  sentence: "Every host that is not gone for good is up, and stays up, when the quiet period begins.",
  subscribes: ["host"],
  start(context) {
    const { healAt } = context.plan;
    const down = new Map<string, EventOf<"host">>();
    const paused = new Map<string, EventOf<"host">>();
    let judged = false;

    function judge(): void {
      if (judged) return;
      judged = true;
      context.checked();
      const missing = [...down.values(), ...paused.values()];
      if (missing.length === 0) return;
      const listed = missing.map((event) => `${event.host} (${event.phase} ${when(event)})`);
      context.violated(
        "healing",
        `When everything should be well, at ${time(healAt)}, these hosts were not up: ${list(listed)}.`,
        missing,
      );
    }

    return {
      on(event) {
        if (event.kind !== "host") return;
        if (event.at > healAt) {
          judge();
          // What a process does to itself is no fault that has yet to end.
          if ((event.phase === "crash" && event.exit === undefined) || event.phase === "pause") {
            context.violated(
              event.host,
              `${event.host} had a ${event.phase} ${when(event)}, in the quiet period.`,
              [event],
            );
          }
        }
        if (event.phase === "gone") {
          down.delete(event.host);
          paused.delete(event.host);
        } else if (event.phase === "crash") {
          if (event.exit === undefined) down.set(event.host, event);
          paused.delete(event.host);
        } else if (event.phase === "boot") down.delete(event.host);
        else if (event.phase === "pause") paused.set(event.host, event);
        else paused.delete(event.host);
      },
      end(at) {
        if (at >= healAt) judge();
      },
    };
  },
};

export const oneOutcome: Property = {
  id: "world-one-outcome",
  kind: "always",
  sentence: "A client's request has one call and at most one outcome, after it.",
  subscribes: ["client"],
  start(context) {
    const calls = new Map<string, ClientEvent>();
    const outcomes = new Map<string, ClientEvent>();
    return {
      on(event) {
        if (event.kind !== "client") return;
        const { requestId } = event;
        const call = calls.get(requestId);
        context.checked();
        if (event.phase === "call") {
          if (call === undefined) calls.set(requestId, event);
          else {
            context.violated(
              requestId,
              `Request ${requestId} was called twice: ${where(call)} and ${where(event)}.`,
              [call, event],
            );
          }
          return;
        }
        const first = outcomes.get(requestId);
        if (first === undefined) outcomes.set(requestId, event);
        if (call === undefined) {
          context.violated(
            requestId,
            `Request ${requestId} ended as ${event.phase} ${where(event)} without a call.`,
            [event],
          );
        } else if (first !== undefined) {
          context.violated(
            requestId,
            `Request ${requestId} ended twice: as ${first.phase} ${when(first)} and as ${event.phase} ${when(event)}.`,
            [call, first, event],
          );
        }
      },
    };
  },
};

/** Of every system's world. */
export const worldProperties: readonly Property[] = [
  timeMovesOn,
  causesPrecede,
  faultsEnd,
  hostsUp,
  oneOutcome,
];

/** Of the world of a system that calls outside services. */
export const externalProperties: readonly Property[] = [ledgerConsistent];
