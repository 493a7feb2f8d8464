/** What is promised of actors: answers, one message at a time, and silence after the end. Not verified: how long handlers take. */
import { type Micros, SECOND } from "seedstorm";
import { type Property, text, time, when } from "seedstorm/check";
import { ENTITY } from "../facts.js";
import { about, amount, field, LIFE, Lives, ordinal, type StateEvent } from "./lives.js";

/** Clocks may be slow; pauses are over by then. */
const SLACK: Micros = 2 * SECOND;

interface Calls {
  /** Without an answer yet. */
  readonly open: Map<string, StateEvent>;
  /** Actors that ended at this instant. */
  ended: StateEvent[];
}

export const callsAnswered: Property = {
  id: "actor-calls-answered",
  kind: "always",
  sentence:
    "Who calls an actor is answered: with an error in the instant in which the actor ends, and by its time-out in any case.",
  subscribes: LIFE,
  start(context) {
    const lives = new Lives<Calls>(() => ({ open: new Map(), ended: [] }));
    const settle = (calls: Calls): void => {
      for (const end of calls.ended) {
        for (const sent of calls.open.values()) {
          if (field(sent, "actor") !== end.name) continue;
          context.violated(
            `${end.host} ${sent.name}`,
            `${end.name} ended ${when(end)}, and its caller, who had called it ${when(sent)}, got no error.`,
            [sent, end],
          );
        }
      }
      calls.ended = [];
    };
    return {
      on(event) {
        const calls = lives.of(event);
        if ((calls.ended[0]?.at ?? event.at) < event.at) settle(calls);
        const end = about(event, ENTITY.actor);
        if (end?.to === "ended") calls.ended.push(end);
        const call = about(event, ENTITY.call);
        if (call === undefined || call.to === "handling" || call.to === "late") return;
        if (call.to === "sent") {
          calls.open.set(call.name, call);
          return;
        }
        context.checked();
        calls.open.delete(call.name);
      },
      end(at) {
        for (const calls of lives.all()) {
          settle(calls);
          for (const sent of calls.open.values()) {
            const due = Math.max(sent.at, context.plan.healAt) + amount(sent, "timeout") + SLACK;
            if (due > at) continue;
            context.violated(
              `${sent.host} ${sent.name}`,
              `${field(sent, "actor")} was called ${when(sent)}, and at ${time(at)} there is no answer yet.`,
              [sent],
            );
          }
        }
      },
    };
  },
};

interface Handling {
  /** What each actor is at. */
  readonly present: Map<string, StateEvent>;
  /** The number of the call that it came to last. */
  readonly last: Map<string, number>;
}

export const oneAtATime: Property = {
  id: "actor-one-at-a-time",
  kind: "always",
  sentence: "An actor handles one call at a time, in the order in which they were sent.",
  subscribes: LIFE,
  start(context) {
    const lives = new Lives<Handling>(() => ({ present: new Map(), last: new Map() }));
    return {
      on(event) {
        const { present, last } = lives.of(event);
        const call = about(event, ENTITY.call);
        if (call === undefined) return;
        const actor = field(call, "actor");
        if ((call.to === "ok" || call.to === "late") && present.get(actor)?.name === call.name)
          present.delete(actor);
        if (call.to !== "handling") return;
        context.checked();
        const other = present.get(actor);
        if (other !== undefined) {
          context.violated(
            `${call.host} ${actor}`,
            `${actor} began to handle a call ${when(call)} while it was handling another since ${time(other.at)}.`,
            [other, call],
          );
        }
        const before = last.get(actor) ?? 0;
        const number = ordinal(call.name);
        if (number <= before) {
          context.violated(
            `${call.host} ${actor}`,
            `${actor} came to its call ${number} ${when(call)}, after its call ${before}.`,
            [call],
          );
        }
        present.set(actor, call);
        last.set(actor, number);
      },
    };
  },
};

export const deadAreSilent: Property = {
  id: "actor-dead-are-silent",
  kind: "always",
  sentence: "An actor that has ended calls nobody outside any more.",
  subscribes: [...LIFE, "external"],
  start(context) {
    const lives = new Lives<Map<string, StateEvent>>(() => new Map());
    return {
      on(event) {
        const ended = lives.of(event);
        const end = about(event, ENTITY.actor);
        if (end?.to === "ended") ended.set(end.name, end);
        if (event.kind !== "external" || event.phase !== "attempt") return;
        const actor = text(event.value, "actor");
        if (actor === "") return;
        context.checked();
        const dead = ended.get(actor);
        if (dead === undefined) return;
        context.violated(
          `${event.host} ${actor}`,
          `${actor} had ended ${when(dead)}, and called ${event.service} for ${event.token} ${when(event)}.`,
          [dead, event],
        );
      },
    };
  },
};
