import { run } from "./command.ts";

/**
 * What some tests use besides the compiler, by the program that says it is there, and Debian's package that brings it: the model is spin's,
 * the dashboard is tried in a browser, counts are Callgrind's, Redis is a peer.
 */
const packages = { spin: "spin", chromium: "chromium", valgrind: "valgrind", "redis-server": "redis-server" } as const;

type Program = keyof typeof packages;

const missing = () => (Object.keys(packages) as Program[]).filter(program => Bun.which(program) === null);

/**
 * Installs what is missing, where that is possible: on Debian and its children, as root. Gives the programs that are missing still;
 * the tests that need one are skipped, and say so.
 */
export async function installPrograms(): Promise<Program[]> {
  const wanted = missing().map(program => packages[program]);
  if (wanted.length === 0 || process.getuid?.() !== 0 || Bun.which("apt-get") === null) return missing();
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await run(["apt-get", "update", "-qq"], { env });
  await run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", ...wanted], { env });
  return missing();
}
