/**
 * What aggregates make of commands, and what whoever sent one is answered: an order moves along its states only, stock is taken
 * while there is enough of it, a refusal has its reason in what the aggregate was, and what is answered is what was written down.
 *
 * The rules stand here once more, as tables, and ask the gateway for nothing.
 */
import type { EventOf, HistoryEvent, Json } from "seedstorm";
import { ensure, fields, type Property, same, text, when, where, whole } from "seedstorm/check";
import { keyOf } from "../../storage/keys.js";
import { asOutbox, type Row, runnerState } from "./state.js";

type Fields = { readonly [name: string]: Json };

interface Command {
  readonly aggregate: string;
  readonly id: string;
  readonly command: string;
  readonly payload: Fields;
  readonly event: HistoryEvent;
}

/** What must come of a command. */
interface Due {
  /** Why it is refused; undefined: it is done. */
  readonly refused?: string;
  /** The aggregate afterwards. */
  readonly state?: Fields;
  /** The events that its publisher owes. */
  readonly events: readonly { readonly type: string; readonly payload: Fields }[];
}

/** Moves of an order: from which states, to which, and what is published of it. */
const MOVES: Readonly<Record<string, { readonly from: readonly string[]; readonly to: string }>> = {
  cancel: { from: ["placed"], to: "cancelling" },
  complete: { from: ["placed", "cancelling"], to: "completed" },
  reject: { from: ["placed", "cancelling"], to: "rejected" },
};
const PUBLISHED: Readonly<Record<string, string>> = {
  cancel: "order-cancelled",
  complete: "order-completed",
  reject: "order-rejected",
};
/** Notes on a completed order. */
const NOTES = ["survey", "archive"];

const refused = (reason: string): Due => ({ refused: reason, events: [] });

function ofOrder(before: Fields | undefined, { id, command, payload }: Command): Due {
  const status = text(before, "status") || "unknown";
  if (command === "place") {
    if (before !== undefined) return refused("order-exists");
    const events = [{ type: "order-placed", payload: { order: id, ...payload } }];
    return { state: { status: "placed", ...payload }, events };
  }
  const move = MOVES[command];
  if (move !== undefined) {
    if (!move.from.includes(status)) return refused(`order-is-${status}`);
    const events = [{ type: PUBLISHED[command] ?? "", payload: { order: id } }];
    return { state: { ...before, status: move.to }, events };
  }
  if (!NOTES.includes(command)) return refused("no-such-command");
  return status === "completed"
    ? { state: { ...before, [command]: true }, events: [] }
    : refused(`order-is-${status}`);
}

function ofStock(before: Fields | undefined, { id, command, payload }: Command): Due {
  const available = whole(before, "available") ?? 0;
  const reserved = fields(before?.reserved) ?? {};
  const order = text(payload, "order");
  const held = whole(reserved, order);
  const quantity = whole(payload, "quantity") ?? 0;
  switch (command) {
    case "stock":
      return { state: { available: available + quantity, reserved }, events: [] };
    case "release":
      return {
        state: { available: available + (held ?? 0), reserved: { ...reserved, [order]: 0 } },
        events: [],
      };
    case "reserve": {
      if (held === 0) return refused("given-back");
      if (held !== undefined) return refused("reserved-before");
      if (available < quantity) return refused("out-of-stock");
      return {
        state: { available: available - quantity, reserved: { ...reserved, [order]: quantity } },
        events: [{ type: "stock-reserved", payload: { item: id, order } }],
      };
    }
    default:
      return refused("no-such-command");
  }
}

