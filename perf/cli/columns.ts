/** Text in columns: heads, a rule, and a line for each row, as wide as they have to be. */
export function columns(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map(cells => cells[i]!.length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join("  ")
      .trimEnd();
  return [line(heads), line(widths.map(width => "-".repeat(width))), ...rows.map(line)];
}
