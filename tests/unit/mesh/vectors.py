#!/usr/bin/env python3
"""The exact bytes of mesh/BYTES.md, implemented a second time, in Python and its standard library alone.

vectors.py --write     makes vectors.json anew
vectors.py --check     fails unless vectors.json is what this program makes

Nothing here calls or was derived from the C++ code: where both agree, two readers of mesh/BYTES.md agree.
"""
import base64
import datetime
import hashlib
import json
import os
import random
import struct
import sys
from fractions import Fraction

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "vectors.json")
SAFE = 2**53 - 1
EPOCH = datetime.datetime(1970, 1, 1)


# --- numbers -----------------------------------------------------------------------------------------------------------------------

FLOATS = {"float32": (">f", ">I", 24, -149), "float64": (">d", ">Q", 53, -1074)}  # precision, exponent of the smallest number


def shortest(value, kind):
    """The fewest decimal digits that read back as this positive float, nearest to it; -> (digits, n), the value being 0.digits * 10^n.

    Found by exact arithmetic: the numbers that read back form an interval half way to both neighbours, closed when the mantissa is even.
    """
    pack, unpack, precision, least = FLOATS[kind]
    bits = struct.unpack(unpack, struct.pack(pack, value))[0]
    mantissa, exponent = bits & (2 ** (precision - 1) - 1), bits >> (precision - 1)
    even = mantissa % 2 == 0
    if exponent:
        mantissa += 2 ** (precision - 1)
    step = Fraction(2) ** (max(exponent, 1) - 1 + least)
    exact = mantissa * step
    below = step / 4 if mantissa == 2 ** (precision - 1) and exponent > 1 else step / 2
    low, high = exact - below, exact + step / 2
    n = 0
    while Fraction(10) ** n <= exact:
        n += 1
    while Fraction(10) ** (n - 1) > exact:
        n -= 1
    for count in range(1, 19):
        scale = Fraction(10) ** (count - n)
        near = [k for k in range(int(low * scale), int(high * scale) + 2)
                if (low <= k / scale <= high if even else low < k / scale < high) and 10 ** (count - 1) <= k <= 10**count]
        if near:
            best = min(near, key=lambda k: (abs(k / scale - exact), k % 2))
            return ("1", n + 1) if best == 10**count else (str(best), n)
    raise AssertionError(value)


def number(value, kind):
    """ECMA-262 Number::toString, with -0 as "-0"."""
    sign = "-" if struct.pack(">d", value)[0] & 0x80 else ""
    if value == 0:
        return sign + "0"
    digits, n = shortest(abs(value), kind)
    digits = digits.rstrip("0")
    k = len(digits)
    if k <= n <= 21:
        return sign + digits + "0" * (n - k)
    if 0 < n <= 21:
        return sign + digits[:n] + "." + digits[n:]
    if -6 < n <= 0:
        return sign + "0." + "0" * -n + digits
    exponent = ("-" if n - 1 < 0 else "+") + str(abs(n - 1))
    return sign + digits[0] + ("." + digits[1:] if k > 1 else "") + "e" + exponent


def decimal(text):
    sign = "-" if text.startswith("-") else ""
    whole, _, fraction = text.lstrip("+-").partition(".")
    whole = whole.lstrip("0") or "0"
    if not (whole + fraction).strip("0"):
        sign = ""
    return sign + whole + ("." + fraction if fraction else "")


# --- values ------------------------------------------------------------------------------------------------------------------------

SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def string(text):
    return '"' + "".join(SHORT.get(c) or (f"\\u{ord(c):04x}" if c < " " else c) for c in text) + '"'


def moment(micros):
    at = EPOCH + datetime.timedelta(microseconds=micros)
    return f"{at.year:04d}-{at.month:02d}-{at.day:02d}T{at.hour:02d}:{at.minute:02d}:{at.second:02d}.{at.microsecond:06d}"


