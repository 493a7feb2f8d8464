/** Tables that a system has measured of a run, for a terminal. Courses over time are drawn in HTML reports only. */
import type { MeasuredTable, Measurements } from "../storm/measurements.js";
import { clean, hanging, padded, type TextStyle } from "./text-style.js";

export function measurementLines(measured: Measurements | undefined, style: TextStyle): string[] {
  if (measured === undefined) return [];
  return measured.tables.flatMap((table) => ["", ...tableLines(table, style)]);
}

/** Columns as wide as their widest cell; the last one takes what is left of the line. */
function tableLines(
  { title, note, columns, rows }: MeasuredTable,
  { columns: width, color }: TextStyle,
): string[] {
  const widths = columns.map((name, i) =>
    rows.reduce((most, row) => Math.max(most, clean(row[i] ?? "").length), name.length),
  );
  const line = (cells: readonly string[]): string[] => {
    const last = cells.length - 1;
    const head = cells.slice(0, last).map((cell, i) => padded(clean(cell), widths[i] ?? 0));
    return hanging(`  ${head.map((cell) => `${cell}  `).join("")}`, clean(cells[last] ?? ""), width);
  };
  return [
    color.bold(title),
    ...(note === undefined ? [] : hanging("  ", note, width).map((text) => color.dim(text))),
    ...line(columns).map((text) => color.dim(text)),
    ...rows.flatMap(line),
  ];
}
