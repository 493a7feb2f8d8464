/**
 * Which configuration a service goes by: the one that it said it took, and the former one after a refusal. What it goes by is seen
 * from outside, by how long orders wait between a worker that gave them back and the next one. Not verified: settings that
 * count from the next start on, as sizes of pools.
 */
import { type EventOf, type Micros, SECOND } from "seedstorm";
import { ensure, fields, type Property, time, when } from "seedstorm/check";
import { duration, loadConfig, type OrdersConfig } from "../config.js";
import { CONFIGURATION, checksumOf } from "../configuration-facts.js";
import { configOf, ordersKnobs } from "../knobs.js";
import { backoff } from "../order.js";
import { type OrderChange, orders } from "./rows.js";

/** A worker reads the configuration, and its first write comes to the store so much later at most. */
const BEGUN_WITHIN: Micros = 5 * SECOND;
/** An order that is due is looked for, queued and taken up within so long when all is well. */
const FOUND_WITHIN: Micros = 5 * SECOND;

/** After the storm, until nothing waits any more that it held up. */
const SETTLED_AFTER: Micros = 8 * SECOND;

type StateEvent = EventOf<"state">;

interface InForce {
  readonly config: OrdersConfig;
  readonly since: Micros;
  /** What made it so; undefined for the one that the host began with. */
  readonly event: StateEvent | undefined;
}

/** An order that was given back by a worker, to be taken up again later. */
interface GivenBack {
  readonly at: Micros;
  readonly host: string;
  readonly event: EventOf<"durable">;
  readonly least: Micros;
  readonly most: Micros;
  /** What its worker may have gone by. */
  readonly by: InForce;
}

export const configurationInForce: Property = {
  id: "configuration-in-force",
  kind: "always",
  sentence:
    "A service goes by the configuration that it said it took; one that is none is refused, and leaves the former one in force.",
  subscribes: ["durable", "host", "state"],
  start(context) {
    const { plan } = context;
    const rows = context.view(orders);
    const first = configOf(ordersKnobs(plan.knobs));
    const texts = new Map<number, string>();
    for (const { action, body } of plan.workload) {
      if (action !== "configure") continue;
      const { toml = "" } = body as { readonly toml?: string };
      texts.set(checksumOf(toml), toml);
    }
    /** An upgraded host begins with other settings; where a store is slow to sync, or stands still, it is not known when it wrote. */
    const isJudged = plan.faults.every(
      ({ kind }) =>
        kind !== "upgrade" && !kind.startsWith("disk-") && kind !== "fsync-failure" && kind !== "pause",
    );
    /** What each host has gone by in its present life, the newest last. */
    const hosts = new Map<string, InForce[]>();
    const claimed = new Map<string, Micros>();
    const givenBack = new Map<string, GivenBack>();
    /** From when on nothing has held anybody up. */
    let quietFrom: Micros = plan.faults.length === 0 ? 0 : plan.healAt + SETTLED_AFTER;

    const of = (host: string): InForce[] =>
      ensure(hosts, host, () => [{ config: first, since: 0, event: undefined }]);

    function answered(event: StateEvent): void {
      const text = texts.get(Number(fields(event.detail)?.text));
      const loaded = text === undefined ? undefined : loadConfig(text);
      context.checked();
      if (event.to === "taken" && loaded?.ok === true) {
        of(event.host).push({ config: loaded.config, since: event.at, event });
      } else if ((event.to === "taken") !== (loaded?.ok === true)) {
        const what = loaded === undefined ? "nobody sent" : loaded.ok ? "makes sense" : "makes no sense";
        context.violated(
          event.host,
          `${event.host} has ${event.to} ${when(event)} a configuration that ${what}.`,
          [event],
        );
      }
    }

    /** What a worker may have gone by that took an order up at this time. */
    function goneBy(host: string, at: Micros): readonly InForce[] {
      const all = of(host);
      return all.filter((one, i) => one.since <= at && (all[i + 1]?.since ?? at) >= at - BEGUN_WITHIN);
    }

    function gaveBack({ order, before, after }: OrderChange, event: EventOf<"durable">): void {
      givenBack.delete(order.id);
      if (before === undefined || before.holder === "" || after.holder !== "") return;
      if (after.attempts === before.attempts || after.state === "payment-failed") return;
      const host = hostOf(before.holder);
      const by = goneBy(host, claimed.get(order.id) ?? event.at);
      const pauses = by.map(({ config }) =>
        backoff(duration(config.services.payment.first_backoff), after.attempts),
      );
      const jitter = Math.max(...by.map(({ config }) => config.services.payment.jitter));
      const longest = Math.max(...pauses);
      const newest = by.at(-1);
      if (newest === undefined) return;
      givenBack.set(order.id, {
        at: event.at,
        host,
        event,
        least: Math.min(...pauses),
        most: longest + Math.floor((longest * jitter) / 100),
        by: newest,
      });
    }

    function tookUp({ order, before, after }: OrderChange, event: EventOf<"durable">): void {
      if (after.holder === "" || before?.holder === after.holder) return;
      claimed.set(order.id, event.at);
      const given = givenBack.get(order.id);
      givenBack.delete(order.id);
      if (given === undefined || !isJudged) return;
      context.checked();
      const { at, host, least, most, by } = given;
      const waited = event.at - at;
      // Clocks may go wrong by a twentieth.
      const isEarly = waited < least - Math.floor(least / 10);
      const isLate = at > quietFrom && waited > most + Math.floor(most / 10) + FOUND_WITHIN;
      if (!isEarly && !isLate) return;
      const which =
        by.event === undefined
          ? "the configuration that it began with"
          : `the configuration that it took ${when(by.event)}`;
      context.violated(
        order.id,
        `${host} gave ${order.id} back ${when(given.event)} after a failed payment, and it was taken up again ${when(event)}, after ${time(waited)}: by ${which} it was to wait ${time(least)} at least and ${time(most)} at most.`,
        [...(by.event === undefined ? [] : [by.event]), given.event, event],
      );
    }

    return {
      on(event) {
        if (event.kind === "host") {
          if (event.phase !== "boot") quietFrom = Math.max(quietFrom, event.at);
          if (event.phase === "crash") hosts.delete(event.host);
        } else if (event.kind === "state") {
          if (event.entity === CONFIGURATION) answered(event);
        } else if (event.kind === "durable") {
          for (const change of rows.changes) {
            tookUp(change, event);
            gaveBack(change, event);
          }
        }
      },
    };
  },
};

/** A holder is a worker in one life of a host: `orders-1/1/7`. */
const hostOf = (holder: string): string => holder.slice(0, holder.indexOf("/"));
