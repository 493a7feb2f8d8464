/**
 * The space-time diagram as a whole: it joins the model to its drawing, the keyboard, the pointer, the filters and the
 * address. One state, one way: whatever is done changes the state, and the next frame shows it.
 */
import type { DiagramData } from "../data.js";
import { addressOf, positionIn } from "./address.js";
import { drawScene } from "./draw.js";
import { Filters } from "./filters.js";
import { type KeyActions, listenToKeys } from "./keys.js";
import { RowLabels } from "./labels.js";
import { type Filter, Model } from "./model.js";
import { drawOverlay } from "./overlay.js";
import { Overview } from "./overview.js";
import { Panel } from "./panel.js";
import { type Picked, pick } from "./pick.js";
import { listenToPointer } from "./pointer.js";
import { type Rows, rowsOf } from "./rows.js";
import { AXIS, Scene } from "./scene.js";
import { fitCanvas } from "./surface.js";
import { Theme } from "./theme.js";
import { tipFor } from "./tip.js";
import { clamped, panned, showing, type View, zoomed } from "./view.js";

/** The parts of a diagram. */
interface Places {
  readonly root: HTMLElement;
  readonly filters: HTMLElement;
  readonly zoom: HTMLElement;
  readonly overview: HTMLCanvasElement;
  readonly scroller: HTMLElement;
  readonly labels: HTMLElement;
  readonly lanes: HTMLElement;
  readonly base: HTMLCanvasElement;
  readonly overlay: HTMLCanvasElement;
  readonly tip: HTMLElement;
  readonly panel: HTMLElement;
}

/** How a diagram lives in its page. */
export interface Role {
  /** Whether the page's address says what it shows. */
  readonly hasAddress: boolean;
  /** Whether keys are for it, where there are several. */
  readonly isMeant: () => boolean;
  /** Called when a reader looks at another time, or hides something. */
  readonly onLook: (view: View, filter: Filter) => void;
}

/** Milliseconds of rest before the address follows: browsers refuse to change it more often than some times a second. */
const ADDRESS_REST = 200;

export class Diagram {
  readonly #model: Model;
  readonly #places: Places;
  readonly #role: Role;
  readonly #hosts: readonly string[];
  readonly #filters: Filters;
  readonly #overview: Overview;
  readonly #panel: Panel;
  readonly #labels: RowLabels;
  #theme: Theme;
  #rows: Rows;
  #view: View;
  #selected: number | undefined;
  #hovered: Picked | undefined;
  #instead = "";
  #scene: Scene | undefined;
  #frame = 0;
  #baseIsStale = true;
  #addressTimer = 0;
  /** The address that was written last: a change to any other came from outside. */
  #written = "";

