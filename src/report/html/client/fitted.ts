/** Text on a canvas, cut to the room that there is. */

/** None when there is too little room to read. */
export function fitted(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (room < 14) return "";
  if (context.measureText(text).width <= room) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(`${text.slice(0, middle)}…`).width <= room) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? "" : `${text.slice(0, low)}…`;
}
