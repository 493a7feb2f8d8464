/** Tables that a system has measured of a run, for a terminal. Courses over time are drawn in HTML reports only. */
import type { MeasuredTable, Measurements } from "../storm/measurements.js";
import { clean, hanging, padded, type TextStyle } from "./text-style.js";

export function measurementLines(measured: Measurements | undefined, style: TextStyle): string[] {
  if (measured === undefined) return [];
  return measured.tables.flatMap((table) => ["", ...tableLines(table, style)]);
}

/** What the last column needs of the line; with less, a table is printed as a list. */
const LAST_COLUMN = 16;

/** Columns as wide as their widest cell, the last one with what is left of the line; or a list where that is too little. */
function tableLines(
  { title, note, columns, rows }: MeasuredTable,
  { columns: width, color }: TextStyle,
): string[] {
  const widths = columns.map((name, i) =>
    rows.reduce((most, row) => Math.max(most, clean(row[i] ?? "").length), name.length),
  );
  const before = widths.slice(0, -1).reduce((sum, cells) => sum + cells + 2, 2);
  const fits = before + Math.min(widths.at(-1) ?? 0, LAST_COLUMN) <= width;
  const line = (cells: readonly string[]): string[] => {
    const last = cells.length - 1;
    const head = cells.slice(0, last).map((cell, i) => padded(clean(cell), widths[i] ?? 0));
    return hanging(`  ${head.map((cell) => `${cell}  `).join("")}`, clean(cells[last] ?? ""), width);
  };
  return [
    color.bold(title),
    ...(note === undefined ? [] : hanging("  ", note, width).map((text) => color.dim(text))),
    ...(fits
      ? [...line(columns).map((text) => color.dim(text)), ...rows.flatMap(line)]
      : rows.flatMap((row) => listed(columns, row, width))),
  ];
}

/** A row of a table that is too wide: its first cell, and below it the others, each with the name of its column. */
function listed(columns: readonly string[], row: readonly string[], width: number): string[] {
  return row.flatMap((cell, i) =>
    i === 0 ? hanging("  ", clean(cell), width) : hanging(`    ${columns[i] ?? ""}: `, clean(cell), width),
  );
}
