"""Golden data for SafeTensorsVerdictTest: which damaged files the format's own library reads.

    python bench/peers/safetensors_mutants.py [OUT]     (needs the package safetensors alone; default OUT:
                                                         src/test/resources/golden/safetensors-mutants.txt.gz)

The output has thousands of mutants of a few small files, each with the verdict of `safetensors.deserialize`, which is
the Rust function SafeTensors::deserialize. The mutants are drawn with one seed: the same version of the library and of
Python gives the same file.

Lines of the output, in ASCII:

    # ...                     the script that made the output, with versions
    F <hex>                   a whole file; files are numbered from 0 on
    A|R <file> <edit> ...     a mutant that was accepted (A) or refused (R): the number of its file, and its edits, each
                              <offset>:<bytes removed>:<hex of bytes put there>, offsets in the file before any edit
"""

import gzip
import json
import random
import re
import struct
import sys
from importlib.metadata import version
from pathlib import Path

from safetensors import deserialize

SEED = 20261128
DRAWN = 4000  # the ways below take turns; a mutant that is there already is drawn again

BITS = {
    "BOOL": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8,
    "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32,
    "C64": 64, "F64": 64, "I64": 64, "U64": 64,
}


class Raw(str):
    """JSON text, or nearly JSON, that is written as it is."""


NUMBERS = [
    "0", "1", "2", "3", "4", "8", "-1", "-0", "-8", "00", "01", "04", "+4", "1.0", "4.0", "1e0", "1E0", "4e1", "0x4",
    "1_0", "1.", ".5", "2147483647", "2147483648", "4294967295", "4294967296", "4294967300", "4294967304",
    "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616",
    "18446744073709551620", "99999999999999999999999", "1e308", "1e309", "-1e400", "1e-400", "NaN", "Infinity",
    "null", "true", "\"4\"", "[4]", "{}", "[]", "\"\"",
]
VALUES = [
    Raw(value)
    for value in NUMBERS
    + [
        "false", "False", "TRUE", "nul", "\"x\"", "'x'", "x", "\"\\ud800\"", "\"\\udc00\\ud800\"",
        "\"\\ud83d\\ude00\"", "\"\\ud800x\"", "\"\\u00e4\"", "\"\\u12\"", "\"\\x41\"", "\"\\'\"", "\"\t\"",
        "\"\x00\"", "\"\\u0000\"", "\"\x7f\"", "\"ä\"", "\"\U0001f600\"", "{\"a\":1}", "{\"a\":1,\"a\":2}", "[1,]",
        "{\"a\":1,}", "[,]", "{\"a\":\"b\"}", "[[[]]]", "/**/1", "1//", "{\"F32\":null}", "[\"F32\"]",
    ]
]


def whole(header, data):
    """Returns a file with this header, which is text or bytes."""
    raw = header.encode("utf-8", "surrogatepass") if isinstance(header, str) else header
    return struct.pack("<Q", len(raw)) + raw + data


def file_of(tensors, metadata=None):
    header, end = ({} if metadata is None else {"__metadata__": metadata}), 0
    for name, dtype, shape in tensors:
        size = BITS[dtype]
        for dimension in shape:
            size *= dimension
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + size // 8]}
        end += size // 8
    return whole(json.dumps(header, separators=(",", ":")), bytes(i % 251 for i in range(end)))


FILES = [
    file_of(
        [
            ("encoder.0.weight", "F32", [2, 3]),
            ("encoder.0.bias", "F32", [2]),
            ("none", "F32", [0, 4]),
            ("one", "U8", []),
            ("step", "I64", [1]),
        ],
        {"format": "pt", "by": "ä \" \\"},
    ),
    file_of([("a", "F32", [1])]),
    file_of([(name.lower(), name, [4]) for name in BITS]),
    file_of([]),
    file_of([("x", "F64", [2]), ("y", "BF16", [3, 1]), ("z", "F4", [2, 3]), ("w", "BOOL", [5])], {}),
]