def minified(text):
    """Without white space between tokens; numbers and strings as written."""
    json.loads(text)
    out, inside, escaped = "", False, False
    for c in text:
        if not inside and c in " \t\r\n":
            continue
        out += c
        if inside and not escaped and c == '"':
            inside = False
        elif not inside and c == '"':
            inside = True
        escaped = inside and not escaped and c == "\\"
    return out


def text_of(kind, given):
    """The canonical text of a value. `given` is how vectors.json writes the value: see the comment in front of VALUES."""
    if kind in ("bool", "int64", "uint64", "text"):
        return given
    if kind in FLOATS:
        pack = FLOATS[kind][0]
        return number(struct.unpack(pack, bytes.fromhex(given))[0], kind)
    if kind == "decimal":
        return decimal(given)
    if kind == "bytes":
        return base64.b64encode(bytes.fromhex(given)).decode()
    if kind == "uuid":
        return "-".join((given[:8], given[8:12], given[12:16], given[16:20], given[20:]))
    if kind == "date":
        return moment(int(given) * 86400 * 10**6)[:10]
    if kind == "time":
        return moment(int(given))[11:]
    if kind == "timestamp":
        return moment(int(given))
    if kind == "timestamptz":
        return moment(int(given)) + "Z"
    if kind == "json":
        return minified(given)
    raise AssertionError(kind)


def json_of(kind, given):
    text = text_of(kind, given)
    if kind in ("bool", "float32", "float64", "json"):
        return text
    if kind in ("int64", "uint64") and abs(int(given)) <= SAFE:
        return text
    return string(text)


def value(kind, given):
    return {"type": kind, "value": given, "text": text_of(kind, given), "json": json_of(kind, given)}


def bits(kind, number_):
    return struct.pack(FLOATS[kind][0], number_).hex()


# How a value is given: bool, int64, uint64, decimal, text, json as their text; floats as the hex of their IEEE bits; bytes and uuid as hex;
# date as days since 1970-01-01; time, timestamp and timestamptz as microseconds.
INTS = [0, 1, -1, 42, SAFE, SAFE + 1, -SAFE, -SAFE - 1, 2**63 - 1, -2**63]
NATURALS = [0, SAFE, SAFE + 1, 2**63, 2**64 - 1]
REALS = [0.0, -0.0, 1.0, -1.0, 0.1, 0.2, 0.3, 1 / 3, 1e20, 1e21, 123456789012345680000.0, 1.5e21, 1e-6, 1e-7, 1.5e-7, 0.000001234, 9007199254740991.0, 9007199254740992.0,
         9007199254740994.0, 5e-324, 2.2250738585072014e-308, 2.225073858507201e-308, 1.7976931348623157e308, 1e23, 9.5367431640625e-7, 2.0**-44, 2.0**70, 4.35, 0.00001, 295147905179352830000.0, 100.0, 12.5, -12345.678]
REALS32 = [0.0, -0.0, 1.0, 0.1, 16777216.0, 16777215.0, 3.4028234663852886e38, 1.401298464324817e-45, 1.1754943508222875e-38, 1e10, 1e21, 1e20, 1e-7, 0.3, 2.0**-44, 2.0**70, 8.41e21, 9.8e-10, -2.5]
DECIMALS = ["0", "-0", "-0.00", "0.10", "12.50", "-12.50", "+7", "007", "-000.5", ".5", "5.", "-.50", "100", "1" + "0" * 40, "123456789012345678901234567890.12345678901234567890", "0.000000000000000000001"]
TEXTS = ["", "a", "Grüße, Zoë", "日本語", "😀 astral 𝄞", "e\u0301 combining, é composed", "\u0000\u0001\u0007\b\t\n\u000b\f\r\u001f\u007f", '"quoted" \\ /slash', "\u2028\u2029\ufeff", "{\"a\":1}",
         "ends in space ", "\U0010ffff\ufffd", "קְסָם", "a,b%c", "<script>&amp;'"]
