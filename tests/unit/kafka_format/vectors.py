#!/usr/bin/env python3
"""Writes vectors.txt: messages made by Apache's Avro and Google's Protobuf for Python, and what their fields are.

Neither shares code with the connector. Wants python3-avro, python3-protobuf and protobuf-compiler; the tests read only what it has written.

    case NAME
    schema LANGUAGE ONE-LINE-TEXT      (the newlines of a .proto file are spaces)
    bytes HEX                          (without the wire format's head)
    field NAME KIND TEXT               (one a field; `null` without text)
"""
import datetime
import decimal
import io
import json
import os
import subprocess
import sys
import tempfile
import uuid

os.environ["PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"] = "python"
import avro.io
import avro.schema

HERE = os.path.dirname(os.path.abspath(__file__))
cases = []


def case(name, language, schema, encoded, fields):
    lines = [f"case {name}", f"schema {language} {schema}", f"bytes {encoded.hex()}"]
    cases.append("\n".join(lines + [f"field {each}" for each in fields]))


def encode_avro(schema, value):
    out = io.BytesIO()
    avro.io.DatumWriter(avro.schema.parse(json.dumps(schema))).write(value, avro.io.BinaryEncoder(out))
    return out.getvalue()


def avro_case(name, members, value, fields):
    schema = {"type": "record", "name": "Row", "namespace": "corp", "fields": [{"name": n, "type": t} for n, t in members]}
    case(name, "avro", json.dumps(schema), encode_avro(schema, value), fields)