  constructor(root: HTMLElement, data: DiagramData, role: Role) {
    const places = placesIn(root);
    this.#places = places;
    this.#role = role;
    this.#model = new Model(data);
    this.#hosts = data.hosts.map(({ id }) => id);
    this.#theme = new Theme(document.documentElement);
    this.#rows = rowsOf(data, new Set(), true);
    this.#view = { from: 0, to: data.duration };
    this.#filters = new Filters(places.filters, this.#model, (filter) => this.#setFilter(filter));
    this.#overview = new Overview(places.overview, this.#model, (view) => this.#setView(view));
    this.#panel = new Panel(places.panel, this.#model, {
      select: (step) => this.select(step),
      step: (direction) => this.#step(direction, false),
    });
    this.#labels = new RowLabels(places.labels, data);
    this.#listen();
    this.#goTo(role.hasAddress ? location.hash : "", true);
  }

  /** Selects a step and brings it into view. */
  select(step: number): void {
    this.#selected = step;
    this.#instead = "";
    this.#view = showing(this.#view, this.#model.atOf(step), this.#model.data.duration);
    this.#scrollTo(step);
    this.#panel.show(step);
    this.#changed();
  }

  /** Selects a fact by its id, showing it even when a filter hides it. */
  selectFact(id: number): void {
    const step = this.#model.factStep(id);
    if (step !== undefined) this.select(step);
  }

  /** Brings a time into view, from so far on to so far, with room around. */
  showTime(from: number, to: number): void {
    const { duration } = this.#model.data;
    const room = Math.max(duration / 100, (to - from) * 2);
    this.#selected = undefined;
    this.#panel.show(undefined, HINT);
    this.#setView(clamped({ from: from - room, to: to + room }, duration));
  }

  /** Scrolls the page to it. */
  reveal(): void {
    this.#places.root.scrollIntoView({ block: "nearest" });
  }

  /** Looks where another diagram looks, and hides the same. */
  follow(view: View, filter: Filter): void {
    this.#view = clamped(view, this.#model.data.duration);
    if (filter !== this.#model.filter) {
      this.#model.apply(filter);
      this.#layOut();
    }
    this.#redraw();
  }

  /** Colours have changed. */
  repaint(): void {
    this.#theme = new Theme(document.documentElement);
    this.#baseIsStale = true;
    this.#drawNow();
  }

  #listen(): void {
    const { root, scroller, overlay, zoom } = this.#places;
    const { duration } = this.#model.data;
    const zoomBy = (factor: number, at = this.#middle()): void => {
      this.#setView(zoomed(this.#view, at, factor, duration));
    };
    const panBy = (share: number): void => {
      this.#setView(panned(this.#view, share * (this.#view.to - this.#view.from), duration));
    };
    const showAll = (): void => this.#setView({ from: 0, to: duration });
    zoom.addEventListener("click", (event) => {
      const name = event.target instanceof HTMLElement ? event.target.dataset.zoom : undefined;
      if (name === "in") zoomBy(2);
      else if (name === "out") zoomBy(0.5);
      else if (name === "fit") showAll();
    });
    listenToPointer(overlay, {
      hover: (x, y) => this.#hover(x, y),
      leave: () => this.#hover(undefined, undefined),
      click: (x, y) => this.#click(x, y),
      zoom: (x, factor) => zoomBy(factor, this.#scene?.timeAt(x)),
      pan: (pixels) => panBy(-pixels / Math.max(1, overlay.clientWidth)),
    });
    const actions: KeyActions = {
      step: (direction, sameHost) => this.#step(direction, sameHost),
      follow: () => this.#follow(),
      cause: () => this.#jump((step) => this.#model.causeOf(step)),
      effect: () => this.#jump((step) => this.#model.effectsOf(step)[0]),
      evidence: (direction) => this.#nextEvidence(direction),
      zoom: zoomBy,
      all: showAll,
      pan: panBy,
      find: () => this.#filters.focusText(),
      onlyEvidence: () => {
        const { filter } = this.#model;
        if (this.#model.evidence.size > 0) this.#setFilter({ ...filter, slice: !filter.slice });
      },
      disks: () => {
        const { filter } = this.#model;
        this.#setFilter({ ...filter, disks: !filter.disks });
      },
      clear: () => {
        this.#selected = undefined;
        this.#panel.show(undefined, HINT);
        this.#changed();
      },
    };
    listenToKeys(root, scroller, actions, this.#role.isMeant);
    scroller.addEventListener("scroll", () => this.#redraw(), { passive: true });
    new ResizeObserver(() => this.#redraw()).observe(scroller);
    window.addEventListener("hashchange", () => {
      if (this.#role.hasAddress && location.hash.replace(/^#/, "") !== this.#written)
        this.#goTo(location.hash, false);
    });
  }

  /** Takes the position of an address. Without one, the first violation is looked at, or everything. */
  #goTo(hash: string, first: boolean): void {
    const { at, view, filter } = positionIn(hash, this.#hosts);
    const { duration } = this.#model.data;
    this.#model.apply(filter);
    this.#filters.show();
    this.#layOut();
    const step = at === undefined ? undefined : this.#model.stepNamed(at);
    this.#view = clamped(view ?? this.#startView(step), duration);
    this.#selected = step ?? (at === undefined && view === undefined ? this.#startStep() : undefined);
    this.#instead =
      at !== undefined && step === undefined
        ? `What this address points to (${at}) is not among what is drawn.`
        : HINT;
    if (this.#selected !== undefined) {
      if (view === undefined) this.#view = showing(this.#view, this.#model.atOf(this.#selected), duration);
      this.#scrollTo(this.#selected);
    }
    this.#panel.show(this.#selected, this.#instead);
    this.#redraw();
    this.#role.onLook(this.#view, filter);
    if (!first) this.#places.root.scrollIntoView({ block: "nearest" });
  }

  /** From the earliest evidence of the first violation to the violation, with room around. */
  #startView(step: number | undefined): View {
    const { violations, duration } = this.#model.data;
    const [violation] = violations;
    if (step !== undefined)
      return { from: this.#model.atOf(step) - duration / 40, to: this.#model.atOf(step) + duration / 40 };
    if (violation === undefined) return { from: 0, to: duration };
    const times = violation.evidence
      .flatMap((id) => this.#model.factStep(id) ?? [])
      .map((s) => this.#model.atOf(s));
    const from = Math.min(violation.at, ...times);
    const room = Math.max(500_000, (violation.at - from) * 0.3);
    return { from: from - room, to: violation.at + room };
  }

  #startStep(): number | undefined {
    const last = this.#model.data.violations[0]?.evidence.at(-1);
    return last === undefined ? undefined : this.#model.factStep(last);
  }

  #setFilter(filter: Filter): void {
    this.#model.apply(filter);
    this.#filters.show();
    this.#layOut();
    this.#panel.show(this.#selected, this.#instead);
    this.#changed();
  }

  #layOut(): void {
    const { data, filter } = this.#model;
    this.#rows = rowsOf(data, filter.hosts, filter.disks);
    this.#labels.show(this.#rows);
    this.#places.lanes.style.height = `${this.#rows.height + AXIS}px`;
  }

  #setView(view: View): void {
    this.#view = view;
    this.#changed();
  }

  #step(direction: 1 | -1, sameHost: boolean): void {
    const next =
      this.#selected === undefined
        ? this.#model.firstFrom(this.#view.from)
        : this.#model.next(this.#selected, direction, sameHost);
    if (next !== undefined) this.select(next);
  }

  /** To the other end of a message, or from a fact to what it came with or by. */
  #follow(): void {
    this.#jump((step) => {
      const other = this.#model.otherEnd(step);
      if (other !== undefined) return other;
      const [carrier] = this.#model.carriersOf(this.#model.rowOf(step));
      return carrier === undefined ? this.#model.causeOf(step) : 3 * carrier + 2;
    });
  }

  #jump(to: (step: number) => number | undefined): void {
    const next = this.#selected === undefined ? undefined : to(this.#selected);
    if (next !== undefined) this.select(next);
  }

  #nextEvidence(direction: 1 | -1): void {
    const steps = [...this.#model.evidence.keys()].flatMap((id) => this.#model.factStep(id) ?? []);
    if (steps.length === 0) return;
    const at = this.#selected === undefined ? -1 : steps.indexOf(this.#selected);
    const next = steps[(at + direction + steps.length) % steps.length];
    if (next !== undefined) this.select(next);
  }

  #middle(): number {
    if (this.#selected !== undefined) {
      const at = this.#model.atOf(this.#selected);
      if (at >= this.#view.from && at <= this.#view.to) return at;
    }
    return (this.#view.from + this.#view.to) / 2;
  }

  #hover(x: number | undefined, y: number | undefined): void {
    const { tip, overlay } = this.#places;
    this.#hovered =
      x === undefined || y === undefined || this.#scene === undefined || y < AXIS
        ? undefined
        : pick(this.#scene, x, y);
    overlay.style.cursor = this.#hovered === undefined ? "grab" : "pointer";
    tip.hidden = this.#hovered === undefined;
    if (this.#hovered !== undefined && x !== undefined && y !== undefined) {
      tip.replaceChildren(...tipFor(this.#model, this.#hovered));
      const left = Math.min(x + 14, Math.max(0, overlay.clientWidth - tip.offsetWidth - 6));
      const below = y + 18;
      const top = below + tip.offsetHeight > overlay.clientHeight ? y - tip.offsetHeight - 10 : below;
      tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(Math.max(AXIS, top))}px)`;
    }
    this.#redrawOverlay();
  }

  #click(x: number, y: number): void {
    const picked = this.#scene === undefined || y < AXIS ? undefined : pick(this.#scene, x, y);
    if (picked?.type === "step") this.select(picked.step);
    else if (picked?.type === "fault") {
      const fault = this.#model.data.faults[picked.fault];
      if (fault !== undefined) this.#setView(withRoom(fault, this.#model.data.duration));
    } else if (picked?.type === "segment") {
      const segment = this.#model.data.strips[picked.strip]?.segments[picked.segment];
      if (segment !== undefined) this.#setView(withRoom(segment, this.#model.data.duration));
    }
  }

  #scrollTo(step: number): void {
    const { scroller } = this.#places;
    const host = this.#model.hostOf(step);
    const y = host < 0 ? this.#rows.world : (this.#rows.middles[host] ?? -1);
    if (y < 0) return;
    const room = scroller.clientHeight - AXIS;
    if (y - 20 < scroller.scrollTop) scroller.scrollTop = Math.max(0, y - 40);
    else if (y + 20 > scroller.scrollTop + room) scroller.scrollTop = y + 40 - room;
  }

  #changed(): void {
    this.#redraw();
    this.#role.onLook(this.#view, this.#model.filter);
    if (!this.#role.hasAddress) return;
    window.clearTimeout(this.#addressTimer);
    this.#addressTimer = window.setTimeout(() => this.#writeAddress(), ADDRESS_REST);
  }

  #writeAddress(): void {
    const at = this.#selected === undefined ? undefined : this.#model.nameOf(this.#selected);
    this.#written = addressOf({ at, view: this.#view, filter: this.#model.filter }, this.#hosts);
    history.replaceState(null, "", `#${this.#written}`);
  }

  #redraw(): void {
    this.#baseIsStale = true;
    this.#redrawOverlay();
  }

  #redrawOverlay(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => this.#drawNow());
  }

  #drawNow(): void {
    this.#frame = 0;
    const { base, overlay, scroller } = this.#places;
    const width = base.clientWidth;
    const height = Math.min(scroller.clientHeight, this.#rows.height + AXIS);
    if (width === 0 || height === 0) return;
    if (this.#baseIsStale) {
      performance.mark("draw");
      this.#baseIsStale = false;
      const surface = fitCanvas(base, width, height);
      this.#scene = new Scene(this.#model, this.#rows, this.#view, width, height, scroller.scrollTop);
      drawScene(surface.context, this.#scene, this.#theme);
      this.#overview.draw(this.#view, this.#theme);
      // For whoever wonders how fast it is; the browser's own tools show it too.
      performance.clearMeasures("seedstorm draw");
      performance.measure("seedstorm draw", "draw");
    }
    if (this.#scene === undefined) return;
    const { context } = fitCanvas(overlay, width, height);
    drawOverlay(context, this.#scene, this.#theme, this.#selected, this.#hovered);
  }
}

function placesIn(root: HTMLElement): Places {
  const canvas = (name: string): HTMLCanvasElement => {
    const found = part(root, name);
    if (!(found instanceof HTMLCanvasElement)) throw new Error(`"${name}" is no canvas`);
    return found;
  };
  return {
    root,
    filters: part(root, "filters"),
    zoom: part(root, "zoom"),
    overview: canvas("overview"),
    scroller: part(root, "scroller"),
    labels: part(root, "labels"),
    lanes: part(root, "lanes"),
    base: canvas("base"),
    overlay: canvas("overlay"),
    tip: part(root, "tip"),
    panel: part(root, "panel"),
  };
}

function part(root: HTMLElement, name: string): HTMLElement {
  const found = root.querySelector<HTMLElement>(`.${name}`);
  if (found === null) throw new Error(`a diagram has no part "${name}"`);
  return found;
}

const HINT = "Click a mark or an arrow, or press j to step through what happened.";

function withRoom({ from, to }: View, duration: number): View {
  const room = Math.max(1_000, (to - from) * 0.15);
  return clamped({ from: from - room, to: to + room }, duration);
}
