// A BigInt is two's complement, big-endian, in as many bytes as the writer likes: eight where that is enough, else the fewest.

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

/** Whether eight bytes are enough. */
export function fitsInt64(value: bigint): boolean {
  return value >= MIN_INT64 && value <= MAX_INT64;
}

/** The fewest bytes that hold the value; linear in its size, for base 16 needs no division. */
export function bigIntToBytes(value: bigint): Uint8Array {
  const magnitude = value < 0n ? -value - 1n : value;
  let digits = magnitude.toString(16);
  if (digits.length % 2 === 1) digits = `0${digits}`;
  // The top bit is the sign: a magnitude that reaches it needs one more byte.
  if (digits.charCodeAt(0) >= 0x38) digits = `00${digits}`;
  const bytes = Uint8Array.fromHex(digits);
  if (value < 0n) for (let i = 0; i < bytes.length; i++) bytes[i] = ~bytes[i]!;
  return bytes;
}

/**
 * The value of some bytes; none mean 0.
 *
 * @throws RangeError if the engine can't hold a BigInt of that size.
 */
export function bigIntFromBytes(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  const magnitude = BigInt(`0x${bytes.toHex()}`);
  return bytes[0]! < 0x80 ? magnitude : magnitude - (1n << BigInt(bytes.length * 8));
}
