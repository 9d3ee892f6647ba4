// The bytes of the format, each named once. docs/format.md explains them.

/** First bytes of MessagePack's own types. */
export const NIL = 0xc0;
export const FALSE = 0xc2;
export const TRUE = 0xc3;
export const BIN8 = 0xc4;
export const BIN16 = 0xc5;
export const BIN32 = 0xc6;
export const EXT8 = 0xc7;
export const EXT16 = 0xc8;
export const EXT32 = 0xc9;
export const FLOAT32 = 0xca;
export const FLOAT64 = 0xcb;
export const UINT8 = 0xcc;
export const UINT16 = 0xcd;
export const UINT32 = 0xce;
export const UINT64 = 0xcf;
export const INT8 = 0xd0;
export const INT16 = 0xd1;
export const INT32 = 0xd2;
export const INT64 = 0xd3;
export const FIXEXT1 = 0xd4;
export const FIXEXT2 = 0xd5;
export const FIXEXT4 = 0xd6;
export const FIXEXT8 = 0xd7;
export const FIXEXT16 = 0xd8;
export const STR8 = 0xd9;
export const STR16 = 0xda;
export const STR32 = 0xdb;
export const ARRAY16 = 0xdc;
export const ARRAY32 = 0xdd;
export const MAP16 = 0xde;
export const MAP32 = 0xdf;
export const FIXMAP = 0x80;
export const FIXARRAY = 0x90;
export const FIXSTR = 0xa0;

/** Extension types below this one are values without identity: they take no number. All others do. */
export const FIRST_NUMBERED = 0x10;

/** Extension types without identity. */
export const EXT_CONSTANT = 0x00;
export const EXT_BIGINT = 0x01;
export const EXT_WIDE_TEXT = 0x02;
export const EXT_BACK_REFERENCE = 0x03;
export const EXT_REFERENCE = 0x04;
export const EXT_SYMBOL = 0x0a;
/** Around an object that has one: what its type does not say of it. */
export const EXT_ADORNED = 0x0b;

/** Packed lists: without identity themselves, but what is in them may have it. They stand in packed containers and in one another. */
export const EXT_NUMBERS = 0x05;
export const EXT_TEXTS = 0x06;
export const EXT_DATES = 0x07;
export const EXT_RECORDS = 0x08;
export const EXT_BACK_REFERENCES = 0x09;
export const EXT_ARRAYS = 0x0c;

/** Extension types with identity. */
export const EXT_INVALID_DATE = 0x10;
export const EXT_BUFFER = 0x11;
export const EXT_OUT_OF_BAND = 0x12;
export const EXT_VIEW = 0x13;
export const EXT_INLINE_VIEW = 0x14;
export const EXT_MAP = 0x15;
export const EXT_SET = 0x16;
export const EXT_NULL_OBJECT = 0x17;
export const EXT_SPARSE_ARRAY = 0x18;
export const EXT_NAMED = 0x28;
export const EXT_INSTANCE = 0x29;
export const EXT_ERROR = 0x2a;
export const EXT_REGEXP = 0x2b;
export const EXT_BOXED = 0x2c;
export const EXT_RESIZABLE = 0x2d;
export const EXT_TRACKING_VIEW = 0x2e;
export const EXT_SHARED = 0x2f;
export const EXT_URL = 0x30;
export const EXT_SEARCH_PARAMS = 0x31;
export const EXT_HEADERS = 0x32;
export const EXT_TEMPORAL = 0x33;
export const EXT_BLOB = 0x34;
export const EXT_REDUCED = 0x35;
export const EXT_SERIALIZED = 0x36;
export const EXT_DOM_EXCEPTION = 0x37;

/** Packed containers, of packed lists. */
export const EXT_PACKED_ARRAY = 0x19;
export const EXT_PACKED_MAP = 0x1a;
export const EXT_PACKED_SET = 0x1b;

/** Code: written and read only where it is allowed. */
export const EXT_FUNCTION = 0x50;
export const EXT_ENVIRONMENT = 0x51;
export const EXT_BINDINGS = 0x52;
export const EXT_BUILTIN = 0x53;

/** Around the whole of a message in which something is referred back to. */
export const EXT_GRAPH = 0x7f;

/** MessagePack's timestamp, -1, as the byte it is written as. */
export const EXT_TIMESTAMP = 0xff;

/** What the payload of `EXT_CONSTANT` says. */
export const CONSTANT_UNDEFINED = 0;
export const CONSTANT_HOLE = 1;

/** The version that `EXT_GRAPH` carries. */
export const FORMAT_VERSION = 1;

/** A message is at most this many bytes, for its lengths are 32 bits wide. Buffers out of band don't count. */
export const MAX_MESSAGE_BYTES = 0xffffffff;

/** Nesting up to here recurses; below it explicit stacks take over, which only memory bounds. */
export const MAX_RECURSION = 128;

/** From how many elements on a list may be packed; a shorter one is plain MessagePack whatever it holds. */
export const PACKED_MIN = 64;

/** From how many bytes on a buffer is handed out rather than copied into the message. */
export const DEFAULT_BUFFER_THRESHOLD = 512;

/** The property by which a reference to an object in a store is known. */
export const REFERENCE_MARK = Symbol.for("plasmid.ref");

/** Whether a first byte is an extension's. */
export function isExt(lead: number): boolean {
  return (lead >= EXT8 && lead <= EXT32) || (lead >= FIXEXT1 && lead <= FIXEXT16);
}
