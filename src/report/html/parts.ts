/** Parts that pages of runs and of campaigns have in common. */
import { moment } from "../words.js";
import { html, type Markup, NOTHING, verbatim } from "./markup.js";

/** A verdict in its colour: the colour is never all that tells it. */
export function badge(verdict: string): Markup {
  return html`<span class="badge ${verdict.replaceAll(/[^a-z]/g, "-")}">${verdict}</span>`;
}

/** Something to be typed; a click selects all of it. */
export function command(text: string): Markup {
  return html`<code class="command">${text}</code>`;
}

export interface Figure {
  readonly name: string;
  readonly value: string;
}

export function figures(all: readonly Figure[]): Markup {
  return html`<dl class="figures">${all.map(({ name, value }) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** A section with a heading; nothing when there is nothing in it. */
export function section(id: string, title: string, content: Markup, note = ""): Markup {
  if (content.text.trim() === "") return NOTHING;
  const aside = note === "" ? NOTHING : html`<p class="note">${note}</p>`;
  return html`<section id="${id}"><h2>${title}</h2>${aside}${content}</section>`;
}

/** Links to the sections of a page, and to those parts of them that have a name of their own. */
export function contents(body: Markup): Markup {
  const items = [
    ...body.text.matchAll(/<section id="([^"]+)"><h2>([^<]*)<\/h2>|data-name="([^"]+)" id="([^"]+)"/g),
  ];
  if (items.length < 3) return NOTHING;
  const links = items.map(([, section, title, name, part]) =>
    part === undefined
      ? html`<li><a href="#${section ?? ""}">${verbatim(title ?? "")}</a></li>`
      : html`<li class="part"><a href="#${part}">${verbatim(name ?? "")}</a></li>`,
  );
  return html`<nav class="contents" aria-label="contents"><ul>${links}</ul></nav>`;
}

export interface Column<T> {
  readonly title: string;
  readonly cell: (item: T) => string | number | Markup;
  /** Numbers stand at the right. */
  readonly number?: boolean;
  /** What rows are sorted by when a reader asks for it; undefined comes last. Without it they can't be by this column. */
  readonly sort?: (item: T) => string | number | undefined;
}

/** A table that scrolls by itself where the page is too narrow for it. */
export function table<T>(items: readonly T[], columns: readonly Column<T>[]): Markup {
  if (items.length === 0) return NOTHING;
  const kind = ({ number }: Column<T>): Markup => (number === true ? html` class="number"` : NOTHING);
  const sortable = ({ sort }: Column<T>): Markup => (sort === undefined ? NOTHING : html` data-sortable`);
  const key = ({ sort }: Column<T>, item: T): Markup =>
    sort === undefined ? NOTHING : html` data-key="${sort(item) ?? ""}"`;
  return html`<div class="wide"><table>
<thead><tr>${columns.map((column) => html`<th scope="col"${kind(column)}${sortable(column)}>${column.title}</th>`)}</tr></thead>
<tbody>${items.map((item) => html`<tr>${columns.map((column) => html`<td${kind(column)}${key(column, item)}>${column.cell(item)}</td>`)}</tr>\n`)}</tbody>
</table></div>`;
}

/** A time that a diagram jumps to when it is clicked. @param diagram its name; the main one when left out. */
export function factLink(id: number, at: number, diagram?: string): Markup {
  const where = diagram === undefined ? NOTHING : html` data-in="${diagram}"`;
  return html`<button type="button" class="moment" data-fact="${id}"${where}>${moment(at)}</button>`;
}

/** Words that the main diagram shows a stretch of time for when they are clicked. */
export function timeLink(from: number, to: number, text: string): Markup {
  return html`<button type="button" class="moment" data-from="${from}" data-to="${to}">${text}</button>`;
}

/** A counted thing; what never happened is marked. */
export function tally(name: string, count: number, of?: number): Markup {
  const never = count === 0 ? " never" : "";
  const text = of === undefined ? String(count) : `${count} of ${of}`;
  return html`<li class="tally${never}"><span>${name}</span> <b>${text}</b></li>`;
}

export function latencyPlace(index: number): Markup {
  return html`<div class="latency" data-latency="${index}"></div>`;
}

/** Parts of a whole, side by side. */
export function shareBar(parts: readonly { readonly name: string; readonly size: number }[]): Markup {
  const total = parts.reduce((sum, { size }) => sum + size, 0);
  let x = 0;
  const rects = parts.map(({ name, size }) => {
    const width = total === 0 ? 0 : (size / total) * 100;
    const rect = html`<rect class="${name}" x="${round(x)}" width="${round(width)}" height="8"><title>${name}: ${size}</title></rect>`;
    x += width;
    return rect;
  });
  return html`<svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">${rects}</svg>`;
}

/** A length between nothing and everything. */
export function sizeBar(share: number): Markup {
  return html`<svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="size" width="${round(share * 100)}" height="8"></rect></svg>`;
}

const round = (n: number): number => Math.round(n * 100) / 100;

/** What stands at the foot of every page. */
export function foot(versions: { readonly seedstorm: string; readonly node: string }): Markup {
  return html`<footer>Seedstorm ${versions.seedstorm} on Node ${versions.node}. Virtual times; one seed is one universe.</footer>`;
}
