/**
 * What publishers are promised: an acknowledged message is stored as it was sent and stays readable, a sequence has one
 * message, an id is stored once within its window, expectations hold, and a refusal has a cause.
 *
 * Not verified: that an id is forgotten once its window is over, since the broker's own clock may be slow.
 */
import { type Property, text, when, where, whole } from "seedstorm/check";
import { brokerCalls, type Call, type ClientEvent, whenDone } from "./calls.js";
import { takes } from "./pattern.js";
import { brokerState, type MessageState, type StreamModel } from "./state.js";

export const acknowledgedKept = whenDone(
  "publish",
  {
    id: "broker-acknowledged-kept",
    sentence:
      "A message whose publish was acknowledged is stored as it was sent, under the sequence that was answered.",
  },
  (state, context) =>
    ({ call, answer }) => {
      const stream = text(answer.value, "stream");
      const sequence = whole(answer.value, "sequence") ?? 0;
      const model = state.streams.get(stream);
      // One in memory may have been lost, and made again, while the answer was on its way.
      if (model !== undefined && model.event.id > call.id) return;
      const message = model?.messages.get(sequence);
      context.checked();
      // A repeat may come with other content: what counts is the id.
      const id = text(call.value, "id");
      const isSame =
        message !== undefined &&
        ((message.digest === whole(call.value, "digest") && message.bytes === whole(call.value, "bytes")) ||
          (id !== "" && message.id === id));
      if (isSame) return;
      const found = message === undefined ? "there is none" : `another message is there`;
      context.violated(
        `${stream}/${sequence}`,
        `${call.host} was told ${when(answer)} that its message on ${text(call.value, "subject")} is ${sequence} of ${stream}, and ${found}.`,
        message === undefined ? [call, answer] : [message.event, call, answer].sort((a, b) => a.id - b.id),
      );
    },
);

export const oneMessage: Property = {
  id: "broker-one-message-a-sequence",
  kind: "always",
  sentence: "A stream's sequences go up by one, and each has one message for ever.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(brokerState);
    const last = new Map<string, MessageState>();
    return {
      on(event) {
        if (event.kind !== "durable") return;
        for (const change of state.changes) {
          if (change.of === "stream") {
            const { before, after } = change;
            last.delete(after.config.name);
            context.checked();
            if (before === undefined || before.config.storage === "memory") continue;
            context.violated(
              after.config.name,
              `${after.config.name} was begun anew ${where(event)}, though it was on disk since ${when(before.event)}.`,
              [before.event, event],
            );
          } else if (change.of === "message") {
            const { name } = change.stream.config;
            const { message } = change;
            const previous = last.get(name);
            last.set(name, message);
            context.checked();
            if (message.sequence === (previous?.sequence ?? 0) + 1) continue;
            context.violated(
              `${name}/${message.sequence}`,
              `${name} got message ${message.sequence} on ${message.subject} ${where(event)}, after ${previous?.sequence ?? 0}.`,
              previous === undefined ? [event] : [previous.event, event],
            );
          }
        }
      },
    };
  },
};

export const duplicatesStoredOnce: Property = {
  id: "broker-duplicates-stored-once",
  kind: "always",
  sentence: "A message id is stored once within the stream's duplicate window.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(brokerState);
    const stored = new Map<string, MessageState>();
    return {
      on(event) {
        if (event.kind !== "durable") return;
        for (const change of state.changes) {
          if (change.of !== "message" || change.message.id === "") continue;
          const { stream, message } = change;
          const key = `${stream.instance} ${stream.config.name} ${message.id}`;
          const before = stored.get(key);
          stored.set(key, message);
          context.checked();
          const window = stream.config.duplicateWindow ?? Number.MAX_SAFE_INTEGER;
          if (before === undefined || message.at - before.at >= window) continue;
          context.violated(
            key,
            `${stream.config.name} stored ${message.id} twice: as ${before.sequence} ${when(before.event)} and as ${message.sequence} ${when(event)}, within its window.`,
            [before.event, event],
          );
        }
      },
    };
  },
};

