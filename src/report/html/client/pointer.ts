/**
 * Mouse, pen and fingers: hovering, clicking, dragging sideways to pan, the wheel with Ctrl (or two fingers) to zoom. A
 * wheel by itself scrolls the page, as it does everywhere else.
 */

export interface PointerActions {
  hover(x: number, y: number): void;
  leave(): void;
  click(x: number, y: number): void;
  zoom(x: number, factor: number): void;
  /** Pixels to the right. */
  pan(pixels: number): void;
}

/** Pixels that a click may wander. */
const STEADY = 4;

interface Finger {
  x: number;
  y: number;
  readonly startX: number;
  readonly startY: number;
}

export function listenToPointer(canvas: HTMLElement, actions: PointerActions): void {
  const fingers = new Map<number, Finger>();
  let dragging = false;
  const place = (event: MouseEvent): { readonly x: number; readonly y: number } => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  canvas.addEventListener("pointerdown", (event) => {
    const { x, y } = place(event);
    fingers.set(event.pointerId, { x, y, startX: x, startY: y });
    if (fingers.size > 1) dragging = true;
  });
  canvas.addEventListener("pointermove", (event) => {
    const { x, y } = place(event);
    const finger = fingers.get(event.pointerId);
    if (finger === undefined) {
      actions.hover(x, y);
      return;
    }
    const before = spread(fingers);
    const moved = x - finger.x;
    finger.x = x;
    finger.y = y;
    if (!dragging && Math.hypot(x - finger.startX, y - finger.startY) > STEADY) {
      dragging = true;
      canvas.setPointerCapture(event.pointerId);
      actions.leave();
    }
    if (!dragging) return;
    if (fingers.size === 1) actions.pan(moved);
    else {
      const after = spread(fingers);
      if (before.apart > 0 && after.apart > 0) actions.zoom(after.middle, after.apart / before.apart);
      actions.pan(after.middle - before.middle);
    }
  });
  canvas.addEventListener("pointerup", (event) => {
    const { x, y } = place(event);
    if (fingers.delete(event.pointerId) && !dragging) actions.click(x, y);
    if (fingers.size === 0) dragging = false;
  });
  canvas.addEventListener("pointercancel", (event) => {
    fingers.delete(event.pointerId);
    if (fingers.size === 0) dragging = false;
  });
  canvas.addEventListener("pointerleave", () => actions.leave());
  canvas.addEventListener("dblclick", (event) => actions.zoom(place(event).x, 2));
  canvas.addEventListener(
    "wheel",
    (event) => {
      const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
      if (event.ctrlKey || event.metaKey || event.altKey) {
        actions.zoom(place(event).x, 2 ** (-event.deltaY / 180));
      } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        actions.pan(-sideways);
      } else return;
      event.preventDefault();
    },
    { passive: false },
  );
}

function spread(fingers: ReadonlyMap<number, Finger>): { readonly middle: number; readonly apart: number } {
  const xs = [...fingers.values()].map(({ x }) => x);
  const least = Math.min(...xs);
  const most = Math.max(...xs);
  return { middle: (least + most) / 2, apart: most - least };
}
