import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DashboardData } from "./data.ts";

const HERE = import.meta.dir;

/** The dashboard as one HTML file: uPlot, the page's own program and its data are in it, and it asks the network for nothing. */
export async function pageOf(data: DashboardData): Promise<string> {
  const program = await bundle();
  const css = readFileSync(Bun.resolveSync("uplot/dist/uPlot.min.css", HERE), "utf8");
  const parts: Record<string, string> = {
    style: css + readFileSync(join(HERE, "style.css"), "utf8"),
    data: embeddable(JSON.stringify(data)),
    program: program.replaceAll("</script", "<\\/script"),
  };
  return readFileSync(join(HERE, "page.html"), "utf8").replace(/\{\{(\w+)\}\}/g, (_, name: string) => parts[name]!);
}

async function bundle(): Promise<string> {
  const entry = join(HERE, "client", "main.ts");
  const { outputs } = await Bun.build({ entrypoints: [entry], target: "browser", format: "iife", minify: true });
  return await outputs[0]!.text();
}

/** JSON that can stand in a script element: no `<` can end it. */
function embeddable(json: string): string {
  return json.replaceAll("<", "\\u003c");
}