def parts(file):
    length = struct.unpack("<Q", file[:8])[0]
    return file[8 : 8 + length], file[8 + length :]


TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[-+.\w]+|[{}\[\],:]|\s+')


def bytes_anywhere(rng, file):
    damaged = bytearray(file)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        place = rng.randrange(min(len(damaged), rng.choice([8, 200, 100000])))
        damaged[place] = rng.choice(
            [rng.randrange(256), damaged[place] ^ 1 << rng.randrange(8), ord(rng.choice("{}[]\",:0 \n\\"))]
        )
    return bytes(damaged)


def length_of_file(rng, file):
    return rng.choice([file[: rng.randrange(len(file))], file + bytes(rng.choice([1, 2, 4, 8, 100])), file + file])


def length_of_header(rng, file):
    right = struct.unpack("<Q", file[:8])[0]
    length = rng.choice(
        [
            right + rng.randrange(-9, 10),
            rng.randrange(64),
            1 << rng.randrange(64),
            len(file) - 8,
            len(file),
            100_000_000,
            100_000_001,
            (1 << 64) - 1 - rng.randrange(20),
            (1 << 32) + right,
            (1 << 63) + right,
        ]
    )
    return struct.pack("<Q", length % (1 << 64)) + file[8:]


def tokens_of(rng, file):
    header, data = parts(file)
    tokens = TOKEN.findall(header.decode())
    for _ in range(rng.choice([1, 1, 2])):
        place = rng.randrange(len(tokens))
        way = rng.randrange(6)
        if way == 0:
            del tokens[place]
        elif way == 1:
            tokens.insert(place, rng.choice(tokens))
        elif way == 2:
            tokens[place] = rng.choice(tokens)
        elif way == 3:
            other = rng.randrange(len(tokens))
            tokens[place], tokens[other] = tokens[other], tokens[place]
        elif way == 4:
            tokens.insert(
                place,
                rng.choice([" ", "\n", "\t", "\r", "\f", "\u00a0", "\ufeff", "//x\n", "/**/", "#", ";", "\0", "=>"]),
            )
        else:
            tokens[place] = rng.choice(VALUES)
        if not tokens:
            break
    return whole("".join(tokens), data)


def numbers_of(rng, file):
    header, data = parts(file)
    text = header.decode()
    found = list(re.finditer(r"\b\d+\b(?=[,\]])", text))
    if not found:
        return None
    for match in sorted(rng.sample(found, min(len(found), rng.choice([1, 1, 2]))), key=lambda m: -m.start()):
        value = rng.choice(
            NUMBERS
            + [
                str(int(match.group()) + rng.choice([-8, -4, -1, 1, 4, 8])),
                str(int(match.group()) + (1 << rng.choice([31, 32, 33, 63, 64]))),
            ]
        )
        text = text[: match.start()] + value + text[match.end() :]
    return whole(text, data)


class Pairs(list):
    """A JSON object in which a name may occur twice."""


def text_of(value):
    if isinstance(value, Pairs):
        return "{" + ",".join(json.dumps(name) + ":" + text_of(inner) for name, inner in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(text_of, value)) + "]"
    return value if isinstance(value, Raw) else json.dumps(value)


