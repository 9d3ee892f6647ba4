// Build a large array where it will stay, instead of copying it there.
// Run: bun examples/build-in-place.ts
import { Store } from "plasmid";

const [given] = process.argv.slice(2);
const name = given ?? `build-in-place-${process.pid}`;
const [width, height] = [2048, 1024];
using store = Store.open(name, { capacity: "64MiB" });

if (given === undefined) {
  try {
    const viewer = Bun.spawn([process.execPath, import.meta.path, name], { stdio: ["ignore", "inherit", "inherit"] });
    // Unsafe: it holds whatever was there before, so every element must be written. `allocate` gives zeros.
    // Left without a seal, by an error say, `using` takes the draft back.
    using draft = store.allocateUnsafe(Uint8Array, width * height, { name: "picture" });
    for (let i = 0; i < width * height; i++) {
      draft.view[i] = escapeTime(((i % width) / width) * 3 - 2.1, (Math.floor(i / width) / height) * 2.4 - 1.2);
    }
    draft.seal(); // from now on everyone can read it, and no one can change it
    console.log(`sealed; the builder's own view now has length ${draft.view.length}`);
    await viewer.exited;
  } finally {
    Store.destroy(name);
  }
} else {
  const picture = await store.get<Uint8Array>("picture"); // waits for the seal
  for (let y = 0; y < height; y += 64) {
    let line = "";
    for (let x = 0; x < width; x += 32) line += " .:-=+*#%@"[Math.min(9, Math.floor(picture[y * width + x]! / 2))];
    console.log(line.trimEnd());
  }
}

/** How many steps z² + c takes to leave the circle of radius 2: the Mandelbrot set. */
function escapeTime(re: number, im: number): number {
  let [x, y, steps] = [0, 0, 0];
  while (steps < 99 && x * x + y * y < 4) [x, y, steps] = [x * x - y * y + re, 2 * x * y + im, steps + 1];
  return steps;
}
