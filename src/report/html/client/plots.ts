/**
 * Latencies over virtual time: percentiles as lines, and below them a strip for each kind of fault that shows when it was
 * active. The lines are a library's work; the strips are drawn into it.
 */
import uPlot from "uplot";
import type { LatencyChart } from "../data.js";
import { FAMILIES, familyOf } from "./fault-patterns.js";
import { element } from "./surface.js";
import { Theme } from "./theme.js";
import { length } from "./view.js";

/** Height of a strip, and of one among many. */
const STRIP = 7;
const THIN_STRIP = 5;
const MANY_STRIPS = 10;
const MILLION = 1_000_000;

export class LatencyPlot {
  readonly #place: HTMLElement;
  readonly #chart: LatencyChart;
  readonly #strip: number;
  readonly #readout = element("div", "readout");
  readonly #box = element("div", "plot");
  #plot: uPlot | undefined;

  constructor(place: HTMLElement, chart: LatencyChart) {
    this.#place = place;
    const bands = [...chart.bands].sort((a, b) => rank(a.kind) - rank(b.kind));
    this.#chart = { ...chart, bands };
    this.#strip = bands.length > MANY_STRIPS ? THIN_STRIP : STRIP;
    place.append(this.#box, this.#readout);
    this.repaint();
    new ResizeObserver(() => {
      const width = this.#width();
      if (width > 0 && this.#plot !== undefined && this.#plot.width !== width) {
        this.#plot.setSize({ width, height: this.#height() });
      }
    }).observe(place);
  }

  /** Colours have changed, or the paper has. */
  repaint(): void {
    this.#plot?.destroy();
    const theme = new Theme(document.documentElement);
    this.#plot = new uPlot(this.#options(theme), this.#data(), this.#box);
    this.#read(null);
  }

  #width(): number {
    return Math.floor(this.#place.clientWidth) || 320;
  }

  #height(): number {
    return 200 + this.#chart.bands.length * this.#strip;
  }

