/**
 * The storm: every kind of fault, as data, and what each does to the world. To add a kind, add it to the union
 * and to `EFFECTS`; the compiler names whatever else has to know of it.
 *
 * Verbs come in pairs: what lasts has a `for`, after which it is undone. What is damaged on a disk, or jumped on
 * a clock, stays. A fault has *fired* once it did something that code under test could notice: a loss that met
 * no packet, a crash of a host that was down, prove nothing, and campaigns count them apart.
 */
import type { ClockError, MachineClock } from "./clock.js";
import type { ExternalTrouble } from "./external.js";
import type { Machine } from "./machine.js";
import type { LinkRule, PacketOutcome } from "./network.js";
import type { Random } from "./random.js";
import { type Micros, SECOND } from "./time.js";
import { selects } from "./topology.js";
import type { World } from "./world.js";

/**
 * A set of machines: a host's id, `provider/NAME`, `region/PROVIDER/NAME`, `zone/PROVIDER/REGION/NAME`,
 * `external/NAME` for a service, or `*` for every host. In a fault that is aimed at a moment, `@` is the host where the
 * moment came, and `provider/@`, `region/@` and `zone/@` are the places around it.
 */
export type Selector = string;

/** Aims a fault at a moment. */
export interface Trigger {
  /** Its id, among those of the world and of the system under test. */
  readonly moment: string;
  /** Which occurrence of it, at any host, counted from the fault's `at` on; from 1. */
  readonly nth: number;
  /** How long after it the fault begins. */
  readonly after: Micros;
}

interface Fallible<K extends string> {
  readonly kind: K;
  /** Unique within the plan and stable when other faults are taken out: the fault's own draws are forked by it. */
  readonly id: string;
  /** When it begins, in virtual microseconds; for one that is aimed, from when on its moment is waited for. */
  readonly at: Micros;
  /**
   * Begins after this moment instead of at `at`. One that would not be over by the plan's `healAt` does not begin at all.
   */
  readonly trigger?: Trigger;
}

interface Lasting<K extends string> extends Fallible<K> {
  /** How long until it is undone. */
  readonly for: Micros;
}

interface OnLink<K extends string> extends Lasting<K> {
  /** One way only: packets from these machines … */
  readonly from: Selector;
  /** … to those. */
  readonly to: Selector;
}

interface OnMachine<K extends string> extends Lasting<K> {
  readonly target: Selector;
}

/** The hosts lose power, lose what was not fsynced, and restart after `for`. */
export type Crash = OnMachine<"crash">;
/** The hosts stand still; their clocks go on. */
export type Pause = OnMachine<"pause">;
/** One host crashes just before or just after its `point`-th durable write or external call, counted from `at`. */
export interface CrashPoint extends OnMachine<"crash-point"> {
  readonly point: number;
  readonly side: "before" | "after";
}
/** All hosts of a provider, region or zone lose power, and the external services there are cut off. */
export type DomainLoss = OnMachine<"domain-loss">;

/** Nothing passes from `a` to `b`, nor back unless it is one-way. Isolating one, splitting in two, bridges: all are partitions. */
export interface Partition extends Lasting<"partition"> {
  readonly a: readonly Selector[];
  readonly b: readonly Selector[];
  readonly oneWay: boolean;
}
/** Packets are held back, and all sent on when it ends. */
export type Clog = OnLink<"clog">;
export interface Loss extends OnLink<"loss"> {
  /** Share of packets, in [0, 1]. */
  readonly ratio: number;
}
export interface Duplication extends OnLink<"duplication"> {
  readonly ratio: number;
}
export interface Reorder extends OnLink<"reorder"> {
  readonly ratio: number;
  /** At most so much later than it would have come. */
  readonly by: Micros;
}
export interface SlowLink extends OnLink<"slow-link"> {
  /** Latencies are multiplied by this. */
  readonly factor: number;
}
/** In turns well for `up` and dead for `down`. */
export interface FlakyLink extends OnLink<"flaky-link"> {
  readonly up: Micros;
  readonly down: Micros;
}
export interface Bandwidth extends OnLink<"bandwidth"> {
  readonly bytesPerSecond: number;
}

