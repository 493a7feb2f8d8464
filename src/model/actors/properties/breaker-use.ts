/**
 * What a breaker's upstream and its other callers are promised of those who get leave: that they use it at once. Who does not, as an actor that
 * has ended can't, holds a place that others could have. Not verified: breakers before services inside, which are looked for first.
 */
import { type Property, when } from "seedstorm/check";
import { ENTITY } from "../facts.js";
import { about, field, LIFE, Lives, type StateEvent } from "./lives.js";

/** @param services the service outside that stands behind each breaker, by the breaker's name. */
export function leaveIsUsed(services: ReadonlyMap<string, string>): Property {
  return {
    id: "breaker-leave-is-used",
    kind: "always",
    sentence: "Who gets leave of a breaker to call a service outside calls it in the same instant.",
    subscribes: [...LIFE, "external"],
    start(context) {
      /** Leave that was given in this instant and not used, by service. */
      const lives = new Lives<Map<string, StateEvent[]>>(() => new Map());
      const settle = (unused: Map<string, StateEvent[]>): void => {
        for (const leave of unused.values()) {
          for (const given of leave) {
            context.violated(
              `${given.host} ${given.name}`,
              `${field(given, "breaker")} let a call through ${when(given)}, and nobody made it.`,
              [given],
            );
          }
        }
        unused.clear();
      };
      return {
        on(event) {
          const unused = lives.of(event);
          const [first] = unused.values();
          if ((first?.[0]?.at ?? event.at) < event.at) settle(unused);
          const call = about(event, ENTITY.breakerCall);
          const service = call?.to === "admitted" ? services.get(field(call, "breaker")) : undefined;
          if (call !== undefined && service !== undefined)
            unused.set(service, [...(unused.get(service) ?? []), call]);
          if (event.kind !== "external" || event.phase !== "attempt") return;
          const [used, ...left] = unused.get(event.service) ?? [];
          if (used === undefined) return;
          context.checked();
          if (left.length === 0) unused.delete(event.service);
          else unused.set(event.service, left);
        },
        end() {
          for (const unused of lives.all()) settle(unused);
        },
      };
    },
  };
}
