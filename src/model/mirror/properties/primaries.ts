/**
 * Who is primary: in the end each grain has one, which the directory names and which takes writes under that epoch; a primary is
 * replaced only for a cause, and one that is really gone is replaced; a grain is taken out when all of it is in the log.
 *
 * Read from the directory's own writes, from what clusters say that they are, and from which hosts are up. Not verified: how long
 * it takes to replace a primary while anything else is wrong.
 */
import { type EventOf, type Micros, type Plan, SECOND, selects, settingsOf } from "seedstorm";
import { list, type Property, time, when, whole } from "seedstorm/check";
import { grainIds } from "../grain.js";
import { MIRROR_DEFAULTS } from "../knobs.js";
import { type DurableEvent, mirrorState, placeOfGrain } from "./state.js";
import { opinionsOf } from "./whereabouts.js";

interface Placed {
  /** Undefined: taken out. */
  readonly cluster: string | undefined;
  readonly epoch: number;
  readonly event: DurableEvent;
}

/** A look at the directory, a claim and an activation, with their answers. */
const SETTLING: Micros = 5 * SECOND;

export const everyGrainHasItsPrimary: Property = {
  id: "every-grain-has-its-primary",
  kind: "eventually",
  sentence:
    "In the end each grain stands in the directory, and the cluster that stands there, and no other, is active under that epoch.",
  subscribes: ["durable", "state", "host"],
  start(context) {
    const { plan } = context;
    const state = context.view(mirrorState);
    const placed = new Map<string, Placed>();
    /** By `grain@host`: the epoch under which it is active. */
    const active = new Map<string, number>();

    function judge(grain: string, at: Micros): void {
      const entry = placed.get(grain);
      if (entry !== undefined && at - entry.event.at < SETTLING) return;
      context.checked();
      if (entry?.cluster === undefined) {
        const since = entry === undefined ? "was never registered" : `was taken out ${when(entry.event)}`;
        context.violated(
          grain,
          `${grain} ${since}, and at ${time(at)} it has no primary.`,
          entry === undefined ? [] : [entry.event],
        );
        return;
      }
      const who = [...active].filter(([name]) => placeOfGrain(name).grain === grain);
      const sound =
        who.length === 1 && who[0]?.[0] === `${grain}@${entry.cluster}` && who[0][1] === entry.epoch;
      if (sound) return;
      const found = who.map(([name, epoch]) => `${placeOfGrain(name).host} under epoch ${epoch}`);
      context.violated(
        grain,
        `The directory has ${entry.cluster} with epoch ${entry.epoch} for ${grain} since ${when(entry.event)}, but at ${time(at)} those that are active are ${list(found)}.`,
        [entry.event],
      );
    }

    return {
      on(event) {
        if (event.kind === "durable") {
          for (const change of state.changes)
            if (change.of === "placed")
              placed.set(change.grain, { cluster: change.cluster, epoch: change.epoch, event });
        } else if (event.kind === "host") {
          if (event.phase !== "crash") return;
          for (const name of [...active.keys()])
            if (placeOfGrain(name).host === event.host) active.delete(name);
        } else if (event.kind === "state" && event.entity === "grain") {
          if (event.to === "primary") active.set(event.name, whole(event.detail, "epoch") ?? 0);
          else active.delete(event.name);
        }
      },
      end(at) {
        if (at - plan.healAt < 2 * SETTLING) return;
        for (const grain of grainIds(settingsOf(plan.knobs, MIRROR_DEFAULTS).grains)) judge(grain, at);
      },
    };
  },
};