def structure_of(rng, file):
    """Writes whole JSON with another meaning."""
    header, data = parts(file)
    pairs = json.loads(header, object_pairs_hook=Pairs)
    for _ in range(rng.choice([1, 1, 2])):
        tensors = [entry for entry in pairs if entry[0] != "__metadata__"]
        way = rng.randrange(13)
        name, description = rng.choice(tensors) if tensors else ("new", Pairs())
        if not isinstance(description, Pairs):
            continue
        place = pairs.index((name, description)) if tensors else 0
        fields = dict(description)
        if way == 0:  # a tensor that occurs twice, with its own or another description
            pairs.insert(
                rng.randrange(len(pairs) + 1),
                (name, rng.choice([description, rng.choice(tensors)[1]]) if tensors else description),
            )
        elif way == 1 and description:  # a field that occurs twice
            description.append(rng.choice(description))
        elif way == 2:  # an unknown field
            description.insert(
                rng.randrange(len(description) + 1), (rng.choice(["x", "Dtype", "strides", ""]), rng.choice(VALUES))
            )
        elif way == 3 and description:
            del description[rng.randrange(len(description))]
        elif way == 4:
            pairs.insert(
                rng.randrange(len(pairs) + 1),
                (
                    "__metadata__",
                    rng.choice(
                        [rng.choice(VALUES), Pairs([("a", rng.choice(VALUES))]), Pairs([("a", "b"), ("a", "c")])]
                    ),
                ),
            )
        elif way == 5:
            rng.shuffle(pairs)
        elif way == 6 and tensors:  # the same description as an array
            pairs[place] = (name, [value for _, value in description])
        elif way == 7 and "dtype" in fields:
            dtype = rng.choice(
                [
                    rng.choice(list(BITS)),
                    fields["dtype"] if not isinstance(fields["dtype"], str) else fields["dtype"].lower(),
                    rng.choice(VALUES),
                    Pairs(
                        [
                            (
                                fields["dtype"] if isinstance(fields["dtype"], str) else "F32",
                                rng.choice([None, Pairs(), rng.choice(VALUES)]),
                            )
                        ]
                    ),
                ]
            )
            pairs[place] = (name, Pairs((key, dtype if key == "dtype" else value) for key, value in description))
        elif way == 8 and isinstance(fields.get("shape"), list):  # a shape of the same size, or nearly
            shape = list(fields["shape"])
            shape.insert(
                rng.randrange(len(shape) + 1), rng.choice([1, 1, 1, 0, 2, 1 << 31, 1 << 40, (1 << 64) - 1, 1 << 64])
            )
            pairs[place] = (name, Pairs((key, shape if key == "shape" else value) for key, value in description))
        elif way == 9 and tensors:  # a hole, an overlap, or all moved
            shift = rng.choice([-8, -4, -1, 1, 4, 8, 1 << 32, 1 << 64])
            for key, value in description:
                if key == "data_offsets" and isinstance(value, list) and all(isinstance(v, int) for v in value):
                    value[:] = [v + shift for v in value]
        elif way == 10 and tensors:
            pairs.remove((name, description))
        elif way == 11:  # a tensor without numbers of its own, or nearly
            at = rng.choice([0, 4, 12, 24, 32, 41, 1 << 40])
            pairs.append(
                (
                    rng.choice(["new", "", "\u0000", "__metadata", "a"]),
                    Pairs(
                        [
                            ("dtype", rng.choice(list(BITS))),
                            ("shape", rng.choice([[0], [0, 7], [3, 0, 1 << 33], [1 << 63, 2, 0], [0, 1 << 63, 2], []])),
                            ("data_offsets", [at, at + rng.choice([0, 0, 0, 1, 4])]),
                        ]
                    ),
                )
            )
        elif way == 12:
            depth = rng.choice([3, 124, 125, 126, 127, 128, 200])
            text = text_of(pairs)
            inner = "[" * depth + "]" * depth if rng.randrange(2) else '{"a":' * depth + "1" + "}" * depth
            return whole(
                (
                    text.replace('"dtype"', '"x":' + inner + ',"dtype"', 1)
                    if rng.randrange(2)
                    else text[:-1] + ("," if pairs else "") + '"y":' + inner + "}"
                ),
                data,
            )
    return whole(text_of(pairs), data)


