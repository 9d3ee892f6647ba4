import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import {
  decode,
  deregisterSerializer,
  encode,
  inspectSerializability,
  registerSerializer,
} from "../../src/codec/index.ts";

import { name, unnameAfterEach } from "./named.ts";
import { encodeError } from "./refused.ts";

unnameAfterEach();

// The examples of Ray's guide to serialization, one by one.

const ROUND = <T>(value: T): T => decode(encode(value)) as T;
const REDUCE = Symbol.for("plasmid.reduce");

/** What threading.Lock is there: state that only this process has. */
function newLock(): object {
  return new MessageChannel().port1;
}

describe("numpy arrays", () => {
  test("that share memory share it afterwards, and are not copied out of band", () => {
    const array = new Float64Array(1000).fill(1);
    const buffers: Uint8Array[] = [];
    const bytes = encode([array, array.subarray(10, 20)], { buffers });
    expect(bytes.length).toBeLessThan(60);
    const [whole, part] = decode(bytes, { buffers }) as [Float64Array, Float64Array];
    expect(part.buffer).toBe(whole.buffer);
    expect(whole.buffer).toBe(array.buffer);
  });
});

describe("customized serialization", () => {
  class DbConnection {
    readonly connection: Database;
    constructor(readonly path: string) {
      this.connection = new Database(path);
    }
    [REDUCE]() {
      return [DbConnection, [this.path]];
    }
  }

  test("1: a database connection, by a reduce of its class", () => {
    name("DbConnection", DbConnection);
    using original = new DbConnection(":memory:").connection;
    const copied = ROUND(new DbConnection(":memory:"));
    expect(copied.connection).not.toBe(original);
    expect(copied.connection.query("select 1 + 1 as two").get()).toEqual({ two: 2 });
    copied.connection.close();
  });

  test("without it, the connection is what fails", () => {
    class Bare {
      connection = new Database(":memory:");
    }
    name("Bare", Bare);
    const error = encodeError({ pool: [new Bare()] });
    expect(error.path).toBe("$.pool[0].connection");
    expect(error.message).toContain("Database object");
  });

  class A {
    readonly lock = newLock();
    constructor(readonly x: number) {}
  }

  test("2: a class with a lock, by a serializer registered and taken back", () => {
    name("A", A);
    expect(encodeError({ a: new A(1) }).path).toBe("$.a.lock");
    expect(encodeError(new A(1)).message).toContain("native state (MessagePort)");

    registerSerializer(A, { serialize: a => a.x, deserialize: x => new A(x) });
    expect(ROUND(new A(1)).x).toBe(1);

    deregisterSerializer(A);
    expect(encodeError(new A(1)).path).toBe("$.lock");
    // Nothing happens when a serializer is taken back that is not there.
    deregisterSerializer(A);
  });

  test("3: one value, by a helper around it", () => {
    class SerializationHelper {
      constructor(readonly a: A) {}
      [REDUCE]() {
        return [A, [this.a.x]];
      }
    }
    name("A", A);
    const back = ROUND(new SerializationHelper(new A(1))) as unknown as A;
    expect(back).toBeInstanceOf(A);
    expect(back.x).toBe(1);
    expect(encodeError(new A(1)).path).toBe("$.lock");
  });
});

describe("custom exceptions", () => {
  test("with arguments of their own", () => {
    class CustomError extends Error {
      constructor(
        message: string,
        readonly status: number,
      ) {
        super(message);
      }
      override get name() {
        return "CustomError";
      }
    }
    name("CustomError", CustomError);
    const back = ROUND(new CustomError("late", 503));
    expect(back).toBeInstanceOf(CustomError);
    expect([back.message, back.status, String(back)]).toEqual(["late", 503, "CustomError: late"]);
  });
});

describe("troubleshooting", () => {
  test("a lock in a value is named by inspectSerializability", () => {
    const { ok, failures } = inspectSerializability({ job: { lock: newLock() } }, { name: "test", stream: null });
    expect(ok).toBe(false);
    expect(failures.length).toBe(1);
    expect(String(failures[0])).toContain("$.job.lock");
  });
});
