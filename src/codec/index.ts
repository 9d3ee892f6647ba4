/** The codec: MessagePack, and extensions for all that plain data is not. */
import "./own-errors.ts";

export { type Captures, capture, scope } from "./code/capture.ts";
export { type DecodeOptions, decode } from "./decode.ts";
export { Decoder, type DecoderOptions } from "./decoder.ts";
export { type EncodeOptions, encode, encodeAsync } from "./encode.ts";
export { Encoder, type EncoderOptions } from "./encoder.ts";
export { DecodeError, EncodeError } from "./errors.ts";
export { type ExplainedPart, type ExplainOptions, Explanation, explain } from "./inspect/explain.ts";
export { FailTuple } from "./inspect/failure.ts";
export { type InspectOptions, inspectSerializability, type Serializability } from "./inspect/serializability.ts";
export type { ReferenceEncoder } from "./linked-output.ts";
export { type Callable, type Name, register, registerModule, unregister, unregisterModule } from "./names.ts";
export { OpaqueName, OpaqueValue } from "./opaque.ts";
export type { ResolveOptions } from "./resolver.ts";
export { type Class, deregisterSerializer, registerSerializer, type Serializer } from "./serializers.ts";
