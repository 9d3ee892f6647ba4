"""Reads the messages of Plasmid's codec: docs/format.md in Python, with nothing but its standard library.

    value = decode(message)                  # bytes; also buffers=[...] for what was kept out of the message
    python3 plasmid_decode.py FILE           # prints the value

Arrays become `Array` (a list), plain objects `Object` (a dict), everything else that has an identity a `Thing`. What stands twice in a
message is one object here too, and cycles are cycles. Code (types 80 to 83) is refused.
"""

import struct
import sys


class DecodeError(Exception):
    """The bytes are no message, or hold a type that is not known here."""


class Thing:
    """An object that Python has no type for: `type` names it, the other fields are what it holds."""

    cls, lock, extra = None, 0, ()

    def __init__(self, type, **fields):
        self.type = type
        self.__dict__.update(fields)

    def __repr__(self):
        return f"<{self.type} {', '.join(k for k in self.__dict__ if k != 'type')}>"


class Array(list):
    """An array; `HOLE` stands where it has no element. `extra`: further properties, (key, flags, value)."""

    cls, lock, extra = None, 0, ()


class Object(dict):
    """A plain object."""

    cls, lock, extra = None, 0, ()


class BigInt(int):
    """An integer that JavaScript has as a BigInt."""


class Symbol(tuple):
    """(0, key) of a registered symbol, (1, name) of a well-known one."""


UNDEFINED, HOLE, UNMADE = object(), object(), object()
KINDS = "Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array Float16Array Float32Array " \
    "Float64Array BigInt64Array BigUint64Array DataView Buffer".split()
WIDTHS = [1, 1, 1, 2, 2, 4, 4, 2, 4, 8, 8, 8, 1, 1]
LETTERS = {0: "b", 1: "B", 3: "h", 4: "H", 5: "i", 6: "I", 9: "d"}
# Types that are one array of parts, or one map of them, and nothing else to tell.
LISTS = {43: "RegExp", 44: "boxed", 48: "URL", 49: "URLSearchParams", 50: "Headers", 51: "Temporal", 52: "Blob",
         53: "reduced", 54: "serialized", 55: "DOMException"}
MAPS = {41: "instance", 42: "Error"}


