import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { collect } from "../dashboard/collect.ts";
import { pageOf } from "../dashboard/page.ts";
import { HISTORY } from "../history/line.ts";
import { MARKS } from "../history/marks.ts";
import { keptFile } from "../run/kept.ts";
import { type Command, numberOf, UsageError } from "./command.ts";

const HELP = `bun perf dashboard [--serve] [options]

Writes one HTML file that needs nothing else: the last run of the suite, the last comparison, the history and the noise.

  --out PATH      where; build/perf/dashboard.html
  --serve         serves it on this machine alone, made anew for each visit, until Ctrl-C
  --port N        on that port; any that is free
  --history PATH  another history than perf/history.jsonl; --marks PATH: other marks
  --json          the data alone, as JSON; with --serve the address`;

export const dashboardCommand: Command = {
  about: "charts of all that was measured, in one file",
  help: HELP,
  names: { most: 0, instead: "--out PATH says where" },
  options: {
    json: { type: "boolean" },
    serve: { type: "boolean" },
    port: { type: "string" },
    out: { type: "string" },
    history: { type: "string" },
    marks: { type: "string" },
  },
  async run(call) {
    const { history = HISTORY, marks = MARKS, out } = call.options as Record<string, string | undefined>;
    const data = () => collect(history, marks);
    if (call.options.serve) {
      // What can't be read is told here, not to each visitor.
      data();
      const server = serve(() => pageOf(data()), numberOf(call, "port", 0, 0));
      console.log(call.options.json ? JSON.stringify({ url: server.url }) : `${server.url}  (Ctrl-C ends it)`);
      await interrupted();
      await server.stop(true);
      return 0;
    }
    if (call.options.json) {
      console.log(JSON.stringify(data()));
      return 0;
    }
    const file = resolve(out ?? keptFile("dashboard.html"));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, await pageOf(data()));
    console.log(file);
    return 0;
  },
};

/** @throws UsageError for a port that can't be had */
function serve(page: () => Promise<string>, port: number): Bun.Server<undefined> {
  const answer = async ({ url }: Request) => {
    if (new URL(url).pathname !== "/") return new Response("not here\n", { status: 404 });
    return new Response(await page(), { headers: { "content-type": "text/html; charset=utf-8" } });
  };
  try {
    return Bun.serve({ hostname: "127.0.0.1", port, fetch: answer });
  } catch (error) {
    throw new UsageError(`port ${port} can't be had: ${(error as Error).message}`);
  }
}

async function interrupted(): Promise<void> {
  const { promise, resolve: end } = Promise.withResolvers<void>();
  process.once("SIGINT", () => end()).once("SIGTERM", () => end());
  await promise;
}
