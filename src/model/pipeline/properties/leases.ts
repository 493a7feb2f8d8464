/**
 * One holder at a time, and nobody who comes late does harm: G11.
 *
 * Grants, renewals and ends are read from the lease's committed state; when a lease ends by itself is held against
 * the knob `leaseTtl`, in true time, with the allowance that the plan's clock drifts give. Fences are read at each
 * protected resource by itself. Not verified: expiry times when the plan sets no `leaseTtl`, and writes by holders
 * that carry no epoch.
 */
import type { EventOf } from "seedstorm";
import { type Property, time, when, where } from "seedstorm/check";
import type { DurableEvent } from "../../replication/properties/committed.js";
import type { LeaseChange } from "./changes.js";
import { earliestEnd } from "./deadlines.js";
import { pipelineState } from "./state.js";

interface Lease {
  readonly change: LeaseChange;
  readonly event: DurableEvent;
}

export const leasesAreFenced: Property = {
  id: "leases-are-fenced",
  alias: "G11",
  kind: "always",
  sentence:
    "Grants of a lease have strictly increasing epochs and never overlap, and a protected resource accepts no epoch lower than the highest it accepted, and none that nobody was granted.",
  subscribes: ["durable", "lease"],
  start(context) {
    const state = context.view(pipelineState);
    const { leaseTtl } = context.plan.knobs;
    const shortest = typeof leaseTtl === "number" ? earliestEnd(context.plan, leaseTtl) : undefined;
    const leases = new Map<string, Lease>();
    /** The last grant or renewal. */
    const held = new Map<string, Lease>();
    /** By lease and epoch: who was granted it, and whether it ended by a release. */
    const grants = new Map<string, { readonly lease: Lease; released: boolean }>();
    const granted = new Set<number>();
    const fences = new Map<string, { readonly epoch: number; readonly event: DurableEvent }>();

    function leaseChanged(change: LeaseChange, event: DurableEvent): void {
      const before = leases.get(change.name);
      leases.set(change.name, { change, event });
      context.checked();
      if (change.state === "held") {
        taken(change, before, event);
        held.set(change.name, { change, event });
        const grant = `${change.name} ${change.epoch}`;
        granted.add(change.epoch);
        if (!grants.has(grant)) grants.set(grant, { lease: { change, event }, released: false });
      } else if (change.state === "expired") expired(change, event);
      else {
        const ended = grants.get(`${change.name} ${change.epoch}`);
        if (ended !== undefined) ended.released = true;
      }
    }

    function taken(change: LeaseChange, before: Lease | undefined, event: DurableEvent): void {
      const { name, holder, epoch } = change;
      if (before === undefined) return;
      const renews =
        before.change.state === "held" && before.change.holder === holder && before.change.epoch === epoch;
      if (renews) return;
      if (before.change.state === "held") {
        context.violated(
          name,
          `Lease ${name} was granted to ${holder} ${where(event)} while ${before.change.holder} held it with epoch ${before.change.epoch} since ${time(before.event.at)}.`,
          [before.event, event],
        );
        return;
      }
      const last = held.get(name);
      if (last === undefined || epoch > last.change.epoch) return;
      context.violated(
        name,
        `Lease ${name} was granted to ${holder} with epoch ${epoch} ${where(event)}, after ${last.change.holder} had it with epoch ${last.change.epoch} ${when(last.event)} and it ${before.change.state === "expired" ? "expired" : "was released"}.`,
        [last.event, before.event, event],
      );
    }

    function expired(change: LeaseChange, event: DurableEvent): void {
      const last = held.get(change.name);
      if (last === undefined || shortest === undefined) return;
      const lasted = event.at - last.event.at;
      if (lasted >= shortest) return;
      context.violated(
        change.name,
        `Lease ${change.name} of ${last.change.holder} expired ${where(event)}, only ${time(lasted)} after it was granted or renewed ${when(last.event)}: it lasts at least ${time(shortest)}.`,
        [last.event, event],
      );
    }

    /** A leader tells of a release when it applies it, which may be later than another replica did. */
    function released(event: EventOf<"lease">): void {
      const own = grants.get(`${event.lease} ${event.epoch}`);
      context.checked();
      if (own?.released && own.lease.change.holder === event.holder) return;
      const last = held.get(event.lease);
      const holder =
        last === undefined
          ? "nobody held it"
          : `${last.change.holder} held it with epoch ${last.change.epoch}`;
      context.violated(
        event.lease,
        `Lease ${event.lease} was released by ${event.holder} with epoch ${event.epoch} ${when(event)}, but ${holder}.`,
        last === undefined ? [event] : [last.event, event],
      );
    }

    function accepted(resource: string, epoch: number, event: DurableEvent): void {
      const highest = fences.get(resource);
      context.checked();
      if (!granted.has(epoch)) {
        context.violated(
          `epoch ${epoch} of ${resource}`,
          `${resource} accepted a write with epoch ${epoch} ${where(event)}, which nobody was granted with a lease.`,
          [event],
        );
        return;
      }
      if (highest === undefined || epoch >= highest.epoch) {
        fences.set(resource, { epoch, event });
        return;
      }
      context.violated(
        `fence of ${resource}`,
        `${resource} accepted a write with epoch ${epoch} ${where(event)}, after one with epoch ${highest.epoch} ${when(highest.event)}.`,
        [highest.event, event],
      );
    }

    state.listen((event) => {
      for (const change of state.changes) {
        if (change.of === "lease") leaseChanged(change, event);
        else if (change.of === "fence") accepted(state.resource, change.epoch, event);
        else if (change.of === "pointer" && change.epoch !== undefined) {
          accepted(state.resource, change.epoch, event);
        }
      }
    });
    return {
      subscribes: ["lease"],
      on(event) {
        if (event.kind === "lease" && event.phase === "release") released(event);
      },
    };
  },
};
