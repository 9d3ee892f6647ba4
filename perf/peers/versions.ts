import { run } from "../../scripts/command.ts";

const PACKAGES = ["msgpackr", "lmdb", "cbor-x", "@msgpack/msgpack", "seroval", "devalue"];

/** The versions of the peers that are installed here, by their names. */
export async function versionsHere(): Promise<Record<string, string>> {
  const versions: Record<string, string> = {};
  for (const name of PACKAGES) {
    try {
      versions[name] = (await Bun.file(Bun.resolveSync(`${name}/package.json`, import.meta.dir)).json()).version;
    } catch {
      // It is not installed, and its rows say so.
    }
  }
  const redis = await run(["redis-server", "--version"]).catch(() => undefined);
  const version = /v=([\d.]+)/.exec(redis?.output ?? "")?.[1];
  if (version !== undefined) versions.Redis = version;
  return versions;
}
