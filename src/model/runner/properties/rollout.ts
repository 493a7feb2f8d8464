/**
 * What an operator may rely on while nodes come, go and change: drains finish what is under way, a reload is in force, ranges
 * are served where they are placed, parts come to rest with their holders, and a replay feeds all of it.
 */
import type { EventOf, HistoryEvent, Json } from "seedstorm";
import { ensure, type Property, text, time, when, where, whole } from "seedstorm/check";
import { parseKey } from "../keys.js";
import { placementKey } from "../placement.js";
import type { LeaseRecord } from "../records.js";
import { addressOf } from "../subjects.js";
import { plannedSettings } from "./plan.js";
import { type Acquired, runnerState } from "./state.js";

export const drainFinishes: Property = {
  id: "drain-finishes-first",
  kind: "always",
  sentence: "A drain is over when what was under way is finished, or when its time is up.",
  subscribes: ["state", "durable", "publish-ack", "host"],
  start(context) {
    const state = context.view(runnerState);
    const begun = new Map<string, EventOf<"state">>();
    /** By host: what it has taken on and not let go. */
    const underWay = new Map<string, Map<string, HistoryEvent>>();
    // clocks drift by a twentieth at most
    const timeout = Math.floor(state.settings.drainTimeout * 1_000 * 0.93);
    return {
      on(event) {
        if (event.kind === "host" && event.phase === "crash") {
          begun.delete(event.host);
          underWay.delete(event.host);
        }
        if (event.kind !== "state") return;
        if (event.entity === "work") {
          const works = ensure(underWay, event.host, () => new Map<string, HistoryEvent>());
          if (event.to === "acquired") works.set(event.name, event);
          else works.delete(event.name);
        }
        if (event.entity !== "node") return;
        if (event.to === "draining") begun.set(event.host, event);
        const since = begun.get(event.host);
        if (event.to !== "drained" || since === undefined) return;
        begun.delete(event.host);
        const [left] = underWay.get(event.host) ?? [];
        underWay.delete(event.host);
        context.checked();
        if (left === undefined || event.at - since.at >= timeout) return;
        context.violated(
          event.host,
          `${event.host} called its drain over ${when(event)}, after ${time(event.at - since.at)}, and ${left[0]} was still under way.`,
          [left[1], since, event],
        );
      },
    };
  },
};

export const reloadInForce: Property = {
  id: "reload-in-force",
  kind: "always",
  sentence:
    "Whatever a node takes on after a reload that it confirmed is processed by the programs that it was given.",
  subscribes: ["durable", "publish-ack", "state", "operator", "host"],
  start(context) {
    const state = context.view(runnerState);
    const inForce = new Map<string, { readonly programs: Json | undefined; readonly event: HistoryEvent }>();
    /** The last time that a node took a message on, by `node stream/sequence`. */
    const taken = new Map<string, HistoryEvent>();
    return {
      on(event) {
        const isReload = event.kind === "operator" && event.operation === "reload";
        const isReady = event.kind === "state" && event.entity === "node" && event.to === "ready";
        if (isReload || isReady) inForce.set(event.host, { programs: event.detail.programs, event });
        if (event.kind === "state" && state.acquires !== undefined)
          taken.set(`${event.host} ${place(state.acquires)}`, event);
        for (const { value } of state.markers) {
          const { node, program, programDigest, by } = value;
          const at = taken.get(`${node} ${value.stream}/${value.sequence}`);
          const set = inForce.get(node);
          if (by !== "delivery" || at === undefined || set === undefined || at.id < set.event.id) continue;
          context.checked();
          if (text(set.programs, program) === programDigest) continue;
          context.violated(
            `${node} ${program}`,
            `${node} processed ${value.stream}/${value.sequence} with another ${program} than it was given ${when(set.event)}.`,
            [set.event, at, event],
          );
        }
      },
    };
  },
};

const place = ({ stream, sequence }: Acquired): string => `${stream}/${sequence}`;

export const rangesServed: Property = {
  id: "ranges-served-where-placed",
  kind: "eventually",
  sentence: "In the end each node serves the ranges of tenants that are placed in its shard, and no others.",
  subscribes: ["state", "host"],
  start(context) {
    const { knobs, topology } = context.plan;
    const ready = new Map<string, HistoryEvent>();
    /** By `host/range`: what each was sent of the placement, and what it does. */
    const placed = new Map<string, EventOf<"state">>();
    const served = new Map<string, EventOf<"state">>();
    return {
      on(event) {
        if (event.kind === "host" && event.phase === "crash") forget(event.host);
        if (event.kind !== "state") return;
        if (event.entity === "node" && event.to === "draining") forget(event.host);
        if (event.entity === "node" && event.to === "ready") ready.set(event.host, event);
        if (event.entity === "placement") placed.set(event.name, event);
        if (event.entity === "range") served.set(event.name, event);
      },
      end(at) {
        for (const { id } of topology) if (ready.has(id)) judge(id, at);
      },
    };

    function forget(host: string): void {
      ready.delete(host);
      for (const events of [placed, served])
        for (const name of events.keys()) if (name.startsWith(`${host}/`)) events.delete(name);
    }

    function judge(host: string, at: number): void {
      const { shard, spread, mode } = plannedSettings(knobs, host);
      if (mode === "effect") return;
      for (let range = 0; range < spread.ranges; range++) {
        const placement = placed.get(`${host}/${placementKey(range)}`);
        const last = served.get(`${host}/${range}`);
        const mustServe = shard === "" || placement?.to === shard;
        context.checked();
        if (mustServe === (last?.to === "served")) continue;
        context.violated(
          `${host}/${range}`,
          `Range ${range} is placed in ${placement?.to ?? "no shard"}, and ${host} of ${shard === "" ? "every shard" : shard} ${mustServe ? "does not serve it" : "serves it"} at ${time(at)}.`,
          [placement, last].filter((event) => event !== undefined).sort((a, b) => a.id - b.id),
        );
      }
    }
  },
};

