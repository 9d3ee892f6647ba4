/** Rows of cells as aligned lines. `align` has a letter a column: l, or r. */
export function formatTable(rows: string[][], align: string): string[] {
  const widths = [...align].map((_, column) => Math.max(0, ...rows.map(row => Bun.stringWidth(row[column] ?? ""))));
  return rows.map(row =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? "";
        const space = " ".repeat(width - Bun.stringWidth(cell));
        return align[column] === "r" ? space + cell : cell + space;
      })
      .join("   ")
      .trimEnd(),
  );
}

/** A heading and the lines below it. */
export function section(title: string, lines: string[]): string {
  return [paint(1, title), ...lines.map(line => (line ? `  ${line}` : "")), ""].join("\n");
}

/** Text that steps back. */
export function dim(text: string): string {
  return paint(2, text);
}

/** A line of blocks, one a value, from the least to the largest. A value that is not a number gives a dot. */
export function sparkline(values: number[]): string {
  const known = values.filter(value => !Number.isNaN(value));
  const least = Math.min(...known);
  const step = (Math.max(...known) - least) / 7 || 1;
  const block = (value: number) => "▁▂▃▄▅▆▇█"[Math.round((value - least) / step)]!;
  return values.map(value => (Number.isNaN(value) ? "·" : block(value))).join("");
}

export function formatTime(ms: number): string {
  if (ms < 0.995) return `${significant(ms * 1000)} µs`;
  return ms < 995 ? `${significant(ms)} ms` : `${significant(ms / 1000)} s`;
}

export function formatBytes(bytes: number): string {
  return bytes < 1e9 ? `${significant(bytes / 1e6)} MB` : `${significant(bytes / 1e9)} GB`;
}

export function formatCount(count: number): string {
  return count.toLocaleString("en");
}

/** With a sign, always. */
export function formatMinutes(minutes: number): string {
  return `${minutes < 0 ? "−" : "+"}${Math.abs(minutes).toFixed(1)} min`;
}

function significant(value: number): string {
  return Math.abs(value) < 9.95 ? value.toFixed(1) : Math.round(value).toString();
}

function paint(code: number, text: string): string {
  return text && process.stdout.isTTY && !process.env.NO_COLOR ? `\x1b[${code}m${text}\x1b[0m` : text;
}
