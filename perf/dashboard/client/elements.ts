type Child = Node | string;

/** An element with attributes and children. */
export function el(tag: string, attributes: Record<string, string> = {}, ...children: Child[]): HTMLElement {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** What a view begins with: its metric, which way is better, where and when it was measured. */
export function heading(
  title: string,
  metric: string,
  better: string,
  where: string,
  at: string | undefined,
): HTMLElement[] {
  const when = at === undefined ? "" : ` ${timeText(at)}.`;
  return [el("h2", {}, title), el("p", { class: "caption" }, `${metric}; ${better}. ${where}.${when}`)];
}

/** A time of ISO 8601, to the minute. */
export function timeText(at: string): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** In place of a chart for which nothing has been measured. */
export function nothingYet(title: string, command: string): HTMLElement[] {
  return [el("h2", {}, title), el("p", { class: "empty" }, "Not measured yet: ", el("code", {}, command), ".")];
}

/** The colours of what is shown. */
export function legend(entries: Record<string, string>): HTMLElement {
  const parts = Object.entries(entries).map(([what, color]) => {
    const swatch = el("i", { style: `background: var(--${color})` });
    return el("span", {}, swatch, what);
  });
  return el("div", { class: "legend" }, ...parts);
}

/** A theme colour as it is now. */
export function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
