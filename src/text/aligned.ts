/** Tables and values of others for a terminal: aligned, and cut. */
import { printable } from './printable.ts';

const cellMax = 40;

/** At most 40 columns of a text. */
export function cut(text: string): string {
  const shown = printable(text);
  return shown.length > cellMax ? `${shown.slice(0, cellMax - 1)}…` : shown;
}

/** Lines of cells with two blanks between the columns. */
export function alignedLines(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index]!))
      .join('  ')
      .trimEnd(),
  );
}
