/**
 * Tables that a reader can sort: a button in the head of each column that has something to sort by. The first click
 * sorts upwards, the next one the other way round. Cells without a key come last either way, and rows that are equal
 * stay in the order in which they stood.
 */
type Direction = "ascending" | "descending";

interface Keyed {
  readonly row: HTMLTableRowElement;
  readonly key: string;
}

export function mountSorting(table: HTMLTableElement): void {
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])];
  heads.forEach((head, column) => {
    if (head.dataset.sortable === undefined) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const direction = head.ariaSort === "ascending" ? "descending" : "ascending";
      for (const other of heads) other.ariaSort = null;
      head.ariaSort = direction;
      sort(table, column, direction);
    });
  });
}

function sort(table: HTMLTableElement, column: number, direction: Direction): void {
  const body = table.tBodies[0];
  if (body === undefined) return;
  const rows = [...body.rows].map((row): Keyed => ({ row, key: row.cells[column]?.dataset.key ?? "" }));
  const sign = direction === "ascending" ? 1 : -1;
  rows.sort((a, b) => (a.key === "" || b.key === "" ? compareGaps(a, b) : sign * compare(a.key, b.key)));
  body.append(...rows.map(({ row }) => row));
}

const compareGaps = (a: Keyed, b: Keyed): number => Number(a.key === "") - Number(b.key === "");

/** Numbers by their size, names as people count: GW2 before GW10. */
const NAMES = new Intl.Collator("en", { numeric: true });
function compare(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  return Number.isNaN(x) || Number.isNaN(y) ? NAMES.compare(a, b) : x - y;
}