def decode(message, buffers=(), references=()):
    """The value of a message. Raises DecodeError."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 20000))
    try:
        return Decoder(bytes(message), buffers, references).message()
    except (ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError, struct.error) as error:
        # What does not fit together fails where it is used: a text for a length, say.
        raise DecodeError(str(error)) from error
    finally:
        sys.setrecursionlimit(limit)


class Decoder:
    def __init__(self, data, buffers, references):
        self.data, self.p, self.buffers, self.references = data, 0, buffers, references
        self.objects = []
        self.graph = False

    def fail(self, why):
        raise DecodeError(f"{why} (before byte {self.p})")

    def take(self, size):
        if size > len(self.data) - self.p:
            self.fail("the message is cut off")
        self.p += size
        return self.data[self.p - size:self.p]

    def uint(self, size):
        return int.from_bytes(self.take(size), "big")

    def message(self):
        if self.data[:1] in (b"\xc7", b"\xc8", b"\xc9"):
            size, code = self.header(self.uint(1))
            if code == 127:
                if size != len(self.data) - self.p or self.uint(1) != 1:
                    self.fail("a graph of another size or version")
                self.graph = True
            else:
                self.p = 0
        value = self.value()
        if self.p != len(self.data):
            self.fail("bytes behind the end")
        return value

    def number(self, thing):
        """Gives an object its number."""
        self.objects.append(thing)
        return thing

    def value(self, hole=False):
        lead = self.uint(1)
        if lead < 0x80:
            return lead
        if lead < 0x90:
            return self.object(lead & 15)
        if lead < 0xa0:
            return self.array(lead & 15)
        if lead < 0xc0:
            return self.take(lead & 31).decode()
        if lead >= 0xe0:
            return lead - 256
        if lead in (0xc0, 0xc2, 0xc3):
            return {0xc0: None, 0xc2: False, 0xc3: True}[lead]
        if 0xc4 <= lead <= 0xc6:
            return self.own_view(1, self.take(self.uint(1 << lead - 0xc4)))
        if lead in (0xca, 0xcb):
            return struct.unpack(">f" if lead == 0xca else ">d", self.take(4 if lead == 0xca else 8))[0]
        if 0xcc <= lead <= 0xd3:
            size = 1 << (lead - 0xcc & 3)
            value = int.from_bytes(self.take(size), "big", signed=lead >= 0xd0)
            return value if abs(value) < 2 ** 53 else BigInt(value)
        if 0xd9 <= lead <= 0xdb:
            return self.take(self.uint(1 << lead - 0xd9)).decode()
        if 0xdc <= lead <= 0xdf:
            count = self.uint(2 if lead % 2 == 0 else 4)
            return self.array(count) if lead < 0xde else self.object(count)
        if lead == 0xc1:
            self.fail("a byte that MessagePack never uses")
        return self.extension(lead, hole)

    def array(self, count):
        made = self.number(Array())
        for _ in range(count):
            made.append(self.value(hole=True))
        return made

    def object(self, count):
        made = self.number(Object())
        entries = [(self.value(), self.value()) for _ in range(count)] if not self.graph else None
        if entries is None:
            for _ in range(count):
                key = self.text()
                made[key] = self.value()
        elif all(isinstance(key, str) for key, _ in entries):
            made.update(entries)
        else:
            return Thing("Map", entries=entries)
        return made

    def text(self):
        value = self.value()
        return value if isinstance(value, str) else self.fail("text is expected")

    def header(self, lead):
        """Size and type of an extension."""
        size = 1 << lead - 0xd4 if lead >= 0xd4 else self.uint(1 << lead - 0xc7)
        return size, self.uint(1)

    def extension(self, lead, hole=False):
        size, code = self.header(lead)
        end = self.p + size
        if end > len(self.data):
            self.fail("the message is cut off")
        if code == 0:
            value = {b"\0": UNDEFINED, b"\1": HOLE if hole else None}.get(self.take(size)) or self.fail("no such constant")
        elif code in LISTS or code in MAPS:
            value = self.number(Thing(LISTS.get(code) or MAPS[code]))
            if code in LISTS:
                value.parts = self.parts()
            else:
                value.entries = self.entries()
        else:
            what = f"extension type {code}, which is code" if 80 <= code <= 83 else f"unknown extension type {code}"
            read = getattr(self, f"type_{code}", None) or self.fail(what)
            value = read(size, end)
        if self.p != end:
            self.fail(f"an extension of type {code} whose contents end elsewhere")
        return value

    def count(self, fix, lead16):
        lead = self.uint(1)
        if fix <= lead < fix + 16:
            return lead - fix
        return self.uint(2) if lead == lead16 else self.uint(4) if lead == lead16 + 1 else self.fail("another container is expected")

    def parts(self):
        """The array inside of an extension, which has no number."""
        return [self.value() for _ in range(self.count(0x90, 0xdc))]

    def entries(self):
        return [(self.value(), self.value()) for _ in range(self.count(0x80, 0xde))]

    def type_1(self, size, _):
        return BigInt(int.from_bytes(self.take(size), "big", signed=True))

    def type_2(self, size, _):
        return self.take(size).decode("utf-16-le", "surrogatepass")

    def type_3(self, size, _):
        return self.known(self.uint(size))

    def known(self, number):
        if not self.graph or number >= len(self.objects) or self.objects[number] is UNMADE:
            self.fail(f"no object {number} to refer to")
        return self.objects[number]

    def type_4(self, size, _):
        return self.given(self.references, size)

    def given(self, table, size):
        index = self.uint(size)
        return table[index] if index < len(table) else self.fail(f"number {index} was not given")

    def type_10(self, size, _):
        return Symbol((self.uint(1), self.text()))

    def type_11(self, size, _):
        parts = self.parts()
        if len(parts) < 4 or len(parts) != 4 + 2 * len(parts[3]) or not hasattr(parts[0], "extra"):
            self.fail("these parts are no adorned object")
        made, made.cls, made.lock = parts[0], parts[1], parts[2]
        made.extra = [(parts[4 + 2 * i], int(flags), parts[5 + 2 * i]) for i, flags in enumerate(parts[3])]
        return made

    def type_16(self, size, _):
        return self.number(Thing("Date", ms=None))

    def type_255(self, size, _):
        data = self.take(size)
        if size == 4:
            seconds, nanos = int.from_bytes(data, "big"), 0
        elif size == 8:
            nanos, seconds = divmod(int.from_bytes(data, "big"), 1 << 34)
        elif size == 12:
            nanos, seconds = struct.unpack(">Iq", data)
        else:
            self.fail("a timestamp has 4, 8 or 12 bytes")
        return self.number(Thing("Date", ms=seconds * 1000 + nanos // 10 ** 6))

    def type_17(self, size, _):
        return self.number(Thing("ArrayBuffer", bytes=self.take(size)))

    def type_18(self, size, _):
        return self.number(Thing("ArrayBuffer", bytes=bytes(self.given(self.buffers, size))))

    def type_45(self, size, end):
        most = self.value()
        return self.number(Thing("ArrayBuffer", most=most, bytes=self.take(end - self.p)))

    def own_view(self, kind, data):
        made = self.number(Thing(KINDS[kind], offset=0, length=len(data) // WIDTHS[kind], tracks=False))
        made.buffer = self.number(Thing("ArrayBuffer", bytes=data))
        return made

    def type_19(self, size, _):
        made = self.number(Thing(KINDS[self.uint(1)], tracks=False))
        made.offset, made.length, made.buffer = self.value(), self.value(), self.value()
        return made

    def type_20(self, size, _):
        return self.own_view(self.uint(1), self.take(size - 1))

    def type_46(self, size, _):
        kind = self.uint(1)
        made = self.number(Thing(KINDS[kind], tracks=True))
        made.offset, made.buffer = self.value(), self.value()
        made.length = (len(made.buffer.bytes) - made.offset) // WIDTHS[kind]
        return made

    def type_21(self, size, _):
        made = self.number(Thing("Map"))
        made.entries = self.entries()
        return made

    def type_22(self, size, _):
        made = self.number(Thing("Set"))
        made.members = self.parts()
        return made

    def type_23(self, size, _):
        made = self.number(Thing("null"))
        made.members = dict(self.entries())
        return made

    def type_24(self, size, _):
        made = self.number(Thing("SparseArray"))
        (_, made.length), *made.elements = self.entries()
        return made

    def type_40(self, size, end):
        made = self.number(Thing("name", name=None, module=None))
        made.name = self.text()
        made.module = self.text() if self.p < end else None
        return made

    def type_25(self, size, _):
        made = self.number(Array())
        made.extend(self.list())
        return made

    def type_26(self, size, _):
        made = self.number(Thing("Map"))
        keys = self.list()
        made.entries = list(zip(keys, self.list()))
        return made

    def type_27(self, size, _):
        made = self.number(Thing("Set"))
        made.members = self.list()
        return made

    def list(self):
        """A packed list, or the values of an array one by one."""
        lead = self.data[self.p] if self.p < len(self.data) else 0
        if not (0xc7 <= lead <= 0xc9 or 0xd4 <= lead <= 0xd8):
            return self.parts()
        self.p += 1
        size, code = self.header(lead)
        end = self.p + size
        if code == 6:
            return self.texts()
        if code == 8:
            return self.records()
        if code == 12:
            return self.arrays()
        kind = self.uint(1)
        items = list(struct.unpack(f"<{(size - 1) // WIDTHS[kind]}{LETTERS[kind]}", self.take(end - self.p)))
        if code == 5:
            return items
        if code == 7:
            scale = 1000 if kind == 6 else 1
            return [self.number(Thing("Date", ms=None if ms != ms else int(ms) * scale)) for ms in items]
        if code == 9:
            return [None if n == 256 ** WIDTHS[kind] - 1 else self.known(n) for n in items]
        return self.fail(f"extension type {code} where a packed list is expected")

    def lengths(self):
        kind, count = self.uint(1), self.value()
        none = 256 ** WIDTHS[kind] - 1
        lengths = struct.unpack(f"<{count}{LETTERS[kind]}", self.take(count * WIDTHS[kind]))
        return [None if length == none else length for length in lengths]

    def arrays(self):
        lengths, at = self.lengths(), 0
        made = [None if length is None else self.number(Array()) for length in lengths]
        elements = self.list()
        for array, length in zip(made, lengths):
            if array is not None:
                array.extend(elements[at:at + length])
                at += length
        if at != len(elements):
            self.fail("arrays of other lengths than announced")
        return made

    def texts(self):
        lengths = self.lengths()
        units, at, made = self.text().encode("utf-16-le"), 0, []
        for length in lengths:
            if length is None:
                made.append(None)
                continue
            made.append(units[at:at + length * 2].decode("utf-16-le", "surrogatepass"))
            at += length * 2
        return made

    def records(self):
        keys, count = self.parts(), self.value()
        if count * len(keys) > len(self.data) - self.p:
            self.fail("more records than there are bytes")
        made = [self.number(Object.fromkeys(keys)) for _ in range(count)]
        for key in keys:
            for record, value in zip(made, self.list(), strict=True):
                record[key] = value
        return made


if __name__ == "__main__":
    import pprint
    with open(sys.argv[1], "rb") as file:
        pprint.pprint(decode(file.read()))
