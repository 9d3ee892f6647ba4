/** So many are kept; when there are more, all are forgotten. */
const KEPT = 256;
/** Of longer keys, all together, nothing is kept: they could be as long as messages are. */
const KEPT_LENGTH = 4096;

/** What was made for lists of keys, so that it is made once. */
export class Made<T, Context = void> {
  private readonly known = new Map<string, T>();

  constructor(private readonly make: (keys: readonly string[], context: Context) => T) {}

  readonly of = (keys: readonly string[], context: Context): T => {
    const name = JSON.stringify(keys);
    if (name.length > KEPT_LENGTH) return this.make(keys, context);
    const known = this.known.get(name);
    if (known !== undefined) return known;
    if (this.known.size >= KEPT) this.known.clear();
    const made = this.make(keys, context);
    this.known.set(name, made);
    return made;
  };
}