def letters_of(rng, file):
    """Writes names and texts in other spellings, or puts bytes into them that are no text."""
    header, data = parts(file)
    found = [match for match in re.finditer(rb'"((?:[^"\\]|\\.)+)"', header)]
    if not found:
        return None
    match = rng.choice(found)
    inner = match.group(1)
    way = rng.randrange(3)
    if way == 0:  # one letter as an escape
        at = rng.randrange(len(inner))
        if inner[at] < 32 or inner[at] > 126 or inner[at] == 92 or at and inner[at - 1] == 92:
            return None
        escaped = b"\\u%04x" % inner[at] if rng.randrange(4) else b"\\" + inner[at : at + 1]
        inner = inner[:at] + escaped + inner[at + 1 :]
    elif way == 1:
        at = rng.randrange(len(inner) + 1)
        inner = (
            inner[:at]
            + rng.choice(
                [
                    b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80", b"\xc3\xa4",
                    b"\xf0\x9f\x98\x80", b"\xef\xbb\xbf", b"\xf0\x80\x80\xaf", b"\n", b"\x01", b"\x7f", b"\\n",
                    b"\\/", b"\\ud800", b"\\uDBFF\\uDFFF", b"\\ud800\xf0\x90\x80\x80", b"\\u", b"\\0",
                ]
            )
            + inner[at:]
        )
    else:
        inner = rng.choice(found).group(1)
    return whole(header[: match.start(1)] + inner + header[match.end(1) :], data)


def around_of(rng, file):
    """Puts something before and behind the JSON."""
    header, data = parts(file)
    before = rng.choice([b"", b"", b"", b" ", b"\n", b"\t\r", b"\xef\xbb\xbf", b"[", b"//\n"])
    behind = rng.choice(
        [
            b"", b" ", b"       ", b"\n", b"\r\t", b"\0", b"x", b"{}", b",", b"}", b"\xc2\xa0", b"\xff", b"null",
            b" " * 300,
        ]
    )
    return whole(before + header + behind, data)


WAYS = [
    bytes_anywhere, bytes_anywhere, length_of_file, length_of_header, tokens_of, tokens_of, numbers_of, numbers_of,
    structure_of, structure_of, structure_of, letters_of, around_of,
]


def accepted(file):
    try:
        deserialize(file)
        return True
    except BaseException as e:  # a panic of Rust is no Exception
        if isinstance(e, KeyboardInterrupt):
            raise
        return False


def edits(file, mutant):
    """Returns the edits: one in the eight bytes of the length, one in the bytes behind them."""
    spans = []
    for first, last, new in [(0, 8, mutant[:8]), (8, len(file), mutant[8:])]:
        old = file[first:last]
        if old == new:
            continue
        same = 0
        while same < min(len(old), len(new)) and old[same] == new[same]:
            same += 1
        end = 0
        while end < min(len(old), len(new)) - same and old[-1 - end] == new[-1 - end]:
            end += 1
        spans.append(f"{first + same}:{len(old) - same - end}:{new[same:len(new) - end].hex()}")
    return " ".join(spans)


def main():
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "src/test/resources/golden/safetensors-mutants.txt.gz")
    rng = random.Random(SEED)
    lines = [f"# bench/peers/safetensors_mutants.py, seed {SEED}, safetensors {version('safetensors')}"]
    lines += ["F " + file.hex() for file in FILES]
    seen = set(FILES)
    count = [0, 0]
    for drawn in range(DRAWN):
        for _ in range(100):
            number = rng.choice([0, 0, 0, 1, 1, 2, 3, 4, 4])
            mutant = WAYS[drawn % len(WAYS)](rng, FILES[number])
            if mutant is not None and mutant not in seen:
                seen.add(mutant)
                good = accepted(mutant)
                count[good] += 1
                lines.append(f"{'A' if good else 'R'} {number} {edits(FILES[number], mutant)}")
                break
    for number, file in enumerate(FILES):
        assert accepted(file), number
    out.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), 9, mtime=0))
    print(f"{out}: {count[1]} accepted, {count[0]} refused, {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