export const expectationsHold = whenDone(
  "publish",
  {
    id: "broker-expectations-hold",
    sentence:
      "A publish that expects a last sequence, or that its key is not there, is done only where that is so.",
  },
  (state, context) =>
    ({ call, answer }) => {
      const stream = state.streams.get(text(answer.value, "stream"));
      const sequence = whole(answer.value, "sequence") ?? 0;
      const isDuplicate = (answer.value as { readonly duplicate?: boolean }).duplicate === true;
      if (stream === undefined || isDuplicate) return;
      const expectedLast = whole(call.value, "expectedLastSequence");
      const expectedOfSubject = whole(call.value, "expectedLastSubjectSequence");
      const creates = (call.value as { readonly creates?: boolean }).creates === true;
      if (expectedLast === undefined && expectedOfSubject === undefined && !creates) return;
      context.checked();
      const previous = before(stream, text(call.value, "subject"), sequence);
      const isBroken =
        (expectedLast !== undefined && expectedLast !== sequence - 1) ||
        (expectedOfSubject !== undefined && expectedOfSubject !== (previous?.sequence ?? 0)) ||
        (creates && previous !== undefined && !previous.deletes);
      if (!isBroken) return;
      const expected = creates ? "no value" : `${expectedLast ?? expectedOfSubject ?? 0} as the last`;
      context.violated(
        `${stream.config.name}/${sequence}`,
        `${call.host} published to ${text(call.value, "subject")} expecting ${expected}, and became ${sequence} ${when(answer)} after ${previous?.sequence ?? sequence - 1}.`,
        previous === undefined ? [call, answer] : [previous.event, call, answer].sort((a, b) => a.id - b.id),
      );
    },
);

export const refusalsHaveCause: Property = {
  id: "broker-refusals-have-a-cause",
  kind: "always",
  sentence: "A publish is refused only for a reason that held while it was asked for.",
  subscribes: ["client", "durable"],
  start(context) {
    const state = context.view(brokerState);
    const calls = context.view(brokerCalls);
    /** Publishes without an answer for which there has been room so far. */
    const roomy = new Map<string, ClientEvent>();
    /** What was the last of a stream and of a subject when a call began. */
    const places = new Map<
      string,
      { readonly last: number; readonly ofSubject: number; readonly hadKey: boolean }
    >();

    const place = (stream: StreamModel | undefined, subject: string) => {
      const newest = stream === undefined ? undefined : before(stream, subject, stream.last + 1);
      return {
        last: stream?.last ?? 0,
        ofSubject: newest?.sequence ?? 0,
        hadKey: newest !== undefined && !newest.deletes,
      };
    };
    const streamOf = (subject: string, key: string): StreamModel | undefined => {
      const named = state.streams.get(key);
      if (named !== undefined) return named;
      for (const stream of state.streams.values()) {
        if (stream.config.subjects.some((pattern) => takes(pattern, subject))) return stream;
      }
      return undefined;
    };

    function isJustified({ call }: Call, stream: StreamModel, reason: string): boolean {
      const was = places.get(call.requestId);
      const subject = text(call.value, "subject");
      const is = place(stream, subject);
      if (was === undefined) return true;
      switch (reason) {
        case "stream-full":
          return !roomy.has(call.requestId);
        case "key-exists":
          return was.hadKey || is.hadKey || is.ofSubject !== was.ofSubject;
        case "wrong-last-sequence": {
          const expectedLast = whole(call.value, "expectedLastSequence");
          const expectedOfSubject = whole(call.value, "expectedLastSubjectSequence");
          if (expectedLast !== undefined && (was.last !== expectedLast || is.last !== expectedLast))
            return true;
          return (
            expectedOfSubject !== undefined &&
            (was.ofSubject !== expectedOfSubject || is.ofSubject !== expectedOfSubject)
          );
        }
        case "no-stream-for-subject":
        case "no-such-stream":
          return stream.event.id > call.id || stream.config.storage === "memory";
        case "message-too-large":
          return (
            (whole(call.value, "bytes") ?? 0) >
            Math.min(
              stream.config.maxMessageBytes ?? Number.MAX_SAFE_INTEGER,
              stream.config.maxBytes ?? Number.MAX_SAFE_INTEGER,
            )
          );
        default:
          return false;
      }
    }

    function lookForRoom(call: ClientEvent): void {
      const subject = text(call.value, "subject");
      const stream = streamOf(subject, call.key);
      const isFull = stream !== undefined && isFullFor(stream, subject, whole(call.value, "bytes") ?? 0);
      if (isFull) roomy.delete(call.requestId);
      else roomy.set(call.requestId, call);
    }

    return {
      on(event) {
        if (event.kind === "durable") {
          if (state.changes.length > 0) for (const call of [...roomy.values()]) lookForRoom(call);
          return;
        }
        const { begun, answered } = calls;
        if (begun?.operation === "broker/publish") {
          const subject = text(begun.value, "subject");
          places.set(begun.requestId, place(streamOf(subject, begun.key), subject));
          lookForRoom(begun);
        }
        if (answered?.operation !== "publish") return;
        const { call, answer } = answered;
        const subject = text(call.value, "subject");
        const stream = streamOf(subject, call.key);
        const reason = text(answer.value, "reason");
        if (answer.phase === "fail" && stream !== undefined && reason !== "unavailable") {
          context.checked();
          if (!isJustified(answered, stream, reason)) {
            context.violated(
              call.requestId,
              `${call.host} was refused ${subject} as ${reason} ${when(answer)}, and nothing was so since ${when(call)}.`,
              [call, answer],
            );
          }
        }
        places.delete(call.requestId);
        roomy.delete(call.requestId);
      },
    };
  },
};

