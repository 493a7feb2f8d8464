/** The operator's side: N16, honest readiness, replays as they were meant, and placements that are followed. */
import type { EventOf, HistoryEvent } from "seedstorm";
import { fields, type Property, text, time, when, where, whole } from "seedstorm/check";
import { runnerState } from "./state.js";

export const drainAcquiresNothing: Property = {
  id: "drain-acquires-nothing",
  alias: "N16",
  kind: "always",
  sentence:
    "A node that drains takes on nothing new until it is started again, and does not say that it is ready.",
  subscribes: ["state", "durable", "publish-ack", "host", "client"],
  start(context) {
    const state = context.view(runnerState);
    const draining = new Map<string, HistoryEvent>();
    return {
      on(event) {
        if (event.kind === "host" && event.phase === "crash") draining.delete(event.host);
        if (event.kind === "state" && event.entity === "node") {
          if (event.to === "draining") {
            draining.set(event.name, event);
            context.checked();
          } else if (event.to === "ready") draining.delete(event.name);
        }
        if (event.kind === "client" && event.operation === "/ready" && event.phase === "ok")
          judgeReady(event);
        const since = draining.get(event.host);
        if (event.kind !== "state" || state.acquires === undefined || since === undefined) return;
        const { stream, sequence } = state.acquires;
        context.violated(
          event.host,
          `${event.host} began to drain ${when(since)}, and took on ${stream}/${sequence} ${when(event)}.`,
          [since, event],
        );
      },
    };

    function judgeReady(event: EventOf<"client">): void {
      const phase = text(fields(event.value)?.body, "phase");
      context.checked();
      if (phase === "ready") return;
      context.violated(
        event.key,
        `${event.key} said that it was ready ${when(event)}, and it was ${phase}.`,
        [event],
      );
    }
  },
};

export const replayAsMeant: Property = {
  id: "replay-as-meant",
  kind: "always",
  sentence:
    "A replay is begun only by an operator who says what for and knows the checkpoint, and a far one only by one who means it.",
  subscribes: ["durable", "publish-ack", "state", "operator"],
  start(context) {
    const state = context.view(runnerState);
    return {
      subscribes: ["durable"],
      on(event) {
        if (event.kind !== "durable") return;
        for (const { namespace, before, after, key } of state.changes) {
          if (namespace !== "replay" || before !== undefined) continue;
          const row = fields(after?.value);
          const reset = state.changes.filter((each) => each.namespace === "checkpoint");
          const back = reset.reduce(
            (most, each) => Math.max(most, Number(each.before?.value ?? 0) - (whole(row, "after") ?? 0)),
            0,
          );
          context.checked();
          if (text(row, "intent") === "" || (back > 50 && row?.all !== true)) {
            context.violated(
              key,
              `A replay of ${back} messages began ${where(event)} without a word of what it is for, or that it means them all.`,
              [event],
            );
          }
          if (row?.expected === whole(row, "found")) continue;
          context.violated(
            key,
            `A replay began ${where(event)} by somebody who believed the checkpoint to be ${String(row?.expected)}, and it was ${String(row?.found)}.`,
            [event],
          );
        }
      },
    };
  },
};

export const placementFollowed: Property = {
  id: "placement-followed",
  kind: "eventually",
  sentence: "Nodes follow the last placement of each range of tenants, whatever order they hear of it in.",
  subscribes: ["state", "operator", "host"],
  start(context) {
    const placed = new Map<string, EventOf<"operator">>();
    const followed = new Map<string, EventOf<"state">>();
    return {
      on(event) {
        if (event.kind === "operator" && event.operation === "place") {
          const range = text(event.detail, "range");
          const before = placed.get(range);
          if ((whole(before?.detail, "revision") ?? 0) < (whole(event.detail, "revision") ?? 0))
            placed.set(range, event);
        }
        if (event.kind === "host" && event.phase === "crash") {
          for (const name of followed.keys()) if (name.startsWith(`${event.host}/`)) followed.delete(name);
        }
        if (event.kind === "state" && event.entity === "placement") followed.set(event.name, event);
      },
      end(at) {
        for (const [name, event] of followed) {
          const range = name.slice(name.indexOf("/") + 1);
          const last = placed.get(range);
          // an operator whose put was not answered may have placed it since
          if (
            last === undefined ||
            (whole(event.detail, "revision") ?? 0) > (whole(last.detail, "revision") ?? 0)
          )
            continue;
          context.checked();
          if (event.to === text(last.detail, "shard")) continue;
          context.violated(
            name,
            `${range} was placed in shard ${text(last.detail, "shard")} ${when(last)}, and ${event.host} still believes that it is in ${event.to} at ${time(at)}.`,
            [last, event],
          );
        }
      },
    };
  },
};
