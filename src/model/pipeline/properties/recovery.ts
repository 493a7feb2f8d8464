/**
 * Everything recovers: once all is well each part of the pipeline makes progress again, and not only the records. The lease is held
 * by somebody, checkpoints follow the cursor and trimming does, observers are heard and say that all is well.
 *
 * Judged when the run is over, with the time that each part may need by the plan's knobs; a quiet period that is shorter says
 * nothing. Not verified: how soon each of it happens while anything is wrong.
 */
import { type Micros, type Plan, SECOND, settingsOf } from "seedstorm";
import { fields, list, type Property, text, time, when } from "seedstorm/check";
import type { DurableEvent } from "../../replication/properties/committed.js";
import { PIPELINE_DEFAULTS } from "../knobs.js";
import { pipelineState } from "./state.js";

const hasMaintenance = (plan: Plan): boolean => plan.topology.some(({ role }) => role === "maintenance");

/** A command and its answer, when whoever leads has only just been elected. */
const COMMAND: Micros = 3 * SECOND;
/** Commands that were asked for before the heal are given up by then. */
const GIVEN_UP: Micros = 9 * SECOND;

export const leaseIsTakenUp: Property = {
  id: "lease-is-taken-up",
  kind: "eventually",
  sentence: "In the end somebody holds the maintenance lease, if there is anybody to hold it.",
  subscribes: ["durable"],
  start(context) {
    const { plan } = context;
    const { leaseTtl } = settingsOf(plan.knobs, PIPELINE_DEFAULTS);
    const state = context.view(pipelineState);
    let last: DurableEvent | undefined;
    state.listen((event) => {
      for (const change of state.changes) if (change.of === "lease" && change.state === "held") last = event;
    });
    return {
      end(at) {
        const bound = 2 * leaseTtl + COMMAND;
        if (!hasMaintenance(plan) || at - plan.healAt < bound + GIVEN_UP) return;
        context.checked();
        if (last !== undefined && last.at >= at - bound) return;
        const since = last === undefined ? "was never held" : `was granted or renewed last ${when(last)}`;
        context.violated(
          "lease",
          `The maintenance lease ${since}, and at ${time(at)} nobody had taken it up, though all was well since ${time(plan.healAt)}.`,
          last === undefined ? [] : [last],
        );
      },
    };
  },
};

export const upkeepFollowsTheCursor: Property = {
  id: "upkeep-follows-the-cursor",
  kind: "eventually",
  sentence:
    "While one holder keeps the lease, checkpoints and trimming come up to the cursor in each of its rounds, and trimming never goes past it.",
  subscribes: ["durable"],
  start(context) {
    const { plan } = context;
    const { maintenanceInterval } = settingsOf(plan.knobs, PIPELINE_DEFAULTS);
    const state = context.view(pipelineState);
    /** What the cursor was, by when it moved. */
    const cursors: { readonly at: Micros; readonly next: number }[] = [];
    let holder = "";
    let heldSince: Micros = 0;
    let saved = 0;
    let trimmed = 0;

    state.listen((event) => {
      for (const change of state.changes) {
        if (change.of === "cursor") cursors.push({ at: event.at, next: change.next });
        else if (change.of === "pointer") saved = change.cursor ?? saved;
        else if (change.of === "lease") {
          const now = change.state === "held" ? `${change.holder} ${change.epoch}` : "";
          if (now !== holder) heldSince = event.at;
          holder = now;
        }
      }
      for (const { key, value } of event.writes) {
        if (key !== "trimmed" || typeof value !== "number" || state.resource !== "orders") continue;
        trimmed = value;
        const cursor = cursors.at(-1)?.next ?? 0;
        context.checked();
        if (value <= cursor) continue;
        context.violated(
          "trimmed",
          `Records below offset ${value} were let go ${when(event)}, when the cursor had only come to ${cursor}.`,
          [event],
        );
      }
    });
    return {
      end(at) {
        const since = at - maintenanceInterval - COMMAND;
        if (holder === "" || since < Math.max(heldSince, plan.healAt + GIVEN_UP)) return;
        const due = cursors.findLast((cursor) => cursor.at <= since)?.next ?? 0;
        context.checked();
        const flaws = [
          ...(saved < due ? [`the checkpoint is at ${saved}`] : []),
          ...(trimmed < due ? [`records are trimmed up to ${trimmed}`] : []),
        ];
        if (flaws.length === 0) return;
        context.violated(
          "upkeep",
          `${holder.split(" ")[0]} holds the lease since ${time(heldSince)}, and the cursor was at ${due} by ${time(since)}, but at ${time(at)} ${list(flaws)}.`,
          [],
        );
      },
    };
  },
};