BYTES = ["", "00", "ff", "0001", "000102", "fbefbe", "ffffff", "deadbeef", bytes(range(256)).hex()]
DAYS = [0, -1, 1, 11016, 19782, 20458, -719162, 2932896, -25508, 47540, 11015, -141428]
TIMES = [0, 1, 999999, 1000000, 36909123456, 86399999999, 43200000000]
MICROS = [0, -1, 1, 1767608109123456, -62135596800000000, 253402300799999999, -62135596800000000 + 1, 951782400000000, -86400000000, -86399999999, 4102444799999999]
UUIDS = ["00" * 16, "ff" * 16, "0123456789abcdef0123456789abcdef"]
JSONS = ["null", " true ", '{"b": 1,\n "a": [1.50, -0, 1E400, 123456789012345678901234567890]}', '"\\u00e9 \\/ \\ud83d\\ude00 é"', "[ ]", "{ }", '{"a b" : " c  d ", "a b":"\\" }"}', "[[], {}, [{}]]", "-0.0e-00"]


def values():
    chance = random.Random(20260105)
    out = [value("bool", "true"), value("bool", "false")]
    out += [value("int64", str(i)) for i in INTS] + [value("uint64", str(i)) for i in NATURALS]
    out += [value("float64", bits("float64", x)) for x in REALS] + [value("float32", bits("float32", x)) for x in REALS32]
    for kind, width in (("float64", 64), ("float32", 32)):
        for _ in range(120):
            given = f"{chance.getrandbits(width):0{width // 4}x}"
            x = struct.unpack(FLOATS[kind][0], bytes.fromhex(given))[0]
            if x - x == 0:
                out.append(value(kind, given))
    for _ in range(60):
        out.append(value("float64", bits("float64", chance.randrange(1, 10**9) / 10 ** chance.randrange(0, 9))))
    for kind, all_ in (("decimal", DECIMALS), ("text", TEXTS), ("bytes", BYTES), ("uuid", UUIDS), ("json", JSONS)):
        out += [value(kind, given) for given in all_]
    out += [value("date", str(i)) for i in DAYS] + [value("time", str(i)) for i in TIMES]
    out += [value(kind, str(i)) for kind in ("timestamp", "timestamptz") for i in MICROS]
    return out


def refused_values():
    """Given as before, but text, decimal and json as the hex of their bytes, which need not be UTF-8."""
    nan, inf = "7ff8000000000000", "7ff0000000000000"
    rows = [("float64", nan, "not_finite"), ("float64", inf, "not_finite"), ("float64", "fff0000000000000", "not_finite"), ("float32", "7fc00000", "not_finite"), ("float32", "ff800000", "not_finite"),
            ("uuid", "00" * 15, "bad_uuid"), ("uuid", "", "bad_uuid"), ("uuid", "00" * 17, "bad_uuid"),
            ("date", "-719163", "out_of_range"), ("date", "2932897", "out_of_range"), ("time", "-1", "out_of_range"), ("time", "86400000000", "out_of_range"),
            ("timestamp", "-62135596800000001", "out_of_range"), ("timestamp", "253402300800000000", "out_of_range"), ("timestamptz", "9223372036854775807", "out_of_range"), ("timestamptz", "-9223372036854775808", "out_of_range")]
    rows += [("text", bad, "bad_utf8") for bad in ("ff", "c0af", "eda080", "f4908080", "e282", "61c328", "f8888080", "80")]
    rows += [("decimal", text.encode().hex(), "bad_decimal") for text in ("", "-", ".", "+", "1e5", "NaN", "1,5", " 1", "1 ", "--1", "1.2.3", "0x10", "Infinity", "１")]
    rows += [("json", text.encode().hex(), "bad_json") for text in ("", " ", "nul", "{", "[1,]", "{\"a\":1,}", "01", "1.", ".5", "+1", "-", "1e", "NaN", "'a'", '"a', '"\t"', '"\\x"', '"\\ud800"', '"\\udc00"', '"\\ud83d\\u0041"', "1 2", "[1 2]", "{a:1}", "{\"a\" 1}", "[", "]", "tru e", "[1}", "\ufeff1")]
    rows += [("json", "22ff22", "bad_json")]
    return [{"type": kind, "value": given, "verdict": verdict} for kind, given, verdict in rows]


