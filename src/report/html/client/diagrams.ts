/**
 * The diagrams of a page: each is made from its data when it comes into sight, so that a page with many opens as quickly as one with
 * none. The last one that was pointed at or had the focus gets the keys; one that stands beside another follows it, and is followed.
 */
import type { DiagramData } from "../data.js";
import { Diagram } from "./diagram.js";
import type { Filter } from "./model.js";
import type { View } from "./view.js";

/** How far from the window a diagram may be when it is made. */
const AHEAD = "600px";

export class Diagrams {
  readonly #roots = new Map<string, HTMLElement>();
  readonly #mounted = new Map<string, Diagram>();
  readonly #main: string | undefined;
  #meant: string | undefined;
  /** What was looked at last, for diagrams that are made later. */
  readonly #looks = new Map<string, { readonly view: View; readonly filter: Filter }>();

  /** @param main the one that the page's address is about, if there is any. */
  constructor(main: string) {
    for (const root of document.querySelectorAll<HTMLElement>("[data-diagram]"))
      this.#roots.set(root.dataset.diagram ?? "", root);
    this.#main = this.#roots.has(main) ? main : undefined;
    this.#meant = this.#main;
    const seen = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) {
          if (!isIntersecting || !(target instanceof HTMLElement)) continue;
          seen.unobserve(target);
          this.#mount(target.dataset.diagram ?? "");
        }
      },
      { rootMargin: AHEAD },
    );
    for (const [name, root] of this.#roots) {
      for (const event of ["pointerdown", "pointerenter", "focusin"])
        root.addEventListener(event, () => {
          this.#meant = name;
        });
      if (name === this.#main) this.#mount(name);
      else seen.observe(root);
    }
  }

  /** The diagram that a link is about: the one that it names, else the main one. */
  linked({ dataset }: HTMLElement): Diagram | undefined {
    const name = dataset.in ?? this.#main;
    return name === undefined ? undefined : this.#mount(name);
  }

  repaint(): void {
    for (const diagram of this.#mounted.values()) diagram.repaint();
  }

  #mount(name: string): Diagram | undefined {
    const root = this.#roots.get(name);
    const known = this.#mounted.get(name);
    if (root === undefined || known !== undefined) return known;
    const text = root.querySelector("script[data-of]")?.textContent ?? "null";
    const data = JSON.parse(text) as DiagramData; // written by the same version
    const diagram = new Diagram(root, data, {
      hasAddress: name === this.#main,
      isMeant: () => this.#meant === name,
      onLook: (view, filter) => this.#looked(name, view, filter),
    });
    this.#mounted.set(name, diagram);
    const other = root.dataset.beside;
    const look = other === undefined ? undefined : this.#looks.get(other);
    if (look !== undefined) diagram.follow(look.view, look.filter);
    return diagram;
  }

  #looked(name: string, view: View, filter: Filter): void {
    this.#looks.set(name, { view, filter });
    for (const [other, root] of this.#roots) {
      const isNeighbour = root.dataset.beside === name || this.#roots.get(name)?.dataset.beside === other;
      if (isNeighbour && this.#mounted.has(name)) this.#mounted.get(other)?.follow(view, filter);
    }
  }
}