/** Nobody has a reason to give a part away any more. */
const SETTLED_AFTER = 14_000_000;

export const partsSettle: Property = {
  id: "parts-settle",
  kind: "eventually",
  sentence: "Once all is quiet, each part of the instances has a holder that says so, and stays with it.",
  subscribes: ["durable", "publish-ack", "state", "operator"],
  start(context) {
    const state = context.view(runnerState);
    const { healAt } = context.plan;
    /** By part: when it last changed hands, and when its holder last said that it is there. */
    const changed = new Map<string, HistoryEvent>();
    const heartbeats = new Map<string, HistoryEvent>();
    let quietSince = healAt;
    return {
      on(event) {
        // nodes that are drained or started make others give parts away
        if (event.kind === "state" && event.entity === "node") quietSince = Math.max(quietSince, event.at);
        for (const { namespace, key, before, after } of state.changes) {
          if (namespace !== "lease" || after === undefined) continue;
          const [old, fresh] = [before?.value, after.value] as unknown as [
            LeaseRecord | undefined,
            LeaseRecord,
          ];
          if (old?.holder !== fresh.holder) changed.set(key, event);
          if (fresh.holder !== "") heartbeats.set(key, event);
        }
      },
      end(at) {
        const { ttl } = state.settings.lease;
        if (at < quietSince + SETTLED_AFTER) return;
        for (const { key, value } of state.in<LeaseRecord>("lease")) {
          const part = parseKey(key)?.parts[0] ?? "";
          const last = changed.get(key);
          const heartbeat = heartbeats.get(key);
          context.checked();
          if (last !== undefined && last.at > quietSince + SETTLED_AFTER) {
            context.violated(
              key,
              `Part ${part} changed hands ${when(last)}, and nothing has been wrong since ${time(quietSince)}.`,
              [last],
            );
          } else if (value.holder === "" || heartbeat === undefined || at - heartbeat.at > ttl * 1_000) {
            context.violated(
              key,
              `Part ${part} has no holder at ${time(at)}: the last that was heard of one is ${heartbeat === undefined ? "nothing" : `of ${time(heartbeat.at)}`}.`,
              heartbeat === undefined ? [] : [heartbeat],
            );
          }
        }
      },
    };
  },
};

export const replayFeedsAll: Property = {
  id: "replay-feeds-all",
  kind: "always",
  sentence:
    "A replay is over when its saga was fed every message of its tenant between the checkpoint and where it began.",
  subscribes: ["client", "durable", "publish-ack", "state"],
  start(context) {
    const state = context.view(runnerState);
    const subjects = new Map<string, string>();
    /** Of each stream: messages by sequence, with their subject. */
    const stored = new Map<string, Map<number, string>>();
    /** What replays were asked for, by the key of their record, and what they have fed. */
    const asked = new Map<string, { readonly row: Json; readonly event: HistoryEvent }>();
    const fed = new Set<string>();
    return {
      on(event) {
        if (event.kind === "client" && event.operation === "broker/publish") {
          if (event.phase === "call") subjects.set(event.requestId, text(event.value, "subject"));
          if (event.phase !== "ok") return;
          const messages = ensure(stored, text(event.value, "stream"), () => new Map<number, string>());
          messages.set(whole(event.value, "sequence") ?? 0, subjects.get(event.requestId) ?? "");
        }
        if (event.kind === "state" && event.entity === "replay")
          fed.add(`${text(event.detail, "tenant")} ${text(event.detail, "saga")} ${event.name}`);
        for (const { namespace, key, before, after } of state.changes) {
          if (namespace !== "replay") continue;
          const intent = text(after?.value, "intent");
          const isNext = before !== undefined && text(before.value, "intent") === intent;
          const isSame = isNext && whole(before.value, "upTo") === whole(after?.value, "upTo");
          if (after === undefined) judge(key, event);
          else if (!isSame) asked.set(key, { row: after.value, event });
        }
      },
    };

    function judge(key: string, event: HistoryEvent): void {
      const begun = asked.get(key);
      asked.delete(key);
      if (begun === undefined) return;
      const { row, event: since } = begun;
      const [tenant, saga] = [text(row, "tenant"), text(row, "saga")];
      const [after, upTo] = [whole(row, "after") ?? 0, whole(row, "upTo") ?? 0];
      const { streams } = state.settings;
      const stream = text(row, "stream") === "events" ? streams.events : streams.facts;
      for (const [sequence, subject] of stored.get(stream) ?? []) {
        const address = addressOf(subject);
        if (sequence <= after || sequence > upTo || address?.tenant !== tenant) continue;
        context.checked();
        if (fed.has(`${tenant} ${saga} ${stream}/${sequence}`)) continue;
        context.violated(
          key,
          `The replay of ${saga} of tenant "${tenant}", asked for ${when(since)} from ${after} to ${upTo}, was over ${where(event)}, and ${stream}/${sequence} was not fed.`,
          [since, event],
        );
        return;
      }
    }
  },
};
