/**
 * What is promised of supervisors: that children are restarted, no others than the strategy says, and not too often. Judged by the
 * facts of ends and starts; restarts are counted by the host's own clock, as that is what they are promised by.
 */
import { type CheckContext, ensure, list, type Property, when } from "seedstorm/check";
import { ENTITY } from "../facts.js";
import { about, amount, field, LIFE, Lives, type StateEvent } from "./lives.js";

interface ChildLife {
  readonly child: string;
  readonly actor: string;
  readonly restart: string;
}

interface Tree {
  /** By supervisor: how it says it restarts, and its children in order. */
  readonly supervisors: Map<
    string,
    { started: StateEvent; strategy: string; children: ChildLife[]; ended: boolean }
  >;
  /** The supervisor of each living child. */
  readonly parents: Map<string, string>;
  /** Restarts of this instant, which are not done yet. */
  restarts: { readonly by: StateEvent; readonly expected: Set<string>; readonly crashed: Set<string> }[];
}

const inOrder = (event: StateEvent): boolean => ["normal", "shutdown"].includes(field(event, "kind"));
const ends = (event: StateEvent): boolean => event.to === "ended";

function isSupervised(event: Parameters<typeof about>[0]): StateEvent | undefined {
  return about(event, ENTITY.actor) ?? about(event, ENTITY.pool) ?? about(event, ENTITY.supervisor);
}

/** Who a strategy restarts when one child has ended. */
function affectedBy(strategy: string, children: readonly ChildLife[], child: string): readonly string[] {
  const names = children.map((each) => each.child);
  if (strategy === "one-for-one") return [child];
  return strategy === "one-for-all" ? names : names.slice(Math.max(0, names.indexOf(child)));
}

export const restartScope: Property = {
  id: "supervisor-restart-scope",
  kind: "always",
  sentence:
    "When a child ends, its supervisor restarts it and whoever its strategy names, in the same instant, and takes nobody else down.",
  subscribes: LIFE,
  start(context) {
    const lives = new Lives<Tree>(() => ({ supervisors: new Map(), parents: new Map(), restarts: [] }));
    return {
      on(event) {
        const tree = lives.of(event);
        if ((tree.restarts[0]?.by.at ?? event.at) < event.at) settle(tree, context);
        const supervisor = about(event, ENTITY.supervisor);
        const pool = about(event, ENTITY.pool);
        const child = about(event, ENTITY.child);
        if (supervisor?.to === "running") {
          const strategy = field(supervisor, "strategy");
          tree.supervisors.set(supervisor.name, {
            started: supervisor,
            strategy,
            children: [],
            ended: false,
          });
        }
        if (pool?.from === "none") {
          // What a pool is configured with is what its actors' supervisor must do.
          const own = tree.supervisors.get(field(pool, "supervisor"));
          if (own !== undefined) own.strategy = field(pool, "strategy");
        }
        if (child !== undefined) onChild(tree, child);
        if (supervisor?.to === "restarting") onRestart(tree, supervisor);
        const end = isSupervised(event);
        if (end !== undefined && ends(end)) onEnd(tree, end, context);
      },
      end() {
        for (const tree of lives.all()) settle(tree, context);
      },
    };
  },
};

function onChild(tree: Tree, event: StateEvent): void {
  const name = field(event, "supervisor");
  const supervisor = tree.supervisors.get(name);
  if (supervisor === undefined) return;
  const child = field(event, "child");
  const index = supervisor.children.findIndex((each) => each.child === child);
  if (event.to === "forgotten") {
    const [gone] = index < 0 ? [] : supervisor.children.splice(index, 1);
    if (gone !== undefined) tree.parents.delete(gone.actor);
    return;
  }
  const life = { child, actor: field(event, "actor"), restart: field(event, "restart") };
  if (index < 0) supervisor.children.push(life);
  else supervisor.children[index] = life;
  tree.parents.set(life.actor, name);
  for (const restart of tree.restarts) if (restart.by.name === name) restart.expected.delete(child);
}

function onRestart(tree: Tree, by: StateEvent): void {
  const supervisor = tree.supervisors.get(by.name);
  if (supervisor === undefined) return;
  const child = field(by, "child");
  const affected = affectedBy(supervisor.strategy, supervisor.children, child);
  const back = supervisor.children.filter(
    ({ child, restart }) => affected.includes(child) && restart !== "temporary",
  );
  // In place of what is expected since the child ended.
  tree.restarts = tree.restarts.filter((other) => other.by.name !== by.name || !other.crashed.has(child));
  tree.restarts.push({ by, expected: new Set(back.map((each) => each.child)), crashed: new Set(affected) });
}

