/** A peer's package is not there: its rows say so, and the others go on. */
export class NotInstalled extends Error {
  constructor(name: string) {
    super(`${name} is not installed`);
  }
}

/** What an import gives. @throws NotInstalled if there is no such package here */
export async function installed<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_MODULE_NOT_FOUND") throw new NotInstalled(name);
    throw error;
  }
}
