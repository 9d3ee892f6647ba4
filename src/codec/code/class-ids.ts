// Classes sent by value are known by an id that they get when they are first sent, and keep: so that a class that comes twice, or comes
// back, is one class, and `instanceof` holds between messages. The idea is cloudpickle's.

const idOf = new WeakMap<object, string>();
const classOf = new Map<string, WeakRef<object>>();
const collected = new FinalizationRegistry<string>(id => {
  if (classOf.get(id)?.deref() === undefined) classOf.delete(id);
});

/** The id of a class; it gets one if it has none. */
export function classId(type: object): string {
  let id = idOf.get(type);
  if (id === undefined) {
    id = crypto.randomUUID();
    rememberClass(id, type);
  }
  return id;
}

/** The class of this id, if this process has it. */
export function knownClass(id: string): object | undefined {
  return classOf.get(id)?.deref();
}

export function rememberClass(id: string, type: object): void {
  idOf.set(type, id);
  classOf.set(id, new WeakRef(type));
  collected.register(type, id);
}

/** Forgets all: what comes next is new. For tests, which have no second process at hand. */
export function forgetClasses(): void {
  classOf.clear();
}
