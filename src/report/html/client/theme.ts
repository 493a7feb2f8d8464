/**
 * Colours and shapes, one place for both canvas and plots: colours come from the page's style sheet, so that light, dark
 * and paper each have their own.
 */

import { familyOf, patternOf, TILE } from "./fault-patterns.js";

export type Shape =
  | "triangle"
  | "square"
  | "diamond"
  | "circle"
  | "ring"
  | "hexagon"
  | "flag"
  | "cross"
  | "star"
  | "down";

interface FactStyle {
  readonly shape: Shape;
  /** Name of the colour in the style sheet, without its dashes. */
  readonly color: string;
}

const FACTS: Readonly<Record<string, FactStyle>> = {
  client: { shape: "triangle", color: "fact-client" },
  durable: { shape: "square", color: "fact-durable" },
  publish: { shape: "diamond", color: "fact-stream" },
  "publish-ack": { shape: "diamond", color: "fact-stream" },
  deliver: { shape: "diamond", color: "fact-stream" },
  ack: { shape: "circle", color: "fact-stream" },
  nack: { shape: "cross", color: "fact-stream" },
  term: { shape: "cross", color: "fact-stream" },
  external: { shape: "hexagon", color: "fact-external" },
  state: { shape: "flag", color: "fact-state" },
  lease: { shape: "ring", color: "fact-lease" },
  refusal: { shape: "cross", color: "fact-refusal" },
  fault: { shape: "down", color: "bad" },
  host: { shape: "down", color: "text" },
  operator: { shape: "hexagon", color: "accent" },
  goal: { shape: "star", color: "fact-goal" },
};

export function factStyle(kind: string): FactStyle {
  return FACTS[kind] ?? { shape: "circle", color: "muted" };
}

/** Colours that messages take in turns, by the part of their name before the slash. */
export const MESSAGE_COLORS = 6;
/** Colours that hosts take in turns. */
export const HOST_COLORS = 8;

export class Theme {
  readonly #style: CSSStyleDeclaration;
  readonly #known = new Map<string, string>();
  readonly #fills = new Map<string, CanvasPattern | string>();

  constructor(root: Element) {
    this.#style = getComputedStyle(root);
  }

  /** The colour of this name in the style sheet. */
  color(name: string): string {
    let value = this.#known.get(name);
    if (value === undefined) {
      value = this.#style.getPropertyValue(`--${name}`).trim();
      this.#known.set(name, value);
    }
    return value;
  }

  fault(kind: string): string {
    return this.color(`fault-${familyOf(kind)}`);
  }

  /** The tile of a kind, in its colour; `scale` is device pixels to one of the page's. */
  faultTile(kind: string, scale = 1): HTMLCanvasElement {
    const { isPainted, ground } = patternOf(kind);
    const tile = document.createElement("canvas");
    tile.width = TILE * scale;
    tile.height = TILE * scale;
    const context = tile.getContext("2d");
    if (context === null) return tile;
    context.fillStyle = this.fault(kind);
    for (let x = 0; x < TILE; x++) {
      for (let y = 0; y < TILE; y++) {
        context.globalAlpha = isPainted(x, y) ? 1 : ground;
        context.fillRect(x * scale, y * scale, scale, scale);
      }
    }
    return tile;
  }

  /** The pattern of a kind, as something to fill with. */
  faultFill(context: CanvasRenderingContext2D, kind: string): CanvasPattern | string {
    let fill = this.#fills.get(kind);
    if (fill === undefined) {
      fill = context.createPattern(this.faultTile(kind), "repeat") ?? this.fault(kind);
      this.#fills.set(kind, fill);
    }
    return fill;
  }

  host(index: number): string {
    return index < 0 ? this.color("muted") : this.color(`host-${index % HOST_COLORS}`);
  }
}

/** What an outline is added to: a canvas, or the path of an icon. */
export type Outline = Pick<CanvasPath, "moveTo" | "lineTo" | "arc" | "rect" | "closePath">;

/** Adds the outline of a shape around a point to the path. */
export function trace(context: Outline, shape: Shape, x: number, y: number, r: number): void {
  switch (shape) {
    case "circle":
    case "ring":
      context.moveTo(x + r, y);
      context.arc(x, y, r, 0, 2 * Math.PI);
      return;
    case "square":
      context.rect(x - r * 0.85, y - r * 0.85, r * 1.7, r * 1.7);
      return;
    case "diamond":
      polygon(context, x, y, [0, -1.2, 1.2, 0, 0, 1.2, -1.2, 0], r);
      return;
    case "triangle":
      polygon(context, x, y, [-0.8, -1.1, 1.2, 0, -0.8, 1.1], r);
      return;
    case "down":
      polygon(context, x, y, [-1.1, -0.9, 1.1, -0.9, 0, 1.1], r);
      return;
    case "hexagon":
      polygon(context, x, y, [-0.6, -1.1, 0.6, -1.1, 1.2, 0, 0.6, 1.1, -0.6, 1.1, -1.2, 0], r);
      return;
    case "flag":
      polygon(context, x, y, [-0.7, 1.4, -0.7, -1.3, 1.2, -0.6, -0.4, 0.1, -0.4, 1.4], r);
      return;
    case "cross":
      polygon(context, x, y, CROSS, r);
      return;
    case "star":
      polygon(context, x, y, STAR, r);
  }
}

const CROSS = [
  -1.1, -0.7, -0.7, -1.1, 0, -0.4, 0.7, -1.1, 1.1, -0.7, 0.4, 0, 1.1, 0.7, 0.7, 1.1, 0, 0.4, -0.7, 1.1, -1.1,
  0.7, -0.4, 0,
];
const STAR = Array.from({ length: 10 }, (_, i) => {
  const angle = -Math.PI / 2 + (i * Math.PI) / 5;
  const reach = i % 2 === 0 ? 1.4 : 0.6;
  return [reach * Math.cos(angle), reach * Math.sin(angle)];
}).flat();

function polygon(context: Outline, x: number, y: number, points: readonly number[], r: number): void {
  for (let i = 0; i < points.length; i += 2) {
    const px = x + (points[i] ?? 0) * r;
    const py = y + (points[i + 1] ?? 0) * r;
    if (i === 0) context.moveTo(px, py);
    else context.lineTo(px, py);
  }
  context.closePath();
}
