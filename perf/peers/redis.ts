import { existsSync } from "node:fs";
import { join } from "node:path";

const START_MS = 5_000;

/** A Redis of this run alone, on a Unix socket, that writes nothing to disk: as its documentation says is fastest on one machine. */
export class RedisServer implements AsyncDisposable {
  readonly url: string;
  readonly #child: Bun.Subprocess;

  private constructor(socket: string, child: Bun.Subprocess) {
    this.url = `redis+unix://${socket}`;
    this.#child = child;
  }

  /** Undefined where there is no redis-server. @throws if it does not start. */
  static async start(folder: string): Promise<RedisServer | undefined> {
    const program = Bun.which("redis-server");
    if (program === null) return undefined;
    const socket = join(folder, "redis.sock");
    const memoryOnly = ["--save", "", "--appendonly", "no", "--daemonize", "no", "--dir", folder];
    const child = Bun.spawn([program, "--port", "0", "--unixsocket", socket, ...memoryOnly], {
      stdio: ["ignore", "ignore", "ignore"],
    });
    for (const until = Date.now() + START_MS; !existsSync(socket); await Bun.sleep(10)) {
      if (Date.now() > until || child.exitCode !== null) throw new Error("redis-server does not start");
    }
    return new RedisServer(socket, child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}
