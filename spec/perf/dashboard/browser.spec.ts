/** The dashboard in a real browser: every view is clicked to, and what the screenshots show is looked at, pixel by pixel. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { collect } from "../../../perf/dashboard/collect.ts";
import { pageOf } from "../../../perf/dashboard/page.ts";
import { root } from "../../../scripts/paths.ts";
import { temporaryFolder } from "../../support/program.ts";
import { plant, revisionOf } from "./planted.ts";

const EXECUTABLE = ["chromium", "chromium-browser", "google-chrome"]
  .map(name => Bun.which(name))
  .find(path => path !== null);
/** Where a person can look at what the test has seen. */
const SHOTS = process.env.PLASMID_TEST_SHOTS;

const folder = temporaryFolder("dashboard");
afterAll(() => folder[Symbol.dispose]());
const planted = plant(folder.path);
const file = join(folder.path, "dashboard.html");
let browser: Browser;

async function write(kept: string, out: string): Promise<void> {
  const { history, marks } = planted;
  const args = ["dashboard", "--out", out, "--history", history, "--marks", marks];
  const child = Bun.spawn([process.execPath, join(root, "perf/cli/main.ts"), ...args], {
    env: { ...process.env, PLASMID_PERF_KEPT: kept },
    stdio: ["ignore", "pipe", "inherit"],
  });
  expect(await child.exited).toBe(0);
}

interface Opened extends AsyncDisposable {
  page: Page;
  /** What went wrong on the page, and what it asked the network for. */
  faults: string[];
}

async function open(options: { width?: number; dark?: boolean; hash?: string; path?: string } = {}): Promise<Opened> {
  const { width = 1000, dark = false, hash = "", path = file } = options;
  const context = await browser.newContext({
    viewport: { width, height: 800 },
    colorScheme: dark ? "dark" : "light",
    offline: true,
  });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", error => faults.push(String(error)));
  page.on("console", message => message.type() === "error" && faults.push(message.text()));
  page.on("request", request => /^(file|data):/.test(request.url()) || faults.push(request.url()));
  await page.goto(`file://${path}${hash}`);
  return { page, faults, [Symbol.asyncDispose]: () => context.close() };
}

/** How many pixels of a screenshot are about of a colour (`#rrggbb`), by a canvas of the browser's own. */
async function pixels(page: Page, colors: string[], name: string): Promise<number[]> {
  const shot = await page.screenshot({ fullPage: true });
  if (SHOTS !== undefined) {
    mkdirSync(SHOTS, { recursive: true });
    writeFileSync(join(SHOTS, `${name}.png`), shot);
  }
  const look = `(async ({ png, colors }) => {
    const image = new Image();
    image.src = "data:image/png;base64," + png;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    return colors.map(color => {
      const [r, g, b] = [1, 3, 5].map(at => parseInt(color.slice(at, at + 2), 16));
      let count = 0;
      for (let i = 0; i < data.length; i += 4) {
        if (Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 24) count++;
      }
      return count;
    });
  })(${JSON.stringify({ png: shot.toString("base64"), colors })})`;
  return await page.evaluate(look);
}

async function themeColors(page: Page, names: string[]): Promise<string[]> {
  const read = (name: string) => `getComputedStyle(document.documentElement).getPropertyValue("--${name}").trim()`;
  return await page.evaluate(`[${names.map(read).join(", ")}]`);
}

const textOf = (page: Page) => page.evaluate("document.querySelector('main').innerText") as Promise<string>;

const schemeOf = (dark: boolean) => (dark ? "dark" : "light");

/** Of `#rrggbb`, from 0 to 765. */
const brightnessOf = (color: string) =>
  [1, 3, 5].reduce((sum, at) => sum + Number.parseInt(color.slice(at, at + 2), 16), 0);

/** Points at the last measurement of a history, whose commit has to be told. */
async function pointAtLast(page: Page): Promise<void> {
  const over = (await page.locator(".u-over").boundingBox())!;
  await page.mouse.move(over.x + over.width - 2, over.y + over.height / 2);
  await page.waitForFunction(`document.getElementById("tip").textContent.includes("${revisionOf(23).slice(0, 10)}")`);
}

