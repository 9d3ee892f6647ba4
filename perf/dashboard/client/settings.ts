import { type Recording, type Setting, settingOf } from "../../history/recording.ts";
import { el, timeText } from "./elements.ts";

/** Where something was measured, and by which Bun. */
export function whereOf({ machine, bun }: Setting): string {
  return `${machine}, Bun ${bun}`;
}

/** A line for each of these benches that was not measured where and when the heading says. */
export function otherwise(recording: Recording, benches: readonly string[], said: Setting): HTMLElement[] {
  return [...new Set(benches)].flatMap(bench => {
    const setting = settingOf(recording, bench);
    if (setting.at === said.at) return [];
    return [
      el("p", { class: "caption" }, `${bench} is of an earlier run: ${whereOf(setting)}. ${timeText(setting.at)}.`),
    ];
  });
}
