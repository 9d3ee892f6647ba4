import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { BunPlugin, Loader } from "bun";
import { rewrite } from "./rewrite.ts";

const own = dirname(import.meta.dir);
const runtime = join(own, "codec", "code", "runtime.ts");

/**
 * A plugin for Bun's loader that writes `capture` around functions and classes. It takes .ts, .tsx, .mts, .mjs and .jsx, and .js where
 * package.json in the working directory says `"type": "module"`; nothing below a `node_modules`, and nothing of Plasmid's own. What a
 * plugin has loaded can't be a CommonJS module, so a file with one of these names must not be one.
 */
export function capturePlugin(): BunPlugin {
  const filter = new RegExp(`^(?!.*/node_modules/|${literal(own)}/).*\\.(?:${extensions().join("|")})$`);
  return {
    name: "plasmid/capture",
    setup(build) {
      build.onLoad({ filter }, ({ path }) => {
        const text = readFileSync(path, "utf8");
        return { contents: rewrite(text, path, runtime) ?? text, loader: loaderOf(path) };
      });
    },
  };
}

function extensions(): string[] {
  const always = ["ts", "tsx", "mts", "mjs", "jsx"];
  try {
    const { type } = JSON.parse(readFileSync("package.json", "utf8"));
    return type === "module" ? [...always, "js"] : always;
  } catch {
    return always;
  }
}

function literal(path: string): string {
  return path.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

function loaderOf(path: string): Loader {
  return path.replace(/^.*\.m?([jt]sx?)$/, "$1") as Loader;
}
