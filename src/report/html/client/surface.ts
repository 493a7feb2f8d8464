/** Canvases that are sharp on every screen, and small helpers for building parts of a page. */

export interface Surface {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
}

/** Gives a canvas its size in CSS pixels, with as many real ones as the screen has. */
export function fitCanvas(canvas: HTMLCanvasElement, width: number, height: number): Surface {
  const ratio = Math.min(3, window.devicePixelRatio || 1);
  const real = {
    width: Math.max(1, Math.round(width * ratio)),
    height: Math.max(1, Math.round(height * ratio)),
  };
  if (canvas.width !== real.width || canvas.height !== real.height) {
    canvas.width = real.width;
    canvas.height = real.height;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("this browser can't draw on a canvas");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { context, width, height };
}

/** An element with a class, text or children. Text is never taken for markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  ...children: readonly (string | Node)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className !== "") made.className = className;
  made.append(...children);
  return made;
}

export function button(text: string, title: string, onClick: () => void): HTMLButtonElement {
  const made = element("button", "", text);
  made.type = "button";
  made.title = title;
  made.addEventListener("click", onClick);
  return made;
}
