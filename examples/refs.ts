// A tree of objects: what refers to what, and what stays when room is short.
// Run: bun examples/refs.ts
import { ObjectRef, Store } from "plasmid";

interface Leaf {
  label: string;
  data: Uint8Array;
}
interface Tree {
  leaves: ObjectRef<Leaf>[];
}

const name = `refs-${process.pid}`;
using store = Store.open(name, { capacity: "32MiB" });
try {
  const kept = store.parse<Tree>(plant("kept"));
  const loose = plant("loose");
  store.unpin(ObjectRef.parse(loose));
  console.log(`two trees: ${[...store.objects()].length} objects`);

  // Nothing refers to the second tree any more, so it is cache: it goes when there is no room, the first stays.
  for (let i = 0; i < 20; i++) store.put(new Uint8Array(4 << 20));
  console.log("the loose tree is there:", store.contains(ObjectRef.parse(loose)));
  const { leaves } = await store.get(kept);
  console.log("the kept tree is there:", (await store.get(leaves)).map(leaf => leaf.label).join(", "));

  // Freed is gone at once, whoever still refers to it; the leaves stay while something keeps them: here, `leaves`.
  store.free(kept);
  console.log("after free:", await store.get(kept).catch(error => error.code));
  console.log("a leaf of it, held here:", (await store.get(leaves[0]!)).label);
} finally {
  Store.destroy(name);
}

/** Puts a root that contains refs to three leaves. Gives it as text, which pins it; its contents stay with it. */
function plant(label: string): string {
  const leaves = [1, 2, 3].map(i => store.put<Leaf>({ label: `${label} ${i}`, data: new Uint8Array(1 << 20) }));
  return store.put<Tree>({ leaves }).export();
}
