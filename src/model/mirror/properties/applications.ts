/**
 * What applications are answered: where nothing is wrong a write is done and a read gets an answer, soon; a replica that refuses to
 * be read has a cause; and what a read shows is a state that the log leads to. Not verified: answers while something is wrong.
 */
import { type EventOf, type Micros, type Plan, SECOND, settingsOf } from "seedstorm";
import { fields, type Property, same, text, time, when, where, whole } from "seedstorm/check";
import { MIRROR_DEFAULTS } from "../knobs.js";
import { mirrorState, placeOfGrain } from "./state.js";

type ClientEvent = EventOf<"client">;

/** From here on nothing is wrong, and what was is over. */
function wellFrom({ faults, knobs, healAt, duration }: Plan): Micros {
  return faults.length === 0 && knobs.buggify !== true
    ? FIRST_PRIMARIES
    : healAt + Math.floor((duration - healAt) / 4);
}

/** Home has registered every grain by then. */
const FIRST_PRIMARIES: Micros = 2 * SECOND;
/** An application tries again while a grain is between two primaries. */
const WRITTEN_WITHIN: Micros = 4 * SECOND;
const READ_WITHIN: Micros = SECOND;

export const applicationsAreServed: Property = {
  id: "applications-are-served",
  kind: "eventually",
  sentence: "Where nothing is wrong a write is done and a read gets an answer, soon.",
  subscribes: ["client", "operator", "host"],
  start(context) {
    const well = wellFrom(context.plan);
    const open = new Map<string, ClientEvent>();
    /** Clusters that never return. */
    const gone = new Set<string>();
    /** By grain: when an operator has taken it out last; what is under way then may stay unknown. */
    const retired = new Map<string, Micros>();

    function judge(call: ClientEvent, at: Micros, end: ClientEvent | undefined): void {
      const isWrite = call.operation === "write";
      if (!isWrite && gone.has(text(call.value, "cluster"))) return;
      const bound = isWrite ? WRITTEN_WITHIN : READ_WITHIN;
      const isRetired = (retired.get(call.key) ?? Number.NEGATIVE_INFINITY) >= call.at - WRITTEN_WITHIN;
      const outcome = end?.phase;
      const isServed =
        outcome === "ok" || (!isWrite && outcome === "fail") || (isWrite && isRetired && outcome === "info");
      context.checked();
      if (isServed && at - call.at <= bound) return;
      if (end === undefined && at - call.at <= bound) return;
      const found =
        end === undefined ? `had no answer by ${time(at)}` : `was answered with ${end.phase} ${when(end)}`;
      context.violated(
        call.requestId,
        `The ${call.operation} of ${call.key} that was asked for ${when(call)}, with nothing wrong, ${found}.`,
        end === undefined ? [call] : [call, end],
      );
    }

    return {
      on(event) {
        if (event.kind === "operator") {
          if (event.operation === "retire") retired.set(text(event.detail, "grain"), event.at);
          return;
        }
        if (event.kind === "host" && event.phase === "gone") gone.add(event.host);
        if (event.kind !== "client") return;
        if (event.phase === "call") {
          if (event.at >= well) open.set(event.requestId, event);
          return;
        }
        const call = open.get(event.requestId);
        open.delete(event.requestId);
        if (call !== undefined) judge(call, event.at, event);
      },
      end(at) {
        for (const call of open.values()) judge(call, at, undefined);
      },
    };
  },
};

/** A poll, a batch, and a message each way. */
const MIRRORED_WITHIN: Micros = 1_200_000;

