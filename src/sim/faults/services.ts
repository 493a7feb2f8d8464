/** Faults of the services outside that a system calls: slow ones, refusals, silence, lost replies, statuses, limits. */
import type { ExternalTrouble } from "../external.js";
import { selects } from "../topology.js";
import { between, millis, oneOf, percents, place } from "./draws.js";
import { factor, lasting, noted, ratio, type Selector, whole } from "./fields.js";
import { kind } from "./kind.js";
import type { StormedWorld, Undo } from "./reach.js";

/** Statuses that say nothing about the call itself: the next one may be taken. */
const PASSING = [408, 425, 500, 502, 503, 504] as const;

/** Puts a trouble on the external services that a selector means. */
function onServices(
  world: StormedWorld,
  fault: { readonly id: string; readonly target: Selector },
  what: ExternalTrouble["kind"],
  degree: number,
  fired: () => void,
  status?: number,
): Undo {
  const undos = world.services
    .filter(({ machine }) => selects(fault.target, machine))
    .map(({ service, machine }) => {
      const random = world.random(`fault/${fault.id}/${machine.stream}`);
      const more = status === undefined ? {} : { status };
      const trouble: ExternalTrouble = { kind: what, degree, random, fired, ...more };
      service.troubles.add(trouble);
      return () => service.troubles.delete(trouble);
    });
  return () => {
    for (const undo of undos) undo();
  };
}

export const SERVICE_FAULTS = {
  "external-slow": kind({
    does: "an external service takes many times as long",
    fired: "a call came in",
    targets: "service",
    fields: { ...lasting, factor },
    drawn: { for: millis(1_000, 10_000), target: place("service"), factor: between(2, 40) },
    begin: (fault, world, fired) => onServices(world, fault, "slow", fault.factor, fired),
  }),
  "external-errors": kind({
    does: "an external service refuses a share of calls and does not apply them",
    fired: "a call was refused by it",
    targets: "service",
    fields: { ...lasting, ratio },
    drawn: { for: millis(1_000, 10_000), target: place("service"), ratio: percents(10, 100) },
    begin: (fault, world, fired) => onServices(world, fault, "errors", fault.ratio, fired),
  }),
  "external-hang": kind({
    does: "an external service neither applies nor answers a share of calls",
    fired: "a call was swallowed",
    targets: "service",
    fields: { ...lasting, ratio },
    drawn: { for: millis(1_000, 10_000), target: place("service"), ratio: percents(10, 80) },
    begin: (fault, world, fired) => onServices(world, fault, "hang", fault.ratio, fired),
  }),
  "external-lost-reply": kind({
    does: "an external service applies a share of calls and loses the reply",
    fired: "a reply was lost by it",
    targets: "service",
    fields: { ...lasting, ratio },
    drawn: { for: millis(1_000, 10_000), target: place("service"), ratio: percents(10, 80) },
    begin: (fault, world, fired) => onServices(world, fault, "lost-reply", fault.ratio, fired),
  }),
  "external-status": kind({
    does: "an external service refuses a share of calls with an HTTP status and does not apply them",
    fired: "a call was refused by it",
    targets: "service",
    named: true,
    fields: { ...lasting, ratio, status: noted(whole(400, 599, "an HTTP status of an error"), "400 to 599") },
    drawn: {
      for: millis(1_000, 10_000),
      target: place("service"),
      ratio: percents(10, 100),
      status: oneOf(...PASSING),
    },
    begin: (fault, world, fired) => onServices(world, fault, "status", fault.ratio, fired, fault.status),
  }),
  "external-rate-limit": kind({
    does: "an external service takes so many calls a second and refuses the others with status 429 and how long to wait",
    fired: "a call was refused by it",
    targets: "service",
    named: true,
    fields: { ...lasting, perSecond: whole(1, 1_000_000, "calls a second") },
    drawn: { for: millis(1_000, 10_000), target: place("service"), perSecond: between(1, 8) },
    begin: (fault, world, fired) => onServices(world, fault, "rate-limit", fault.perSecond, fired),
  }),
  "external-reset": kind({
    does: "an external service applies a share of calls and resets the connection instead of a reply",
    fired: "a connection was reset by it",
    targets: "service",
    named: true,
    fields: { ...lasting, ratio },
    drawn: { for: millis(1_000, 10_000), target: place("service"), ratio: percents(10, 80) },
    begin: (fault, world, fired) => onServices(world, fault, "reset", fault.ratio, fired),
  }),
};
