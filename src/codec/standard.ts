import * as c from "./constants.ts";
import { EncodeError } from "./errors.ts";
import { Output } from "./output.ts";
import { elementStep, entryStep, formatPath, memberStep, type Step } from "./path.ts";
import { isRevoked, REVOKED } from "./reasons.ts";
import { isArrayPrototype } from "./types/adorned.ts";
import { writeTimestamp } from "./types/date.ts";

const INITIAL_BYTES = 1024;
const MIN_INT64 = -(2n ** 63n);
const MAX_UINT64 = 2n ** 64n - 1n;

/** A container that is being written; of one with keys these are children too: the even ones. */
interface Frame {
  readonly value: object;
  readonly children: readonly unknown[];
  readonly count: number;
  readonly step: Step;
  next: number;
}

/**
 * Values to nothing but the types of the MessagePack specification, for readers that know no more. What has no form there is refused,
 * with its path; what is met twice is written twice.
 */
export class StandardWriter {
  private readonly output = new Output(INITIAL_BYTES);
  private readonly stack: Frame[] = [];
  /** The containers around the one that is being written: one met again among them would have no end. */
  private readonly around = new Set<object>();

  /** @throws EncodeError, naming the path to what has no standard form. */
  encode(root: unknown): Uint8Array<ArrayBuffer> {
    const { stack, around, output } = this;
    let p = this.write(root, 0);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      if (top.next === top.count) {
        stack.pop();
        around.delete(top.value);
      } else {
        const index = top.next++;
        const child = top.children[index];
        if (child === undefined && !(index in top.children)) this.refuse("a hole", "fill it, with null for example");
        p = this.write(child, p);
      }
    }
    return output.bytes.slice(0, p) as Uint8Array<ArrayBuffer>;
  }

  private write(value: unknown, p: number): number {
    const { output } = this;
    switch (typeof value) {
      case "string":
        if (!value.isWellFormed()) this.refuse("text with a lone surrogate", "it has no UTF-8: .toWellFormed()");
        return output.writeString(value, p);
      case "number":
        return output.writeNumber(value, p);
      case "boolean":
        return output.writeByte(value ? c.TRUE : c.FALSE, p);
      case "bigint":
        return this.writeBigInt(value, p);
      case "undefined":
        return this.refuse("undefined", "leave it out, or use null");
      case "object":
        return value === null ? output.writeByte(c.NIL, p) : this.writeObject(value, p);
      default:
        return this.refuse(`a ${typeof value}`, "leave it out");
    }
  }

  /** MessagePack has one kind of integer, so this one comes back as a number if a number holds it. */
  private writeBigInt(value: bigint, p: number): number {
    const { output } = this;
    if (value < MIN_INT64 || value > MAX_UINT64) this.refuse("a BigInt of more than 64 bits", "write it as text");
    const number = Number(value);
    if (Number.isSafeInteger(number)) return output.writeNumber(number, p);
    const q = output.writeByte(value < 0n ? c.INT64 : c.UINT64, p);
    output.need(q, 8);
    output.view.setBigUint64(q, BigInt.asUintN(64, value));
    return q + 8;
  }

  private writeObject(value: object, p: number): number {
    const { output } = this;
    if (isRevoked(value)) this.refuse("a revoked Proxy", REVOKED);
    if (Array.isArray(value)) {
      if (!isArrayPrototype(Object.getPrototypeOf(value)))
        this.refuse("an array of a subclass", "copy it to an array: Array.from()");
      this.refuseSymbols(value);
      if (value.length >>> 0 !== value.length) this.refuse("an array whose length is none", "copy it: Array.from()");
      if (hasNames(value)) this.refuse("an array with named properties", "put them into an object beside it");
      this.open(value, value, value.length, elementStep);
      return output.writeArrayHeader(value.length, p);
    }
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (prototype === Object.prototype || prototype === null) return this.writeMembers(value, p);
    try {
      if (prototype === Map.prototype) return this.writeMap(value as Map<unknown, unknown>, p);
      if (prototype === Uint8Array.prototype || prototype === Buffer.prototype) {
        return this.writeBin(value as Uint8Array, p);
      }
      if (prototype === ArrayBuffer.prototype) return this.writeBin(new Uint8Array(value as ArrayBuffer), p);
      if (prototype === Date.prototype) return this.writeDate(value as Date, p);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.refuse(nameOf(value), "it has the prototype but is none, or its buffer is detached");
    }
    return this.refuse(nameOf(value), ArrayBuffer.isView(value) ? "send its bytes, or Array.from()" : "copy its data");
  }

  private writeDate(value: Date, p: number): number {
    if (Number.isNaN(Date.prototype.getTime.call(value))) this.refuse("an invalid Date", "use null");
    return writeTimestamp(this.output, value, p);
  }

  private writeBin(bytes: Uint8Array, p: number): number {
    if (bytes.length === 0 && (bytes.buffer as ArrayBuffer).detached)
      this.refuse("a detached buffer", "encode it before");
    return this.output.writeBytes(bytes, this.output.writeBinHeader(bytes.length, p));
  }

  private writeMembers(object: object, p: number): number {
    this.refuseSymbols(object);
    const children: unknown[] = [];
    for (const key of Object.keys(object)) children.push(key, (object as Record<string, unknown>)[key]);
    this.open(object, children, children.length, memberStep);
    return this.output.writeMapHeader(children.length / 2, p);
  }

  private writeMap(map: Map<unknown, unknown>, p: number): number {
    const children: unknown[] = [];
    for (const [key, value] of Map.prototype.entries.call(map)) {
      if (!isScalar(key)) this.refuse("a Map with a key that is no text, number, boolean or null", "use such keys");
      if (typeof key === "bigint" && Map.prototype.has.call(map, Number(key))) {
        this.refuse(`a Map with the keys ${key}n and ${key}`, "they are the same integer: use one of the two");
      }
      children.push(key, value);
    }
    this.open(map, children, children.length, entryStep);
    return this.output.writeMapHeader(children.length / 2, p);
  }

  private refuseSymbols(object: object): void {
    for (const key of Object.getOwnPropertySymbols(object)) {
      if (!Object.prototype.propertyIsEnumerable.call(object, key)) continue;
      this.refuse("an object with a symbol for a key", "name the property by text");
    }
  }

  private open(value: object, children: readonly unknown[], count: number, step: Step): void {
    if (this.around.has(value)) this.refuse("a cycle", "it would have no end; refer to the object by a name or number");
    this.around.add(value);
    this.stack.push({ value, children, count, step, next: 0 });
  }

  private refuse(what: string, remedy: string): never {
    const steps = this.stack.map(({ step, next, children }) => step(next - 1, children[next - 2]));
    throw new EncodeError(`${what} has no form in standard MessagePack: ${remedy}`, formatPath(steps));
  }
}

function isScalar(key: unknown): boolean {
  return key === null || ["string", "number", "boolean", "bigint"].includes(typeof key);
}

function nameOf(value: object): string {
  const name: unknown = value.constructor?.name;
  return typeof name === "string" && name !== "" ? `${name} object` : "an object";
}

/** Whether the last of an array's keys is no index: names follow all indexes. */
function hasNames(array: readonly unknown[]): boolean {
  const last = Object.keys(array).at(-1) ?? "0";
  return String(Number(last) >>> 0) !== last || last === "4294967295";
}