  #data(): uPlot.AlignedData {
    const { window, series } = this.#chart;
    const times = (series[0]?.p50 ?? []).map((_, i) => ((i + 0.5) * window) / MILLION);
    const lines = series.flatMap(({ p50, p90, p99 }) => [p50, p90, p99]);
    // A logarithm has no zero: what took no time is drawn as a tenth of a millisecond.
    return [
      times,
      ...lines.map((line) => line.map((took) => (took === null ? null : Math.max(0.1, took / 1000)))),
    ];
  }

  #options(theme: Theme): uPlot.Options {
    const { window, series, bands } = this.#chart;
    const end = ((series[0]?.p50.length ?? 0) * window) / MILLION;
    const stripsHeight = bands.length * this.#strip;
    const grid = { stroke: theme.color("grid"), width: 1 };
    const axis = {
      stroke: theme.color("muted"),
      font: "11px system-ui, sans-serif",
      grid,
      ticks: { show: false },
    };
    return {
      width: this.#width(),
      height: this.#height(),
      padding: [8, 22, 0, 0],
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { size: 6 }, y: false },
      scales: {
        x: { time: false, range: [0, end] },
        y: { distr: 3, range: (_, least, most) => powersAround(least, most) },
      },
      axes: [
        {
          ...axis,
          size: 26 + stripsHeight,
          gap: 4 + stripsHeight,
          values: (_, at) => at.map((s) => `${s} s`),
        },
        {
          ...axis,
          size: 58,
          values: (_, at) => at.map((ms) => (ms === null || !isPowerOfTen(ms) ? "" : length(ms * 1000))),
        },
      ],
      series: [
        {},
        ...series.flatMap(({ name }, index) => {
          const stroke = theme.color(index % 2 === 0 ? "fact-client" : "fact-stream");
          return (["p50", "p90", "p99"] as const).map((percentile, i) => ({
            label: `${name} ${percentile}`,
            stroke,
            width: i === 0 ? 2 : 1.2,
            dash: i === 0 ? [] : i === 1 ? [5, 3] : [2, 3],
            spanGaps: false,
            points: { show: true, size: i === 0 ? 4 : 3, fill: stroke },
          }));
        }),
      ],
      hooks: {
        drawAxes: [(plot) => this.#drawBands(plot, theme)],
        setCursor: [(plot) => this.#read(plot.cursor.idx ?? null)],
      },
    };
  }

  #drawBands(plot: uPlot, theme: Theme): void {
    const { context, left, top, width, height, ratio } = canvasOf(plot);
    const { bands, slice, window, series } = this.#chart;
    const end = (series[0]?.p50.length ?? 0) * window;
    const x = (slices: number): number => Math.round(left + Math.min(1, (slices * slice) / end) * width);
    // Many kinds at once would be mud: the more there are, the fainter each.
    const shade = 0.07 * Math.min(1, 12 / bands.length);
    context.save();
    bands.forEach(({ kind, share }, row) => {
      const plain = theme.fault(kind);
      const pattern =
        context.createPattern(theme.faultTile(kind, Math.max(1, Math.round(ratio))), "repeat") ?? plain;
      const stripTop = top + height + (3 + row * this.#strip) * ratio;
      for (const { from, to, part } of stretches(share)) {
        context.fillStyle = pattern;
        context.globalAlpha = 0.1 + 0.85 * part;
        context.fillRect(x(from), stripTop, Math.max(ratio, x(to) - x(from)), (this.#strip - 1.5) * ratio);
        context.fillStyle = plain;
        context.globalAlpha = shade * part;
        context.fillRect(x(from), top, x(to) - x(from), height);
      }
    });
    context.restore();
  }

  /** Numbers under the pointer; without one, what the lines and strips are. */
  #read(window: number | null): void {
    const { series, bands } = this.#chart;
    const lines = series.map(({ name, p50, p90, p99, begun, open }, index) => {
      const swatch = element("i", index % 2 === 0 ? "line first" : "line second");
      const total = begun.reduce((sum, n) => sum + n, 0);
      const lost = open.reduce((sum, n) => sum + n, 0);
      const text =
        window === null
          ? `${name}: ${total - lost} of ${total} (p50 ▬, p90 ╌, p99 ┈)`
          : `${name}: p50 ${took(p50[window])}, p90 ${took(p90[window])}, p99 ${took(p99[window])} · ${begun[window] ?? 0} begun${(open[window] ?? 0) > 0 ? `, ${open[window]} never` : ""}`;
      return element("span", "", swatch, text);
    });
    const active = window === null ? bands : bands.filter(({ share }) => this.#isActive(share, window));
    const names = active.map(({ kind }) => element("span", "", swatchOf(kind), kind));
    this.#readout.replaceChildren(element("div", "", ...lines), element("div", "", ...names));
  }

  #isActive(share: readonly number[], index: number): boolean {
    const { window, slice } = this.#chart;
    const from = Math.floor((index * window) / slice);
    const to = Math.ceil(((index + 1) * window) / slice);
    return share.slice(from, to).some((part) => part > 0);
  }
}

/** Slices in a row with the same share, where it is more than nothing. */
function stretches(
  share: readonly number[],
): { readonly from: number; readonly to: number; readonly part: number }[] {
  const found: { from: number; to: number; part: number }[] = [];
  share.forEach((part, i) => {
    const last = found.at(-1);
    if (part === 0) return;
    if (last?.to === i && last.part === part) last.to = i + 1;
    else found.push({ from: i, to: i + 1, part });
  });
  return found;
}

function rank(kind: string): number {
  return FAMILIES.indexOf(familyOf(kind));
}

function swatchOf(kind: string): HTMLElement {
  const swatch = element("i", "swatch");
  const tile = new Theme(document.documentElement).faultTile(kind);
  swatch.style.background = `url(${tile.toDataURL()})`;
  return swatch;
}

function took(micros: number | null | undefined): string {
  return micros === null || micros === undefined ? "–" : length(micros);
}

function canvasOf(plot: uPlot): {
  readonly context: CanvasRenderingContext2D;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly ratio: number;
} {
  const { left, top, width, height } = plot.bbox;
  return { context: plot.ctx, left, top, width, height, ratio: uPlot.pxRatio };
}

function powersAround(least: number | null, most: number | null): [number, number] {
  const low = 10 ** Math.floor(Math.log10(Math.max(0.1, least ?? 1)));
  const high = 10 ** Math.ceil(Math.log10(Math.max(1, most ?? 1)) + 0.001);
  return [low, high <= low ? low * 10 : high];
}

function isPowerOfTen(n: number): boolean {
  const exponent = Math.log10(n);
  return Math.abs(exponent - Math.round(exponent)) < 1e-9;
}
