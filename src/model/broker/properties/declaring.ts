/**
 * What whoever declares streams is promised: a stream is as it was last declared, goes only when somebody deletes it, and is
 * rid of what was purged.
 *
 * Not verified: how soon a stream of one replica follows; its broker may be the last to hear of it.
 */
import type { Json } from "seedstorm";
import { ensure, type Property, text, when, where, whole } from "seedstorm/check";
import type { BrokerRefusal } from "../api.js";
import { BESIDE, NONSENSE } from "../clients/nonsense.js";
import { brokerCalls, type Call, type ClientEvent, whenDone } from "./calls.js";
import { takes } from "./pattern.js";
import { brokerState, type StreamModel } from "./state.js";

export function purgeOf(value: Json): {
  readonly filter: string;
  readonly below: number;
  readonly keep: number;
} {
  return {
    filter: text(value, "filter"),
    below: whole(value, "below") ?? Number.MAX_SAFE_INTEGER,
    keep: whole(value, "keep") ?? 0,
  };
}

const CHANGES: ReadonlySet<string> = new Set(["broker/update-stream", "broker/delete-stream"]);

export const streamsAsDeclared: Property = {
  id: "broker-streams-as-declared",
  kind: "always",
  sentence:
    "A stream has the configuration that was accepted for it last, and goes only when somebody deletes it.",
  subscribes: ["client", "durable"],
  start(context) {
    const state = context.view(brokerState);
    const calls = context.view(brokerCalls);
    /** What was asked for of a stream: what nobody answered may be done late. */
    const asked = new Map<string, ClientEvent[]>();

    /** Calls that were answered well or refused: nothing of them comes late. */
    const settled = new Set<string>();

    function judgeAnswer({ call, answer }: Call): void {
      const stream = state.streams.get(call.key);
      if (answer.phase !== "ok" || (stream !== undefined && stream.event.id > call.id)) return;
      const isAlone = (asked.get(call.key) ?? []).every(
        (other) => other === call || (other.id < call.id && settled.has(other.requestId)),
      );
      if (!isAlone) return;
      context.checked();
      const isDeletion = call.operation === "broker/delete-stream";
      const isDone = isDeletion
        ? stream === undefined
        : JSON.stringify(stream?.config) === JSON.stringify(call.value);
      if (isDone) return;
      context.violated(
        call.key,
        `${call.host} was told ${when(answer)} that ${call.key} is ${isDeletion ? "deleted" : "changed"}, and it is as it was.`,
        [call, answer],
      );
    }

    function judgeChange(
      stream: StreamModel,
      operation: string,
      event: ClientEvent | StreamModel["event"],
    ): void {
      const { name } = stream.config;
      context.checked();
      const isAsked = (asked.get(name) ?? []).some(
        (call) =>
          call.operation === operation &&
          (operation !== "broker/update-stream" ||
            JSON.stringify(call.value) === JSON.stringify(stream.config)),
      );
      if (isAsked) return;
      context.violated(
        name,
        `${name}, there since ${when(stream.event)}, was ${operation === "broker/update-stream" ? "changed" : "deleted"} ${where(event)}, and nobody had asked for that.`,
        [stream.event, event],
      );
    }

    return {
      on(event) {
        const { begun, answered } = calls;
        if (begun !== undefined && CHANGES.has(begun.operation))
          ensure(asked, begun.key, () => []).push(begun);
        if (answered !== undefined && CHANGES.has(answered.call.operation)) {
          if (answered.answer.phase !== "info") settled.add(answered.call.requestId);
          judgeAnswer(answered);
        }
        if (event.kind !== "durable") return;
        for (const change of state.changes) {
          if (change.of === "update") judgeChange(change.stream, "broker/update-stream", event);
          if (change.of === "deletion") judgeChange(change.stream, "broker/delete-stream", event);
        }
      },
    };
  },
};

const keyOf = (operation: string, name: string, config: Json): string =>
  `${operation} ${name} ${JSON.stringify(config)}`;

const DECLARES = { stream: "create-stream", change: "update-stream", consumer: "create-consumer" } as const;

const DECLARATIONS: ReadonlySet<string> = new Set(Object.values(DECLARES).map((name) => `broker/${name}`));

const ANSWERS: ReadonlyMap<string, BrokerRefusal | "done"> = new Map(
  NONSENSE.map((nonsense) => {
    const name = nonsense.of === "consumer" ? nonsense.stream : nonsense.config.name;
    return [keyOf(DECLARES[nonsense.of], name, nonsense.config as unknown as Json), nonsense.answer]; // plain data
  }),
);

export const nonsenseRefused: Property = {
  id: "broker-nonsense-is-refused",
  kind: "always",
  sentence:
    "A declaration that makes no sense, or none beside what is there, is refused for just that reason, and one that does is not.",
  subscribes: ["client", "durable"],
  start(context) {
    const state = context.view(brokerState);
    const calls = context.view(brokerCalls);
    /** Calls that began when everything that they don't go with was there. */
    const ready = new Set<string>();

    const isThere = (): boolean =>
      BESIDE.every(([stream, ...consumers]) =>
        consumers.every((name) => state.streams.get(stream)?.consumers.has(name) === true),
      );

    return {
      subscribes: ["client"],
      on() {
        const { begun, answered } = calls;
        if (begun !== undefined && DECLARATIONS.has(begun.operation) && isThere()) ready.add(begun.requestId);
        if (answered === undefined || !DECLARATIONS.has(answered.call.operation)) return;
        const { call, answer, operation } = answered;
        const isReady = ready.delete(call.requestId);
        const expected = ANSWERS.get(keyOf(operation, call.key, call.value));
        const reason = text(answer.value, "reason");
        if (expected === undefined || !isReady || answer.phase === "info" || reason === "unavailable") return;
        context.checked();
        if (answer.phase === "ok" ? expected === "done" : reason === expected) return;
        context.violated(
          call.requestId,
          `${call.host} asked to ${operation} ${JSON.stringify(call.value)}, and was ${answer.phase === "ok" ? "told that this is done" : `refused as ${reason}`} ${when(answer)}, in place of ${expected}.`,
          [call, answer],
        );
      },
    };
  },
};

export const purgesDone = whenDone(
  "purge",
  {
    id: "broker-purges-are-done",
    sentence: "What was in a stream when somebody asked for it to be purged is gone when that is answered.",
  },
  (state, context) =>
    ({ call, answer, last }) => {
      const stream = state.streams.get(call.key);
      if (stream === undefined || stream.event.id > call.id) return;
      const { filter, below, keep } = purgeOf(call.value);
      const left = [...stream.messages.values()].filter(
        ({ sequence, subject, removed }) =>
          removed === undefined && sequence <= last && sequence < below && takes(filter, subject),
      );
      context.checked();
      if (left.length <= keep) return;
      const [first] = left;
      context.violated(
        call.key,
        `${call.host} was told ${when(answer)} that ${call.key} is purged of ${filter}, and ${left.length} such messages are there that may be ${keep}.`,
        first === undefined ? [call, answer] : [first.event, call, answer],
      );
    },
);
