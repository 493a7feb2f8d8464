/** Small icons that say what the marks and lines of the diagram mean. Their colours follow the style sheet by themselves. */
import type { DiskMark } from "./draw-disks.js";
import { factStyle, type Outline, trace } from "./theme.js";

const SVG = "http://www.w3.org/2000/svg";
const SIZE = 14;

export function factSwatch(kind: string): Element {
  const { shape, color } = factStyle(kind);
  const path = new PathText();
  trace(path, shape, SIZE / 2, SIZE / 2, 4.2);
  const drawn = icon(path.text);
  drawn.style.fill = shape === "ring" ? "none" : `var(--${color})`;
  if (shape === "ring") drawn.style.stroke = `var(--${color})`;
  return framed(drawn);
}

export function messageSwatch(group: number): Element {
  const drawn = icon(`M1 ${SIZE - 3} L${SIZE - 2} 3 M${SIZE - 7} 3 L${SIZE - 2} 3 L${SIZE - 2} 8`);
  drawn.style.fill = "none";
  drawn.style.stroke = `var(--message-${group})`;
  return framed(drawn);
}

/** A mark of the disks' rows. */
export function diskSwatch({ color, path, filled }: DiskMark): Element {
  const drawn = icon(path);
  drawn.style.fill = filled ? `var(--${color})` : "none";
  drawn.style.stroke = `var(--${color})`;
  drawn.style.strokeWidth = "1";
  return framed(drawn);
}

function icon(path: string): SVGPathElement {
  const drawn = document.createElementNS(SVG, "path") as SVGPathElement; // the element of this name
  drawn.setAttribute("d", path);
  drawn.style.strokeWidth = "1.6";
  return drawn;
}

function framed(drawn: SVGPathElement): Element {
  const frame = document.createElementNS(SVG, "svg");
  frame.setAttribute("width", String(SIZE));
  frame.setAttribute("height", String(SIZE));
  frame.setAttribute("aria-hidden", "true");
  frame.classList.add("swatch");
  frame.append(drawn);
  return frame;
}

/** The outline as the text of an SVG path; its arcs are whole circles. */
class PathText implements Outline {
  text = "";

  moveTo(x: number, y: number): void {
    this.text += `M${x} ${y}`;
  }
  lineTo(x: number, y: number): void {
    this.text += `L${x} ${y}`;
  }
  arc(x: number, y: number, r: number): void {
    this.text += `M${x + r} ${y}A${r} ${r} 0 1 1 ${x - r} ${y}A${r} ${r} 0 1 1 ${x + r} ${y}Z`;
  }
  rect(x: number, y: number, width: number, height: number): void {
    this.text += `M${x} ${y}h${width}v${height}h${-width}Z`;
  }
  closePath(): void {
    this.text += "Z";
  }
}
