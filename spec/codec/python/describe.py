"""Reads vectors as JSON, one a line, and writes for each what examples/python/plasmid_decode.py makes of its bytes, as
spec/codec/describe.ts would say it; or {"error": ...}. A line that is only text is bytes that need not be a message."""

import json
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "examples" / "python"))
from plasmid_decode import HOLE, UNDEFINED, Array, BigInt, DecodeError, Object, Symbol, decode  # noqa: E402


class Describer:
    def __init__(self):
        self.ids = {}

    def value(self, value):
        if value is None or isinstance(value, bool):
            return value
        if value is UNDEFINED or value is HOLE:
            return ["undefined" if value is UNDEFINED else "hole"]
        if isinstance(value, BigInt):
            return ["bigint", str(int(value))]
        if isinstance(value, (int, float)):
            return self.number(value)
        if isinstance(value, Symbol):
            return ["symbol" if value[0] == 0 else "symbol of the language", value[1]]
        if isinstance(value, str):
            wide = any(0xD800 <= ord(unit) < 0xE000 for unit in value)
            return ["wide", value.encode("utf-16-le", "surrogatepass").hex()] if wide else value
        return self.object(value)

    def number(self, value):
        bits = struct.pack(">d", value)
        if value == value and abs(value) < 2**53 and value == int(value) and bits != struct.pack(">d", -0.0):
            return int(value)
        return ["double", "nan" if value != value else bits.hex()]

    def object(self, thing):
        if id(thing) in self.ids:
            return ["again", self.ids[id(thing)]]
        self.ids[id(thing)] = len(self.ids)
        told = {"id": self.ids[id(thing)], **self.contents(thing)}
        if thing.cls is not None:
            told["class"] = self.value(thing.cls)
        if thing.lock:
            told["lock"] = thing.lock
        if thing.extra:
            told["extra"] = [[self.value(key), flags, self.value(value)] for key, flags, value in thing.extra]
        return told

    def contents(self, thing):
        if isinstance(thing, Array):
            return {"type": "Array", "items": self.all(thing)}
        if isinstance(thing, Object):
            return {"type": "Object", "members": self.pairs(thing.items())}
        if thing.type == "SparseArray":
            return {"type": "Array", "length": thing.length, "elements": self.pairs(thing.elements)}
        if thing.type in ("instance", "Error"):
            (_, first), *rest = thing.entries
            members = self.pairs(member for member in rest if member[0] != "stack" or thing.type == "instance")
            name = {"class": self.value(first)} if thing.type == "instance" else {"name": first}
            return {"type": thing.type, **name, "members": members}
        if thing.type in ("URLSearchParams", "Headers"):
            return {"type": thing.type, "entries": self.pairs(zip(thing.parts[::2], thing.parts[1::2]))}
        if thing.type == "URL":
            return {"type": "URL", "text": thing.parts[0]}
        if thing.type == "DOMException":
            return {"type": thing.type, "name": thing.parts[0], "message": thing.parts[1]}
        if thing.type == "boxed":
            return {"type": "boxed", "value": self.value(thing.parts[0])}
        if thing.type == "RegExp":
            return {"type": "RegExp", "parts": [*thing.parts, 0][:3]}
        return {name: self.field(name, value) for name, value in vars(thing).items() if name not in ("cls", "lock", "extra")}

    def field(self, name, value):
        if name in ("type", "tracks"):
            return value
        if name == "bytes":
            return value.hex()
        if name in ("parts", "members") and isinstance(value, list):
            return self.all(value)
        if name in ("entries", "members"):
            return self.pairs(value.items() if isinstance(value, dict) else value)
        return self.value(value)

    def all(self, values):
        return [self.value(value) for value in values]

    def pairs(self, pairs):
        return [[self.value(key), self.value(value)] for key, value in pairs]


def answer(vector):
    if isinstance(vector, str):
        vector = {"bytes": vector}
    buffers = [bytes.fromhex(text) for text in vector.get("buffers", ())]
    try:
        return Describer().value(decode(bytes.fromhex(vector["bytes"]), buffers))
    except DecodeError as error:
        return {"error": str(error)}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))))