/** A bit flips in a stored sector. */
export type BitRot = Fallible<"bit-rot"> & { readonly target: Selector };
/** The next write lands somewhere else on the disk. */
export type MisdirectedWrite = Fallible<"misdirected-write"> & { readonly target: Selector };
/** A sector can't be read until it is written again. */
export type LatentSectorError = Fallible<"latent-sector-error"> & { readonly target: Selector };
/** The next fsync fails, and its pages are clean and gone. */
export type FsyncFailure = Fallible<"fsync-failure"> & { readonly target: Selector };
export type DiskFull = OnMachine<"disk-full">;
export interface DiskSlow extends OnMachine<"disk-slow"> {
  readonly factor: number;
}
/** Disk operations wait until it ends. */
export type DiskStall = OnMachine<"disk-stall">;
/** The host goes down and comes back with an empty disk. */
export type DiskWipe = OnMachine<"disk-wipe">;

/** The wall clock is off by so much while it lasts. */
export interface ClockSkew extends OnMachine<"clock-skew"> {
  readonly by: Micros;
}
/** The clock runs fast, or slow when negative, by parts per million. */
export interface ClockDrift extends OnMachine<"clock-drift"> {
  readonly ppm: number;
}
/** The wall clock jumps, either way, for good. */
export type ClockJump = Fallible<"clock-jump"> & { readonly target: Selector; readonly by: Micros };
/** The wall clock flips to and fro every `period`. */
export interface ClockStrobe extends OnMachine<"clock-strobe"> {
  readonly by: Micros;
  readonly period: Micros;
}
export type ClockFreeze = OnMachine<"clock-freeze">;

/** Answers take `factor` times as long. */
export interface ExternalSlow extends OnMachine<"external-slow"> {
  readonly factor: number;
}
/** A share of calls is refused and not applied. */
export interface ExternalErrors extends OnMachine<"external-errors"> {
  readonly ratio: number;
}
/** A share of calls is never answered and not applied. */
export interface ExternalHang extends OnMachine<"external-hang"> {
  readonly ratio: number;
}
/** A share of calls is applied and never answered. */
export interface ExternalLostReply extends OnMachine<"external-lost-reply"> {
  readonly ratio: number;
}

export type Fault =
  | Crash
  | Pause
  | CrashPoint
  | DomainLoss
  | Partition
  | Clog
  | Loss
  | Duplication
  | Reorder
  | SlowLink
  | FlakyLink
  | Bandwidth
  | BitRot
  | MisdirectedWrite
  | LatentSectorError
  | FsyncFailure
  | DiskFull
  | DiskSlow
  | DiskStall
  | DiskWipe
  | ClockSkew
  | ClockDrift
  | ClockJump
  | ClockStrobe
  | ClockFreeze
  | ExternalSlow
  | ExternalErrors
  | ExternalHang
  | ExternalLostReply;

export type FaultKind = Fault["kind"];
export type FaultOf<K extends FaultKind> = Extract<Fault, { readonly kind: K }>;

/** Undoes a fault. */
type Undo = () => void;

interface Effect<K extends FaultKind> {
  /** One sentence for `seedstorm list`. */
  readonly does: string;
  /** Lets it loose. `fired` may be called as often as it likes. Returns how to undo it, if it can be undone. */
  begin(fault: FaultOf<K>, world: World, fired: () => void): Undo | undefined;
}

/** All machines that a selector means; hosts and services. */
function targets(world: World, selector: Selector): Machine[] {
  return world.machines.filter((machine) => selects(selector, machine));
}

/** Does something to each host that a selector means, and undoes it in the same order. */
function eachHost(world: World, selector: Selector, begin: (machine: Machine) => Undo | undefined): Undo {
  const undos = targets(world, selector)
    .filter((machine) => !machine.external)
    .map(begin);
  return () => {
    for (const undo of undos) undo?.();
  };
}

function takeDown(machine: Machine, fired: () => void): Undo {
  if (machine.takeDown()) fired();
  return () => machine.bringUp();
}