export const readsHaveCauses: Property = {
  id: "refused-reads-have-causes",
  kind: "always",
  sentence:
    "A read is refused only at the grain's primary, or while the replica may be stale: when nothing is wrong and the grain was written lately, it is not.",
  subscribes: ["client", "state", "host", "durable", "operator"],
  start(context) {
    const { plan } = context;
    const well = wellFrom(plan);
    const { maxAge, deltaReplay: folds } = settingsOf(plan.knobs, MIRROR_DEFAULTS);
    const state = context.view(mirrorState);
    const calls = new Map<string, ClientEvent>();
    /** Primaries, and since when they are not any more. */
    const active = new Set<string>();
    const until = new Map<string, Micros>();
    /** Consumers that run, since when. */
    const running = new Map<string, Micros>();
    let interfered: Micros = Number.NEGATIVE_INFINITY;

    function stopped(name: string, at: Micros): void {
      if (active.delete(name)) until.set(name, at);
    }

    function refused(event: ClientEvent, call: ClientEvent): void {
      const name = `${call.key}@${text(call.value, "cluster")}`;
      const reason = text(event.value, "reason");
      context.checked();
      if (reason === "not-a-replica") {
        if (active.has(name) || (until.get(name) ?? -1) >= call.at) return;
        context.violated(
          name,
          `The read of ${name} was refused ${when(event)} for it is no replica, but it was not its primary since ${time(call.at)}.`,
          [call, event],
        );
        return;
      }
      const isQuiet = call.at >= well && call.at - interfered > 8 * SECOND;
      const mirrors = (running.get(name) ?? Number.POSITIVE_INFINITY) <= call.at - 2 * SECOND;
      if (!isQuiet || !mirrors || active.has(name)) return;
      const newest = state.log(call.key).newest;
      // A replica that does not replay changes is behind whatever it says, until the next complete state.
      if (newest?.state === undefined || (newest.type === "delta" && !folds)) return;
      const age = event.at - newest.event.at;
      const appended = call.at - newest.event.at;
      if (appended < MIRRORED_WITHIN || age > maxAge - APPEND_TAKES) return;
      context.violated(
        name,
        `The read of ${name} was refused as stale ${where(event)}, though its newest state was in the log since ${when(newest.event)} and nothing was wrong.`,
        [newest.event, call, event],
      );
    }

    return {
      on(event) {
        switch (event.kind) {
          case "client":
            if (event.operation !== "read") return;
            if (event.phase === "call") calls.set(event.requestId, event);
            else {
              const call = calls.get(event.requestId);
              calls.delete(event.requestId);
              if (call !== undefined && event.phase === "fail") refused(event, call);
            }
            return;
          case "state":
            if (event.entity === "grain") {
              if (event.to === "primary") active.add(event.name);
              else stopped(event.name, event.at);
            } else if (event.entity === "consumer") {
              if (event.to === "running") running.set(event.name, event.at);
              else running.delete(event.name);
            }
            return;
          case "host":
            if (event.phase !== "crash") return;
            for (const name of [...active])
              if (placeOfGrain(name).host === event.host) stopped(name, event.at);
            for (const name of [...running.keys()])
              if (placeOfGrain(name).host === event.host) running.delete(name);
            return;
          case "operator":
            interfered = event.at;
        }
      },
    };
  },
};

/** Between the writer's timestamp and the row. */
const APPEND_TAKES: Micros = 400_000;

export const readsShowTheLog: Property = {
  id: "reads-show-the-log",
  kind: "always",
  sentence:
    "What a read shows is the state that the log leads to at the sequence that it gives, no older than what the replica had when it was asked.",
  subscribes: ["client", "durable"],
  start(context) {
    const state = context.view(mirrorState);
    const open = new Map<string, { readonly call: ClientEvent; readonly had: number }>();
    return {
      on(event) {
        if (event.kind !== "client" || event.operation !== "read") return;
        const { key } = event;
        if (event.phase === "call") {
          open.set(event.requestId, { call: event, had: state.appliedAt(text(event.value, "cluster"), key) });
          return;
        }
        const asked = open.get(event.requestId);
        open.delete(event.requestId);
        if (asked === undefined || event.phase !== "ok") return;
        const sequence = whole(event.value, "sequence") ?? 0;
        const row = state.log(key).bySequence.get(sequence);
        const shown = fields(event.value)?.fields;
        context.checked();
        if (row === undefined) {
          context.violated(
            key,
            `A read of ${key} showed sequence ${sequence} ${when(event)}, which the log does not have.`,
            [asked.call, event],
          );
        } else if (row.state !== undefined && !same(row.state, shown)) {
          context.violated(
            key,
            `A read of ${key} showed ${JSON.stringify(shown)} at sequence ${sequence} ${when(event)}, but the log leads to ${JSON.stringify(row.state)} there.`,
            [row.event, asked.call, event],
          );
        } else if (sequence < asked.had && context.plan.faults.length === 0) {
          context.violated(
            key,
            `A read of ${key} showed sequence ${sequence} ${when(event)}, though its replica had ${asked.had} when it was asked.`,
            [asked.call, event],
          );
        }
      },
    };
  },
};

export const logRetains: Property = {
  id: "log-shows-what-it-retains",
  kind: "always",
  sentence:
    "The log shows its readers as many of the newest rows of a grain as it is to retain, or all of them.",
  subscribes: ["durable"],
  start(context) {
    const { retain } = settingsOf(context.plan.knobs, MIRROR_DEFAULTS);
    const state = context.view(mirrorState);
    return {
      on(event) {
        if (event.kind !== "durable") return;
        for (const { key, value } of event.writes) {
          if (!key.startsWith("truncate/")) continue;
          const grain = key.slice("truncate/".length);
          const from = Number(value);
          const shown = state.log(grain).rows.filter(({ sequence }) => sequence >= from).length;
          context.checked();
          if (shown >= retain) continue;
          context.violated(
            grain,
            `From ${when(event)} on readers of ${grain} see ${shown} rows, from sequence ${from}: ${retain} are to be retained.`,
            [event],
          );
        }
      },
    };
  },
};