describe.skipIf(EXECUTABLE === undefined)("the dashboard in a browser", () => {
  beforeAll(async () => {
    await write(folder.path, file);
    browser = await chromium.launch({ executablePath: EXECUTABLE!, args: ["--no-sandbox", "--disable-gpu"] });
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
  });

  for (const dark of [false, true]) {
    test(`every view is a click away, says its metric, direction, machine and date, and draws, ${schemeOf(dark)}`, async () => {
      await using opened = await open({ dark });
      const { page, faults } = opened;
      const expected: Record<string, { better: string; colors: string[] }> = {
        Suite: { better: "right of the line is better", colors: ["mine", "peer", "limit"] },
        Sizes: { better: "up is better", colors: ["mine", "third", "limit"] },
        Latency: { better: "down is better", colors: ["faint"] },
        History: { better: "down is better", colors: ["mine"] },
        Compare: { better: "left is faster", colors: ["bad", "good"] },
        Noise: { better: "left is quieter", colors: ["mine", "limit"] },
      };
      expect(await page.locator("nav a").allInnerTexts()).toEqual(Object.keys(expected));
      for (const [title, { better, colors }] of Object.entries(expected)) {
        await page.locator("nav a", { hasText: title }).click();
        await page.waitForURL(`**#${title.toLowerCase()}`);
        // The address is there a moment before the view is.
        await page.locator("nav a[aria-current=page]", { hasText: title }).waitFor();
        const text = await textOf(page);
        expect(text).toContain(better);
        if (title === "Sizes" || title === "Latency") expect(text).toContain("an older machine </script>");
        else if (title !== "Noise") expect(text).toContain("a machine </script> of nobody's");
        expect(text).toMatch(/\d{4}-\d\d-\d\d \d\d:\d\d UTC/);
        // A line of 2 pixels across the chart, or a bar, is more than what text of that colour has.
        for (const count of await pixels(page, await themeColors(page, colors), `${title}-${schemeOf(dark)}`))
          expect(count).toBeGreaterThan(150);
      }
      expect(faults).toEqual([]);
    }, 60_000);
  }

  test("the suite's limit is a line that bars reach or pass", async () => {
    await using opened = await open({ hash: "#suite" });
    const boxes = async (what: string, kind: string) =>
      (await opened.page.locator(".bar", { hasText: what }).locator(kind).boundingBox())!;
    const limit = await boxes("twice the limit", ".mark");
    const fast = await boxes("twice the limit", ".fill");
    const slow = await boxes("half the limit's speed", ".fill");
    expect(fast.x).toBeCloseTo(limit.x, 0);
    expect(slow.x + slow.width).toBeCloseTo(limit.x, 0);
    expect(fast.width).toBeCloseTo(slow.width, 0);
    expect(fast.width).toBeGreaterThan(20);
    for (const what of ["thrice as flat", "thrice as full"]) {
      const better = await boxes(what, ".fill");
      expect(better.x).toBeCloseTo(limit.x, 0);
      expect(better.width).toBeGreaterThan(fast.width);
    }
    expect(await textOf(opened.page)).toContain("Without a figure: Redis: not installed.");
  }, 30_000);

  test("what is of an earlier run stands under its own date and machine", async () => {
    await using opened = await open({ hash: "#suite" });
    const suite = await textOf(opened.page);
    expect(suite).toContain("2026-11-22 10:30 UTC");
    expect(suite).toContain("slow is of an earlier run: an older machine </script>, Bun 1.4.5. 2026-11-20 07:45 UTC.");
    expect(suite).not.toContain("fast is of an earlier run");
    for (const view of ["sizes", "latency"]) {
      await opened.page.locator(`nav a[href="#${view}"]`).click();
      const text = await textOf(opened.page);
      expect(text).toContain("2026-11-20 07:45 UTC");
      expect(text).not.toContain("2026-11-22");
    }
  }, 30_000);

  test("a link opens the suite at a bench", async () => {
    await using opened = await open({ hash: "#suite" });
    await opened.page.setViewportSize({ width: 1000, height: 300 });
    await opened.page.locator(".chips a", { hasText: "slow" }).click();
    await opened.page.waitForURL("**#suite/slow");
    const head = (await opened.page.locator("h3", { hasText: "slow" }).boundingBox())!;
    expect(head.y).toBeLessThan(300);
  }, 30_000);

  test("history: a link opens a probe, its shift is told, and the pointer shows a commit", async () => {
    const older = `#history/peek/${encodeURIComponent("a machine </script> of nobody's")}/aaaaaaaaaa`;
    await using opened = await open({ hash: older });
    const { page, faults } = opened;
    expect(await textOf(page)).toContain(`${revisionOf(12).slice(0, 10)}: not explained yet`);
    const [shift] = await pixels(page, await themeColors(page, ["limit"]), "History-shift");
    expect(shift).toBeGreaterThan(150);
    await pointAtLast(page);
    await page.locator(".chips a", { hasText: "put" }).click();
    await page.waitForURL("**#history/put");
    expect(await textOf(page)).toContain("No change point.");
    expect(faults).toEqual([]);
  }, 30_000);

  test("history: without an address it is the newest; each machine and anchor is a click away", async () => {
    for (const hash of ["#history", "#history/peek"]) {
      await using opened = await open({ hash });
      expect(await textOf(opened.page)).toContain("2026-11-24 08:00 UTC");
      expect(await textOf(opened.page)).toContain("Not enough lines yet: 2 of the 12");
    }
    await using opened = await open({ hash: "#history/peek" });
    await opened.page.locator(".chips a", { hasText: "against aaaaaaaaaa" }).click();
    await opened.page.waitForURL("**/aaaaaaaaaa");
    expect(await textOf(opened.page)).toContain("2026-11-22 10:30 UTC");
    expect(await opened.page.locator(".chips a[aria-current=true]").allInnerTexts()).toEqual([
      "peek",
      "a machine </script> of nobody's, against aaaaaaaaaa",
    ]);
    expect(opened.faults).toEqual([]);
  }, 30_000);

  test("an address that says nothing shows the first view", async () => {
    for (const hash of ["#%", "#suite/%E0", "#nothing"]) {
      await using opened = await open({ hash });
      expect(await textOf(opened.page)).toContain("twice the limit");
      expect(opened.faults).toEqual([]);
    }
  }, 30_000);

  test("noise: its date is that of the comparisons, its p95 the one that the band is made of", async () => {
    await using opened = await open({ hash: "#noise" });
    const text = await textOf(opened.page);
    expect(text).toContain("2026-11-21 09:15 UTC");
    expect(text).toContain("1.0% · p95 2.8%");
  }, 30_000);

  test("the last comparison is sorted by effect", async () => {
    await using opened = await open({ hash: "#compare" });
    const names = await opened.page.locator(".bar .name").allInnerTexts();
    expect(names.map(name => name.split("\n")[0])).toEqual(["get", "put", "peek"]);
  }, 30_000);

  for (const dark of [false, true]) {
    test(`it can be read on a phone, ${schemeOf(dark)}`, async () => {
      // What a chart, or the bars, have to be drawn with.
      const drawn = {
        suite: "mine",
        sizes: "third",
        latency: "faint",
        history: "mine",
        compare: "good",
        noise: "mine",
      };
      for (const [view, chart] of Object.entries(drawn)) {
        await using opened = await open({ width: 390, dark, hash: `#${view}` });
        const { page, faults } = opened;
        const colors = await themeColors(page, ["ground", "ink", chart]);
        expect(brightnessOf(colors[0]!) < brightnessOf(colors[1]!)).toBe(dark);
        const [ground, ink, charted] = (await pixels(page, colors, `phone-${view}-${schemeOf(dark)}`)) as number[] as [
          number,
          number,
          number,
        ];
        expect(charted).toBeGreaterThan(100);
        expect(ground).toBeGreaterThan(390 * 800 * 0.4);
        expect(ink).toBeGreaterThan(300);
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390);
        if (view === "history") await pointAtLast(page);
        expect(faults).toEqual([]);
      }
    }, 60_000);
  }

  test("what has not been measured says how to", async () => {
    const path = join(folder.path, "bare.html");
    const { history, marks } = planted;
    writeFileSync(join(folder.path, "none.jsonl"), "");
    Object.assign(planted, { history: join(folder.path, "none.jsonl") });
    await write(join(folder.path, "nothing"), path);
    Object.assign(planted, { history, marks });
    await using opened = await open({ path });
    for (const [hash, command] of Object.entries({
      suite: "bun perf",
      history: "bun perf record",
      compare: "bun perf compare",
      noise: "bun perf self-test",
    })) {
      await opened.page.locator(`nav a[href="#${hash}"]`).click();
      expect(await textOf(opened.page)).toContain(`Not measured yet: ${command}.`);
    }
    expect(opened.faults).toEqual([]);
  }, 30_000);
});

test("the page is one file: nothing in it is fetched", async () => {
  const html = await pageOf(collect(planted.history, planted.marks));
  expect(html).not.toMatch(/\b(src|href)="(?!data:|#)/);
  expect(html).not.toMatch(/@import|url\(|import\(|fetch\(/);
  expect(html.match(/<\/script>/g)).toHaveLength(2);
});