/** Hosts that observe, each with the providers that it looks at. */
function observersOf({ topology }: Plan): { readonly signer: string; readonly domain: string }[] {
  const keepers = topology.filter(({ role }) => role === "replica" || role === "replica-learner");
  const providers = [...new Set(keepers.map(({ domain }) => domain.provider))];
  return keepers.flatMap(({ id, domain: own }) =>
    providers.filter((domain) => domain !== own.provider).map((domain) => ({ signer: id, domain })),
  );
}

export const observersAreHeard: Property = {
  id: "observers-are-heard",
  kind: "eventually",
  sentence: "In the end every observer has said of every other provider that it is healthy.",
  subscribes: ["durable", "host"],
  start(context) {
    const { plan } = context;
    const { observeInterval } = settingsOf(plan.knobs, PIPELINE_DEFAULTS);
    const state = context.view(pipelineState);
    const said = new Map<string, { readonly health: string; readonly event: DurableEvent }>();
    /** Hosts that never return, and providers of such, who are healthy no more. */
    const gone = new Set<string>();
    state.listen((event) => {
      for (const change of state.changes)
        if (change.of === "observation")
          said.set(`${change.signer} ${change.domain}`, { health: change.health, event });
    });
    return {
      subscribes: ["host"],
      on(event) {
        if (event.kind !== "host" || event.phase !== "gone") return;
        gone.add(event.host);
        const spec = plan.topology.find(({ id, role }) => id === event.host && role.startsWith("replica"));
        if (spec !== undefined) gone.add(spec.domain.provider);
      },
      end(at) {
        if (at - plan.healAt < 2 * observeInterval + GIVEN_UP) return;
        for (const { signer, domain } of observersOf(plan)) {
          if (gone.has(signer) || gone.has(domain)) continue;
          const last = said.get(`${signer} ${domain}`);
          context.checked();
          if (last?.health === "healthy") continue;
          const found =
            last === undefined
              ? "was never heard on"
              : `said last ${when(last.event)} that ${last.health} is`;
          context.violated(
            `${signer} on ${domain}`,
            `${signer} ${found} ${domain}, though all was well since ${time(plan.healAt)}.`,
            last === undefined ? [] : [last.event],
          );
        }
      },
    };
  },
};

export const agreedHealthFollows: Property = {
  id: "agreed-health-follows",
  kind: "always",
  sentence:
    "What is agreed on a domain's health is what more than half of those say who spoke of it, and each change of it is one resource event.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(pipelineState);
    const said = new Map<string, Map<string, string>>();
    const agreed = new Map<string, string>();
    state.listen((event) => {
      for (const change of state.changes) {
        if (change.of !== "observation") continue;
        const { domain } = change;
        const bySigner = said.get(domain) ?? new Map<string, string>();
        said.set(domain, bySigner.set(change.signer, change.health));
        const before = agreed.get(domain) ?? "healthy";
        const now = majorityOf([...bySigner.values()]);
        agreed.set(domain, now);
        const view = event.writes.find(({ key }) => key.startsWith("event/"))?.value;
        const expected = now === before ? undefined : `${domain} ${now}`;
        const found =
          fields(view) === undefined ? undefined : `${text(view, "domain")} ${text(view, "health")}`;
        context.checked();
        if (expected === found) continue;
        context.violated(
          domain,
          `With what ${change.signer} said ${when(event)}, ${domain} is ${now} to most, and was ${before}, but the resource event of it is ${found ?? "missing"}.`,
          [event],
        );
      }
    });
    return {};
  },
};

function majorityOf(views: readonly string[]): string {
  for (const view of ["healthy", "lost"])
    if (views.filter((each) => each === view).length * 2 > views.length) return view;
  return "degraded";
}