# --- keys, items, digests -----------------------------------------------------------------------------------------------------------

def key_of(parts):
    texts = [text_of(kind, given) for kind, given in parts]
    return texts[0] if len(texts) == 1 else ",".join(text.replace("%", "%25").replace(",", "%2C") for text in texts)


def keys():
    rows = [[("int64", "42")], [("int64", "-9223372036854775808")], [("text", "a,b%c")], [("text", "ä 😀")], [("uuid", "0123456789abcdef0123456789abcdef")], [("decimal", "007.50")], [("bool", "false")],
            [("int64", "1"), ("int64", "2")], [("text", "a,b"), ("text", "c%d")], [("text", "%2C"), ("text", ",,%")], [("text", "é"), ("date", "20458"), ("timestamptz", "1767608109123456")],
            [("bytes", "fbefbe"), ("uint64", str(2**64 - 1))], [("float64", "3fb999999999999a"), ("time", "1")], [("text", "x" * 1024)]]
    return [{"values": [{"type": kind, "value": given} for kind, given in row], "key": key_of(row)} for row in rows]


def refused_keys():
    rows = [[("int64", None)], [("text", "")], [("int64", "1"), ("text", "")], [("int64", "1"), ("int64", None)], [("float64", "7ff8000000000000")], [("text", "x" * 1025)], [("text", "%" * 400), ("int64", "1")], [("bytes", "")]]
    return [{"values": [{"type": kind, "value": given} for kind, given in row]} for row in rows]


def hash_of(id_, content):
    i, c = id_.encode(), content.encode()
    return hashlib.sha256(b"meshgate:item:1\n" + len(i).to_bytes(8, "big") + i + len(c).to_bytes(8, "big") + c).hexdigest()[:32]


ITEMS = [("42", '{"number":"A-17","total":"12.50"}'), ("1", "{}"), ("a,b%c", '{"a":1}'), ("ä 😀", '{"name":"Grüße 𝄞"}'), ("4", '2{}'), ("42", ""), ("x" * 1024, '{"t":"' + "y" * 5000 + '"}'), ('"\\', '{"q":"\\"\\\\"}')]


def items():
    return [{"id": id_, "content": content, "hash": hash_of(id_, content)} for id_, content in ITEMS]


def digests():
    ones, one, top = "f" * 32, "0" * 31 + "1", "8" + "0" * 31
    half = "0" * 16 + "f" * 16
    some = [hash_of(*item) for item in ITEMS]
    rows = [([], []), ([one], []), ([ones], []), ([ones, one], []), ([ones, ones], []), ([top, top], []), ([half, one], []), ([], [one]), ([], [ones]), ([one], [half]), (some, []), (some, some[:3]), (some[::-1], some[:3]), (some, some), ([some[0]] * 5, [])]
    return [{"add": add, "remove": remove, "digest": f"sum128:{(sum(int(h, 16) for h in add) - sum(int(h, 16) for h in remove)) % 2**128:032x}"} for add, remove in rows]


def revisions():
    return [{"n": str(n), "hash": h, "rev": f"{n}-{h}"} for n, h in ((1, "0" * 32), (2, hash_of(*ITEMS[0])), (2**64 - 1, "f" * 32))]


BAD_REVISIONS = ["", "-", "0-" + "0" * 32, "01-" + "0" * 32, "1" + "0" * 32, "1-" + "0" * 31, "1-" + "0" * 33, "1-" + "A" * 32, "-1-" + "0" * 32, "+1-" + "0" * 32, " 1-" + "0" * 32, "18446744073709551616-" + "0" * 32, "1-" + "0" * 32 + " ", "1", "1-", "x-" + "0" * 32]
BAD_DIGESTS = ["", "sum128:", "0" * 32, "sum128:" + "0" * 31, "sum128:" + "0" * 33, "sum128:" + "F" * 32, "SUM128:" + "0" * 32, "sum256:" + "0" * 32, "sum128: " + "0" * 31]
E1, E2 = "8f3a" + "0" * 28, "f" * 32