/** Damages the disk of each host that a fault means, for good, by draws of the host's own. */
function eachDisk(
  world: World,
  fault: BitRot | MisdirectedWrite | LatentSectorError,
  damage: (disk: Machine["disk"], random: Random) => void,
): Undo {
  return eachHost(world, fault.target, (machine) => {
    damage(machine.disk, world.random(`fault/${fault.id}/${machine.stream}`));
    return undefined;
  });
}

/** Rules on every link from one set of machines to another. */
function onLinks(
  world: World,
  fault: Clog | Loss | Duplication | Reorder | SlowLink | FlakyLink | Bandwidth,
  ruleFor: (link: string) => LinkRule,
): Undo {
  return world.network.addRules((from, to) =>
    selects(fault.from, from) && selects(fault.to, to)
      ? ruleFor(`${fault.id}/${from.stream}→${to.stream}`)
      : undefined,
  );
}

function cutRule(isCut: () => boolean, fired: () => void): LinkRule {
  return {
    verb: "drop",
    onSend(outcome: PacketOutcome): boolean {
      const dead = isCut();
      if (dead) outcome.dropped = true;
      return dead;
    },
    fired,
    cut: isCut,
  };
}

const always = (): boolean => true;

/** What a narrow link's queue holds, in time: a packet that would wait longer is dropped, as routers do. */
const LONGEST_QUEUE: Micros = SECOND;
/** A second copy follows within 50 ms. */
const LATEST_COPY: Micros = 50_000;

/** Puts a trouble on the external services that a selector means. */
function onServices(
  world: World,
  fault: ExternalSlow | ExternalErrors | ExternalHang | ExternalLostReply,
  kind: ExternalTrouble["kind"],
  degree: number,
  fired: () => void,
): Undo {
  const undos = world.services
    .filter(({ machine }) => selects(fault.target, machine))
    .map(({ service, machine }) => {
      const random = world.random(`fault/${fault.id}/${machine.stream}`);
      const trouble: ExternalTrouble = { kind, degree, random, fired };
      service.troubles.add(trouble);
      return () => service.troubles.delete(trouble);
    });
  return () => {
    for (const undo of undos) undo();
  };
}

/** A clock fault has fired when its lie made a reading wrong, or a timer. */
function misleads(
  clock: MachineClock,
  clockError: ClockError,
  fired: () => void,
  begin: () => void,
  end: () => void,
): Undo {
  clock.watch(clockError, fired);
  begin();
  return () => {
    clock.unwatch(fired);
    end();
  };
}

