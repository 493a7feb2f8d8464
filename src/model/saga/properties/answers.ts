/**
 * What customers are answered: a start, a cancel and a refusal say what is so, and lists are complete and in order. An answer is
 * held against what stood in the database at some moment between the question and the answer. Not verified: requests that got
 * no answer while something was wrong.
 */
import type { EventOf, HistoryEvent, Json, Micros } from "seedstorm";
import { fields, type Property, text, time, when, whole } from "seedstorm/check";
import { type Fields, type SagaState, sagaState } from "./state.js";

type ClientEvent = EventOf<"client">;

/** What was so while a question was open. */
interface Open {
  readonly call: ClientEvent;
  /** The runs' statuses, and who had the deployment. */
  readonly seen: Set<string>;
}

const FORWARD = new Set(["pending", "running"]);

export const answersSayWhatIsSo: Property = {
  id: "answers-say-what-is-so",
  kind: "always",
  sentence:
    "A start is refused only while another run has the deployment, a cancel only when there is no such run or when it is on its way forward no more, and what was said to be done is done.",
  subscribes: ["client", "durable"],
  start(context) {
    const state = context.view(sagaState);
    const open = new Map<string, Open>();

    function look({ call, seen }: Open): void {
      if (call.operation === "start") seen.add(`held by ${holderFor(state, call)}`);
      else seen.add(state.sagas.get(call.key)?.run?.status ?? "absent");
    }

    /** What speaks against the answer; undefined when nothing does. */
    function flawOf(event: ClientEvent, { call, seen }: Open): string | undefined {
      const run = state.sagas.get(event.key)?.run;
      const reason = text(event.value, "reason");
      if (event.phase === "ok") {
        if (run === undefined) return "there is no such run";
        return event.operation === "cancel" && !run.cancelRequested ? "no cancel is written down" : undefined;
      }
      if (event.operation === "start") {
        const another = [...seen].some((had) => had !== "held by " && had !== `held by ${call.key}`);
        return reason === "deployment-busy" && another ? undefined : "no other run had its deployment";
      }
      if (reason === "no-such-saga") return seen.has("absent") ? undefined : "there was such a run";
      const said = reason.replace("too late: ", "");
      if (FORWARD.has(said)) return `a run that is ${said} can be cancelled`;
      return seen.has(said) ? undefined : `it was ${[...seen].join(", ")}`;
    }

    return {
      on(event) {
        if (event.kind === "durable") {
          if (state.written.length > 0) for (const each of open.values()) look(each);
          return;
        }
        if (event.kind !== "client" || (event.operation !== "start" && event.operation !== "cancel")) return;
        if (event.phase === "call") {
          const each = { call: event, seen: new Set<string>() };
          open.set(event.requestId, each);
          look(each);
          return;
        }
        const asked = open.get(event.requestId);
        open.delete(event.requestId);
        if (asked === undefined || event.phase === "info") return;
        context.checked();
        const flaw = flawOf(event, asked);
        if (flaw === undefined) return;
        const answer = event.phase === "ok" ? "done" : `refused (${text(event.value, "reason")})`;
        context.violated(
          event.key,
          `The ${event.operation} of ${event.key}, asked for ${when(asked.call)}, was said to be ${answer} ${when(event)}, but ${flaw}.`,
          [asked.call, event],
        );
      },
    };
  },
};

/** Who has the deployment that a start asks for; nobody when it asks for none. */
function holderFor(state: SagaState, call: ClientEvent): string {
  const deployment = text(call.value, "deploymentId");
  return deployment === "" ? "" : text(state.rows.get(`deployment/${deployment}`), "sagaId");
}