def cursors():
    rows = [("0" * 32, 0, 0, 0), (E1, 0, 0, 0), (E1, 18, 0, 0), (E2, 2**64 - 1, 0, 0), (E1, 5, 0, 9), (E1, 5, 3, 9), (E1, 9, 9, 9), (E1, 0, 0, 7), (E2, 2**64 - 1, 2**64 - 1, 2**64 - 1), ("0" * 31 + "1", 1, 0, 1)]
    out = []
    for epoch, seq, low, high in rows:
        text = "0" if not int(epoch, 16) else f"{epoch}.{seq}" + (f".{low}.{high}" if high else "")
        out.append({"epoch": epoch, "seq": str(seq), "low": str(low), "high": str(high), "cursor": text})
    return out


BAD_CURSORS = ["", "1", "00", "0.0", ".", E1, E1 + ".", E1 + ".-1", E1 + ".+1", E1 + ".01", E1 + ".1.2", E1 + ".1.2.", E1 + ".1.3.2", E1 + ".1.0.0", E1 + ".1.2.3.4", E1 + ".1..3", E1 + ". 1", E1 + ".1 ", " 0", E1.upper() + ".1", E1[:31] + ".1", E1 + "0.1", "0" * 32 + ".1",
               E1 + ".18446744073709551616", E1 + ".1.00.3", E1 + ".1.2.18446744073709551616", E1 + ".0x1", "g" * 32 + ".1", E1 + ".1\n", E1 + ".1." + "0" * 60 + "1.2"]


# --- schemas and lines --------------------------------------------------------------------------------------------------------------

def schema_json(schema):
    fields = []
    for name, kind, nullable, key in schema["fields"]:
        fields.append("{" + f'"name":{string(name)},"type":"{kind}","nullable":{"true" if nullable else "false"}' + (f',"key":{key}' if key else "") + "}")
    return f'{{"version":{schema["version"]},"fields":[{",".join(fields)}]}}'


SCHEMAS = [
    {"version": 1, "fields": [["id", "int64", False, 1]]},
    {"version": 4294967295, "fields": [["naïve \"x\"\\", "text", True, 0], ["line", "int64", False, 2], ["order", "text", False, 1]]},
    {"version": 3, "fields": [[kind, kind, True, 0] for kind in ("bool", "int64", "uint64", "float32", "float64", "decimal", "text", "bytes", "date", "time", "timestamp", "timestamptz", "uuid", "json")]},
    {"version": 0, "fields": []},
]
BAD_SCHEMAS = ["", "{}", "[]", '{"version":1}', '{"fields":[]}', '{"version":-1,"fields":[]}', '{"version":4294967296,"fields":[]}', '{"version":1,"fields":[{"name":"a","type":"int","nullable":true}]}',
               '{"version":1,"fields":[{"name":"","type":"int64","nullable":true}]}', '{"version":1,"fields":[{"name":"a","type":"int64"}]}', '{"version":1,"fields":[{"name":"a","type":"int64","nullable":1}]}',
               '{"version":1,"fields":[{"name":"a","type":"int64","nullable":true,"key":0}]}', '{"version":1,"fields":[{"name":"a","type":"int64","nullable":true,"key":"1"}]}', '{"version":1,"fields":[7]}',
               '{"version":1,"fields":[{"name":"a","type":"int64","nullable":true},{"name":"a","type":"text","nullable":true}]}', '{"version":"1","fields":[]}', '{"version":1,"fields":[]']


