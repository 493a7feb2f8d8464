/**
 * What the auditor writes down: each finding is true, and what has differed for long is found, and cleared when it is so no more.
 *
 * The truth is worked out here from what is desired and from what the cloud says that it applied, with each change of either.
 * Deployments that a run has to itself are left out, as the auditor leaves them out. Not verified: findings of audits that take
 * longer than a few seconds, and what changes shortly before the end.
 */
import { type HistoryEvent, type Micros, type Plan, SECOND, settingsOf } from "seedstorm";
import { type Check, fields, type Property, same, text, time, type ViewKind, when } from "seedstorm/check";
import { SAGA_DEFAULTS } from "../knobs.js";
import { type CloudState, cloudState } from "./cloud-state.js";
import { type SagaState, sagaState } from "./state.js";

const PREFIX = "drift/";

/** One thing that differs: `drift/DEPLOYMENT/RESOURCE`, and how. */
interface Difference {
  readonly how: string;
  readonly since: Micros;
  /** Undefined while it is so. */
  until: Micros | undefined;
}

class Differences implements Check {
  /** By key: what differs, and what differed last. */
  readonly all = new Map<string, Difference>();
  /** Deployments that a run has had lately, and when. */
  readonly busy = new Map<string, Micros>();
  readonly #state: SagaState;
  readonly #cloud: CloudState;
  #version = -1;

  constructor(state: SagaState, cloud: CloudState) {
    this.#state = state;
    this.#cloud = cloud;
  }

  on(event: HistoryEvent): void {
    const isNews =
      event.kind === "durable"
        ? this.#state.written.some((key) => key.startsWith("provisioned/") || key.startsWith("deployment/"))
        : this.#cloud.version !== this.#version;
    if (!isNews) return;
    this.#version = this.#cloud.version;
    for (const key of this.#state.written)
      if (key.startsWith("deployment/")) this.busy.set(key.slice("deployment/".length), event.at);
    const now = this.#now();
    for (const [key, how] of now) {
      const known = this.all.get(key);
      if (known === undefined || known.until !== undefined || known.how !== how)
        this.all.set(key, { how, since: event.at, until: undefined });
    }
    for (const [key, difference] of this.all) {
      if (!now.has(key)) difference.until ??= event.at;
    }
  }

  #now(): Map<string, string> {
    const found = new Map<string, string>();
    const rest = new Map(this.#cloud.resources);
    for (const [key, row] of this.#state.rows) {
      if (!key.startsWith("provisioned/")) continue;
      const resource = text(row, "resource");
      const actual = rest.get(resource);
      rest.delete(resource);
      const place = `${PREFIX}${text(row, "deploymentId")}/${resource}`;
      if (actual === undefined) found.set(place, "missing");
      else if (!same(actual.spec, fields(row.spec))) found.set(place, "different");
    }
    for (const { id, deployment } of rest.values()) found.set(`${PREFIX}${deployment}/${id}`, "undesired");
    return found;
  }
}

const differences: ViewKind<Differences> = {
  subscribes: ["durable", "external"],
  start: (context) => new Differences(context.view(sagaState), context.view(cloudState)),
};

/** From the first look to the last an audit takes no longer. */
const LONGEST_AUDIT: Micros = 8 * SECOND;

export const driftIsTrue: Property = {
  id: "drift-is-true",
  kind: "always",
  sentence: "What the auditor writes down as drift was so while it looked.",
  subscribes: ["durable", "external"],
  start(context) {
    const state = context.view(sagaState);
    const { all } = context.view(differences);
    return {
      subscribes: ["durable"],
      on(event) {
        if (event.kind !== "durable") return;
        for (const key of state.written) {
          if (!key.startsWith(PREFIX)) continue;
          const row = state.rows.get(key);
          if (row === undefined) continue;
          const difference = all.get(key);
          const how = text(row, "drift");
          context.checked();
          const wasSo =
            difference?.how === how &&
            (difference.until === undefined || event.at - difference.until <= LONGEST_AUDIT);
          if (wasSo) continue;
          const truth =
            difference === undefined
              ? "it never differed"
              : `it was ${difference.how} since ${time(difference.since)}${difference.until === undefined ? "" : ` and until ${time(difference.until)}`}`;
          context.violated(
            key,
            `The auditor wrote ${key.slice(PREFIX.length)} down as ${how} ${when(event)}, but ${truth}.`,
            [event],
          );
        }
      },
    };
  },
};

export const driftIsReported: Property = {
  id: "drift-is-reported",
  kind: "eventually",
  sentence: "When all is quiet the auditor's findings are what differs, no less and no more.",
  subscribes: ["durable", "external"],
  start(context) {
    const { plan } = context;
    const state = context.view(sagaState);
    const { all, busy } = context.view(differences);
    const patience = 2 * settingsOf(plan.knobs, SAGA_DEFAULTS).auditInterval + LONGEST_AUDIT;
    return {
      subscribes: [],
      end(at) {
        if (!hasAuditor(plan)) return;
        const youngest = at - patience;
        if (youngest < plan.healAt) return;
        const isOld = (difference: Difference | undefined): boolean =>
          difference === undefined || (difference.until ?? difference.since) <= youngest;
        const isQuiet = (key: string): boolean => {
          const deployment = key.split("/")[1] ?? "";
          return !state.rows.has(`deployment/${deployment}`) && (busy.get(deployment) ?? 0) <= youngest;
        };
        for (const [key, difference] of all) {
          if (difference.until !== undefined || !isOld(difference) || !isQuiet(key)) continue;
          context.checked();
          if (text(state.rows.get(key), "drift") === difference.how) continue;
          context.violated(
            key,
            `${key.slice(PREFIX.length)} is ${difference.how} since ${time(difference.since)}, and by ${time(at)} the auditor had not written that down.`,
            [],
          );
        }
        for (const [key, row] of state.rows) {
          if (!key.startsWith(PREFIX)) continue;
          const difference = all.get(key);
          if (!isOld(difference) || !isQuiet(key)) continue;
          context.checked();
          if (difference !== undefined && difference.until === undefined) continue;
          context.violated(
            key,
            `${key.slice(PREFIX.length)} stands as ${text(row, "drift")} in the auditor's findings when the run is over, though it has not differed since ${time(difference?.until ?? 0)}.`,
            [],
          );
        }
      },
    };
  },
};

const hasAuditor = (plan: Plan): boolean => plan.topology.some(({ role }) => role === "auditor");
