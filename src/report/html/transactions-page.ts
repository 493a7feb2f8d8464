/** Anomalies of transactions as pictures: who must come before whom, in a circle, with the proof in sentences below. */
import {
  type Anomaly,
  anomalyHeading,
  anomalyProof,
  because,
  concerned,
  shownTransaction,
  type TransactionWords,
} from "../../check/transactions/index.js";
import { html, type Markup, NOTHING } from "./markup.js";
import { card, fitted, stillPageHtml } from "./still-page.js";

export interface TransactionsPage {
  readonly file: string;
  readonly verdict: string;
  readonly held: boolean;
  readonly notes: readonly string[];
  readonly anomalies: readonly Anomaly[];
  readonly words: TransactionWords;
}

const WIDTH = 900;
const HEIGHT = 420;
const BOX = 200;
const BOX_HEIGHT = 40;

export function transactionsHtml({ file, verdict, held, notes, anomalies, words }: TransactionsPage): string {
  let cards = 0;
  const parts = anomalies.map((anomaly) => {
    const picture = anomaly.kind === "cycle" ? circle(anomaly, words, cards) : NOTHING;
    if (anomaly.kind === "cycle") cards += 2 * anomaly.steps.length;
    return html`<h2>${anomalyHeading(anomaly)}</h2>${picture}<pre>${anomalyProof(anomaly, words).join("\n")}</pre>`;
  });
  const body = html`<h1>${file}</h1>
<p class="${held ? "good" : "bad"}">${verdict}</p>
${notes.map((note) => html`<p class="muted">${note}</p>`)}
${parts}`;
  return stillPageHtml(`${file} · ${verdict}`, body, cards);
}

/** Transactions on a circle, from the top on, and an arrow to the next for each. */
function circle(
  anomaly: Anomaly & { readonly kind: "cycle" },
  words: TransactionWords,
  first: number,
): Markup {
  const { steps } = anomaly;
  const [middleX, middleY] = [WIDTH / 2, HEIGHT / 2 - 10];
  const places = steps.map((_, i) => {
    const angle = (2 * Math.PI * i) / steps.length - Math.PI / 2;
    const [wide, high] = steps.length === 2 ? [0, 120] : [300, 140];
    return { x: middleX + wide * Math.cos(angle), y: middleY + high * Math.sin(angle) };
  });
  const at = (i: number) => places[i % steps.length] ?? { x: middleX, y: middleY };
  const edges = steps.map(({ dependency }, i) => {
    const [from, to] = [at(i), at(i + 1)];
    // Bent outwards, so that two who come before each other have two arrows.
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const length = Math.hypot(dx, dy) || 1;
    const bend = steps.length === 2 ? 150 : 30;
    const [x, y] = [(from.x + to.x) / 2 + (dy / length) * bend, (from.y + to.y) / 2 - (dx / length) * bend];
    const [start, end] = [outside(from, { x, y }), outside(to, { x, y })];
    const path = `M${start.x.toFixed(1)} ${start.y.toFixed(1)} Q${x.toFixed(1)} ${y.toFixed(1)} ${end.x.toFixed(1)} ${end.y.toFixed(1)}`;
    const label = { x: (start.x + 2 * x + end.x) / 4, y: (start.y + 2 * y + end.y) / 4 };
    const number = first + steps.length + i;
    return {
      line: html`<path class="edge ${dependency}" d="${path}" marker-end="url(#arrow)"></path>`,
      label: html`<g class="op" id="o${number}" tabindex="0"><rect x="${(label.x - 34).toFixed(1)}" y="${(label.y - 12).toFixed(1)}" width="68" height="22" rx="11"></rect><text class="label" text-anchor="middle" x="${label.x.toFixed(1)}" y="${(label.y + 4).toFixed(1)}">${dependency}</text></g>`,
      number,
      place: label,
    };
  });
  const boxes = steps.map(({ from }, i) => {
    const { x, y } = at(i);
    const text = fitted(`T${i + 1}: ${shownTransaction(from)}`, BOX - 16);
    return html`<g class="op placed" id="o${first + i}" tabindex="0"><rect x="${(x - BOX / 2).toFixed(1)}" y="${(y - BOX_HEIGHT / 2).toFixed(1)}" width="${BOX}" height="${BOX_HEIGHT}" rx="6"></rect><text text-anchor="middle" x="${x.toFixed(1)}" y="${(y + 4).toFixed(1)}">${text}</text></g>`;
  });
  const cards = [
    ...steps.map(({ from }, i) => {
      const { x, y } = at(i);
      const ended = Number.isFinite(from.ret) ? ` to ${words.moment(from.ret)}` : "";
      const lines = [
        `T${i + 1} of ${words.client(from.client)}, ${words.moment(from.call)}${ended}`,
        ...wrapped(shownTransaction(from)),
      ];
      return card(first + i, x - BOX / 2, y + BOX_HEIGHT / 2 + 6, lines, WIDTH, HEIGHT);
    }),
    ...edges.map(({ number, place }, i) => {
      const step = steps[i];
      const [one, other] = [`T${i + 1}`, `T${((i + 1) % steps.length) + 1}`];
      const lines =
        step === undefined
          ? []
          : [`${one} comes before ${other}:`, ...wrapped(because(step, one, other, words))];
      return card(number, place.x - 60, place.y + 16, lines, WIDTH, HEIGHT);
    }),
  ];
  const label = `a circle of ${concerned(anomaly).length} transactions`;
  return html`<div class="picture"><svg role="img" aria-label="${label}" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}">
<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path class="head" d="M0 0 L8 4 L0 8 z" fill="context-stroke"></path></marker></defs>
${edges.map(({ line }) => line)}${boxes}${edges.map(({ label: text }) => text)}${cards}
</svg></div>`;
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/** Where the way from the middle of a box towards a place leaves the box. */
function outside(box: Place, towards: Place): Place {
  const [dx, dy] = [towards.x - box.x, towards.y - box.y];
  const scale = Math.min(BOX / 2 / (Math.abs(dx) || 1), BOX_HEIGHT / 2 / (Math.abs(dy) || 1));
  return { x: box.x + dx * scale, y: box.y + dy * scale };
}

const LETTERS = 100;

/** Lines of a readable length. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + word.length >= LETTERS) {
      lines.push(line);
      line = "";
    }
    line += `${line === "" ? "" : " "}${word}`;
  }
  return [...lines, line];
}
