/** The page's own program: shows the view that the address names, so that each can be linked to. */
import type { DashboardData } from "../data.ts";
import { el } from "./elements.ts";
import type { View } from "./view.ts";
import { compare } from "./views/compare.ts";
import { history } from "./views/history.ts";
import { latency } from "./views/latency.ts";
import { noise } from "./views/noise.ts";
import { sizes } from "./views/sizes.ts";
import { suite } from "./views/suite.ts";

const VIEWS: readonly View[] = [suite, sizes, latency, history, compare, noise];

const data: DashboardData = JSON.parse(document.getElementById("data")!.textContent!);
const nav = document.getElementById("nav")!;
const place = document.getElementById("view")!;

function show(): void {
  const [id, ...parts] = location.hash.slice(1).split("/").map(decoded);
  const view = VIEWS.find(one => one.id === id) ?? VIEWS[0]!;
  for (const link of nav.children) {
    if (link.getAttribute("href") === `#${view.id}`) showCurrent(link);
    else link.removeAttribute("aria-current");
  }
  place.replaceChildren();
  view.draw(place, data, parts);
}

/** A part of the address as it was before it was put there; one that nothing can have become, as it is. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Where the links are wider than the screen, the one of the view is in sight. */
function showCurrent(link: Element): void {
  link.setAttribute("aria-current", "page");
  link.scrollIntoView({ block: "nearest", inline: "nearest" });
}

nav.append(...VIEWS.map(({ id, title }) => el("a", { href: `#${id}` }, title)));
addEventListener("hashchange", show);
// The charts' colours are the theme's, which the system may change meanwhile.
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
show();
