import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/paths.ts";

/** A fenced block of TypeScript in a document. */
export interface Snippet {
  /** `README.md:12`, the line of the fence. */
  place: string;
  /** What stands behind the three backticks. */
  info: string;
  /** The last heading above it. */
  heading: string;
  text: string;
}

/** Every block of TypeScript in a document of the checkout, however its fence is spelled; none without the document. */
export function snippetsOf(document: string): Snippet[] {
  const path = join(root, document);
  if (!existsSync(path)) return [];
  const found: Snippet[] = [];
  let heading = "";
  let fence: { line: number; info: string; lines: string[] } | undefined;
  for (const [index, line] of readFileSync(path, "utf8").split("\n").entries()) {
    const mark = /^```(.*)$/.exec(line);
    if (!fence && mark) {
      fence = { line: index + 1, info: mark[1]!.trim(), lines: [] };
    } else if (fence && mark) {
      const { info, lines } = fence;
      if (/^(ts|tsx|typescript)\b/.test(info)) {
        found.push({ place: `${document}:${fence.line}`, info, heading, text: lines.join("\n") });
      }
      fence = undefined;
    } else if (fence) {
      fence.lines.push(line);
    } else {
      heading = /^#+ (.*)$/.exec(line)?.[1] ?? heading;
    }
  }
  return found;
}

/** The program that shows a stranger around: the first block under the README's tour. */
export function tour(): Snippet | undefined {
  return snippetsOf("README.md").find(snippet => /\btour\b/i.test(snippet.heading));
}
