/**
 * What a node answers to its operator: that it is well only when it is, and when it is; what it measures and logs, and what it
 * says of itself, against what the history knows.
 *
 * Not verified: gauges between two scans, and the sums of histograms.
 */
import type { EventOf, HistoryEvent, Json } from "seedstorm";
import { ensure, fields, type Property, text, time, when, where } from "seedstorm/check";
import type { OutboxItem } from "../records.js";
import { parseTraceparent } from "../trace.js";
import { plannedSettings } from "./plan.js";
import { asOutbox, runnerState } from "./state.js";

type ClientEvent = EventOf<"client">;

/** What an operator was answered by a node, and since when that may have been so. */
interface Answer {
  readonly node: string;
  readonly status: number;
  readonly body: Json;
  readonly call: ClientEvent;
  readonly event: ClientEvent;
}

/** Joins answers to their calls. */
class Asked {
  readonly #calls = new Map<string, ClientEvent>();

  on(event: HistoryEvent, ...paths: readonly string[]): Answer | undefined {
    if (event.kind !== "client" || !paths.includes(event.operation)) return undefined;
    if (event.phase === "call") this.#calls.set(event.requestId, event);
    const call = this.#calls.get(event.requestId);
    if (event.phase === "call" || event.phase === "info" || call === undefined) return undefined;
    const { status, body = null } = (fields(event.value) ?? {}) as {
      readonly status?: Json;
      readonly body?: Json;
    };
    return { node: event.key, status: Number(status), body, call, event };
  }
}

export const healthIsTrue: Property = {
  id: "health-is-true",
  kind: "always",
  sentence:
    "A node says that it is well only when its store has taken a write of it and the broker has answered it since it was asked.",
  subscribes: ["client", "durable", "publish-ack", "state"],
  start(context) {
    const state = context.view(runnerState);
    const asked = new Asked();
    /** By node. */
    const written = new Map<string, HistoryEvent>();
    const reached = new Map<string, HistoryEvent>();
    return {
      on(event) {
        for (const { namespace, key, after } of state.changes) {
          if (namespace === "health" && after !== undefined)
            written.set(key.slice(key.indexOf(":") + 1), event);
        }
        if (event.kind !== "client") return;
        if (event.operation === "broker/stream-state" && event.phase === "ok") reached.set(event.host, event);
        const answer = asked.on(event, "/health", "/ready");
        if (answer === undefined || answer.status !== 200) return;
        const { node, call } = answer;
        const lacks = [
          ...((written.get(encodeURIComponent(node))?.id ?? -1) < call.id
            ? ["its store has taken no write"]
            : []),
          ...((reached.get(node)?.id ?? -1) < call.id ? ["no broker has answered it"] : []),
        ];
        context.checked();
        if (lacks.length === 0) return;
        context.violated(
          node,
          `${node} said ${when(event)} that it is ${event.operation === "/ready" ? "ready" : "well"}, and since it was asked ${lacks.join(", and ")}.`,
          [call, event],
        );
      },
    };
  },
};

/** Leaders are elected, stores opened, nodes booted. */
const WELL_AFTER = 10_000_000;

export const wellWhenHealed: Property = {
  id: "well-when-nothing-is-wrong",
  kind: "eventually",
  sentence:
    "A node that is asked long after everything has healed says that it is well, and that it is ready unless it drains.",
  subscribes: ["client"],
  start(context) {
    const asked = new Asked();
    const ill: Answer[] = [];
    const { healAt } = context.plan;
    return {
      on(event) {
        const answer = asked.on(event, "/health", "/ready");
        if (answer === undefined || answer.call.at < healAt + WELL_AFTER) return;
        context.checked();
        const phase = text(answer.body, "phase");
        const isDraining = phase === "draining" || phase === "drained";
        if (answer.status !== 200 && !(answer.event.operation === "/ready" && isDraining)) ill.push(answer);
      },
      end() {
        for (const { node, event, call, status, body } of ill) {
          context.violated(
            node,
            `${node} answered ${event.operation} with ${status} and ${JSON.stringify(body)} ${when(event)}, and everything has been well since ${time(healAt)}.`,
            [call, event],
          );
        }
      },
    };
  },
};

/** A node that does not reach its store believes what it last saw; where all is well that is not long ago. */
const BELIEVED_FOR = 6_000_000;

