import * as errors from "../errors.ts";
import { Code } from "./code.ts";
import { symbols } from "./symbols.ts";

type Make = new (what: string, context?: errors.FailureContext) => errors.StoreError;

const CLASSES: Record<number, Make> = {
  [Code.INVALID]: errors.InvalidArgumentError,
  [Code.NOT_FOUND]: errors.ObjectNotFoundError,
  [Code.TIMED_OUT]: errors.TimedOutError,
  [Code.ABORTED]: errors.AbortedError,
  [Code.NAME_TAKEN]: errors.NameTakenError,
  [Code.NOT_SEALED]: errors.NotSealedError,
  [Code.ALREADY_SEALED]: errors.AlreadySealedError,
  [Code.DRAFT_BUSY]: errors.DraftBusyError,
  [Code.FREED]: errors.FreedError,
  [Code.LOST]: errors.ObjectLostError,
  [Code.STORE_FULL]: errors.StoreFullError,
  [Code.TABLE_FULL]: errors.TableFullError,
  [Code.CLIENTS_FULL]: errors.ClientsFullError,
  [Code.LOCK_TIMEOUT]: errors.LockTimeoutError,
  [Code.BAD_SEGMENT]: errors.BadSegmentError,
  [Code.VERSION]: errors.VersionError,
  [Code.DESTROYED]: errors.StoreDestroyedError,
  [Code.CLOSED]: errors.StoreClosedError,
  [Code.PLATFORM]: errors.PlatformError,
  [Code.NO_SPACE]: errors.NoSpaceError,
  [Code.SYSTEM]: errors.SystemError,
  [Code.CAPACITY]: errors.CapacityError,
  [Code.NO_STORE]: errors.StoreNotFoundError,
  [Code.BAD_NAME]: errors.BadNameError,
  [Code.FORKED]: errors.ForkedError,
  [Code.CORRUPT]: errors.CorruptError,
  [Code.NO_MEMORY]: errors.OutOfMemoryError,
  [Code.NOT_PINNED]: errors.NotPinnedError,
  [Code.NOT_DRAFT]: errors.NotDraftError,
  [Code.SPILL_LIMIT]: errors.SpillError,
  [Code.SPILL]: errors.SpillError,
  [Code.SPILL_OPTIONS]: errors.SpillOptionsError,
  [Code.SUBSCRIPTIONS_FULL]: errors.SubscriptionsFullError,
  [Code.NO_VIEW]: errors.OutOfMemoryError, // of what can't be a copy: a draft
};

// Codes whose detail, if the core left one, belongs to an earlier call: their calls only look.
const WITHOUT_DETAIL = new Set<number>([
  Code.NOT_FOUND,
  Code.TIMED_OUT,
  Code.ABORTED,
  Code.FREED,
  Code.LOST,
  Code.NOT_SEALED,
  Code.DRAFT_BUSY,
]);

/**
 * The error for a negative code of the core: the detail of the call that just failed, or else the code's message. `detailed` says
 * that the call left a detail, which those that only look do not.
 */
export function failure(
  code: number,
  context: errors.FailureContext = {},
  detailed = !WITHOUT_DETAIL.has(code),
): errors.StoreError {
  const core = symbols();
  const detail = detailed ? String(core.plasmid_detail()) : "";
  const Class = CLASSES[code] ?? errors.SystemError;
  return new Class(detail === "" ? String(core.plasmid_error_message(code)) : detail, context);
}