export const takeoversHaveCauses: Property = {
  id: "takeovers-have-causes",
  kind: "always",
  sentence:
    "A grain is taken over only by a cluster that could not reach its primary for the grace, which it can when all is well; a grain that was taken out is registered again at home.",
  subscribes: ["durable", "state", "host"],
  start(context) {
    const { plan } = context;
    const { grace, checkInterval } = settingsOf(plan.knobs, MIRROR_DEFAULTS);
    const state = context.view(mirrorState);
    const home = plan.topology.find(({ role }) => role === "cluster")?.id ?? "";
    /** Of a plan without faults all is well from the beginning. */
    const wellFrom =
      plan.faults.length === 0 && plan.knobs.buggify !== true ? 0 : plan.healAt + grace + 2 * SECOND;
    /** The first missed answer comes two checks after the last answer. Clocks may run fast by a tenth. */
    const shortest = Math.floor(((grace - 2 * checkInterval) * 9) / 10);
    const placed = new Map<string, Placed>();
    /** By `primary@watcher`: since when it is out of reach. */
    const unreachable = new Map<string, EventOf<"state">>();
    /** And how it was when the watcher set about to take over: what it asks of the directory may come late. */
    const promoting = new Map<
      string,
      { readonly missed: EventOf<"state">; readonly event: EventOf<"state"> }
    >();

    function judge(grain: string, before: Placed | undefined, cluster: string, event: DurableEvent): void {
      context.checked();
      const from = before?.cluster;
      if (from === undefined) {
        if (cluster === home) return;
        context.violated(
          grain,
          `${grain}, which nobody had, was registered by ${cluster} ${when(event)}, and not by ${home}.`,
          [event],
        );
        return;
      }
      if (from === cluster) return;
      const claim = promoting.get(`${from}@${cluster}`);
      const evidence = before === undefined ? [event] : [before.event, event];
      const waited = claim === undefined ? 0 : claim.event.at - claim.missed.at;
      if (claim === undefined || event.at - claim.event.at > LATEST_CLAIM) {
        context.violated(
          grain,
          `${cluster} took ${grain} from ${from} ${when(event)}, which it could reach.`,
          evidence,
        );
      } else if (waited < shortest && !hasFastClocks(plan)) {
        context.violated(
          grain,
          `${cluster} took ${grain} from ${from} ${when(event)}, which it could not reach for ${time(waited)} only: the grace is ${time(grace)}.`,
          [claim.missed, claim.event, event],
        );
      } else if (event.at > wellFrom) {
        context.violated(
          grain,
          `${cluster} took ${grain} from ${from} ${when(event)}, when all had been well since ${time(plan.healAt)}.`,
          evidence,
        );
      }
    }

    return {
      on(event) {
        if (event.kind === "durable") {
          for (const change of state.changes) {
            if (change.of !== "placed") continue;
            const { grain, cluster, epoch } = change;
            const before = placed.get(grain);
            // A directory that begins a life records what it finds.
            if (before?.epoch === epoch && before.cluster === cluster) continue;
            placed.set(grain, { cluster, epoch, event });
            // What it finds at its start may have been claimed at any time before.
            if (cluster !== undefined && event.txn > 1) judge(grain, before, cluster, event);
          }
        } else if (event.kind === "host") {
          if (event.phase !== "crash") return;
          for (const name of [...unreachable.keys()])
            if (placeOfGrain(name).host === event.host) unreachable.delete(name);
        } else if (event.kind === "state" && event.entity === "failover") {
          if (event.to === "monitoring") unreachable.delete(event.name);
          else if (event.to === "promoting") {
            const missed = unreachable.get(event.name);
            if (missed !== undefined) promoting.set(event.name, { missed, event });
          } else if (!unreachable.has(event.name)) unreachable.set(event.name, event);
        }
      },
    };
  },
};

/** Links that are clogged and a directory that stands still hold a claim up for so long at most. */
const LATEST_CLAIM: Micros = 30 * SECOND;

/** Whether clocks may count a grace that has not passed. */
const hasFastClocks = ({ faults }: Plan): boolean => faults.some(({ kind }) => kind.startsWith("clock-"));