export const gaugesAreTrue: Property = {
  id: "gauges-are-true",
  kind: "always",
  sentence:
    "A node's gauges show what it holds: no outbox without parts, never more than there was, and, while all is well, the parts that it had in the last seconds.",
  subscribes: ["client", "durable", "publish-ack", "state"],
  start(context) {
    const state = context.view(runnerState);
    const asked = new Asked();
    const { healAt, faults, knobs } = context.plan;
    const isCalm = faults.length === 0 && knobs.buggify !== true;
    let rows = 0;
    let most = 0;
    /** By node: how many parts it had, and since when. */
    const parts = new Map<string, { readonly at: number; readonly count: number }[]>();
    const holders = new Map<string, string>();

    function countParts(event: HistoryEvent): void {
      const counts = new Map<string, number>();
      for (const node of holders.values()) if (node !== "") counts.set(node, (counts.get(node) ?? 0) + 1);
      for (const node of new Set([...parts.keys(), ...counts.keys()]))
        ensure(parts, node, () => []).push({ at: event.at, count: counts.get(node) ?? 0 });
    }

    function had(node: string, from: number): Set<number> {
      const counts = parts.get(node) ?? [];
      const last = counts.findLast(({ at }) => at <= from)?.count ?? 0;
      return new Set([last, ...counts.filter(({ at }) => at > from).map(({ count: one }) => one)]);
    }

    return {
      on(event) {
        if (event.kind === "durable") count(event);
        const answer = asked.on(event, "/metrics");
        if (answer === undefined || answer.status !== 200) return;
        judge(answer);
      },
    };

    function count(event: HistoryEvent): void {
      for (const { namespace, key, before, after } of state.changes) {
        if (namespace === "outbox" && before === undefined) most = Math.max(most, ++rows);
        if (namespace === "outbox" && after === undefined) rows--;
        if (namespace !== "lease" || after === undefined) continue;
        const holder = text(after.value, "holder");
        const node = holder.slice(0, Math.max(0, holder.indexOf("/")));
        if (holders.get(key) === node) continue;
        holders.set(key, node);
        countParts(event);
      }
    }

    function judge({ node, call, event, body }: Answer): void {
      const gauge = (name: string): number =>
        Number(new RegExp(`^${name} (.+)$`, "m").exec(String(body))?.[1] ?? Number.NaN);
      const held = gauge("runner_parts");
      const depth = gauge("runner_outbox_depth");
      const isWell = isCalm || call.at >= healAt + WELL_AFTER;
      const wrong = [
        ...(held === 0 && depth > 0 ? ["items of its parts wait, and it has none"] : []),
        ...(depth <= most ? [] : [`${depth} items wait, and there were never more than ${most}`]),
        ...(!isWell || had(node, call.at - BELIEVED_FOR).has(held) ? [] : ["it had another number of parts"]),
      ];
      context.checked();
      if (wrong.length === 0) return;
      context.violated(
        node,
        `${node} said ${when(event)} that it has ${held} parts and that ${depth} items of them wait: ${wrong.join(", and ")}.`,
        [call, event],
      );
    }
  },
};

/** Transitions that are durable and of which their node does not know. */
const IN_FLIGHT = 8;
const SAMPLE = /^([a-z_]+)(\{[^}]*\})? (-?\d+(?:\.\d+)?(?:e-?\d+)?)$/;
const TOTAL = /_total$|_count$|_bucket$|_sum$/;

export const metersAddUp: Property = {
  id: "meters-add-up",
  kind: "always",
  sentence:
    "Metrics are in the format of Prometheus, no total goes back while its node lives, and none counts more than has happened.",
  subscribes: ["client", "durable", "publish-ack", "state", "host"],
  start(context) {
    const state = context.view(runnerState);
    const asked = new Asked();
    /** By node, since it began: what it last said, and what it has done. */
    const said = new Map<string, Map<string, number>>();
    const moved = new Map<string, number>();
    const begun = new Map<string, number>();
    const isCalm = context.plan.faults.length === 0 && context.plan.knobs.buggify !== true;
    let quarantined = 0;
    let dead = 0;
    return {
      on(event) {
        const isNew =
          (event.kind === "host" && event.phase === "crash") ||
          (event.kind === "state" && event.entity === "node" && event.to === "ready");
        if (isNew) {
          said.delete(event.host);
          begun.set(event.host, event.id);
          moved.delete(event.host);
        }
        if (event.kind === "durable") count();
        const answer = asked.on(event, "/metrics");
        // it may be the answer of a life before
        if (answer === undefined || answer.call.id < (begun.get(answer.node) ?? 0)) return;
        judge(answer);
      },
    };

    /** What a transaction did: for other events than that of the transaction it still stands there. */
    function count(): void {
      for (const { value } of state.markers) {
        if (value.by === "delivery") moved.set(value.node, (moved.get(value.node) ?? 0) + 1);
      }
      for (const { namespace, before } of state.changes) {
        if (namespace === "quarantine" && before === undefined) quarantined++;
        if (namespace === "deadletter" && before === undefined) dead++;
      }
    }

    function judge({ node, body, event }: Answer): void {
      const before = said.get(node);
      const now = new Map<string, number>();
      said.set(node, now);
      for (const line of String(body).split("\n")) {
        if (line === "" || line.startsWith("# HELP ") || line.startsWith("# TYPE ")) continue;
        const [, name = "", labels = "", value] = SAMPLE.exec(line) ?? [];
        context.checked();
        if (value === undefined) {
          violated(node, `has the line "${line}", which is none of Prometheus`, event);
          continue;
        }
        const series = `${name}${labels}`;
        now.set(series, Number(value));
        const last = before?.get(series) ?? 0;
        if (TOTAL.test(name) && Number(value) < last)
          violated(node, `has ${value} ${series} after ${last}`, event);
      }
      const most = {
        runner_transitions_total: moved.get(node) ?? 0,
        runner_quarantined_total: quarantined,
        runner_dead_letters_total: dead,
      };
      for (const [name, happened] of Object.entries(most)) {
        const counted = now.get(name);
        context.checked();
        if (counted === undefined) violated(node, `has no ${name}`, event);
        else if (counted > happened)
          violated(node, `has ${counted} ${name}, and there were ${happened}`, event);
        // where nothing goes wrong no answer of the store is lost, and each is counted
        else if (name === "runner_transitions_total" && isCalm && happened - counted > IN_FLIGHT)
          violated(node, `has ${counted} ${name}, and there were ${happened}`, event);
      }
    }

    function violated(node: string, what: string, event: ClientEvent): void {
      context.violated(node, `What ${node} has measured by ${when(event)} ${what}.`, [event]);
    }
  },
};