def put(seq, id_, n, at, content):
    rev = f"{n}-{hash_of(id_, content)}"
    line = f'{{"put":{{"seq":{seq},"id":{string(id_)},"rev":"{rev}","at":"{moment(at)}Z","item":{content}}}}}'
    return {"kind": "put", "seq": str(seq), "id": id_, "rev": rev, "at": str(at), "content": content, "line": line}


def mark(cursor, caught_up, floor, count=0, digest="sum128:" + "0" * 32, as_of=0, loading=False):
    line = f'{{"mark":{{"cursor":"{cursor}","caught_up":{"true" if caught_up else "false"}'
    line += ',"loading":true' if loading else ""
    line += f',"floor":{floor}'
    line += f',"count":{count},"digest":"{digest}"' if caught_up else ""
    line += f',"as_of":"{moment(as_of)}Z"' if as_of else ""
    return {"kind": "mark", "cursor": cursor, "caught_up": caught_up, "floor": str(floor), "count": str(count), "digest": digest, "as_of": str(as_of), "loading": loading, "line": line + "}}"}


def lines():
    out = [put(17, "42", 2, 1767608109123456, '{"number":"A-17","total":"12.50"}'), put(2**64 - 1, '"ä"\n😀', 2**64 - 1, 253402300799999999, '{"a":"}]\\"","b":[{}],"c":1e21}'), put(1, "x", 1, -62135596800000000, "{}")]
    out += [{"kind": "gone", "seq": str(seq), "id": id_, "line": f'{{"gone":{{"seq":{seq},"id":{string(id_)}}}}}'} for seq, id_ in ((18, "43"), (2**64 - 1, "a,b%2C\t\u0001"))]
    out += [mark(E1 + ".18", True, 3, 120034, "sum128:" + "9f" * 16, 1767608109123456), mark(E1 + ".5.0.9", False, 0), mark("0", False, 7, loading=True), mark(E1 + ".18", False, 18, as_of=1, loading=True), mark(E2 + ".1", True, 0)]
    out += [{"kind": "schema", "schema": schema, "line": f'{{"schema":{schema_json(schema)}}}'} for schema in SCHEMAS]
    out += [{"kind": "trim", "seq": str(seq), "through": str(through), "line": f'{{"trim":{{"seq":{seq},"through":{through}}}}}'} for seq, through in ((901, 500), (2**64 - 1, 0))]
    out += [{"kind": "range", "after": str(after), "to": str(to), "head": str(head), "floor": str(floor), "line": f'{{"range":{{"after":{after},"to":{to},"head":{head},"floor":{floor}}}}}'} for after, to, head, floor in ((0, 65536, 70123, 3), (2**64 - 2, 2**64 - 1, 2**64 - 1, 2**64 - 1))]
    return out


# As other writers may send them: `as` is the line of ours that says the same.
def loose_lines():
    first, gone = lines()[0]["line"], '{"gone":{"seq":18,"id":"43"}}'
    rev, at = lines()[0]["rev"], "2026-01-05T10:15:09.123456Z"
    return [
        {"line": ' { "put" : { "more" : [1,{"seq":2}], "item" : {"number":"A-17","total":"12.50"} , "at" : "' + at + '" , "rev" : "' + rev + '", "id" : "\\u0034\\u0032" , "seq" : 17 } } ', "as": first},
        {"line": '{"gone":{"id":"\\u0034\\u0033","seq":18,"why":null,"deep":{"a":[[]]}}}\r', "as": gone},
        {"line": '{"mark":{"cursor":"0","caught_up":false,"floor":7,"loading":true,"count":5,"x":1.5}}', "as": mark("0", False, 7, 5, loading=True)["line"]},
        {"line": '{"range": {"floor":0,"head":9,"to":8,"after":4,"entries":3}}', "as": '{"range":{"after":4,"to":8,"head":9,"floor":0}}'},
        {"line": '{"trim":{"through":500,"seq":901}}', "as": '{"trim":{"seq":901,"through":500}}'},
    ]


