/**
 * A history as a picture: a lane for each process, a bar for each operation, and the longest order that was found as a line
 * through them. Where the order is stuck every alternative says what forbids it. Of a long history the part around
 * that place is drawn, and the page says what it leaves out.
 */
import { isOpen, type Operation } from "../../check/linearizability/operation.js";
import { html, type Markup, NOTHING } from "./markup.js";
import { card, fitted, stillPageHtml } from "./still-page.js";

export interface DrawnOrder {
  readonly operation: Operation;
  /** The object after it, in words; empty where nobody worked it out. */
  readonly after: string;
}

/** One object, with how far an order gets. */
export interface DrawnObject {
  readonly title: string;
  /** All of its operations. */
  readonly operations: readonly Operation[];
  readonly order: readonly DrawnOrder[];
  /** Undefined where there is an order of all. */
  readonly stuck?: {
    readonly culprit: Operation;
    /** The object there, at the end of a sentence: `the register holds 5`. */
    readonly state: string;
    readonly alternatives: readonly { readonly operation: Operation; readonly fits: boolean }[];
    readonly proof: readonly string[];
  };
}

export interface HistoryPage {
  readonly file: string;
  readonly verdict: string;
  readonly held: boolean;
  readonly notes: readonly string[];
  readonly objects: readonly DrawnObject[];
  readonly describe: (operation: Operation) => string;
  readonly moment: (position: number) => string;
}

/** Operations of one object that are drawn. */
const MOST = 160;
const LANE = 40;
const BAR = 24;
const LEFT = 110;
const TOP = 34;

export function historyHtml(page: HistoryPage): string {
  let cards = 0;
  const pictures = page.objects.map((object) => {
    const drawing = new Drawing(page, object, cards);
    cards += drawing.count;
    return drawing.markup();
  });
  const body = html`<h1>${page.file}</h1>
<p class="${page.held ? "good" : "bad"}">${page.verdict}</p>
${page.notes.map((note) => html`<p class="muted">${note}</p>`)}
<p class="key muted"><span><i class="placed"></i>in its place in the order</span><span><i class="stuck"></i>can't come next</span><span><i class="fits"></i>could, and leaves no place for another</span><span><i class="later"></i>not reached</span></p>
${pictures}`;
  return stillPageHtml(`${page.file} · ${page.verdict}`, body, cards);
}

class Drawing {
  readonly #page: HistoryPage;
  readonly #object: DrawnObject;
  readonly #first: number;
  readonly #shown: readonly Operation[];
  readonly #lanes: readonly string[];
  readonly #columns: ReadonlyMap<number, number>;
  readonly #step: number;
  readonly #width: number;
  readonly #height: number;

