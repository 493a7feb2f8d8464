/**
 * What buckets promise: a read shows what was there while it was asked for, and a watch sees every change that is kept, in
 * order, and in the end all of it.
 */
import type { EventOf, Json } from "seedstorm";
import { ensure, type Property, text, time, when, whole } from "seedstorm/check";
import { BUCKET_WRITE } from "../clients/keeper.js";
import { brokerCalls, type ClientEvent } from "./calls.js";
import { takes } from "./pattern.js";
import { brokerState, type MessageState, type StreamModel } from "./state.js";

const READS: ReadonlySet<string> = new Set(["broker/get", "broker/history", "broker/keys"]);

interface Read {
  readonly call: ClientEvent;
  readonly bucket: string;
  readonly key: string;
  /** What could be answered at each time while it was asked. */
  readonly moments: string[];
}

export const bucketReadsCurrent: Property = {
  id: "broker-bucket-reads-current",
  kind: "always",
  sentence:
    "A read of a key, of its history or of all keys shows what the bucket had, complete and as it was put, at some time while it was asked for.",
  subscribes: ["client", "durable"],
  start(context) {
    const state = context.view(brokerState);
    const calls = context.view(brokerCalls);
    const open = new Map<string, Read>();

    function look({ call, bucket, key, moments }: Read): void {
      const stream = state.streams.get(`KV_${bucket}`);
      const moment = JSON.stringify(answerTo(call.operation, stream, `$KV.${bucket}.${key}`));
      if (moments[moments.length - 1] !== moment) moments.push(moment);
    }

    return {
      on(event) {
        if (event.kind === "durable") {
          if (open.size > 0 && state.changes.length > 0) for (const read of open.values()) look(read);
          return;
        }
        const { begun, answered } = calls;
        if (begun !== undefined && READS.has(begun.operation)) {
          const at = `${begun.key}/`.indexOf("/");
          const read = {
            call: begun,
            bucket: begun.key.slice(0, at),
            key: begun.key.slice(at + 1),
            moments: [],
          };
          // One in memory may be lost meanwhile.
          if (state.streams.get(`KV_${read.bucket}`)?.config.storage === "file") {
            open.set(begun.requestId, read);
            look(read);
          }
        }
        if (answered === undefined || !READS.has(answered.call.operation)) return;
        const { call, answer } = answered;
        const read = open.get(call.requestId);
        open.delete(call.requestId);
        if (read === undefined || answer.phase !== "ok") return;
        const found = answered.operation === "keys" ? sorted(answer.value) : answer.value;
        context.checked();
        if (read.moments.includes(JSON.stringify(found))) return;
        context.violated(
          call.key,
          `${call.host} asked for ${answered.operation} of ${call.key} and was answered ${JSON.stringify(found)} ${when(answer)}, and since ${when(call)} there was never anything but ${read.moments.join(" or ")}.`,
          [call, answer],
        );
      },
    };
  },
};

/** What is to be answered to a read: entries as sequence and digest, or keys in the order of their names. */
function answerTo(operation: string, stream: StreamModel | undefined, subject: string): Json {
  const kept = [...(stream?.messages.values() ?? [])].filter(({ removed }) => removed === undefined);
  if (operation === "broker/keys") {
    const newest = new Map(kept.map((message) => [message.subject.slice(subject.length), message]));
    return [...newest].flatMap(([key, { deletes }]) => (deletes ? [] : [key])).sort();
  }
  const own = kept.filter((message) => message.subject === subject);
  const shown = operation === "broker/get" ? own.slice(-1) : own;
  return shown.map(({ sequence, digest }) => [sequence, digest]);
}

const sorted = (keys: Json): Json => [...(keys as readonly string[])].sort(); // as the client records them

export const bucketWritesAsAsked: Property = {
  id: "broker-bucket-writes-as-asked",
  kind: "always",
  sentence:
    "A key is put, created, updated or deleted as it was asked: created where it had no value, and otherwise right after the revision that was named.",
  subscribes: ["state", "durable"],
  start(context) {
    const state = context.view(brokerState);
    return {
      subscribes: ["state"],
      on(event) {
        if (event.kind !== "state" || event.entity !== BUCKET_WRITE) return;
        const bucket = text(event.detail, "bucket");
        const revision = whole(event.detail, "revision") ?? 0;
        const after = whole(event.detail, "after");
        const subject = `$KV.${bucket}.${event.name}`;
        const stream = state.streams.get(`KV_${bucket}`);
        const written = stream?.messages.get(revision);
        let previous: MessageState | undefined;
        for (const message of stream?.messages.values() ?? []) {
          if (message.sequence < revision && message.subject === subject) previous = message;
        }
        context.checked();
        const isAfter =
          event.to === "create"
            ? previous === undefined || previous.deletes
            : after === undefined || after === (previous?.sequence ?? 0);
        const isSo = written?.subject === subject && written.deletes === (event.to === "delete");
        if (isAfter && isSo) return;
        context.violated(
          event.name,
          `${event.host} did ${event.to} ${event.name} ${when(event)} as revision ${revision}${after === undefined ? "" : ` after ${after}`}, and ${isSo ? `the one before it was ${previous?.sequence ?? 0}` : "something else is stored there"}.`,
          written === undefined ? [event] : [written.event, event],
        );
      },
    };
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
    "When the quiet period is over every watch has seen the newest change of its keys, knows of the loss of its bucket, and was told, since it last began, that it had seen all there was.",
  subscribes: ["state", "host"],
  start(context) {
    const state = context.view(brokerState);
    const seen = new Map<string, SeenBy>();
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
        // whatever it sees is of a bucket that is no newer than this one
        const instance = state.streams.get(text(event.detail, "stream"))?.instance;
        seen.set(event.name, { event, revision: Math.max(before, revision), instance });
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
        for (const [name, { event, revision, instance }] of seen) {
          const stream = state.streams.get(text(event.detail, "stream"));
          if (stream !== undefined && instance !== undefined && instance !== stream.instance) {
            if (at - stream.event.at < UNSEEN_FOR) continue;
            context.checked();
            context.violated(
              name,
              `The watch ${name} last saw something ${when(event)}, and was not told by ${time(at)} that its bucket was lost and made anew ${when(stream.event)}.`,
              [event, stream.event],
            );
            continue;
          }
          const filter = text(event.detail, "filter");
          for (const message of stream?.messages.values() ?? []) {
            if (message.removed !== undefined || !takes(filter, message.subject)) continue;
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

interface SeenBy {
  readonly event: EventOf<"state">;
  readonly revision: number;
  /** Of the bucket as it was then. */
  readonly instance: string | undefined;
}

/** What has only just come may not have been seen, in microseconds. */
const UNSEEN_FOR = 5_000_000;

/** A kept change between the last that was seen and this one. Before it is current a watch sees only the newest of each key. */
function missedBy(watch: WatchState, stream: StreamModel, revision: number): MessageState | undefined {
  if (!watch.isCurrent) return undefined;
  for (let at = watch.revision + 1; at < revision; at++) {
    const message = stream.messages.get(at);
    if (message === undefined || message.removed !== undefined) continue;
    if (takes(watch.filter, message.subject)) return message;
  }
  return undefined;
}