export const readsComplete = whenDone(
  "read",
  {
    id: "broker-reads-complete",
    sentence:
      "Who reads a stream gets every message that it asked for and that was there all the while, as it was published, and no others.",
  },
  (state, context) =>
    ({ call, answer, last }) => {
      const stream = state.streams.get(call.key);
      if (stream === undefined || stream.event.id > call.id) return;
      const got = new Map(answer.value as readonly (readonly [number, number])[]); // as the client records it
      const after = whole(call.value, "after") ?? 0;
      const limit = whole(call.value, "limit") ?? 0;
      const filter = text(call.value, "filter");
      const isCut = got.size === limit;
      const highest = Math.max(after, ...got.keys());
      context.checked();
      for (const message of stream.messages.values()) {
        const { sequence, removed } = message;
        const digest = got.get(sequence);
        const isAskedFor = sequence > after && takes(filter, message.subject);
        if (digest === message.digest && isAskedFor) continue;
        const isMissing =
          digest === undefined &&
          isAskedFor &&
          sequence <= (isCut ? Math.min(last, highest) : last) &&
          removed === undefined;
        if (digest === undefined && !isMissing) continue;
        context.violated(
          `${call.key}/${sequence}`,
          `${call.host} read ${call.key} ${when(answer)} and ${isMissing ? `did not get ${sequence}` : digest === message.digest ? `got ${sequence} without having asked for it` : `got another ${sequence}`}, which is there since ${when(message.event)}.`,
          [message.event, call, answer],
        );
        return;
      }
    },
);

/** Whether a stream that discards new messages has no room, with what gives way in the subject already gone. */
function isFullFor({ config, messages, kept, bytes }: StreamModel, subject: string, more: number): boolean {
  const { maxMessages, maxBytes, maxMessagesPerSubject } = config;
  if (config.discard !== "new") return false;
  const own = [...messages.values()].filter((one) => one.removed === undefined && one.subject === subject);
  const [oldest] = own;
  const gives = maxMessagesPerSubject !== undefined && own.length >= maxMessagesPerSubject;
  const given = gives ? oldest : undefined;
  return (
    kept - (given === undefined ? 0 : 1) >= (maxMessages ?? Number.MAX_SAFE_INTEGER) ||
    bytes - (given?.bytes ?? 0) + more > (maxBytes ?? Number.MAX_SAFE_INTEGER)
  );
}

/** The newest message of a subject below a sequence that was kept when that one came. */
function before(stream: StreamModel, subject: string, sequence: number): MessageState | undefined {
  const next = stream.messages.get(sequence);
  for (let at = sequence - 1; at > 0; at--) {
    const message = stream.messages.get(at);
    if (message === undefined || message.subject !== subject) continue;
    const isGone =
      message.removed !== undefined &&
      (next === undefined || message.removed.event.txn < next.event.txn || message.removed.why === "age");
    return isGone ? undefined : message;
  }
  return undefined;
}
