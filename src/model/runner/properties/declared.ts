/**
 * That streams, consumers and the bucket of placements are declared as nodes were set to declare them: what a stream takes and
 * keeps, how long a consumer has for an answer and how often it is tried, how much of a lane may be under way.
 *
 * Judged by what brokers write down of them.
 */
import { type HistoryEvent, type Json, MILLISECOND, type Plan } from "seedstorm";
import { fields, type Property, same, when, whole } from "seedstorm/check";
import { RUNNER_DEFAULTS } from "../knobs.js";
import { plannedSettings } from "./plan.js";

type Fields = { readonly [name: string]: Json };

/** Changes of the placement of a range that are kept. */
const PLACEMENTS_KEPT = 5;

export const declaredAsSet: Property = {
  id: "streams-are-declared-as-set",
  kind: "always",
  sentence:
    "Streams, consumers and the bucket of placements are as the settings say, and a stream that is made larger has that size.",
  subscribes: ["durable", "client"],
  start(context) {
    const { plan } = context;
    const { work, wanted } = wantedBy(plan);
    const limit = Number(plan.knobs.streamLimit ?? RUNNER_DEFAULTS.streamLimit);
    /** By the names of streams, and of `STREAM/c/CONSUMER`: as it was written last, and where. */
    const declared = new Map<string, { readonly config: Fields; readonly event: HistoryEvent }>();
    /** What an operator makes streams take, by the id of the operation. */
    const sizes = new Map<string, number>();
    for (const { id, action, body } of plan.workload)
      if (action === "enlarge") sizes.set(id, whole(body, "messages") ?? 0);
    return {
      on(event) {
        if (event.kind === "client") {
          const size = event.phase === "ok" ? sizes.get(event.requestId) : undefined;
          // of several operators each may come in between
          if (size !== undefined && sizes.size === 1) judgeSize(size, event);
          return;
        }
        if (event.kind !== "durable") return;
        for (const { key, value } of event.writes) {
          const due = wanted.get(key);
          const config = due === undefined ? undefined : fields(fields(value)?.config);
          if (due === undefined || config === undefined) continue;
          const before = declared.get(key);
          if (before !== undefined && same(before.config, config)) continue;
          declared.set(key, { config, event });
          judge(key, config, due, event);
        }
      },
    };

    function judge(key: string, config: Fields, due: Fields, event: HistoryEvent): void {
      const wrong = Object.keys(due).filter((name) => !same(config[name] ?? null, due[name] ?? null));
      const size = whole(config, "maxMessages") ?? 0;
      if (work.includes(key) && size !== limit && ![...sizes.values()].includes(size))
        wrong.push("maxMessages");
      if (size > 0 && config.discard !== "new") wrong.push("discard");
      context.checked();
      if (wrong.length === 0) return;
      const found = wrong.map((name) => `${name} is ${JSON.stringify(config[name] ?? null)}`).join(", ");
      const set = { maxMessages: limit, discard: "new", ...due };
      context.violated(
        key,
        `${key} was declared ${when(event)}, and ${found}; it was set to ${JSON.stringify(set)}.`,
        [event],
      );
    }

    function judgeSize(size: number, event: HistoryEvent): void {
      for (const key of work) {
        const last = declared.get(key);
        const takes = whole(last?.config, "maxMessages");
        context.checked();
        if (takes === size) continue;
        context.violated(
          key,
          `An operator was told ${when(event)} that ${key} takes ${size} messages, and it takes ${takes ?? "any number"}.`,
          last === undefined ? [event] : [last.event, event],
        );
      }
    }
  },
};

interface Wanted {
  /** The streams that have a limit. */
  readonly work: readonly string[];
  readonly wanted: ReadonlyMap<string, Fields>;
}

function wantedBy({ knobs }: Plan): Wanted {
  const { streams, consumers, spread, placementBucket } = plannedSettings(knobs);
  const { durablePrefix, deliverGroup, ackWait, maxDeliver, maxInFlight } = consumers;
  const replicas = Number(knobs.streamReplicas ?? RUNNER_DEFAULTS.streamReplicas);
  const duplicateWindow = Number(knobs.duplicateWindow ?? RUNNER_DEFAULTS.duplicateWindow);
  const wanted = new Map<string, Fields>();
  const stream = (name: string, subject: string, retention: string): void => {
    wanted.set(name, { subjects: [subject], retention, replicas, storage: "file", duplicateWindow });
  };
  stream(streams.events, "events.>", "limits");
  stream(streams.commands, "commands.>", "work-queue");
  stream(streams.facts, "workflow.>", "limits");
  stream("ADVISORIES", "$JS.EVENT.ADVISORY.>", "limits");
  wanted.set(`KV_${placementBucket}`, {
    subjects: [`$KV.${placementBucket}.>`],
    replicas,
    storage: "file",
    maxMessagesPerSubject: PLACEMENTS_KEPT,
  });
  const answered = { ackWait: ackWait * MILLISECOND, maxDeliver };
  for (let range = 0; range < spread.ranges; range++) {
    for (let lane = 0; lane < spread.lanes; lane++) {
      const shared = { mode: "push", deliverGroup, maxAckPending: maxInFlight, ...answered };
      const name = `${durablePrefix}-saga-${range}-${lane}`;
      wanted.set(`${streams.events}/c/${name}`, { ...shared, filters: [`events.${range}.${lane}.>`] });
      wanted.set(`${streams.facts}/c/${name}`, { ...shared, filters: [`workflow.${range}.${lane}.>`] });
    }
    const name = `${streams.commands}/c/${durablePrefix}-effect-${range}`;
    wanted.set(name, { filters: [`commands.${range}.>`], ...answered });
  }
  // nobody else finds what the broker has given up: it is tried for ever
  wanted.set(`ADVISORIES/c/${durablePrefix}-advisories`, {
    ackWait: ackWait * MILLISECOND,
    maxDeliver: null,
  });
  return { work: [streams.events, streams.commands, streams.facts], wanted };
}