export const EFFECTS: { readonly [K in FaultKind]: Effect<K> } = {
  crash: {
    does: "hosts lose power and what was not fsynced, and restart",
    begin: (fault, world, fired) => eachHost(world, fault.target, (machine) => takeDown(machine, fired)),
  },
  pause: {
    does: "hosts stand still while their clocks go on",
    begin: (fault, world, fired) =>
      eachHost(world, fault.target, (machine) => {
        machine.pause(fired);
        return () => machine.resume(fired);
      }),
  },
  "crash-point": {
    does: "a host crashes just before or after its n-th durable write or external call",
    begin: (fault, world, fired) =>
      eachHost(world, fault.target, (machine) => {
        let down = false;
        const armed = {
          remaining: fault.point,
          side: fault.side,
          strike: () => {
            down = true;
            fired();
            machine.takeDown();
          },
        };
        machine.armed.push(armed);
        return () => {
          if (down) machine.bringUp();
          else machine.armed.splice(machine.armed.indexOf(armed), 1);
        };
      }),
  },
  "domain-loss": {
    does: "a whole provider, region or zone is gone, hosts and external services",
    begin: (fault, world, fired) => {
      const lost = new Set(targets(world, fault.target));
      const restart = eachHost(world, fault.target, (machine) => takeDown(machine, fired));
      const reconnect = world.network.addRules((from, to) =>
        (from.external && isIn(lost, from)) || (to.external && isIn(lost, to))
          ? cutRule(always, fired)
          : undefined,
      );
      return () => {
        reconnect();
        restart();
      };
    },
  },
  partition: {
    does: "nothing passes between two sets of machines, or only one way",
    begin: (fault, world, fired) => {
      const inA = (machine: Parameters<typeof selects>[1]) =>
        fault.a.some((selector) => selects(selector, machine));
      const inB = (machine: Parameters<typeof selects>[1]) =>
        fault.b.some((selector) => selects(selector, machine));
      return world.network.addRules((from, to) => {
        const severed = (inA(from) && inB(to)) || (!fault.oneWay && inB(from) && inA(to));
        return severed ? cutRule(always, fired) : undefined;
      });
    },
  },
  clog: {
    does: "packets on links are held back and all come at once when it ends",
    begin: (fault, world, fired) =>
      onLinks(world, fault, () => ({
        verb: "hold",
        onSend(outcome) {
          outcome.held = true;
          return true;
        },
        fired,
      })),
  },
  loss: {
    does: "a share of packets is lost",
    begin: (fault, world, fired) =>
      onLinks(world, fault, (link) => {
        const random = world.random(`fault/${link}`);
        return {
          verb: "drop",
          onSend(outcome) {
            const lost = random.chance(fault.ratio);
            if (lost) outcome.dropped = true;
            return lost;
          },
          fired,
        };
      }),
  },
  duplication: {
    does: "a share of packets comes twice",
    begin: (fault, world, fired) =>
      onLinks(world, fault, (link) => {
        const random = world.random(`fault/${link}`);
        return {
          verb: "change",
          onSend(outcome) {
            const strikes = random.chance(fault.ratio);
            const after = random.below(LATEST_COPY);
            if (!strikes || outcome.copyAfter >= 0) return false;
            outcome.copyAfter = after;
            return true;
          },
          fired,
        };
      }),
  },
  reorder: {
    does: "a share of packets comes late, behind those sent after it",
    begin: (fault, world, fired) =>
      onLinks(world, fault, (link) => {
        const random = world.random(`fault/${link}`);
        return {
          verb: "change",
          onSend(outcome) {
            const strikes = random.chance(fault.ratio);
            const late = random.between(1, fault.by);
            if (!strikes) return false;
            outcome.overtakes = true;
            outcome.delay += late;
            return true;
          },
          fired,
        };
      }),
  },
  "slow-link": {
    does: "links take many times as long",
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
  },
  "flaky-link": {
    does: "links are well and dead in turns",
    begin: (fault, world, fired) => {
      const isDead = (): boolean => (world.scheduler.now - fault.at) % (fault.up + fault.down) >= fault.up;
      return onLinks(world, fault, () => cutRule(isDead, fired));
    },
  },
  bandwidth: {
    does: "links carry so few bytes a second that packets queue, and are dropped when the queue is full",
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
  },
  "bit-rot": {
    does: "a bit flips in a stored sector",
    begin: (fault, world, fired) => eachDisk(world, fault, (disk, random) => disk.rot(random, fired)),
  },
  "misdirected-write": {
    does: "the next write lands somewhere else on the disk",
    begin: (fault, world, fired) =>
      eachDisk(world, fault, (disk, random) => disk.misdirectNextWrite(random, fired)),
  },
  "latent-sector-error": {
    does: "a sector can't be read until it is written again",
    begin: (fault, world, fired) =>
      eachDisk(world, fault, (disk, random) => disk.latentSectorError(random, fired)),
  },
  "fsync-failure": {
    does: "the next fsync fails, and its pages are clean and gone",
    begin: (fault, world, fired) =>
      eachHost(world, fault.target, (machine) => {
        machine.disk.failNextFsync(fired);
        return undefined;
      }),
  },
  "disk-full": {
    does: "files can't grow",
    begin: (fault, world, fired) =>
      eachHost(world, fault.target, (machine) => {
        machine.disk.fill(fired);
        return () => machine.disk.unfill(fired);
      }),
  },
  "disk-slow": {
    does: "disk operations take many times as long",
    begin: (fault, world, fired) =>
      eachHost(world, fault.target, (machine) => {
        machine.disk.slow(fault.factor, fired);
        return () => machine.disk.unslow(fired);
      }),
  },
  "disk-stall": {
    does: "disk operations wait until it ends",
    begin: (fault, world, fired) =>
      eachHost(world, fault.target, (machine) => {
        machine.disk.stall(fired);
        return () => machine.disk.unstall(fired);
      }),
  },
  "disk-wipe": {
    does: "a host goes down and comes back with an empty disk",
    begin: (fault, world, fired) =>
      eachHost(world, fault.target, (machine) => {
        const hadFiles = machine.disk.directory.entries().length > 0;
        if (machine.takeDown() || hadFiles) fired();
        machine.disk.wipe();
        return () => machine.bringUp();
      }),
  },
  "clock-skew": {
    does: "wall clocks are off by a constant",
    begin: (fault, world, fired) =>
      eachHost(world, fault.target, (machine) => {
        const { clock } = machine;
        return misleads(
          clock,
          "offset",
          fired,
          () => clock.shift(fault.by),
          () => clock.shift(-fault.by),
        );
      }),
  },
  "clock-drift": {
    does: "clocks run fast or slow",
    begin: (fault, world, fired) =>
      eachHost(world, fault.target, (machine) => {
        const { clock } = machine;
        return misleads(
          clock,
          "rate",
          fired,
          () => clock.drift(fault.ppm),
          () => clock.drift(-fault.ppm),
        );
      }),
  },
  "clock-jump": {
    does: "wall clocks jump, either way, for good",
    begin: (fault, world, fired) =>
      eachHost(world, fault.target, (machine) => {
        machine.clock.shift(fault.by);
        machine.clock.watch("offset", function noticed() {
          machine.clock.unwatch(noticed);
          fired();
        });
        return undefined;
      }),
  },
  "clock-strobe": {
    does: "wall clocks flip to and fro",
    begin: (fault, world, fired) =>
      eachHost(world, fault.target, (machine) => machine.clock.strobe(fault.by, fault.period, fired)),
  },
  "clock-freeze": {
    does: "clocks stand still, and the wall clock catches up after",
    begin: (fault, world, fired) =>
      eachHost(world, fault.target, (machine) => {
        const { clock } = machine;
        return misleads(
          clock,
          "freeze",
          fired,
          () => clock.freeze(),
          () => clock.thaw(),
        );
      }),
  },
  "external-slow": {
    does: "an external service takes many times as long",
    begin: (fault, world, fired) => onServices(world, fault, "slow", fault.factor, fired),
  },
  "external-errors": {
    does: "an external service refuses a share of calls",
    begin: (fault, world, fired) => onServices(world, fault, "errors", fault.ratio, fired),
  },
  "external-hang": {
    does: "an external service never answers a share of calls",
    begin: (fault, world, fired) => onServices(world, fault, "hang", fault.ratio, fired),
  },
  "external-lost-reply": {
    does: "an external service applies a share of calls and loses the reply",
    begin: (fault, world, fired) => onServices(world, fault, "lost-reply", fault.ratio, fired),
  },
};

