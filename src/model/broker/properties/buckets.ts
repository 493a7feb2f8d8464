/**
 * What buckets promise: a read shows nothing older than what was there when it was asked for, and a watch sees every change
 * that is kept, in order, and in the end all of it.
 */
import type { EventOf } from "seedstorm";
import { ensure, type Property, text, time, when, whole } from "seedstorm/check";
import { matches } from "../subjects.js";
import { brokerCalls } from "./calls.js";
import { brokerState, type MessageState, type StreamModel } from "./state.js";

export const bucketReadsCurrent: Property = {
  id: "broker-bucket-reads-current",
  kind: "always",
  sentence: "A read of a key shows its newest revision, or one that came while it was asked for.",
  subscribes: ["client", "durable"],
  start(context) {
    const state = context.view(brokerState);
    const calls = context.view(brokerCalls);
    const begun = new Map<string, MessageState | undefined>();
    return {
      subscribes: ["client"],
      on() {
        const { begun: call, answered } = calls;
        if (call?.operation === "broker/get") begun.set(call.requestId, newestOf(call.key));
        if (answered?.operation !== "get") return;
        const { requestId, host, key } = answered.call;
        const newest = begun.get(requestId);
        begun.delete(requestId);
        if (answered.answer.phase !== "ok") return;
        const revision = Number(answered.answer.value);
        context.checked();
        if (newest === undefined || newest.removed !== undefined || revision >= newest.sequence) return;
        context.violated(
          key,
          `${host} read revision ${revision} of ${key} ${when(answered.answer)}, and revision ${newest.sequence} is there since ${when(newest.event)}.`,
          [newest.event, answered.call, answered.answer],
        );
      },
    };

    function newestOf(about: string): MessageState | undefined {
      const at = about.indexOf("/");
      const bucket = about.slice(0, at);
      const stream = state.streams.get(`KV_${bucket}`);
      const subject = `$KV.${bucket}.${about.slice(at + 1)}`;
      if (stream?.config.storage === "memory") return undefined; // it may be lost meanwhile
      let newest: MessageState | undefined;
      for (const message of stream?.messages.values() ?? []) {
        if (message.subject === subject && message.removed === undefined) newest = message;
      }
      return newest;
    }
  },
};

interface WatchState {
  readonly filter: string;
  readonly stream: string;
  revision: number;
  event: EventOf<"state">;
  isCurrent: boolean;
  /** Of the bucket that it began with: it may have been lost and made again, and the watch not know yet. */
  readonly instance: string;
}

export const watchesComplete: Property = {
  id: "broker-watches-complete",
  kind: "always",
  sentence: "A watch sees every change of its keys that is kept, in the order of revisions, and none twice.",
  subscribes: ["state", "durable"],
  start(context) {
    const state = context.view(brokerState);
    const watches = new Map<string, WatchState>();
    return {
      subscribes: ["state"],
      on(event) {
        if (event.kind !== "state" || event.entity !== "watch") return;
        const filter = text(event.detail, "filter");
        const stream = text(event.detail, "stream");
        const model = state.streams.get(stream);
        if (model === undefined) return;
        const watch = ensure(watches, event.name, () => ({
          filter,
          stream,
          revision: 0,
          event,
          isCurrent: false,
          instance: model.instance,
        }));
        if (event.to === "reset") {
          watches.delete(event.name);
          return;
        }
        if (model.instance !== watch.instance) return;
        if (event.to === "current") {
          watch.isCurrent = true;
          return;
        }
        const revision = whole(event.detail, "revision") ?? 0;
        context.checked();
        const skipped = revision > watch.revision ? missedBy(watch, model, revision) : undefined;
        if (revision <= watch.revision) {
          context.violated(
            event.name,
            `The watch ${event.name} saw revision ${revision} ${when(event)} after ${watch.revision}.`,
            [watch.event, event],
          );
        } else if (skipped !== undefined) {
          context.violated(
            event.name,
            `The watch ${event.name} saw revision ${revision} ${when(event)} after ${watch.revision}, and not ${skipped.sequence}, which is there since ${when(skipped.event)}.`,
            [skipped.event, event],
          );
        }
        watch.revision = Math.max(watch.revision, revision);
        watch.event = event;
      },
    };
  },
};

export const watchesCatchUp: Property = {
  id: "broker-watches-catch-up",
  kind: "eventually",
  sentence:
    "When the quiet period is over every watch has seen the newest change of its keys, and was told, since it last began, that it had seen all there was.",
  subscribes: ["state", "host"],
  start(context) {
    const state = context.view(brokerState);
    const seen = new Map<string, { readonly event: EventOf<"state">; revision: number }>();
    /** Beginnings anew after which no `current` has come. */
    const begun = new Map<string, EventOf<"state">>();
    return {
      on(event) {
        if (event.kind === "host" && event.phase === "crash") {
          // A watch ends with its host's life.
          for (const [name, { event: last }] of seen) if (last.host === event.host) seen.delete(name);
          for (const [name, reset] of begun) if (reset.host === event.host) begun.delete(name);
        }
        if (event.kind !== "state" || event.entity !== "watch") return;
        const revision = event.to === "reset" ? 0 : (whole(event.detail, "revision") ?? 0);
        const before = event.to === "reset" ? 0 : (seen.get(event.name)?.revision ?? 0);
        seen.set(event.name, { event, revision: Math.max(before, revision) });
        if (event.to === "reset") begun.set(event.name, event);
        else if (event.to === "current") begun.delete(event.name);
      },
      end(at) {
        for (const [name, reset] of begun) {
          if (at - reset.at < UNSEEN_FOR) continue;
          context.checked();
          context.violated(
            name,
            `The watch ${name} began anew ${when(reset)}, and was not told by ${time(at)} that it had seen all there was.`,
            [reset],
          );
        }
        for (const [name, { event, revision }] of seen) {
          const stream = state.streams.get(text(event.detail, "stream"));
          const filter = text(event.detail, "filter");
          for (const message of stream?.messages.values() ?? []) {
            if (message.removed !== undefined || !matches(filter, message.subject)) continue;
            context.checked();
            if (message.sequence <= revision || at - message.event.at < UNSEEN_FOR) continue;
            context.violated(
              name,
              `The watch ${name} has seen no more than ${revision} at ${time(at)}, and ${message.sequence} is there since ${when(message.event)}.`,
              [message.event, event],
            );
            break;
          }
        }
      },
    };
  },
};

/** What has only just come may not have been seen, in microseconds. */
const UNSEEN_FOR = 5_000_000;

/** A kept change between the last that was seen and this one. Before it is current a watch sees only the newest of each key. */
function missedBy(watch: WatchState, stream: StreamModel, revision: number): MessageState | undefined {
  if (!watch.isCurrent) return undefined;
  for (let at = watch.revision + 1; at < revision; at++) {
    const message = stream.messages.get(at);
    if (message === undefined || message.removed !== undefined) continue;
    if (matches(watch.filter, message.subject)) return message;
  }
  return undefined;
}
