/**
 * Tries of effects: how many there are, that what was put off comes back, and that an open breaker spares its provider.
 *
 * A worker that died in a call has made one more than is counted: each time that a command is taken over there may be another.
 */
import type { EventOf, HistoryEvent } from "seedstorm";
import { ensure, fields, type Property, text, when, where, whole } from "seedstorm/check";
import { byTransaction } from "./by-transaction.js";
import { asEffect, runnerState } from "./state.js";

interface Tried {
  attempts: number;
  takeovers: number;
  last: HistoryEvent | undefined;
}

export const triesKept: Property = {
  id: "effect-tries-kept",
  kind: "always",
  sentence:
    "A provider is asked for a command as often as the settings say, and it is given up only after that.",
  subscribes: ["durable", "publish-ack", "state", "external"],
  start(context) {
    const state = context.view(runnerState);
    const { tries } = state.settings.effects;
    const tried = new Map<string, Tried>();
    const of = (command: string): Tried =>
      ensure(tried, command, () => ({ attempts: 0, takeovers: 0, last: undefined }));
    return {
      subscribes: ["durable", "external"],
      on(event) {
        if (event.kind === "external" && event.phase === "attempt") {
          const command = text(event.value, "command");
          const found = of(command);
          found.attempts++;
          found.last = event;
          context.checked();
          if (found.attempts <= tries + found.takeovers) return;
          context.violated(
            command,
            `${event.host} asked for command ${command} a ${found.attempts}th time ${when(event)}, and ${tries} tries are all that it has.`,
            [event],
          );
        }
        if (event.kind !== "durable") return;
        for (const { key, before, after } of state.changes) {
          const [old, fresh] = [asEffect(before)?.value, asEffect(after)?.value];
          const command = key.slice(key.lastIndexOf(":") + 1);
          if (fresh?.phase === "running" && old?.phase === "running" && fresh.holder !== old.holder)
            of(command).takeovers++;
          if (fresh?.phase !== "done" || fresh.resultType !== "failed" || old?.phase === "done") continue;
          const { attempts, last } = of(command);
          context.checked();
          if (attempts >= tries) continue;
          context.violated(
            command,
            `Command ${command} was given up ${where(event)} after ${attempts} tries of ${tries}.`,
            last === undefined ? [event] : [last, event],
          );
        }
      },
    };
  },
};

export const putOffComesBack = byTransaction(
  {
    id: "put-off-comes-back",
    kind: "always",
    sentence:
      "A command that was put off is forgotten only when the message is published that brings it back.",
  },
  (state, context) => {
    return {
      on(event) {
        for (const { namespace, before, after, key } of state.changes) {
          if (namespace !== "retry" || before === undefined || after !== undefined) continue;
          const command = text(fields(before.value)?.command, "commandId");
          const round = whole(before.value, "round") ?? 0;
          context.checked();
          if (state.published.has(`${state.settings.streams.commands} ${command}#${round}`)) continue;
          context.violated(
            key,
            `Command ${command} was put off ${when(before.event)} for a round ${round}, and that was forgotten ${where(event)} before anybody had published it.`,
            [before.event, event],
          );
        }
      },
    };
  },
);

export const breakerSpares: Property = {
  id: "breaker-spares-provider",
  kind: "always",
  sentence:
    "Once a node's breaker is open, that node leaves the provider alone for as long as the settings say.",
  subscribes: ["durable", "publish-ack", "state", "external", "host"],
  start(context) {
    const state = context.view(runnerState);
    /** By `host/provider`. Clocks drift by a twentieth at most. */
    const opened = new Map<string, EventOf<"state">>();
    const shortest = Math.floor(state.settings.effects.breaker.open * 1_000 * 0.93);
    return {
      on(event) {
        if (event.kind === "host" && event.phase === "crash") {
          for (const name of opened.keys()) if (name.startsWith(`${event.host}/`)) opened.delete(name);
        }
        if (event.kind === "state" && event.entity === "node" && event.to === "ready") {
          // a node that was drained and started again has new breakers
          for (const name of opened.keys()) if (name.startsWith(`${event.host}/`)) opened.delete(name);
        }
        if (event.kind === "state" && event.entity === "breaker" && event.to === "open")
          opened.set(event.name, event);
        if (event.kind !== "external" || event.phase !== "attempt") return;
        const since = opened.get(`${event.host}/${event.service}`);
        if (since === undefined) return;
        context.checked();
        if (event.at - since.at >= shortest) return;
        context.violated(
          since.name,
          `${event.host} asked ${event.service} ${when(event)}, and its breaker had opened ${when(since)} for ${state.settings.effects.breaker.open} ms.`,
          [since, event],
        );
      },
    };
  },
};

export const concurrencyKept: Property = {
  id: "effects-within-concurrency",
  kind: "always",
  sentence: "A node has no more commands under way at once than its settings say.",
  subscribes: ["durable", "publish-ack", "state", "host"],
  start(context) {
    const state = context.view(runnerState);
    const { commands } = state.settings.streams;
    const most = state.settings.effects.concurrency;
    const underWay = new Map<string, Map<string, HistoryEvent>>();
    return {
      on(event) {
        const isNew =
          (event.kind === "host" && event.phase === "crash") ||
          (event.kind === "state" && event.entity === "node" && event.to === "ready");
        if (isNew) underWay.delete(event.host);
        if (event.kind !== "state" || event.entity !== "work" || !event.name.startsWith(`${commands}/`))
          return;
        const works = ensure(underWay, event.host, () => new Map<string, HistoryEvent>());
        if (event.to === "left") works.delete(event.name);
        else works.set(event.name, event);
        context.checked();
        if (works.size <= most) return;
        context.violated(
          event.host,
          `${event.host} has ${works.size} commands under way ${when(event)}, and may have ${most}.`,
          [...works.values()],
        );
      },
    };
  },
};