def refused_lines():
    good = lines()[0]["line"]
    corrupt = ["", " ", "null", "[]", "{}", "7", '"put"', "{", good[:-1], good + "}", good + " x", good + good, good.replace("17,", "-17,", 1), good.replace("17,", "1.5,", 1), good.replace("17,", '"17",', 1), good.replace("17,", "18446744073709551616,", 1),
               good.replace('"42"', '""', 1), good.replace('"42"', "42", 1), good.replace('"42"', '"' + "x" * 4097 + '"', 1), good.replace('"42"', '"\\ud800"', 1), good.replace('"rev":"2-', '"rev":"0-', 1), good.replace("Z", "", 1), good.replace("2026-01", "2026-13", 1),
               good.replace('{"number":"A-17","total":"12.50"}', "[]"), good.replace('{"number":"A-17","total":"12.50"}', "null"), '{"put":[]}', '{"put":{}}', '{"gone":{"seq":1}}', '{"gone":{"id":"1"}}', '{"gone":{"seq":1,"id":"1"},"put":{}}', '{"gone":{"seq":1,"id":"1"},"later":{}}',
               '{"mark":{"cursor":"1","caught_up":false,"floor":0}}', '{"mark":{"caught_up":false,"floor":0}}', '{"mark":{"cursor":"0","caught_up":true,"floor":0}}', '{"mark":{"cursor":"0","caught_up":true,"floor":0,"count":1}}', '{"mark":{"cursor":"0","caught_up":0,"floor":0}}',
               '{"range":{"after":0,"to":8,"head":9}}', '{"range":{"after":0,"to":8,"head":7,"floor":0}}', '{"range":{"after":8,"to":8,"head":9,"floor":0}}', '{"range":{"after":0,"to":8,"head":9,"floor":10}}',
               '{"trim":{"seq":1}}', '{"schema":{"version":1}}', '{"schema":[]}']
    return [{"line": line, "code": "corrupt"} for line in corrupt] + [{"line": line, "code": "unsupported"} for line in ('{"later":{}}', '{"later":1}', '{"later":{},"put":{}}', '{"":{}}')]


def vectors():
    return {
        "values": values(), "refused_values": refused_values(), "keys": keys(), "refused_keys": refused_keys(), "items": items(),
        "revisions": revisions(), "refused_revisions": BAD_REVISIONS, "digests": digests(), "refused_digests": BAD_DIGESTS,
        "cursors": cursors(), "refused_cursors": BAD_CURSORS, "schemas": [{"schema": one, "json": schema_json(one)} for one in SCHEMAS], "refused_schemas": BAD_SCHEMAS,
        "lines": lines(), "loose_lines": loose_lines(), "refused_lines": refused_lines(),
    }


def rendered():
    out = []
    for section, rows in vectors().items():
        out.append(f"{json.dumps(section)}: [\n" + ",\n".join(json.dumps(row, ensure_ascii=True) for row in rows) + "\n]")
    return "{\n" + ",\n".join(out) + "\n}\n"


def main():
    if sys.argv[1:] == ["--write"]:
        with open(FILE, "w", encoding="ascii") as file:
            file.write(rendered())
        return 0
    if sys.argv[1:] != ["--check"]:
        print(__doc__)
        return 2
    # Python's own shortest digits are a third opinion on float64.
    for one in values():
        if one["type"] == "float64":
            assert float(one["text"]) == struct.unpack(">d", bytes.fromhex(one["value"]))[0], one
            digits = [text.split("e")[0].replace(".", "").strip("-0") for text in (one["text"], repr(float(one["text"])))]
            assert digits[0] == digits[1], one
    with open(FILE, encoding="ascii") as file:
        kept = file.read()
    if kept != rendered():
        print(f"{FILE} is not what vectors.py makes: run vectors.py --write and look at what changed")
        return 1
    print(f"{sum(map(len, json.loads(kept).values()))} vectors agree")
    return 0


if __name__ == "__main__":
    sys.exit(main())
