/** Faults of the network: packets that are lost, late, twice or out of order, links that are cut or narrow, connections, names. */
import type { LinkEnd, LinkRule, Packet } from "../network.js";
import type { Random } from "../random.js";
import { type Micros, SECOND } from "../time.js";
import { type Placed, selects } from "../topology.js";
import type { Waiting } from "../waiting.js";
import { between, eitherFlag, millis, oneOf, percents, place, THERE } from "./draws.js";
import {
  factor,
  flag,
  lasting,
  link,
  noted,
  ratio,
  type Selector,
  selectors,
  span,
  step,
  whole,
} from "./fields.js";
import { kind } from "./kind.js";
import { always, cutRule, eachHost, type StormedWorld, type Undo } from "./reach.js";

/** What a narrow link's queue holds, in time: a packet that would wait longer is dropped, as routers do. */
const LONGEST_QUEUE: Micros = SECOND;
/** A second copy follows within 50 ms. */
const LATEST_COPY: Micros = 50_000;

const ANY_LINK = { from: place("end"), to: place("end") } as const;
/** From the host where the moment came, or to it. */
const AROUND = [
  { from: "@", to: "*" },
  { from: "*", to: "@" },
] as const;

/** Rules on every link from one set of machines to another. */
function onLinks(
  world: StormedWorld,
  fault: { readonly id: string; readonly from: Selector; readonly to: Selector },
  ruleFor: (link: string) => LinkRule,
): Undo {
  return world.network.addRules((from, to) =>
    selects(fault.from, from) && selects(fault.to, to)
      ? ruleFor(`${fault.id}/${from.stream}→${to.stream}`)
      : undefined,
  );
}

/** As `onLinks`, for rules that strike by draws of their link's own. */
function byChance(
  world: StormedWorld,
  fault: { readonly id: string; readonly from: Selector; readonly to: Selector },
  fired: () => void,
  verb: LinkRule["verb"],
  onSendBy: (random: Random) => LinkRule["onSend"],
): Undo {
  return onLinks(world, fault, (link) => ({ verb, onSend: onSendBy(world.random(`fault/${link}`)), fired }));
}