export const listsAreComplete: Property = {
  id: "lists-are-complete",
  kind: "always",
  sentence:
    "A list of runs has the newest of them, as many as are asked for, the newest first; a list of steps has every step of the run, in their order.",
  subscribes: ["client", "durable"],
  start(context) {
    const state = context.view(sagaState);
    /** By request: the rows that there were when it was asked. */
    const open = new Map<string, { readonly call: ClientEvent; readonly rows: readonly Fields[] }>();

    function rowsFor({ operation, key }: ClientEvent): Fields[] {
      const prefix = operation === "list" ? "run/" : `step/${key}/`;
      return [...state.rows].filter(([name]) => name.startsWith(prefix)).map(([, row]) => row);
    }

    function flawOf(
      call: ClientEvent,
      before: readonly Fields[],
      items: readonly Json[],
    ): string | undefined {
      const isRuns = call.operation === "list";
      const field = isRuns ? "insertedAt" : "stepIdx";
      const order = items.map((item) => whole(item, field) ?? 0);
      if (order.some((n, i) => i > 0 && (isRuns ? n > (order[i - 1] ?? 0) : n <= (order[i - 1] ?? 0))))
        return "they are not in order";
      const limit = whole(call.value, "limit") ?? Number.MAX_SAFE_INTEGER;
      if (items.length > limit) return `only ${limit} were asked for`;
      const due = Math.min(limit, before.length);
      if (items.length < due) return `there were ${before.length} when it was asked`;
      const name = isRuns ? "id" : "stepIdx";
      const listed = new Set(items.map((item) => String(fields(item)?.[name])));
      const oldest = isRuns && items.length === limit ? (order[order.length - 1] ?? 0) : -1;
      const missing = before.find(
        (row) => !listed.has(String(row[name])) && (whole(row, field) ?? 0) > oldest,
      );
      return missing === undefined ? undefined : `${String(missing[name])} is left out`;
    }

    return {
      on(event) {
        if (event.kind !== "client" || (event.operation !== "list" && event.operation !== "list-steps"))
          return;
        if (event.phase === "call") {
          open.set(event.requestId, { call: event, rows: rowsFor(event) });
          return;
        }
        const asked = open.get(event.requestId);
        open.delete(event.requestId);
        if (asked === undefined || event.phase !== "ok" || !Array.isArray(event.value)) return;
        context.checked();
        const flaw = flawOf(asked.call, asked.rows, event.value);
        if (flaw === undefined) return;
        context.violated(
          event.requestId,
          `The ${event.operation} that was asked for ${when(asked.call)} showed ${event.value.length} ${when(event)}, but ${flaw}.`,
          [asked.call, event],
        );
      },
    };
  },
};

export const customersAreAnswered: Property = {
  id: "customers-are-answered",
  kind: "eventually",
  sentence: "What a customer asks for when nothing is wrong is answered, and soon.",
  subscribes: ["client"],
  start(context) {
    const { healAt, duration, faults, knobs } = context.plan;
    const isCalm = faults.length === 0 && knobs.buggify !== true;
    const calmFrom: Micros = isCalm ? 0 : healAt + Math.floor((duration - healAt) / 4);
    const open = new Map<string, ClientEvent>();

    function late(call: ClientEvent, at: Micros, event: HistoryEvent): void {
      context.checked();
      if (at - call.at <= SOON) return;
      context.violated(
        call.requestId,
        `The ${call.operation} of ${call.key} that was asked for ${when(call)}, with nothing wrong, had no answer by ${time(call.at + SOON)}.`,
        [call, event],
      );
    }

    return {
      on(event) {
        if (event.kind !== "client") return;
        if (event.phase === "call") {
          if (event.at >= calmFrom) open.set(event.requestId, event);
          return;
        }
        const call = open.get(event.requestId);
        open.delete(event.requestId);
        if (call !== undefined) late(call, event.phase === "info" ? event.at + SOON + 1 : event.at, event);
      },
      end(at) {
        for (const call of open.values()) late(call, at, call);
      },
    };
  },
};

/** A question and its answer cross a region and are synced once. */
const SOON: Micros = 1_500_000;