def avro_cases():
    avro_case(
        "avro primitives",
        [("b", "boolean"), ("i", "int"), ("l", "long"), ("f", "float"), ("d", "double"), ("y", "bytes"), ("s", "string"), ("n", "null")],
        {"b": True, "i": -(2**31), "l": 2**63 - 1, "f": 0.5, "d": 1e300, "y": b"\x00\xff\x10", "s": "Zoë 🙂", "n": None},
        ["b bool true", "i int64 -2147483648", "l int64 9223372036854775807", "f float32 0.5", "d float64 1e+300", "y bytes AP8Q", "s text Zoë 🙂", "n null"],
    )
    avro_case("avro least", [("l", "long"), ("i", "int"), ("s", "string"), ("y", "bytes")], {"l": -(2**63), "i": 2**31 - 1, "s": "", "y": b""},
              ["l int64 -9223372036854775808", "i int64 2147483647", "s text ", "y bytes "])
    avro_case("avro minus zero", [("d", "double"), ("f", "float")], {"d": -0.0, "f": -0.0}, ["d float64 -0", "f float32 -0"])
    for text, precision, scale in (("12.34", 10, 2), ("-0.01", 10, 2), ("0.00", 5, 2), ("-129", 4, 0), ("12345678901234567890123456789012345678", 38, 0),
                                   ("-99999999999999999999999999.9999999999", 36, 10)):
        kind = {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}
        avro_case(f"avro decimal {text}", [("total", kind)], {"total": decimal.Decimal(text)}, [f"total decimal {text}"])
    fixed = {"type": "fixed", "name": "Money", "size": 8, "logicalType": "decimal", "precision": 18, "scale": 4}
    avro_case("avro fixed decimal", [("total", fixed)], {"total": decimal.Decimal("-1.0001")}, ["total decimal -1.0001"])
    for day in (datetime.date(1, 1, 1), datetime.date(1969, 12, 31), datetime.date(2024, 2, 29), datetime.date(9999, 12, 31)):
        avro_case(f"avro date {day}", [("day", {"type": "int", "logicalType": "date"})], {"day": day}, [f"day date {day}"])
    noon = datetime.time(23, 59, 59, 999000)
    avro_case("avro times", [("ms", {"type": "int", "logicalType": "time-millis"}), ("us", {"type": "long", "logicalType": "time-micros"})],
              {"ms": noon, "us": datetime.time(0, 0, 0, 1)}, ["ms time 23:59:59.999000", "us time 00:00:00.000001"])
    for at in (datetime.datetime(1, 1, 1, 0, 0, 0), datetime.datetime(1969, 12, 31, 23, 59, 59, 999000), datetime.datetime(2026, 1, 5, 10, 15, 9, 123000)):
        utc = at.replace(tzinfo=datetime.timezone.utc)
        text = at.strftime("%Y-%m-%dT%H:%M:%S.%f").rjust(26, "0")
        count = (at - datetime.datetime(1970, 1, 1)) // datetime.timedelta(microseconds=1)
        avro_case(
            f"avro timestamps {text}",
            [("ms", {"type": "long", "logicalType": "timestamp-millis"}), ("us", {"type": "long", "logicalType": "timestamp-micros"}),
             ("lms", {"type": "long", "logicalType": "local-timestamp-millis"}), ("lus", {"type": "long", "logicalType": "local-timestamp-micros"})],
            {"ms": utc, "us": utc, "lms": count // 1000, "lus": count},
            [f"ms timestamptz {text}Z", f"us timestamptz {text}Z", f"lms timestamp {text}", f"lus timestamp {text}"],
        )
    one = uuid.UUID("01234567-89ab-cdef-0123-456789abcdef")
    avro_case("avro uuid", [("u", {"type": "string", "logicalType": "uuid"})], {"u": str(one)}, [f"u uuid {one}"])
    span = {"type": "fixed", "name": "Span", "size": 12, "logicalType": "duration"}
    avro_case("avro duration", [("d", span)], {"d": (3).to_bytes(4, "little") + (4).to_bytes(4, "little") + (2**32 - 1).to_bytes(4, "little")},
              ["d text P3M4DT4294967.295S"])
    suit = {"type": "enum", "name": "Suit", "symbols": ["HEARTS", "SPADES"]}
    avro_case("avro enum, fixed", [("e", suit), ("x", {"type": "fixed", "name": "Two", "size": 2})], {"e": "SPADES", "x": b"\x01\x02"},
              ["e text SPADES", "x bytes AQI="])
    avro_case("avro unions", [("a", ["null", "string"]), ("b", ["long", "null"]), ("c", ["null", "string", "long"]), ("d", ["null", "int", "long"]), ("e", ["null", "string", "long"])],
              {"a": None, "b": 7, "c": "x\"y", "d": 9, "e": None}, ["a text null", "b int64 7", 'c json "x\\"y"', "d int64 9", "e json null"])
    address = {"type": "record", "name": "Address", "fields": [{"name": "street", "type": "string"}, {"name": "no", "type": ["null", "int"]},
                                                               {"name": "since", "type": {"type": "int", "logicalType": "date"}}]}
    avro_case(
        "avro nested",
        [("home", address), ("other", {"type": "array", "items": "Address"}), ("tags", {"type": "map", "values": "long"}), ("none", {"type": "array", "items": "int"})],
        {"home": {"street": "A\n", "no": None, "since": datetime.date(2026, 1, 5)}, "other": [{"street": "B", "no": 2, "since": datetime.date(1970, 1, 1)}],
         "tags": {"z": 1, "a": 2**53}, "none": []},
        ['home json {"street":"A\\n","no":null,"since":"2026-01-05"}', 'other json [{"street":"B","no":2,"since":"1970-01-01"}]',
         'tags json {"a":"9007199254740992","z":1}', "none json []"],
    )
    chain = {"type": "record", "name": "Chain", "fields": [{"name": "v", "type": "int"}, {"name": "next", "type": ["null", "Chain"]}]}
    avro_case("avro recursion", [("c", chain)], {"c": {"v": 1, "next": {"v": 2, "next": None}}}, ['c json {"v":1,"next":{"v":2,"next":null}}'])
    case("avro alone", "avro", '"long"', encode_avro("long", -3), ["value int64 -3"])


PROTO = """syntax = "proto3";
package corp;
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/struct.proto";
enum Suit { HEARTS = 0; SPADES = 1; }
message Order {
  message Line { string article = 1; int64 count = 2; optional string note = 3; }
  int32 a = 1; int64 b = 2; uint32 c = 3; uint64 d = 4; sint32 e = 5; sint64 f = 6; fixed32 g = 7; fixed64 h = 8;
  sfixed32 i = 9; sfixed64 j = 10; float k = 11; double l = 12; bool m = 13; string n = 14; bytes o = 15;
  Suit suit = 16; repeated Line lines = 17; map<string, int64> counts = 18; map<int32, Line> by_place = 19;
  oneof either { string left = 20; int64 right = 21; }
  optional int32 maybe = 22; google.protobuf.Timestamp at = 23; google.protobuf.Duration took = 24;
  google.protobuf.Int64Value wrapped = 25; google.protobuf.Struct free = 26; repeated sint64 packed = 27; Order inner = 28;
}
"""


def compiled(folder, text, name):
    with open(os.path.join(folder, name + ".proto"), "w", encoding="utf-8") as file:
        file.write(text)
    subprocess.run(["protoc", f"--python_out={folder}", f"-I{folder}", name + ".proto"], check=True)
    return __import__(name + "_pb2")


def protobuf_cases():
    with tempfile.TemporaryDirectory() as folder:
        sys.path.insert(0, folder)
        corp = compiled(folder, PROTO, "corp")
        newer = compiled(folder, PROTO.replace("package corp;", "package newer;").replace("Order inner = 28;", "Order inner = 28; string later = 100;"), "newer")
        old = compiled(folder, 'syntax = "proto2"; message Row { required int32 id = 1; optional string name = 2 [default = "x"]; repeated int32 many = 3 [packed = true]; '
                               'optional group More = 4 { optional bool yes = 1; } }', "old")
    schema = " ".join(PROTO.split())
    full = corp.Order(a=-(2**31), b=-(2**63), c=2**32 - 1, d=2**64 - 1, e=-(2**31), f=-(2**63), g=2**32 - 1, h=2**64 - 1, i=-1, j=2**63 - 1, k=0.1, l=-1.5e-9,
                      m=True, n="Zoë", o=b"\xff\x00", suit=1, right=0, maybe=0)
    full.lines.add(article="x", count=2**60)
    full.lines.add(article="y", note="")
    full.counts.update({"z": 1, "a": -1})
    full.by_place[2].article = "two"
    full.by_place[-1].article = "minus"
    full.at.FromJsonString("2026-01-05T10:15:09.123456Z")
    full.took.FromNanoseconds(-3500000001)
    full.wrapped.value = 2**63 - 1
    full.free.update({"k": [1, "a", None, True, {"q": 0.5}]})
    full.packed.extend([-1, 2**62])
    full.inner.a = 5
    empty = corp.Order().SerializeToString(deterministic=True)
    nothing = ('{"a":0,"b":0,"c":0,"d":0,"e":0,"f":0,"g":0,"h":0,"i":0,"j":0,"k":0,"l":0,"m":false,"n":"","o":"","suit":"HEARTS","lines":[],"counts":{},"by_place":{},'
               '"left":null,"right":null,"maybe":null,"at":null,"took":null,"wrapped":null,"free":null,"packed":[],"inner":null}')
    fields = [
        "a int64 -2147483648", "b int64 -9223372036854775808", "c int64 4294967295", "d uint64 18446744073709551615", "e int64 -2147483648",
        "f int64 -9223372036854775808", "g int64 4294967295", "h uint64 18446744073709551615", "i int64 -1", "j int64 9223372036854775807", "k float32 0.1",
        "l float64 -1.5e-9", "m bool true", "n text Zoë", "o bytes /wA=", "suit text SPADES",
        'lines json [{"article":"x","count":"1152921504606846976","note":null},{"article":"y","count":0,"note":""}]', 'counts json {"a":-1,"z":1}',
        'by_place json {"-1":{"article":"minus","count":0,"note":null},"2":{"article":"two","count":0,"note":null}}', "left text null", "right int64 0",
        "maybe int64 0", "at timestamptz 2026-01-05T10:15:09.123456Z", "took text PT-3.500000001S", "wrapped int64 9223372036854775807",
        'free json {"k":[1,"a",null,true,{"q":0.5}]}', 'packed json [-1,"4611686018427387904"]', "inner json " + nothing.replace('"a":0', '"a":5', 1),
    ]
    case("protobuf all", "protobuf", schema, b"\x00" + full.SerializeToString(deterministic=True), fields)
    defaults = ["a int64 0", "b int64 0", "c int64 0", "d uint64 0", "e int64 0", "f int64 0", "g int64 0", "h uint64 0", "i int64 0", "j int64 0", "k float32 0",
                "l float64 0", "m bool false", "n text ", "o bytes ", "suit text HEARTS", "lines json []", "counts json {}", "by_place json {}", "left text null",
                "right int64 null", "maybe int64 null", "at timestamptz null", "took text null", "wrapped int64 null", "free json null", "packed json []", "inner json null"]
    case("protobuf nothing", "protobuf", schema, b"\x00" + empty, defaults)
    later = newer.Order(later="unknown", suit=0)
    case("protobuf unknown field", "protobuf", schema, b"\x00" + later.SerializeToString(), defaults)
    strange = newer.Order(suit=7).SerializeToString()
    case("protobuf unknown enum", "protobuf", schema, b"\x00" + strange, [("suit text 7" if each.startswith("suit") else each) for each in defaults])
    # The path [0, 0] in zigzag: a count of 2, then 0 and 0.
    line = corp.Order.Line(article="alone", count=1)
    case("protobuf nested type", "protobuf", schema, b"\x04\x00\x00" + line.SerializeToString(), ["article text alone", "count int64 1", "note text null"])
    row = old.Row(id=-5, many=[1, 2])
    row.more.yes = True
    text = ('syntax = "proto2"; message Row { required int32 id = 1; optional string name = 2 [default = "x"]; repeated int32 many = 3 [packed = true]; '
            'optional group More = 4 { optional bool yes = 1; } }')
    case("protobuf 2", "protobuf", text, b"\x00" + row.SerializeToString(), ["id int64 -5", "name text null", "many json [1,2]", 'more json {"yes":true}'])


def main():
    avro_cases()
    protobuf_cases()
    with open(os.path.join(HERE, "vectors.txt"), "w", encoding="utf-8") as out:
        out.write("\n\n".join(cases) + "\n")


if __name__ == "__main__":
    main()