export const NETWORK_FAULTS = {
  partition: kind({
    does: "nothing passes between two sets of machines, or only one way",
    fired: "a packet was lost by it",
    fields: {
      for: span,
      a: selectors,
      b: noted(selectors, "lists of selectors"),
      oneWay: noted(flag, "true: only from `a` to `b` nothing passes"),
    },
    drawn: { for: millis(500, 10_000), a: place("side"), b: place("others"), oneWay: eitherFlag },
    aimed: {
      at: [
        { a: ["@"], b: ["*"] },
        { a: ["*"], b: ["@"] },
        { a: ["provider/@"], b: ["*"] },
      ],
      length: "past-timeouts",
    },
    begin: (fault, world, fired) => {
      const inA = (machine: Placed) => fault.a.some((selector) => selects(selector, machine));
      const inB = (machine: Placed) => fault.b.some((selector) => selects(selector, machine));
      return world.network.addRules((from, to) => {
        const severed = (inA(from) && inB(to)) || (!fault.oneWay && inB(from) && inA(to));
        return severed ? cutRule(always, fired) : undefined;
      });
    },
  }),
  clog: kind({
    does: "packets on links are held back and all come at once when it ends",
    fired: "a packet was held",
    fields: link,
    drawn: { for: millis(300, 5_000), ...ANY_LINK },
    aimed: { at: AROUND, length: "past-timeouts" },
    begin: (fault, world, fired) =>
      onLinks(world, fault, () => ({
        verb: "hold",
        onSend(outcome) {
          outcome.held = true;
          return true;
        },
        fired,
      })),
  }),
  loss: kind({
    does: "a share of packets is lost",
    fired: "a packet was lost by it",
    fields: { ...link, ratio },
    drawn: { for: millis(1_000, 10_000), ...ANY_LINK, ratio: percents(5, 60) },
    aimed: { at: AROUND },
    begin: (fault, world, fired) =>
      byChance(world, fault, fired, "drop", (random) => (outcome) => {
        const lost = random.chance(fault.ratio);
        if (lost) outcome.dropped = true;
        return lost;
      }),
  }),
  duplication: kind({
    does: "a share of packets comes twice, the copy up to 50 ms later",
    fired: "a packet was sent on with a copy",
    fields: { ...link, ratio },
    drawn: { for: millis(1_000, 10_000), ...ANY_LINK, ratio: percents(5, 60) },
    aimed: { at: AROUND },
    begin: (fault, world, fired) =>
      byChance(world, fault, fired, "change", (random) => (outcome) => {
        const strikes = random.chance(fault.ratio);
        const after = random.below(LATEST_COPY);
        if (!strikes || outcome.copyAfter >= 0) return false;
        outcome.copyAfter = after;
        return true;
      }),
  }),
  reorder: kind({
    does: "a share of packets comes late, behind those sent after it",
    fired: "a packet was sent on late",
    fields: { ...link, ratio, by: noted(span, "at most so much later") },
    drawn: { for: millis(1_000, 10_000), ...ANY_LINK, ratio: percents(5, 60), by: millis(10, 2_000) },
    aimed: { at: AROUND },
    begin: (fault, world, fired) =>
      byChance(world, fault, fired, "change", (random) => (outcome) => {
        const strikes = random.chance(fault.ratio);
        const late = random.between(1, fault.by);
        if (!strikes) return false;
        outcome.overtakes = true;
        outcome.delay += late;
        return true;
      }),
  }),
  "slow-link": kind({
    does: "links take many times as long",
    fired: "a packet was sent on so",
    fields: { ...link, factor },
    drawn: { for: millis(1_000, 10_000), ...ANY_LINK, factor: between(2, 20) },
    aimed: { at: AROUND },
    begin: (fault, world, fired) =>
      onLinks(world, fault, () => ({
        verb: "change",
        onSend(outcome) {
          if (fault.factor <= outcome.factor) return false;
          outcome.factor = fault.factor;
          return true;
        },
        fired,
      })),
  }),
  "flaky-link": kind({
    does: "links are well and dead in turns",
    fired: "a packet was lost by it",
    fields: { ...link, up: step, down: noted(step, "how long each turn lasts; well first") },
    drawn: { for: millis(2_000, 10_000), ...ANY_LINK, up: millis(50, 2_000), down: millis(50, 2_000) },
    aimed: { at: AROUND },
    begin: (fault, world, fired) => {
      const isDead = (): boolean => (world.scheduler.now - fault.at) % (fault.up + fault.down) >= fault.up;
      return onLinks(world, fault, () => cutRule(isDead, fired));
    },
  }),
  bandwidth: kind({
    does: "links carry so few bytes a second that packets queue, and are dropped when the queue is full",
    fired: "a packet had to wait or was dropped",
    fields: { ...link, bytesPerSecond: whole(1, 1_000_000_000_000, "bytes per second") },
    drawn: { for: millis(1_000, 10_000), ...ANY_LINK, bytesPerSecond: oneOf(2_000, 10_000, 50_000) },
    aimed: { at: AROUND },
    begin: (fault, world, fired) =>
      onLinks(world, fault, () => {
        let busyUntil = 0;
        return {
          verb: "change",
          onSend(outcome, packet) {
            const now = world.scheduler.now;
            if (busyUntil < now) busyUntil = now;
            if (busyUntil - now > LONGEST_QUEUE) {
              outcome.dropped = true;
              return true;
            }
            busyUntil += Math.floor((packet.bytes * 1_000_000) / fault.bytesPerSecond);
            outcome.delay += busyUntil - now;
            return busyUntil > now;
          },
          fired,
        };
      }),
  }),
  "connection-reset": kind({
    does: "connections between machines are reset again and again: what is under way on them is lost, and who waits for a reply learns at once that none will come",
    fired: "a packet was lost by it, or somebody waited",
    named: true,
    fields: { ...link, period: noted(step, "between two resets; the first at once") },
    drawn: { for: millis(500, 10_000), ...ANY_LINK, period: millis(50, 3_000) },
    aimed: { at: AROUND },
    begin: (fault, world, fired) => {
      const isMeant = (a: LinkEnd, b: LinkEnd): boolean =>
        a.id !== b.id &&
        ((selects(fault.from, a) && selects(fault.to, b)) ||
          (selects(fault.from, b) && selects(fault.to, a)));
      let isOver = false;
      const again = (): void => {
        if (isOver) return;
        world.network.reset(isMeant, fired);
        world.later(fault.period, again);
      };
      again();
      return () => {
        isOver = true;
      };
    },
  }),
  "half-open": kind({
    does: "one side goes on sending into connections that are no more, until a request times out and it opens a new one",
    fired: "a packet was lost by it",
    named: true,
    fields: link,
    drawn: { for: millis(1_000, 10_000), ...ANY_LINK },
    aimed: { at: AROUND },
    begin: (fault, world, fired) => {
      const lives = new Map(world.machines.map(({ id, lane }) => [id, lane.epoch]));
      /** Pairs of machines that have noticed, and connections that were opened since. */
      const renewed = new Set<string>();
      const onTimeout = ({ from, to }: Waiting): void => {
        renewed.add(`${from} ${to}`).add(`${to} ${from}`);
      };
      world.network.onTimeout.add(onTimeout);
      const isDead = ({ from, to, epoch, epochOfSender, connection }: Packet): boolean => {
        if (lives.get(from.id) !== epochOfSender || lives.get(to.id) !== epoch) return false;
        if (connection === undefined) return !renewed.has(`${from.id} ${to.id}`);
        const key = `${from.id} ${to.id} ${connection.id}`;
        if (connection.opens) renewed.add(key).add(`${to.id} ${from.id} ${connection.id}`);
        return !renewed.has(key);
      };
      const restore = world.network.addRules((a, b) => {
        const meant = selects(fault.from, a) && selects(fault.to, b);
        const back = selects(fault.from, b) && selects(fault.to, a);
        if (!meant && !back) return undefined;
        return {
          verb: "drop",
          onSend(outcome, packet) {
            const dead = isDead(packet) && meant;
            if (dead) outcome.dropped = true;
            return dead;
          },
          fired,
        };
      });
      return () => {
        world.network.onTimeout.delete(onTimeout);
        restore();
      };
    },
  }),
  "dns-failure": kind({
    does: "hosts can't resolve names: they reach only machines to which they have a connection",
    fired: "a packet was lost by it, or a name was not resolved",
    named: true,
    fields: lasting,
    drawn: { for: millis(1_000, 10_000), target: place("host-or-domain") },
    aimed: { at: THERE },
    begin: (fault, world, fired) => {
      const resolve = eachHost(world, fault.target, (machine) => {
        machine.namesFail.push(fired);
        return () => machine.namesFail.splice(machine.namesFail.indexOf(fired), 1);
      });
      const restore = world.network.addRules((from) =>
        from.external || !selects(fault.target, from)
          ? undefined
          : {
              verb: "drop",
              onSend(outcome, packet) {
                const lost = packet.connection === undefined && !world.network.hasConnection(packet);
                if (lost) outcome.dropped = true;
                return lost;
              },
              fired,
            },
      );
      return () => {
        restore();
        resolve();
      };
    },
  }),
};