export const commandsDecided: Property = {
  id: "commands-are-decided-rightly",
  kind: "always",
  sentence:
    "A command is done or refused by what its aggregate was, with the reason, and leaves the state and the events that it should and no others.",
  subscribes: ["durable", "publish-ack", "state", "client"],
  start(context) {
    const state = context.view(runnerState);
    const commands = new Map<string, Command>();
    return {
      subscribes: ["durable", "client"],
      on(event) {
        if (event.kind === "client") noteAsked(event);
        if (event.kind !== "durable") return;
        for (const { namespace, before, after } of state.changes) {
          const item = namespace === "outbox" && before === undefined ? asOutbox(after)?.value : undefined;
          if (item?.kind === "command")
            commands.set(keyOf("command", item.tenant, item.workId), { ...item.body, event });
        }
        for (const { namespace, key, before, after } of state.gatewayChanges) {
          const command = namespace === "command" && before === undefined ? commands.get(key) : undefined;
          if (command !== undefined && after !== undefined) judge(key, command, after);
        }
      },
    };

    function noteAsked(event: EventOf<"client">): void {
      const { tenant, aggregate, ...payload } = fields(event.value) ?? {};
      if (event.phase !== "call" || typeof tenant !== "string" || typeof aggregate !== "string") return;
      const [, id = ""] = JSON.parse(event.key) as readonly string[]; // as clients write it
      const command = { aggregate, id, command: event.operation, payload, event };
      commands.set(keyOf("command", tenant, event.requestId), command);
    }

    function judge(key: string, command: Command, answer: Row): void {
      const { aggregate, id } = command;
      const tenant = decodeURIComponent(key.split(":")[1] ?? "");
      const own = keyOf("aggregate", tenant, aggregate, id);
      const change = state.gatewayChanges.find((each) => each.key === own);
      const before = fields((change === undefined ? state.aggregates.get(own) : change.before)?.value);
      const due = aggregate === "order" ? ofOrder(before, command) : ofStock(before, command);
      const status = due.refused === undefined ? 200 : 422;
      const body = due.refused === undefined ? {} : { reason: due.refused };
      const now = change === undefined ? before : fields(change.after?.value);
      const published = state.gatewayChanges
        .filter((each) => each.key.startsWith("event:") && each.after !== undefined)
        .map((each) => fields(each.after?.value));
      const events = published.map((each) => ({ type: each?.type, payload: each?.payload }));
      const wrong = [
        ...(same(answer.value, { status, body })
          ? []
          : [
              `it was answered with ${JSON.stringify(answer.value)} and not with ${status} ${due.refused ?? ""}`,
            ]),
        ...(same(now ?? null, due.state ?? before ?? null)
          ? []
          : [`it left ${JSON.stringify(now)} and not ${JSON.stringify(due.state ?? before)}`]),
        ...(same(events as unknown as Json, due.events as unknown as Json) // plain data
          ? []
          : [`it gave the events ${JSON.stringify(events)} and not ${JSON.stringify(due.events)}`]),
        ...(published.every((each) => text(each, "tenantId") === tenant)
          ? []
          : ["an event of it is another tenant's"]),
      ];
      context.checked();
      if (wrong.length === 0) return;
      context.violated(
        key,
        `The command ${command.command} for ${aggregate} ${id} of tenant "${tenant}", asked for ${when(command.event)}, was carried out ${where(answer.event)} on ${JSON.stringify(before ?? null)}: ${wrong.join("; ")}.`,
        [command.event, answer.event],
      );
    }
  },
};

export const answersAsWritten: Property = {
  id: "commands-are-answered-as-written-down",
  kind: "always",
  sentence:
    "What a customer is answered is what was written down of the command, and so is the reason for which work is given up.",
  subscribes: ["durable", "publish-ack", "state", "client"],
  start(context) {
    const state = context.view(runnerState);
    const calls = new Map<string, EventOf<"client">>();
    return {
      subscribes: ["durable", "client"],
      on(event) {
        if (event.kind === "client") judgeAnswer(event);
        if (event.kind !== "durable") return;
        for (const { namespace, key, before, after } of state.changes) {
          if (namespace !== "deadletter" || before !== undefined || after === undefined) continue;
          const item = fields(fields(after.value)?.item);
          const written = state.aggregates.get(keyOf("command", text(item, "tenant"), text(item, "workId")));
          const reason = text(after.value, "reason");
          // work that was given up without an answer may be done all the same
          if (written === undefined || reason === "no answer") continue;
          context.checked();
          const found = text(fields(written.value)?.body, "reason");
          if (found === reason) continue;
          context.violated(
            key,
            `Work ${text(item, "workId")} was given up ${where(event)} for "${reason}", and what was written down is "${found}".`,
            [written.event, event],
          );
        }
      },
    };

    function judgeAnswer(event: EventOf<"client">): void {
      if (event.phase === "call") {
        if (fields(event.value)?.aggregate !== undefined) ensure(calls, event.requestId, () => event);
        return;
      }
      const call = calls.get(event.requestId);
      if (call === undefined || event.phase === "info") return;
      const tenant = text(call.value, "tenant");
      const written = state.aggregates.get(keyOf("command", tenant, event.requestId));
      const { status, ...body } = fields(event.value) ?? {};
      const isDone = Number(status) < 300;
      context.checked();
      if (same(written?.value, { status: status ?? null, body }) && isDone === (event.phase === "ok")) return;
      context.violated(
        event.requestId,
        `${event.operation} of ${event.key} was answered ${when(event)} with ${JSON.stringify(event.value)}, and what was written down of it is ${JSON.stringify(written?.value ?? null)}.`,
        written === undefined ? [call, event] : [call, written.event, event],
      );
    }
  },
};