function onEnd(tree: Tree, end: StateEvent, context: CheckContext): void {
  const own = tree.supervisors.get(end.name);
  if (own !== undefined) own.ended = true;
  const name = tree.parents.get(end.name) ?? "";
  tree.parents.delete(end.name);
  const supervisor = tree.supervisors.get(name);
  if (supervisor === undefined || supervisor.ended) return;
  const child = supervisor.children.find(({ actor }) => actor === end.name);
  if (child === undefined) return;
  context.checked();
  // There may be several in one instant: it is the last one that takes down now.
  const restart = tree.restarts.findLast(({ by }) => by.name === name);
  if (field(end, "kind") === "shutdown" && restart !== undefined && !restart.crashed.has(child.child)) {
    context.violated(
      `${end.host} ${end.name}`,
      `${end.name} was taken down ${when(end)} because ${field(restart.by, "ended")} had ended, though ${name} is ${supervisor.strategy}.`,
      [restart.by, end],
    );
  }
  const comesBack = child.restart === "permanent" || (child.restart === "transient" && !inOrder(end));
  const isKnown = tree.restarts.some(({ by, crashed }) => by.name === name && crashed.has(child.child));
  if (comesBack && !isKnown) {
    tree.restarts.push({
      by: { ...end, name },
      expected: new Set([child.child]),
      crashed: new Set([child.child]),
    });
  }
}

/** The instant is over: who was to come back has come back, or is not wanted any more. */
function settle(tree: Tree, context: CheckContext): void {
  for (const { by, expected } of tree.restarts) {
    const supervisor = tree.supervisors.get(by.name);
    if (supervisor === undefined || supervisor.ended) continue;
    const missing = [...expected].filter((name) => supervisor.children.some(({ child }) => child === name));
    if (missing.length === 0) continue;
    context.violated(
      `${by.host} ${by.name}`,
      `${by.name} did not start ${list(missing)} anew ${when(by)}, when a child had ended.`,
      [by],
    );
  }
  tree.restarts = [];
}

export const restartIntensity: Property = {
  id: "supervisor-restart-intensity",
  kind: "always",
  sentence:
    "A supervisor that has had to restart more often than it may within its window gives up and ends, and none gives up before.",
  subscribes: LIFE,
  start(context) {
    interface Count {
      readonly started: StateEvent;
      readonly clocks: number[];
    }
    const lives = new Lives<Map<string, Count>>(() => new Map());
    return {
      on(event) {
        const counts = lives.of(event);
        const supervisor = about(event, ENTITY.supervisor);
        if (supervisor === undefined) return;
        if (supervisor.to === "running") counts.set(supervisor.name, { started: supervisor, clocks: [] });
        const count = counts.get(supervisor.name);
        if (count === undefined) return;
        const { started, clocks } = count;
        const most = amount(started, "maxRestarts");
        const clock = amount(supervisor, "clock");
        const recent = clocks.filter((at) => at > clock - amount(started, "window")).length;
        if (supervisor.to === "restarting") {
          clocks.push(clock);
          context.checked();
          if (recent + 1 <= most) return;
          context.violated(
            `${supervisor.host} ${supervisor.name}`,
            `${supervisor.name} restarted a child ${when(supervisor)}, the ${recent + 1}th time within its window, and may ${most} times.`,
            [started, supervisor],
          );
        }
        if (field(supervisor, "kind") !== "too-many-restarts" || recent >= most) return;
        context.violated(
          `${supervisor.host} ${supervisor.name}`,
          `${supervisor.name} gave up ${when(supervisor)} after ${recent} restarts within its window, though it may restart ${most} times.`,
          [started, supervisor],
        );
      },
    };
  },
};

export const oneCrashOneOrder: Property = {
  id: "pool-crash-spares-others",
  alias: "P15",
  kind: "always",
  sentence:
    "The crash of one actor of a pool ends no other actor that is lent, unless the pool itself gives up.",
  subscribes: LIFE,
  start(context) {
    interface Pools {
      /** By actor: who has it, and of which pool. */
      readonly lent: Map<string, StateEvent>;
      /** Lent actors of a pool that ended at this instant. */
      readonly ended: Map<string, StateEvent[]>;
      readonly gone: Set<string>;
    }
    const lives = new Lives<Pools>(() => ({ lent: new Map(), ended: new Map(), gone: new Set() }));
    const settle = ({ ended, gone }: Pools): void => {
      for (const [pool, ends] of ended) {
        const crashes = ends.filter((end) => !inOrder(end));
        const [victim] = ends.filter((end) => field(end, "kind") === "shutdown");
        const [first] = crashes;
        if (gone.has(pool) || victim === undefined) continue;
        context.violated(
          `${victim.host} ${victim.name}`,
          `${victim.name} was lent and was taken down ${when(victim)} with another actor of ${pool} that had ended.`,
          first === undefined ? [victim] : [first, victim],
        );
      }
      ended.clear();
    };
    return {
      on(event) {
        const pools = lives.of(event);
        const [first] = [...pools.ended.values()][0] ?? [];
        if (first !== undefined && first.at < event.at) settle(pools);
        const lease = about(event, ENTITY.lease);
        if (lease?.to === "lent") pools.lent.set(field(lease, "actor"), lease);
        if (lease?.to === "returned") pools.lent.delete(field(lease, "actor"));
        const pool = about(event, ENTITY.pool);
        if (pool?.to === "ended") pools.gone.add(pool.name);
        const end = about(event, ENTITY.actor);
        const held = end?.to === "ended" ? pools.lent.get(end.name) : undefined;
        if (end === undefined || held === undefined) return;
        context.checked();
        ensure(pools.ended, field(held, "pool"), () => [] as StateEvent[]).push(end);
      },
      end() {
        for (const pools of lives.all()) settle(pools);
      },
    };
  },
};
