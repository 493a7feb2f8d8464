/** The bar above the diagram: which hosts and kinds are shown, text to look for, the evidence alone. */

import { groupsOf } from "./draw.js";
import { DISK_LEGEND } from "./draw-disks.js";
import type { Filter, Model } from "./model.js";
import { button, element } from "./surface.js";
import { diskSwatch, factSwatch, messageSwatch } from "./swatch.js";

interface Choice<K> {
  readonly key: K;
  readonly text: string;
  readonly count: number;
}

export class Filters {
  readonly #model: Model;
  readonly #onFilter: (filter: Filter) => void;
  readonly #boxes: { readonly box: HTMLInputElement; readonly hidden: (filter: Filter) => boolean }[] = [];
  readonly #summaries: (() => void)[] = [];
  readonly #text = element("input");
  readonly #slice = element("input");
  readonly #disks = element("input");

  constructor(root: HTMLElement, model: Model, onFilter: (filter: Filter) => void) {
    this.#model = model;
    this.#onFilter = onFilter;
    this.#text.type = "search";
    this.#text.placeholder = "find text  ( / )";
    this.#text.setAttribute("aria-label", "show only what has this text in it");
    this.#text.addEventListener("input", () => this.#change({ text: this.#text.value }));
    const { facts, packets } = model.data;
    const groups = groupsOf(packets.names);
    root.append(
      this.#text,
      this.#menu("facts", choices(facts.kinds, facts.kind), factSwatch),
      this.#menu("messages", choices(packets.names, packets.name), (name) =>
        messageSwatch(groups[packets.names.indexOf(name)] ?? 0),
      ),
      this.#hostMenu(),
    );
    if (model.data.disks.host.length > 0) root.append(this.#diskMenu());
    if (model.evidence.size > 0) root.append(this.#sliceBox());
    this.show();
  }

  focusText(): void {
    this.#text.focus();
    this.#text.select();
  }

  /** Brings the controls into line with the filter that is in force. */
  show(): void {
    const { filter } = this.#model;
    if (this.#text.value !== filter.text) this.#text.value = filter.text;
    this.#slice.checked = filter.slice;
    this.#disks.checked = filter.disks;
    for (const { box, hidden } of this.#boxes) box.checked = !hidden(filter);
    for (const summary of this.#summaries) summary();
  }

  #change(part: Partial<Filter>): void {
    this.#onFilter({ ...this.#model.filter, ...part });
  }

  #menu(
    title: "facts" | "messages",
    all: readonly Choice<string>[],
    swatch: (text: string) => Element,
  ): HTMLElement {
    return this.#list(
      title,
      all,
      (filter) => filter[title],
      (now) => this.#change({ [title]: now }),
      swatch,
    );
  }

  #hostMenu(): HTMLElement {
    const all = this.#model.data.hosts.map(({ id }, host) => ({ key: host, text: id, count: -1 }));
    return this.#list(
      "hosts",
      all,
      (filter) => filter.hosts,
      (now) => this.#change({ hosts: now }),
    );
  }

  /** @param hiddenIn what a filter hides of these choices. */
  #list<K>(
    title: string,
    all: readonly Choice<K>[],
    hiddenIn: (filter: Filter) => ReadonlySet<K>,
    hide: (hidden: ReadonlySet<K>) => void,
    swatch?: (text: string) => Element,
  ): HTMLElement {
    const isHidden = (filter: Filter, key: K): boolean => hiddenIn(filter).has(key);
    const without = (key: K): K[] => all.map((choice) => choice.key).filter((other) => other !== key);
    const toggle = (shown: boolean, key: K): void => {
      const rest = [...hiddenIn(this.#model.filter)].filter((other) => other !== key);
      hide(new Set(shown ? rest : [...rest, key]));
    };
    const summary = element("summary");
    const list = element("ul", "choices");
    for (const { key, text, count } of all) {
      const box = element("input");
      box.type = "checkbox";
      box.addEventListener("change", () => toggle(box.checked, key));
      this.#boxes.push({ box, hidden: (filter) => isHidden(filter, key) });
      const only = button("only", `show ${text} alone`, () => hide(new Set(without(key))));
      const name = element("label", "", box, " ");
      if (swatch !== undefined) name.append(swatch(text));
      name.append(` ${text} `);
      if (count >= 0) name.append(element("span", "count", String(count)));
      list.append(element("li", "", name, only));
    }
    const bulk = element(
      "div",
      "bulk",
      button("all", `show all ${title}`, () => hide(new Set())),
      button("none", `show no ${title}`, () => hide(new Set(all.map(({ key }) => key)))),
    );
    this.#summaries.push(() => {
      const shown = all.filter(({ key }) => !isHidden(this.#model.filter, key)).length;
      summary.textContent =
        shown === all.length ? `${title} ${all.length}` : `${title} ${shown}/${all.length}`;
      summary.classList.toggle("narrowed", shown < all.length);
    });
    const menu = element("details", "menu", summary, element("div", "sheet", bulk, list));
    menu.addEventListener("focusout", (event) => {
      if (event.relatedTarget instanceof Node && !menu.contains(event.relatedTarget)) menu.open = false;
    });
    return menu;
  }

  /** Whether disks are shown, and what their marks mean. */
  #diskMenu(): HTMLElement {
    this.#disks.type = "checkbox";
    this.#disks.addEventListener("change", () => this.#change({ disks: this.#disks.checked }));
    const box = element("label", "", this.#disks, " show disks (d)");
    const legend = DISK_LEGEND.map(([mark, text]) =>
      element("li", "", element("span", "", diskSwatch(mark), ` ${text}`)),
    );
    const summary = element("summary", "", "disks");
    this.#summaries.push(() => {
      summary.classList.toggle("narrowed", !this.#model.filter.disks);
    });
    const sheet = element("div", "sheet", box, element("ul", "choices", ...legend));
    const menu = element("details", "menu disks", summary, sheet);
    menu.addEventListener("focusout", (event) => {
      if (event.relatedTarget instanceof Node && !menu.contains(event.relatedTarget)) menu.open = false;
    });
    return menu;
  }

  #sliceBox(): HTMLElement {
    this.#slice.type = "checkbox";
    this.#slice.addEventListener("change", () => this.#change({ slice: this.#slice.checked }));
    const label = element("label", "slice", this.#slice, " only what led to the evidence");
    label.title = "the evidence of the violations and everything that it is a consequence of (o)";
    return label;
  }
}

function choices(names: readonly string[], column: readonly number[]): Choice<string>[] {
  const counts = new Array<number>(names.length).fill(0);
  for (const index of column) counts[index] = (counts[index] ?? 0) + 1;
  return names
    .map((name, index) => ({ key: name, text: name, count: counts[index] ?? 0 }))
    .sort((a, b) => (a.text < b.text ? -1 : 1));
}
