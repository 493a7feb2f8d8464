/** What a system has measured of a run, in a page: its tables, and its courses as lines that go in steps. */
import type { MeasuredCourses, MeasuredTable, Measurements } from "../../storm/measurements.js";
import { moment } from "../words.js";
import { html, type Markup, NOTHING } from "./markup.js";
import { table } from "./parts.js";

const WIDTH = 1_000;
const HEIGHT = 60;

export function measurementsPart(measured: Measurements | undefined, until: number): Markup {
  if (measured === undefined) return NOTHING;
  return html`${measured.tables.map(tablePart)}${measured.courses.map((group) => coursesPart(group, until))}`;
}

function tablePart({ title, note, columns, rows }: MeasuredTable): Markup {
  const cells = columns.map((name, i) => ({ title: name, cell: (row: readonly string[]) => row[i] ?? "" }));
  return html`<h3>${title}</h3>${note === undefined ? NOTHING : html`<p class="note">${note}</p>`}${table(rows, cells)}`;
}

function coursesPart({ title, note, courses }: MeasuredCourses, until: number): Markup {
  const most = courses.flatMap(({ steps }) => steps).reduce((top, { value }) => Math.max(top, value), 1);
  const lines = courses.map(({ name, steps }) => {
    const last = steps.at(-1);
    if (last === undefined) return NOTHING;
    const x = (at: number): number => Math.round((at / Math.max(1, until)) * WIDTH);
    const y = (value: number): number => Math.round(HEIGHT - (value / most) * (HEIGHT - 4) - 2);
    const points = steps.map(
      ({ at, value }, i) =>
        `${i === 0 ? "M" : "H"}${i === 0 ? `${x(at)} ` : x(at)}${i === 0 ? y(value) : `V${y(value)}`}`,
    );
    const top = steps.reduce((high, { value }) => Math.max(high, value), 0);
    return html`<figure class="course"><figcaption>${name} <span class="note">${`at most ${top}, in the end ${last.value}`}</span></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="100%" height="${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${`${name} from 0 s to ${moment(until)}`}"><path d="${`${points.join("")}H${WIDTH}`}" fill="none" stroke="currentColor" vector-effect="non-scaling-stroke"/></svg></figure>`;
  });
  return html`<h3>${title}</h3>${note === undefined ? NOTHING : html`<p class="note">${note}</p>`}${lines}`;
}
