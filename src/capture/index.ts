// The preload: `preload = ["plasmid/capture"]` in bunfig.toml. Every module of the program that is loaded after it then says by
// itself what its functions close over.

import { capturePlugin } from "./plugin.ts";

Bun.plugin(capturePlugin());
