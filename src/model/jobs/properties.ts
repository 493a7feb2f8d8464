/** What the clients of the job service are promised. Not verified: how long a job takes while nothing is wrong. */
import { type EventOf, type Micros, SECOND } from "seedstorm";
import { type Property, text, time, when } from "seedstorm/check";
import { ENTITY } from "../actors/facts.js";
import { leaveIsUsed } from "../actors/properties/breaker-use.js";
import { about, LIFE, Lives, type StateEvent } from "../actors/properties/lives.js";
import { BREAKER, JOB_TIMEOUT } from "./config.js";
import { MILL } from "./mill.js";

export const jobsDone: Property = {
  id: "jobs-done-is-done",
  kind: "always",
  sentence: "A job that is said to be done has been cut and polished by the mill.",
  subscribes: ["client", "external"],
  start(context) {
    const applied = new Set<string>();
    return {
      on(event) {
        if (event.kind === "external") {
          if (event.service === MILL && event.phase === "applied") applied.add(event.token);
          return;
        }
        if (event.kind !== "client" || event.phase !== "ok" || text(event.value, "status") !== "done") return;
        context.checked();
        const missing = ["cut", "polish"].filter((step) => !applied.has(`${event.key}:${step}`));
        if (missing.length === 0) return;
        context.violated(
          event.key,
          `${event.key} was said to be done ${when(event)} without ${missing[0]}.`,
          [event],
        );
      },
    };
  },
};

/** So long after the heal whatever was left of the storm is worked off, breakers and pools are as usual. */
const SETTLED: Micros = 10 * SECOND;

export const quietJobsDone: Property = {
  id: "jobs-done-when-quiet",
  kind: "eventually",
  sentence: "A job that is asked for once all is well is done or declined, unless it is poison.",
  subscribes: ["client"],
  start(context) {
    const calls = new Map<string, EventOf<"client">>();
    const from = context.plan.healAt + SETTLED;
    return {
      on(event) {
        if (event.kind !== "client" || event.operation !== "submit" || event.at < from) return;
        if (event.phase === "call") {
          if (text(event.value, "kind") !== "poison") calls.set(event.requestId, event);
          return;
        }
        const call = calls.get(event.requestId);
        if (call === undefined) return;
        calls.delete(event.requestId);
        context.checked();
        if (event.phase === "ok") return;
        const status = text(event.value, "status");
        context.violated(
          event.key,
          `${event.key} was asked for ${when(call)} with all well, and was ${status} ${when(event)}.`,
          [call, event],
        );
      },
      end() {
        for (const call of calls.values())
          context.violated(
            call.key,
            `${call.key} was asked for ${when(call)} with all well, and came to nothing.`,
            [call],
          );
      },
    };
  },
};

/** A clock may be slow by a twentieth. */
const RETURN_SLACK: Micros = SECOND;

export const actorsReturned: Property = {
  id: "jobs-return-actors",
  kind: "eventually",
  sentence: "Who borrows a job actor gives it back once a job's time is over, however the job has ended.",
  subscribes: LIFE,
  start(context) {
    const lives = new Lives<Map<string, StateEvent>>(() => new Map());
    return {
      on(event) {
        const lent = lives.of(event);
        const lease = about(event, ENTITY.lease);
        if (lease === undefined) return;
        if (lease.to === "lent") lent.set(lease.name, lease);
        else lent.delete(lease.name);
        context.checked();
      },
      end(at) {
        for (const lent of lives.all()) {
          for (const lease of lent.values()) {
            const until = Math.max(lease.at, context.plan.healAt) + JOB_TIMEOUT + RETURN_SLACK;
            if (until > at) continue;
            context.violated(
              `${lease.host} ${lease.name}`,
              `A job actor was lent ${when(lease)} as ${lease.name}, and at ${time(at)} nobody has given it back.`,
              [lease],
            );
          }
        }
      },
    };
  },
};

export const jobProperties: readonly Property[] = [
  jobsDone,
  quietJobsDone,
  actorsReturned,
  leaveIsUsed(new Map([[BREAKER.name, MILL]])),
];
