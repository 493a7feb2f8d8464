/**
 * Pages without code: one file with its text, its pictures and their style, which shows more of something where the pointer is. A policy in
 * its head lets the browser load nothing and run nothing.
 */
import { createHash } from "node:crypto";
import { documentHtml } from "./document.js";
import { html, type Markup } from "./markup.js";

const STYLE = `
:root { --bg: #f7f7f5; --surface: #fff; --text: #1d2126; --muted: #626a73; --line: #dcdfe2; --grid: #eef0f1;
  --accent: #1763c6; --accent-soft: #d9e7fa; --bad: #c8281e; --bad-soft: #fbe4e1; --good: #1c7c43; --warn: #a06a00;
  --warn-soft: #fbf0d6; --idle: #e4e6e9; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root { --bg: #121417; --surface: #191c20; --text: #e4e7ea; --muted: #98a1aa;
  --line: #31373d; --grid: #23282d; --accent: #6aa7f2; --accent-soft: #1d3352; --bad: #f0766c; --bad-soft: #4a211e;
  --good: #58c383; --warn: #e0b352; --warn-soft: #443514; --idle: #33393f; } }
body { margin: 0 auto; max-width: 1500px; padding: 24px; background: var(--bg); color: var(--text); font: 14px/1.5 system-ui, sans-serif; }
h1 { font-size: 20px; margin: 0 0 4px; } h2 { font-size: 16px; margin: 32px 0 8px; }
p { margin: 4px 0; } .muted { color: var(--muted); } .good { color: var(--good); } .bad { color: var(--bad); }
.picture { overflow-x: auto; background: var(--surface); border: 1px solid var(--line); border-radius: 6px; }
pre { background: var(--surface); border: 1px solid var(--line); border-radius: 6px; padding: 12px; overflow-x: auto; font: 13px/1.5 ui-monospace, monospace; }
svg { display: block; font: 12px system-ui, sans-serif; } svg text { fill: var(--text); }
.lane { stroke: var(--grid); } .name { fill: var(--muted) !important; }
.op rect { fill: var(--idle); stroke: var(--line); } .op.placed rect { fill: var(--accent-soft); stroke: var(--accent); }
.op.stuck rect { fill: var(--bad-soft); stroke: var(--bad); } .op.culprit rect { stroke-width: 2.5; } .op.fits rect { fill: var(--warn-soft); stroke: var(--warn); }
.op:hover rect, .op:focus rect { stroke-width: 3; } .op:focus { outline: none; } .op { cursor: default; }
.way, .point { pointer-events: none; } .way { fill: none; stroke: var(--accent); stroke-width: 1.5; opacity: 0.6; } .point { fill: var(--accent); }
.card { visibility: hidden; pointer-events: none; } .card rect { fill: var(--surface); stroke: var(--text); }
.edge { fill: none; stroke: var(--text); stroke-width: 1.5; } .edge.rw { stroke: var(--bad); stroke-dasharray: 6 3; } .edge.wr { stroke: var(--accent); }
.edge.realtime, .edge.process { stroke: var(--muted); stroke-dasharray: 2 3; } .label { font-weight: 600; }
.key span { display: inline-block; margin-right: 18px; } .key i { display: inline-block; width: 12px; height: 12px; border: 1px solid; margin-right: 6px; vertical-align: -1px; }
.key .placed { background: var(--accent-soft); color: var(--accent); } .key .stuck { background: var(--bad-soft); color: var(--bad); } .key .fits { background: var(--warn-soft); color: var(--warn); } .key .later { background: var(--idle); color: var(--line); }
`;

/** Shows the cards of what is under the pointer, or has the focus: of each number so many that there are. */
const cards = (count: number): string =>
  Array.from(
    { length: count },
    (_, i) => `#o${i}:hover ~ #c${i}, #o${i}:focus ~ #c${i} { visibility: visible; }`,
  ).join("\n");

export function stillPageHtml(title: string, body: Markup, cardCount: number): string {
  const style = `${STYLE}${cards(cardCount)}`;
  const hash = `sha256-${createHash("sha256").update(style).digest("base64")}`;
  const policy = `default-src 'none'; style-src '${hash}'; img-src data:; base-uri 'none'; form-action 'none'`;
  return documentHtml({ title, policy, style, body });
}

const LETTER = 6.8;
const LINE = 17;

/** A box with lines of text near a place, kept within the picture. */
export function card(
  number: number,
  x: number,
  y: number,
  lines: readonly string[],
  width: number,
  height: number,
): Markup {
  const wide = Math.ceil(Math.max(...lines.map(({ length }) => length)) * LETTER) + 20;
  const tall = lines.length * LINE + 12;
  const left = Math.max(2, Math.min(x, width - wide - 2));
  const top = y + tall + 4 > height ? Math.max(2, y - tall - 34) : y;
  const texts = lines.map(
    (line, i) => html`<text x="${left + 10}" y="${top + 20 + i * LINE}">${line}</text>`,
  );
  return html`<g class="card" id="c${number}"><rect x="${left}" y="${top}" width="${wide}" height="${tall}" rx="4"></rect>${texts}</g>`;
}

/** Text cut to a width in pixels. */
export function fitted(text: string, width: number): string {
  const most = Math.floor(width / LETTER);
  return text.length <= most ? text : most < 2 ? "" : `${text.slice(0, most - 1)}…`;
}