export const lostPrimaryIsReplaced: Property = {
  id: "lost-primary-is-replaced",
  kind: "eventually",
  sentence:
    "A primary that is down for longer than the grace is replaced by another cluster, if nothing else is wrong meanwhile.",
  subscribes: ["durable", "host", "fault", "state"],
  start(context) {
    const { plan } = context;
    const { grace, checkInterval, controlTimeout } = settingsOf(plan.knobs, MIRROR_DEFAULTS);
    /** Missed pings, the grace, a look at the log, the claim. */
    const bound = grace + 4 * checkInterval + 3 * controlTimeout + 2 * SECOND;
    const state = context.view(mirrorState);
    const placed = new Map<string, Placed>();
    const faulty = new Map<string, readonly string[]>();
    /** Hosts that are down, with the event since which nothing else has been wrong; undefined once something was. */
    const down = new Map<string, EventOf<"host"> | undefined>();

    let last = -1;

    const onlyOthers = (host: string): boolean =>
      [...faulty.values()].some((hosts) => hosts.some((each) => each !== host)) || down.size > 1;

    function look(at: Micros): void {
      for (const [host, since] of down) {
        if (since === undefined) continue;
        if (onlyOthers(host)) {
          down.set(host, undefined);
          continue;
        }
        if (at - since.at <= bound) continue;
        down.set(host, undefined);
        const left = [...placed].filter(([, entry]) => entry.cluster === host).map(([grain]) => grain);
        context.checked();
        if (left.length === 0) continue;
        context.violated(
          host,
          `${host} went down ${when(since)}, nothing else was wrong, and by ${time(at)} nobody had taken ${list(left)} over: ${opinionsOf(context, last, host)}.`,
          [since],
        );
      }
    }

    return {
      on(event) {
        last = event.id;
        look(event.at);
        if (event.kind === "durable") {
          for (const change of state.changes)
            if (change.of === "placed")
              placed.set(change.grain, { cluster: change.cluster, epoch: change.epoch, event });
        } else if (event.kind === "fault") {
          if (event.phase === "start") faulty.set(event.fault, hostsOf(plan, event.there ?? event.target));
          else if (event.phase === "end") faulty.delete(event.fault);
        } else if (event.kind === "host") {
          const isDown = event.phase === "crash" || event.phase === "pause";
          if (isDown && isCluster(plan, event.host))
            down.set(event.host, onlyOthers(event.host) ? undefined : event);
          else down.delete(event.host);
          if (isDown && !isCluster(plan, event.host))
            for (const host of down.keys()) down.set(host, undefined);
        }
      },
    };
  },
};

const isCluster = ({ topology }: Plan, host: string): boolean =>
  topology.some(({ id, role }) => id === host && role === "cluster");

/** Hosts that a fault is about; one about links is about somebody that is no host. */
function hostsOf({ topology }: Plan, target: string): readonly string[] {
  const hosts = topology
    .filter(({ id, domain }) => selects(target, { id, domain, external: false }))
    .map(({ id }) => id);
  return hosts.length === 0 ? [target] : hosts;
}

/** A grain that was taken out, and the last that its primary had handled. */
interface Retired {
  readonly grain: string;
  readonly cluster: string;
  readonly last: EventOf<"publish">;
  readonly event: DurableEvent;
}

export const retiredGrainIsInTheLog: Property = {
  id: "retired-grain-is-in-the-log",
  kind: "always",
  sentence: "When a grain is taken out of the directory, all that its primary has handled is in the log.",
  subscribes: ["durable", "publish", "host", "state"],
  start(context) {
    const state = context.view(mirrorState);
    const placed = new Map<string, Placed>();
    const handled = new Map<string, EventOf<"publish">>();
    /** Found by a directory that began a life: the log, which may have gone down with it, has yet to tell what it found. */
    const found: Retired[] = [];

    function judge({ grain, cluster, last, event }: Retired): void {
      const { newest, rows } = state.log(grain);
      const epoch = Number(last.deliveryId);
      context.checked();
      const isThere = rows.some(
        (row) => row.epoch === epoch && row.type !== "other" && row.sequence >= last.sequence,
      );
      if (isThere) return;
      context.violated(
        grain,
        `${grain} was taken out of the directory ${when(event)}, but sequence ${last.sequence}, which ${cluster} had handled ${when(last)}, is not in the log, which ends at ${newest?.sequence ?? 0}.`,
        [last, event],
      );
    }

    return {
      on(event) {
        if (event.kind === "publish")
          handled.set(`${event.stream}@${event.host}`, event as EventOf<"publish">);
        else if (event.kind === "host") {
          if (event.phase !== "crash") return;
          for (const name of [...handled.keys()])
            if (placeOfGrain(name).host === event.host) handled.delete(name);
        } else if (event.kind === "state") {
          if (event.entity === "grain" && event.to === "replica") handled.delete(event.name);
        } else if (event.kind === "durable") {
          for (const change of state.changes) {
            if (change.of !== "placed") continue;
            const { grain, cluster, epoch } = change;
            const before = placed.get(grain);
            placed.set(grain, { cluster, epoch, event });
            if (cluster !== undefined || before?.cluster === undefined) continue;
            const last = handled.get(`${grain}@${before.cluster}`);
            if (last === undefined || Number(last.deliveryId) !== before.epoch) continue;
            const retired = { grain, cluster: before.cluster, last, event };
            if (event.txn === 1) found.push(retired);
            else judge(retired);
          }
        }
      },
      end() {
        for (const retired of found) judge(retired);
      },
    };
  },
};
