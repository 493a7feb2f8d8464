/**
 * What each kind of fault does to the world: how it begins, what counts as fired, how it is undone. Everything random
 * in a fault comes from a stream forked by its own id, so that taking out another one changes no draw.
 */
import type { ClockError, MachineClock } from "../clock.js";
import type { ExternalService, ExternalTrouble } from "../external.js";
import type { Machine } from "../machine.js";
import type { LinkEnd, LinkRule, Network, Packet, PacketOutcome } from "../network.js";
import type { Random } from "../random.js";
import type { Scheduler } from "../scheduler.js";
import { type Micros, SECOND } from "../time.js";
import { selects } from "../topology.js";
import type { Waiting } from "../waiting.js";
import type { Fault, FaultKind, FaultOf, Selector } from "./catalogue.js";

/** Undoes a fault. */
type Undo = () => void;

/** Lets a fault loose. `fired` may be called as often as it likes. Returns how to undo it, if it can be undone. */
type Effect<K extends FaultKind> = (
  fault: FaultOf<K>,
  world: StormedWorld,
  fired: () => void,
) => Undo | undefined;

/** What faults reach of a world. */
export interface StormedWorld {
  readonly scheduler: Scheduler;
  readonly network: Network;
  /** Hosts and the machines of services. */
  readonly machines: readonly Machine[];
  readonly services: readonly { readonly service: ExternalService; readonly machine: Machine }[];
  random(name: string): Random;
  /** Does something so long after now, as a part of the fault. */
  later(delay: Micros, step: () => void): void;
}

/** All machines that a selector means; hosts and services. */
function targets(world: StormedWorld, selector: Selector): Machine[] {
  return world.machines.filter((machine) => selects(selector, machine));
}

/** Does something to each host that a selector means, and undoes it in the same order. */
function eachHost(
  world: StormedWorld,
  selector: Selector,
  begin: (machine: Machine) => Undo | undefined,
): Undo {
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
  world: StormedWorld,
  fault: FaultOf<"bit-rot" | "misdirected-write" | "latent-sector-error">,
  damage: (disk: Machine["disk"], random: Random) => void,
): Undo {
  return eachHost(world, fault.target, (machine) => {
    damage(machine.disk, world.random(`fault/${fault.id}/${machine.stream}`));
    return undefined;
  });
}

