/**
 * The left gutter of a story: a bar for each fault that is active, from the line where it begins to the line where it
 * is healed. A fault keeps its lane for as long as it lasts; when there are more faults than lanes, the last
 * column shows how many have none.
 */
import type { Fault } from "../sim/faults/catalogue.js";
import type { TextStyle } from "./text-style.js";

export class Gutter {
  readonly #lanes: (string | undefined)[];
  readonly #waiting = new Set<string>();
  readonly #lasting: ReadonlySet<string>;
  readonly #style: TextStyle;
  readonly #overflows: boolean;
  /** Columns it takes. */
  readonly columns: number;

  /** @param faults of the run, as they began. */
  constructor(faults: readonly Fault[], limit: number, style: TextStyle) {
    const most = mostAtOnce(faults);
    const lanes = Math.min(limit, most);
    this.#lanes = new Array<string | undefined>(lanes).fill(undefined);
    this.#overflows = most > lanes;
    this.#lasting = new Set(faults.filter((fault) => "for" in fault).map(({ id }) => id));
    this.#style = style;
    this.columns = lanes + (this.#overflows ? 1 : 0);
  }

  /** The fault becomes active. What happens in a moment takes no lane. */
  begin(fault: string): void {
    if (!this.#lasting.has(fault)) return;
    const free = this.#lanes.indexOf(undefined);
    if (free >= 0) this.#lanes[free] = fault;
    else this.#waiting.add(fault);
  }

  end(fault: string): void {
    const lane = this.#lanes.indexOf(fault);
    if (lane >= 0) this.#lanes[lane] = undefined;
    this.#waiting.delete(fault);
  }

  isActive(fault: string): boolean {
    return this.#lanes.includes(fault) || this.#waiting.has(fault);
  }

  /** The bars as they stand, `mark` in the lane of the given fault. */
  draw(fault?: string, mark = "│"): string {
    const bars = this.#lanes.map((id, lane) => {
      const bar = id === undefined ? " " : id === fault ? mark : "│";
      return this.#paint(lane, bar);
    });
    if (!this.#overflows) return bars.join("");
    const waiting = this.#waiting.size;
    return `${bars.join("")}${waiting === 0 ? " " : waiting > 9 ? "+" : waiting}`;
  }

  #paint(lane: number, bar: string): string {
    const { color } = this.#style;
    const paints = [color.red, color.yellow, color.magenta, color.cyan, color.blue, color.green];
    return (paints[lane % paints.length] ?? color.red)(bar);
  }
}

/** How many lasting faults overlap at most. */
function mostAtOnce(faults: readonly Fault[]): number {
  const edges: (readonly [at: number, change: number])[] = [];
  for (const fault of faults) {
    if ("for" in fault) edges.push([fault.at, 1], [fault.at + fault.for, -1]);
  }
  edges.sort(([a, up], [b, down]) => a - b || down - up); // at one time beginnings come first
  let active = 0;
  let most = 0;
  for (const [, change] of edges) {
    active += change;
    most = Math.max(most, active);
  }
  return most;
}
