/**
 * Effects, by the word of those who do them: N3, that what is recorded was done, and that its result is
 * reported.
 */
import type { EventOf, Json } from "seedstorm";
import { ensure, fields, type Property, same, text, time, when } from "seedstorm/check";
import type { EffectRecord } from "../records.js";
import { byTransaction } from "./by-transaction.js";
import { asEffect, type Row, runnerState } from "./state.js";

type ExternalEvent = EventOf<"external">;

const commandOf = (event: ExternalEvent): string =>
  JSON.stringify([text(event.value, "tenant"), text(event.value, "command")]);

export const effectOnce: Property = {
  id: "effect-once",
  alias: "N3",
  kind: "always",
  sentence: "A provider applies the effect of a command at most once.",
  subscribes: ["external"],
  start(context) {
    const applied = new Map<string, ExternalEvent>();
    return {
      on(event) {
        if (event.kind !== "external" || event.phase !== "applied") return;
        const command = commandOf(event);
        const first = applied.get(command);
        context.checked();
        if (first === undefined) applied.set(command, event);
        else {
          context.violated(
            command,
            `The ${event.operation} of command ${text(event.value, "command")} was applied twice: ${when(first)} for token ${first.token} and ${when(event)} for token ${event.token}.`,
            [first, event],
          );
        }
      },
    };
  },
};

export const effectRecordedTruly: Property = {
  id: "recorded-effect-was-applied",
  kind: "always",
  sentence:
    "An effect that is recorded as done was applied by its provider, with that result; one that is recorded as declined was declined by it, for that reason.",
  subscribes: ["durable", "publish-ack", "state", "external"],
  start(context) {
    const state = context.view(runnerState);
    /** By command. */
    const applied = new Map<string, ExternalEvent>();
    const declines = new Map<string, ExternalEvent[]>();
    /** By token: what its calls are for. */
    const commands = new Map<string, string>();
    return {
      subscribes: ["durable", "external"],
      on(event) {
        if (event.kind === "external") note(event);
        if (event.kind !== "durable") return;
        for (const { after } of state.changes) {
          const effect = asEffect(after);
          if (effect?.value.phase !== "done") continue;
          const { resultType, payload } = effect.value;
          const command = commandIn(effect);
          context.checked();
          const wrong = flawIn(command, resultType, payload);
          if (wrong === undefined) continue;
          const call = applied.get(command) ?? declines.get(command)?.[0];
          context.violated(
            command,
            `Command ${command} is recorded as ${resultType} with ${JSON.stringify(payload)} ${when(event)}, and ${wrong}.`,
            call === undefined ? [event] : [call, event],
          );
        }
      },
    };

    function note(event: ExternalEvent): void {
      if (event.phase === "attempt") commands.set(event.token, text(event.value, "command"));
      else if (event.phase === "applied") applied.set(text(event.value, "command"), event);
      else if (text(event.value, "error") !== "")
        ensure(declines, commands.get(event.token) ?? "", () => []).push(event);
    }

    function flawIn(command: string, resultType: string, payload: Json): string | undefined {
      if (resultType === "failed") return same(payload, {}) ? undefined : "nobody knows anything of it";
      if (resultType === "declined") {
        const reason = text(payload, "reason");
        const isSo = declines.get(command)?.some(({ value }) => text(value, "error") === reason) === true;
        return isSo ? undefined : "its provider has not answered so";
      }
      const done = applied.get(command);
      if (done === undefined) return "no provider has applied it";
      const { result } = state.manifests.effects.find(({ operation }) => operation === done.operation) ?? {};
      if (result !== resultType) return `what was applied is a ${done.operation}`;
      return same(payload, done.value)
        ? undefined
        : `its provider has answered ${JSON.stringify(done.value)}`;
    }
  },
};

export const resultsPublished = byTransaction(
  {
    id: "effect-result-published",
    kind: "eventually",
    sentence:
      "Every effect that was begun ends, and its result is published, by the end of the quiet period.",
  },
  (state, context) => {
    const begun = new Map<string, Row<EffectRecord>>();
    return {
      on() {
        for (const { key, after } of state.changes) {
          const effect = asEffect(after);
          if (effect !== undefined && !begun.has(key)) begun.set(key, effect);
        }
      },
      end(at) {
        const { facts, commands } = state.settings.streams;
        const quarantined = new Set<string>();
        for (const { value } of state.in<{ readonly stream: string; readonly sequence: number }>(
          "quarantine",
        )) {
          if (value.stream === commands) quarantined.add(commandAt(`${value.stream}/${value.sequence}`));
        }
        for (const [key, first] of begun) {
          if (at - first.event.at < GRACE) continue;
          const command = commandIn(first);
          context.checked();
          const last = asEffect(state.rows.get(key));
          if (quarantined.has(command)) continue;
          if (last?.value.phase !== "done") {
            context.violated(
              command,
              `Command ${command} was begun ${when(first.event)}, and is still ${last?.value.phase ?? "gone"} at ${time(at)}.`,
              [first.event, ...(last === undefined ? [] : [last.event])],
            );
          } else if (!state.published.has(`${facts} ${command}/result`)) {
            context.violated(
              command,
              `Command ${command} was recorded as ${last.value.resultType} ${when(last.event)}, and its result was never published.`,
              [last.event],
            );
          }
        }
      },
    };

    function commandAt(place: string): string {
      return text(fields(state.acquired.get(place)?.data), "commandId");
    }
  },
);

const GRACE = 8_000_000;

/** A command's id is the last part of its gate's key. */
const commandIn = ({ key }: Row<unknown>): string => key.slice(key.lastIndexOf(":") + 1);