export const infoIsTrue: Property = {
  id: "info-is-true",
  kind: "always",
  sentence:
    "What a node says of itself is so: mode, shard, streams, consumers, sagas and effects as they were set, and a phase that it was in since it was asked.",
  subscribes: ["client", "state", "durable", "publish-ack", "host"],
  start(context) {
    const { knobs } = context.plan;
    const state = context.view(runnerState);
    const asked = new Asked();
    /** Phases of each node, with the event that ended them. */
    const phases = new Map<string, { readonly phase: string; ended: HistoryEvent | undefined }[]>();
    return {
      on(event) {
        if (event.kind === "host" && event.phase === "boot") phases.set(event.host, [STARTING()]);
        if (event.kind === "state" && event.entity === "node") {
          const past = ensure(phases, event.host, () => []);
          const last = past[past.length - 1];
          if (last !== undefined) last.ended = event;
          past.push({ phase: event.to, ended: undefined });
        }
        const answer = asked.on(event, "/info");
        if (answer === undefined) return;
        const { node, body, call } = answer;
        const { mode, shard, streams, consumers } = plannedSettings(knobs, node);
        const { sagas, effects } = state.manifests;
        const set: Readonly<Record<string, Json>> = {
          mode,
          shard,
          streams,
          consumers: { prefix: consumers.durablePrefix, group: consumers.deliverGroup },
          sagas: sagas.map(({ name }) => name),
          effects: effects.map(({ name }) => name),
        };
        const wrong = [
          ...Object.keys(set).filter(
            (name) => JSON.stringify(fields(body)?.[name]) !== JSON.stringify(set[name]),
          ),
          ...((phases.get(node) ?? []).some(
            ({ phase, ended }) =>
              phase === text(body, "phase") && (ended === undefined || ended.id > call.id),
          )
            ? []
            : ["phase"]),
        ];
        context.checked();
        if (wrong.length === 0) return;
        context.violated(
          node,
          `${node} said ${when(event)} what is not so of its ${wrong.join(", ")}: ${JSON.stringify(body)}.`,
          [call, answer.event],
        );
      },
    };
  },
};

/** Where each life of a node begins. */
const STARTING = (): { phase: string; ended: HistoryEvent | undefined } => ({
  phase: "starting",
  ended: undefined,
});

const LINE = /^(?:dispatch \S+|call \S+ for) (\S+)$/;

export const logsCarryContext: Property = {
  id: "logs-carry-context",
  kind: "always",
  sentence:
    "A line of a node's log about a piece of work has the tenant, correlation and trace of that work.",
  subscribes: ["client", "durable", "publish-ack", "state"],
  start(context) {
    const state = context.view(runnerState);
    const asked = new Asked();
    const items = new Map<string, OutboxItem>();
    return {
      on(event) {
        for (const { namespace, before, after } of state.changes) {
          const item = namespace === "outbox" && before === undefined ? asOutbox(after)?.value : undefined;
          if (item !== undefined) items.set(item.workId, item);
        }
        const answer = asked.on(event, "/logs");
        if (answer === undefined || !Array.isArray(answer.body)) return;
        for (const line of answer.body) {
          const item = items.get(LINE.exec(text(line, "message"))?.[1] ?? "");
          if (item === undefined) continue;
          const found = [text(line, "tenant"), text(line, "correlation"), text(line, "trace")];
          const { correlationId, traceparent } = item.metadata;
          const expected = [item.tenant, correlationId, parseTraceparent(traceparent)?.traceId ?? ""];
          context.checked();
          if (JSON.stringify(found) === JSON.stringify(expected)) continue;
          context.violated(
            item.workId,
            `${answer.node} has a line "${text(line, "message")}" of ${found.join(" / ")} ${where(event)}, and the work is of ${expected.join(" / ")}.`,
            [event],
          );
          return;
        }
      },
    };
  },
};
