/**
 * What members of push consumers are promised: messages go to those who are there, in turns, and to nobody who has said goodbye
 * or whose host went down.
 *
 * Who is there is what clients say of themselves in the history, and not what brokers believe.
 */
import type { HistoryEvent, Micros } from "seedstorm";
import { type Check, type Property, text, type ViewKind, when, where } from "seedstorm/check";
import { nameOf } from "./delivering.js";
import { isSettled } from "./settled.js";
import { brokerState } from "./state.js";

/** How long a sign of life may be under way, and be believed. */
const GHOST_AFTER: Micros = 15_000_000;

export const pushedToMembers: Property = {
  id: "broker-pushes-to-members",
  kind: "always",
  sentence:
    "A push goes to a member that has said not long ago that it is there: one whose host went down costs no deliveries.",
  subscribes: ["durable", "host"],
  start(context) {
    const state = context.view(brokerState);
    /** Lives of hosts that are over, as they stand in the names of members: `mailer-1#2`. */
    const ended = new Map<string, HistoryEvent>();
    return {
      on(event) {
        if (event.kind === "host" && event.phase === "crash")
          ended.set(`${event.host}#${event.incarnation}`, event);
        if (event.kind !== "durable") return;
        for (const { consumer, after } of state.made) {
          if (consumer.config.mode !== "push") continue;
          const life = after.to.slice(0, after.to.lastIndexOf("/"));
          const end = ended.get(life);
          context.checked();
          if (end === undefined || event.at - end.at < GHOST_AFTER) continue;
          context.violated(
            `${nameOf(consumer)}/${after.sequence}`,
            `${nameOf(consumer)} pushed ${after.sequence} to ${after.to} ${where(event)}, and that went down ${when(end)}.`,
            [end, event],
          );
        }
      },
    };
  },
};

/** Until a goodbye has come to every broker, while all is well. */
const GOODBYE_WITHIN: Micros = 1_000_000;
/** Until every broker knows of a new member, while all is well. */
const KNOWN_WITHIN: Micros = 1_500_000;
/** Pushes in a row to one of several members: a change of leader begins the turns anew. */
const MOST_IN_A_ROW = 4;

interface Member {
  readonly consumer: string;
  readonly begun: HistoryEvent;
  over: HistoryEvent | undefined;
}

/** Members of push consumers by their names, as clients say it. */
const pushMembers: ViewKind<Check & { readonly members: ReadonlyMap<string, Member> }> = {
  subscribes: ["state", "host"],
  start() {
    const members = new Map<string, Member>();
    return {
      members,
      on(event) {
        if (event.kind === "host" && event.phase === "crash") {
          for (const member of members.values()) if (member.begun.host === event.host) member.over ??= event;
        }
        if (event.kind !== "state" || event.entity !== "subscription") return;
        const member = members.get(event.name);
        const consumer = `${text(event.detail, "stream")}/${text(event.detail, "consumer")}`;
        if (event.to === "begun") members.set(event.name, { consumer, begun: event, over: undefined });
        else if (member !== undefined) member.over = event;
      },
    };
  },
};

export const goodbyesHeard: Property = {
  id: "broker-goodbyes-are-heard",
  kind: "always",
  sentence:
    "While all is well, a member that has said goodbye is given nothing more, whatever else its client does.",
  subscribes: ["durable", "state", "host"],
  start(context) {
    const state = context.view(brokerState);
    const { members } = context.view(pushMembers);
    return {
      subscribes: ["durable"],
      on(event) {
        if (!isSettled(context.plan, event.at)) return;
        for (const { consumer, after } of state.made) {
          const over = members.get(after.to)?.over;
          if (consumer.config.mode !== "push") continue;
          context.checked();
          if (over === undefined || event.at - over.at < GOODBYE_WITHIN) continue;
          context.violated(
            `${nameOf(consumer)}/${after.sequence}`,
            `${nameOf(consumer)} pushed ${after.sequence} to ${after.to} ${where(event)}, and that has been gone since ${when(over)}.`,
            [over, event],
          );
        }
      },
    };
  },
};

export const membersTakeTurns: Property = {
  id: "broker-members-take-turns",
  kind: "always",
  sentence: "While all is well, no member of a push consumer is passed over again and again.",
  subscribes: ["durable", "state", "host"],
  start(context) {
    const state = context.view(brokerState);
    const { members } = context.view(pushMembers);
    /** By consumer: who was given the last message, and how many in a row since when. */
    const rows = new Map<string, { readonly to: string; readonly first: HistoryEvent; count: number }>();
    return {
      subscribes: ["durable"],
      on(event) {
        if (!isSettled(context.plan, event.at)) return;
        for (const { consumer, after } of state.made) {
          if (consumer.config.mode !== "push") continue;
          const name = nameOf(consumer);
          const row = rows.get(name);
          context.checked();
          if (row?.to !== after.to) {
            rows.set(name, { to: after.to, first: event, count: 1 });
            continue;
          }
          row.count++;
          if (row.count <= MOST_IN_A_ROW) continue;
          const since = row.first.at - KNOWN_WITHIN;
          const others = [...members].filter(
            ([member, { consumer: of, begun, over }]) =>
              of === name && member !== after.to && over === undefined && begun.at < since,
          );
          const [passedOver] = others;
          if (passedOver === undefined) continue;
          context.violated(
            name,
            `${name} pushed ${row.count} messages in a row to ${after.to} ${where(event)}, and none of them to ${passedOver[0]}.`,
            [passedOver[1].begun, row.first, event],
          );
        }
      },
    };
  },
};
