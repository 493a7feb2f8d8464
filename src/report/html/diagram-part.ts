/**
 * The place of a space-time diagram in a page, and the data that it draws. A page can have several: the main one is in the page's
 * address; one that stands beside another follows what is looked at there.
 */
import type { DiagramData } from "./data.js";
import { html, type Markup, NOTHING, scriptJson } from "./markup.js";

export interface DiagramPlace {
  /** Distinguishes it from the others of the page. */
  readonly name: string;
  readonly data: DiagramData;
  /** What is not in it, as sentences. */
  readonly cut: readonly string[];
  /** The name of the diagram that it stands beside: it looks at the same time and hides the same. */
  readonly beside?: string;
}

/** The name of the diagram that a page is about. */
export const MAIN = "main";

const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ["j k", "next, previous (also ↓ ↑ → ← in the diagram; with Shift on the same host)"],
  ["Enter", "to the other end of the message"],
  ["c e", "to the cause, to the first effect"],
  ["n", "next evidence"],
  ["o", "only what led to the evidence"],
  ["d", "disks: show, hide"],
  ["+ - 0", "zoom in, out, all (also Ctrl and wheel)"],
  ["h l", "earlier, later (also drag)"],
  ["/", "find text"],
  ["Esc", "clear"],
];

export function diagramPart({ name, data, cut, beside }: DiagramPlace): Markup {
  const notes = cut.map((sentence) => html`<p class="note cut">${sentence}</p>`);
  const follows = beside === undefined ? NOTHING : html` data-beside="${beside}"`;
  return html`${notes}<div class="diagram"${name === MAIN ? html` id="diagram"` : NOTHING} data-diagram="${name}"${follows}>
<div class="bar"><div class="filters"></div><div class="zoom">
<button type="button" data-zoom="out" title="zoom out (-)">−</button><button type="button" data-zoom="in" title="zoom in (+)">+</button><button type="button" data-zoom="fit" title="show all (0)">all</button>
<details class="menu keys"><summary>keys</summary><div class="sheet"><dl>${KEYS.map(([keys, does]) => html`<dt>${html`${keys.split(" ").map((key) => html`<kbd>${key}</kbd>`)}`}</dt><dd>${does}</dd>`)}</dl></div></details>
</div></div>
<canvas class="overview" aria-label="the whole run; drag to choose what is shown"></canvas>
<div class="stage">
<div class="scroller" tabindex="0" role="application" aria-label="space-time diagram: j and k step through what happened">
<div class="lanes"><div class="labels"></div><div class="canvases"><canvas class="base"></canvas><canvas class="overlay"></canvas><div class="tip" hidden></div></div></div>
</div>
<aside class="panel" aria-live="polite"></aside>
</div>
<noscript><p class="note">The diagram needs scripts to be allowed in this page.</p></noscript>
<script type="application/json" data-of="${name}">${scriptJson(data)}</script>
</div>`;
}