/** Rules on every link from one set of machines to another. */
function onLinks(
  world: StormedWorld,
  fault: Extract<Fault, { readonly from: Selector }>,
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

/** A fault of external services. */
type ServiceFault = Extract<Fault, { readonly kind: `external-${string}` }>;

/** Puts a trouble on the external services that a selector means. */
function onServices(
  world: StormedWorld,
  fault: ServiceFault,
  kind: ExternalTrouble["kind"],
  degree: number,
  fired: () => void,
  status?: number,
): Undo {
  const undos = world.services
    .filter(({ machine }) => selects(fault.target, machine))
    .map(({ service, machine }) => {
      const random = world.random(`fault/${fault.id}/${machine.stream}`);
      const more = status === undefined ? {} : { status };
      const trouble: ExternalTrouble = { kind, degree, random, fired, ...more };
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

const EFFECTS: { readonly [K in FaultKind]: Effect<K> } = {
  crash: (fault, world, fired) => eachHost(world, fault.target, (machine) => takeDown(machine, fired)),
  pause: (fault, world, fired) =>
    eachHost(world, fault.target, (machine) => {
      machine.pause(fired);
      return () => machine.resume(fired);
    }),
  "crash-point": (fault, world, fired) =>
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
  "domain-loss": (fault, world, fired) => {
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
  partition: (fault, world, fired) => {
    const inA = (machine: Parameters<typeof selects>[1]) =>
      fault.a.some((selector) => selects(selector, machine));
    const inB = (machine: Parameters<typeof selects>[1]) =>
      fault.b.some((selector) => selects(selector, machine));
    return world.network.addRules((from, to) => {
      const severed = (inA(from) && inB(to)) || (!fault.oneWay && inB(from) && inA(to));
      return severed ? cutRule(always, fired) : undefined;
    });
  },
  clog: (fault, world, fired) =>
    onLinks(world, fault, () => ({
      verb: "hold",
      onSend(outcome) {
        outcome.held = true;
        return true;
      },
      fired,
    })),
  loss: (fault, world, fired) =>
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
  duplication: (fault, world, fired) =>
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
  reorder: (fault, world, fired) =>
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
  "slow-link": (fault, world, fired) =>
    onLinks(world, fault, () => ({
      verb: "change",
      onSend(outcome) {
        if (fault.factor <= outcome.factor) return false;
        outcome.factor = fault.factor;
        return true;
      },
      fired,
    })),
  "flaky-link": (fault, world, fired) => {
    const isDead = (): boolean => (world.scheduler.now - fault.at) % (fault.up + fault.down) >= fault.up;
    return onLinks(world, fault, () => cutRule(isDead, fired));
  },
  bandwidth: (fault, world, fired) =>
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
  "bit-rot": (fault, world, fired) => eachDisk(world, fault, (disk, random) => disk.rot(random, fired)),
  "misdirected-write": (fault, world, fired) =>
    eachDisk(world, fault, (disk, random) => disk.misdirectNextWrite(random, fired)),
  "latent-sector-error": (fault, world, fired) =>
    eachDisk(world, fault, (disk, random) => disk.latentSectorError(random, fired)),
  "fsync-failure": (fault, world, fired) =>
    eachHost(world, fault.target, (machine) => {
      machine.disk.failNextFsync(fired);
      return undefined;
    }),
  "disk-full": (fault, world, fired) =>
    eachHost(world, fault.target, (machine) => {
      machine.disk.fill(fired);
      return () => machine.disk.unfill(fired);
    }),
  "disk-slow": (fault, world, fired) =>
    eachHost(world, fault.target, (machine) => {
      machine.disk.slow(fault.factor, fired);
      return () => machine.disk.unslow(fired);
    }),
  "disk-stall": (fault, world, fired) =>
    eachHost(world, fault.target, (machine) => {
      machine.disk.stall(fired);
      return () => machine.disk.unstall(fired);
    }),
  "disk-wipe": (fault, world, fired) =>
    eachHost(world, fault.target, (machine) => {
      const hadFiles = machine.disk.directory.entries().length > 0;
      if (machine.takeDown() || hadFiles) fired();
      machine.disk.wipe();
      return () => machine.bringUp();
    }),
  "clock-skew": (fault, world, fired) =>
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
  "clock-drift": (fault, world, fired) =>
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
  "clock-jump": (fault, world, fired) =>
    eachHost(world, fault.target, (machine) => {
      machine.clock.shift(fault.by);
      machine.clock.watch("offset", function noticed() {
        machine.clock.unwatch(noticed);
        fired();
      });
      return undefined;
    }),
  "clock-strobe": (fault, world, fired) =>
    eachHost(world, fault.target, (machine) => machine.clock.strobe(fault.by, fault.period, fired)),
  "clock-freeze": (fault, world, fired) =>
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
  "external-slow": (fault, world, fired) => onServices(world, fault, "slow", fault.factor, fired),
  "external-errors": (fault, world, fired) => onServices(world, fault, "errors", fault.ratio, fired),
  "external-hang": (fault, world, fired) => onServices(world, fault, "hang", fault.ratio, fired),
  "external-lost-reply": (fault, world, fired) => onServices(world, fault, "lost-reply", fault.ratio, fired),
  exit: (fault, world, fired) =>
    eachHost(world, fault.target, (machine) => machine.crashLoop(fault.up, fault.reason, fired)),
  "host-loss": (fault, world, fired) => {
    eachHost(world, fault.target, (machine) => {
      if (machine.lose()) fired();
      return undefined;
    });
    return undefined;
  },
  upgrade: (fault, world, fired) =>
    eachHost(world, fault.target, (machine) => {
      if (machine.takeDown("upgrade")) fired();
      machine.upgrade(fault.settings);
      return () => machine.bringUp();
    }),
  "connection-reset": (fault, world, fired) => {
    const isMeant = (a: LinkEnd, b: LinkEnd): boolean =>
      a.id !== b.id &&
      ((selects(fault.from, a) && selects(fault.to, b)) || (selects(fault.from, b) && selects(fault.to, a)));
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
  "half-open": (fault, world, fired) => {
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
  "dns-failure": (fault, world, fired) => {
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
  "leap-second": (fault, world, fired) =>
    eachHost(world, fault.target, (machine) => {
      machine.clock.leap(fault.smear);
      machine.clock.watch("offset", function noticed() {
        machine.clock.unwatch(noticed);
        fired();
      });
      return undefined;
    }),
  "wrong-zone": (fault, world, fired) =>
    eachHost(world, fault.target, (machine) => {
      const restore = machine.clock.setZone(fault.zone);
      return misleads(machine.clock, "zone", fired, () => {}, restore);
    }),
  "external-status": (fault, world, fired) =>
    onServices(world, fault, "status", fault.ratio, fired, fault.status),
  "external-rate-limit": (fault, world, fired) =>
    onServices(world, fault, "rate-limit", fault.perSecond, fired),
  "external-reset": (fault, world, fired) => onServices(world, fault, "reset", fault.ratio, fired),
};

function isIn(machines: ReadonlySet<Machine>, placed: Parameters<typeof selects>[1]): boolean {
  return [...machines].some((machine) => machine.id === placed.id);
}

/** Lets one fault loose, with an effect that the type system can't match to its kind by itself. */
export function beginFault(fault: Fault, world: StormedWorld, fired: () => void): (() => void) | undefined {
  const effect = EFFECTS[fault.kind] as Effect<FaultKind>; // the effect of this very kind
  return effect(fault, world, fired);
}