  constructor(page: HistoryPage, object: DrawnObject, first: number) {
    this.#page = page;
    this.#object = object;
    this.#first = first;
    this.#shown = around(object);
    this.#lanes = [...new Set(this.#shown.map(({ client }) => client))];
    const positions = new Set(
      this.#shown.flatMap(({ call, ret }) => (Number.isFinite(ret) ? [call, ret] : [call])),
    );
    this.#columns = new Map(
      [...positions].sort((a, b) => a - b).map((position, column) => [position, column]),
    );
    this.#step = Math.max(26, Math.min(90, 1300 / (this.#columns.size + 1)));
    this.#width = LEFT + (this.#columns.size + 1) * this.#step + 20;
    this.#height = TOP + this.#lanes.length * LANE + 130;
  }

  get count(): number {
    return this.#shown.length;
  }

  markup(): Markup {
    const { title, stuck, operations } = this.#object;
    const left = operations.length - this.#shown.length;
    const lanes = this.#lanes.map((client, lane) => {
      const y = TOP + lane * LANE + BAR / 2;
      return html`<line class="lane" x1="${LEFT}" x2="${this.#width}" y1="${y}" y2="${y}"></line><text class="name" x="8" y="${y + 4}">${fitted(`process ${client}`, LEFT - 12)}</text>`;
    });
    const label = `${title}: ${this.#shown.length} operations of ${this.#lanes.length} processes`;
    return html`<h2>${title}</h2>
${left > 0 ? html`<p class="muted">${left} operations further away are not drawn.</p>` : NOTHING}
${stuck === undefined ? NOTHING : html`<p>The longest order is stuck when ${stuck.state}.</p>`}
<div class="picture"><svg role="img" aria-label="${label}" width="${Math.ceil(this.#width)}" height="${this.#height}" viewBox="0 0 ${Math.ceil(this.#width)} ${this.#height}">
${lanes}${this.#shown.map((operation, i) => this.#bar(operation, this.#first + i))}${this.#way()}${this.#shown.map((operation, i) => this.#card(operation, this.#first + i))}
</svg></div>
${stuck === undefined ? NOTHING : html`<pre>${stuck.proof.join("\n")}</pre>`}`;
  }

  #x = (position: number): number =>
    LEFT + ((this.#columns.get(position) ?? this.#columns.size) + 0.5) * this.#step;
  #y = ({ client }: Operation): number => TOP + this.#lanes.indexOf(client) * LANE;
  #end = (operation: Operation): number => (isOpen(operation) ? this.#width - 10 : this.#x(operation.ret));

  #place = (operation: Operation): number =>
    this.#object.order.findIndex((placed) => placed.operation === operation);

  /** Where each operation takes place: as early as its call and those before it allow. */
  #way(): Markup {
    const points: { readonly x: number; readonly y: number }[] = [];
    let last = LEFT;
    const steps = this.#object.order.filter(({ operation }) => this.#shown.includes(operation));
    for (const { operation } of steps) {
      last = Math.max(last + Math.min(6, this.#step / 8), this.#x(operation.call) + 3);
      points.push({ x: last, y: this.#y(operation) + BAR - 1 });
    }
    const path = points.map(({ x, y }) => `${x.toFixed(1)},${y}`).join(" ");
    const dots = points.map(
      ({ x, y }) => html`<circle class="point" cx="${x.toFixed(1)}" cy="${y}" r="3"></circle>`,
    );
    return html`<polyline class="way" points="${path}"></polyline>${dots}`;
  }

  #bar(operation: Operation, number: number): Markup {
    const [x, y, end] = [this.#x(operation.call), this.#y(operation), this.#end(operation)];
    const place = this.#place(operation);
    const stuck = this.#object.stuck;
    const alternative = stuck?.alternatives.find((each) => each.operation === operation);
    const kind =
      place >= 0 ? "placed" : alternative === undefined ? "later" : alternative.fits ? "fits" : "stuck";
    const culprit = stuck?.culprit === operation ? " culprit" : "";
    const width = Math.max(end - x, 14);
    const text = fitted(`${place >= 0 ? `${place + 1}: ` : ""}${this.#page.describe(operation)}`, width - 8);
    return html`<g class="op ${kind}${culprit}" id="o${number}" tabindex="0"><rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="4"></rect><text x="${(x + 5).toFixed(1)}" y="${y + 16}">${text}</text></g>`;
  }

  #card(operation: Operation, number: number): Markup {
    const { moment, describe } = this.#page;
    const { order, stuck } = this.#object;
    const place = this.#place(operation);
    const alternative = stuck?.alternatives.find((each) => each.operation === operation);
    const ended = isOpen(operation) ? "never answered" : `answered ${moment(operation.ret)}`;
    const lines = [
      `${describe(operation)}`,
      `process ${operation.client}: asked ${moment(operation.call)}, ${ended}`,
    ];
    if (place >= 0) {
      const after = order[place]?.after ?? "";
      lines.push(`comes as number ${place + 1}${after === "" ? "" : `; after it the object ${after}`}`);
    } else if (alternative !== undefined && stuck !== undefined) {
      lines.push(
        alternative.fits
          ? "could come next, and then another answer has no place left"
          : `can't come next: ${stuck.state}`,
      );
    } else lines.push("the order never got here");
    return card(
      number,
      this.#x(operation.call) + 12,
      this.#y(operation) + BAR + 6,
      lines,
      this.#width,
      this.#height,
    );
  }
}

/** The operations around where the order is stuck; the first ones where it isn't. */
function around({ operations, order, stuck }: DrawnObject): readonly Operation[] {
  if (operations.length <= MOST) return operations;
  if (stuck === undefined) return operations.slice(0, MOST);
  const near = new Set<Operation>([stuck.culprit, ...stuck.alternatives.map(({ operation }) => operation)]);
  for (const { operation } of order.slice(-MOST / 2)) near.add(operation);
  const others = operations.filter((operation) => !near.has(operation));
  others.sort((a, b) => Math.abs(a.call - stuck.culprit.call) - Math.abs(b.call - stuck.culprit.call));
  for (const operation of others) {
    if (near.size >= MOST) break;
    near.add(operation);
  }
  return operations.filter((operation) => near.has(operation));
}
