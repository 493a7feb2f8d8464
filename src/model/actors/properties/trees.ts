/** What is promised of a supervisor that ends: nobody is left behind whom no supervisor sees to. */
import { ensure, list, type Property, when } from "seedstorm/check";
import { ENTITY } from "../facts.js";
import { about, field, LIFE, Lives, type StateEvent } from "./lives.js";

interface Families {
  /** By supervisor: its children that live. */
  readonly living: Map<string, Set<string>>;
  readonly parents: Map<string, string>;
  /** Who is in each place of a supervisor. */
  readonly places: Map<string, string>;
  /** Supervisors that have ended while children of theirs lived. */
  readonly ended: Map<string, StateEvent>;
}

export const childrenGoFirst: Property = {
  id: "supervisor-leaves-nobody",
  kind: "always",
  sentence: "When a supervisor has ended its children end with it, before anybody takes their place.",
  subscribes: LIFE,
  start(context) {
    const lives = new Lives<Families>(() => ({
      living: new Map(),
      parents: new Map(),
      places: new Map(),
      ended: new Map(),
    }));

    function leave(families: Families, name: string): void {
      const parent = families.parents.get(name) ?? "";
      families.parents.delete(name);
      const living = families.living.get(parent);
      living?.delete(name);
      if (living?.size === 0) families.ended.delete(parent);
    }

    function judge(families: Families, begun: StateEvent | undefined): void {
      for (const [name, end] of families.ended) {
        const left = [...(families.living.get(name) ?? [])];
        const until = begun === undefined ? "" : `, when ${begun.name} began ${when(begun)}`;
        context.violated(
          `${end.host} ${name}`,
          `${name} ended ${when(end)}, and ${list(left)} lived on${until}.`,
          begun === undefined ? [end] : [end, begun],
        );
      }
    }

    return {
      on(event) {
        const families = lives.of(event);
        const supervisor = about(event, ENTITY.supervisor);
        const child = about(event, ENTITY.child);
        if (supervisor?.to === "running" || child?.to === "running") judge(families, supervisor ?? child);
        if (child?.to === "running") {
          const [parent, actor] = [field(child, "supervisor"), field(child, "actor")];
          ensure(families.living, parent, () => new Set<string>()).add(actor);
          families.parents.set(actor, parent);
          families.places.set(child.name, actor);
        }
        // Who is taken out of a tree may finish what it is at.
        if (child?.to === "forgotten") leave(families, families.places.get(child.name) ?? "");
        const end = about(event, ENTITY.actor) ?? about(event, ENTITY.pool) ?? supervisor;
        if (end?.to !== "ended") return;
        leave(families, end.name);
        if (end !== supervisor) return;
        context.checked();
        if ((families.living.get(end.name)?.size ?? 0) > 0) families.ended.set(end.name, end);
      },
      end() {
        for (const families of lives.all()) judge(families, undefined);
      },
    };
  },
};
