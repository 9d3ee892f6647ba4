export {
  capture,
  DecodeError,
  deregisterSerializer,
  EncodeError,
  explain,
  FailTuple,
  inspectSerializability,
  register,
  registerModule,
  registerSerializer,
  type Serializer,
  unregister,
  unregisterModule,
} from "./codec/index.ts";
export * from "./errors.ts";
export { ObjectRef } from "./object/ref.ts";
export { Draft, type View, type ViewConstructor } from "./store/draft.ts";
export type { DeathEvent, GapEvent, ObjectEvent, StoreEvent } from "./store/events.ts";
export type { Holder } from "./store/holders.ts";
export { Lease } from "./store/lease.ts";
export type { ObjectInfo } from "./store/object-info.ts";
export type { OpenOptions, PutOptions, SpillOptions } from "./store/options.ts";
export type { Size } from "./store/size.ts";
export type { StoreStats } from "./store/stats.ts";
export { Store } from "./store/store.ts";
export { type SubscribeOptions, Subscription } from "./store/subscription.ts";
export type { Target } from "./store/target.ts";
export type { Usage } from "./store/usage.ts";
export type { WaitOptions } from "./store/waiting.ts";