function isIn(machines: ReadonlySet<Machine>, placed: Parameters<typeof selects>[1]): boolean {
  return [...machines].some((machine) => machine.id === placed.id);
}

/** All kinds, in the order of the catalogue. */
export const FAULT_KINDS = Object.keys(EFFECTS) as readonly FaultKind[];

/** Kinds after which a disk no longer has what it had made durable. */
export const DAMAGE: ReadonlySet<FaultKind> = new Set([
  "bit-rot",
  "misdirected-write",
  "latent-sector-error",
  "fsync-failure",
  "disk-wipe",
]);

/** How long a fault lasts; 0 for one that does its work at once. */
export function durationOf(fault: Fault): Micros {
  return "for" in fault ? fault.for : 0;
}

/** Whom a fault means, for reports: `aws-a`, `provider/aws`, `aws-a → gcp-c`. */
export function targetOf(fault: Fault): string {
  if ("target" in fault) return fault.target;
  if ("from" in fault) return `${fault.from} → ${fault.to}`;
  return `${fault.a.join(", ")} ${fault.oneWay ? "→" : "↔"} ${fault.b.join(", ")}`;
}

/** Lets one fault loose, with an effect that the type system can't match to its kind by itself. */
export function beginFault(fault: Fault, world: World, fired: () => void): (() => void) | undefined {
  const effect = EFFECTS[fault.kind] as Effect<FaultKind>; // the effect of this very kind
  return effect.begin(fault, world, fired);
}
