/**
 * What operators are answered when they ask a node to do something: yes or no for a cause, and within the tries of a client where
 * nothing is wrong. And that what was begun for them ends.
 */
import type { EventOf, HistoryEvent, Json, Operation, Plan } from "seedstorm";
import { fields, type Property, text, time, when, whole } from "seedstorm/check";
import { plannedManifestsOf } from "./plan.js";
import { runnerState } from "./state.js";

type ClientEvent = EventOf<"client">;

/** Leaders are elected, stores opened, nodes booted, parts handed over. */
const WELL_AFTER = 10_000_000;

/** From when on nothing is wrong any more. Where a plan has no faults others may strike: those of a drill are not in it. */
function wellFrom({ faults, healAt, knobs }: Plan): number {
  if (knobs.buggify === true || faults.length === 0) return healAt + WELL_AFTER;
  const isOver = (fault: Plan["faults"][number]): number =>
    fault.trigger === undefined && "for" in fault ? fault.at + fault.for : healAt;
  return faults.reduce((latest, fault) => Math.max(latest, isOver(fault)), 0) + WELL_AFTER;
}

/** What an operator must be answered: a status, and a word that the reason has. */
interface Due {
  readonly status: number;
  readonly word: string;
}

const DONE = (status: number): Due => ({ status, word: "" });

export const operatorsAnswered: Property = {
  id: "operators-are-answered-rightly",
  kind: "always",
  sentence:
    "A reload or a replay that is as it should be is begun, one that is not is refused for that reason, and where nothing is wrong each gets an answer.",
  subscribes: ["client", "durable", "publish-ack", "state"],
  start(context) {
    const state = context.view(runnerState);
    const { plan } = context;
    const well = wellFrom(plan);
    const asked = new Map<string, Operation>();
    for (const operation of plan.workload) asked.set(operation.id, operation);
    const calls = new Map<string, ClientEvent>();
    return {
      subscribes: ["client"],
      on(event) {
        if (event.kind !== "client") return;
        const operation = asked.get(event.requestId);
        const due = operation === undefined ? undefined : dueTo(operation);
        if (due === undefined) return;
        if (event.phase === "call") {
          calls.set(event.requestId, event);
          return;
        }
        const call = calls.get(event.requestId);
        if (call === undefined || (event.phase === "info" && call.at < well)) return;
        const answer = fields(event.value);
        const reason = text(answer?.body, "reason");
        context.checked();
        if (answer?.status === due.status && reason.includes(due.word)) return;
        const found =
          answer === undefined ? "nothing" : `${String(answer.status)} ${JSON.stringify(answer.body)}`;
        const wanted = due.word === "" ? "" : ` for "${due.word}"`;
        context.violated(
          event.requestId,
          `An operator asked for ${event.operation} of ${event.key} ${when(call)} and was answered ${found} ${when(event)}; what was asked for should have been answered with ${due.status}${wanted}.`,
          [call, event],
        );
      },
    };

    function dueTo({ action, body }: Operation): Due | undefined {
      if (action === "replay") return ofReplay(body);
      if (action !== "ask") return undefined;
      return text(body, "path") === "/admin/reload" ? ofReload(fields(body)?.body ?? null) : undefined;
    }

    function ofReplay(body: Json): Due | undefined {
      const saga = text(body, "saga");
      if (text(body, "intent").trim() === "") return { status: 409, word: "what it is for" };
      if (!state.manifests.sagas.some(({ name }) => name === saga))
        return { status: 409, word: `no saga "${saga}"` };
      // how far it goes back is known to whoever looks at the checkpoint
      return fields(body)?.all === true ? DONE(202) : undefined;
    }

    function ofReload(files: Json): Due {
      const { sagas, programs } = plannedManifestsOf(state.settings, files);
      const names = new Set(programs.map(({ name }) => name));
      const missing = sagas
        .flatMap(({ onEvent, compensation }) => [onEvent, compensation.program])
        .find((name) => !names.has(name));
      return missing === undefined ? DONE(200) : { status: 422, word: `"${missing}"` };
    }
  },
};

/** Some hundred messages, eight at a time, by a node that looks after it once in a while. */
const LONGEST_REPLAY = 15_000_000;

export const replaysEnd: Property = {
  id: "replays-end",
  kind: "eventually",
  sentence: "A replay that was begun is over in the end.",
  subscribes: ["durable", "publish-ack", "state"],
  start(context) {
    const state = context.view(runnerState);
    /** When each was asked for: what it was fed since counts for nothing. */
    const begun = new Map<string, HistoryEvent>();
    return {
      subscribes: ["durable"],
      on(event) {
        for (const { namespace, key, before, after } of state.changes) {
          if (namespace !== "replay") continue;
          if (before === undefined) context.checked();
          const isNew = before === undefined || whole(after?.value, "upTo") !== whole(before.value, "upTo");
          if (after !== undefined && isNew) begun.set(key, event);
        }
      },
      end(at) {
        const { healAt } = context.plan;
        for (const { key, value } of state.in<Json>("replay")) {
          const since = begun.get(key);
          if (since === undefined || at < Math.max(since.at, healAt) + LONGEST_REPLAY) continue;
          context.violated(
            key,
            `The replay of ${text(value, "saga")} of tenant "${text(value, "tenant")}" that was asked for ${when(since)} is still to go on from ${whole(value, "after") ?? 0} to ${whole(value, "upTo") ?? 0} at ${time(at)}.`,
            [since],
          );
        }
      },
    };
  },
};
