import { PlasmidError } from "../errors.ts";

/** A value can't be encoded. The message names the member, its type and a remedy; nothing was written. */
export class EncodeError extends PlasmidError {
  /** Where the member sits in the value: `$.workers[3].lock`. */
  readonly path: string;

  constructor(message: string, path: string, options?: ErrorOptions) {
    super("ERR_PLASMID_ENCODE", `${path}: ${message}`, options);
    this.path = path;
  }
}

/** The bytes are not a message: truncated, contradictory, or of a version or type that this decoder does not know. */
export class DecodeError extends PlasmidError {
  /** Bytes from the start of the message to where it stopped making sense. */
  readonly offset: number;
  /** The member that was being decoded: `$.rows[3]`. */
  readonly path: string;

  constructor(message: string, offset: number, path: string, options?: ErrorOptions) {
    super("ERR_PLASMID_DECODE", `${message} (byte ${offset}, at ${path})`, options);
    this.offset = offset;
    this.path = path;
  }
}
