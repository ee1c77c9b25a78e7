"""Golden data for TextVerdictTest: what numpy.loadtxt reads from damaged tables of numbers.

    python bench/peers/text_mutants.py [OUT]     (needs numpy; default OUT:
                                                  src/test/resources/golden/text-mutants.txt.gz)

The output has some thousand mutants of small tables, each with the verdict of
`numpy.loadtxt(file, delimiter=D, comments="#")`, where D is the separator of the table before the damage. The mutants
are drawn with one seed: the same versions of Python and numpy give the same file.

The notation is that of mutants.py. What was read is written as <way>=<rows>x<columns>:<digest>, several of them joined
by commas. <digest> is the CRC-32 of the values as little-endian float64, row-major, with every NaN as 7ff8000000000000.
<way> is "plain", or it names another way in which the same function reads other values from the file: in the encoding
that the first bytes name or byte by byte, without comments of other signs and lines of spaces, with Fortran's
exponents, with another separator, with quotes around numbers, or from the second line on. If several ways read the same
values, they are noted once, with the first of these ways. A file that no way reads is refused.
"""

import codecs
import io
import itertools
import platform
import random
import re
import sys
import warnings
import zlib

import numpy as np

import mutants

SEED = 20261130
DRAWN = 5000

TABLES = [
    (",", "0.5,1.25,-3\n2,0.125,7e-1\n-1.5,4,1\n6,2.5,0\n"),
    (",", "# made by hand\n1.5, -2, 8\n\n0.25, 3, 9.75  # the second\n1e1, 2, 5\n"),
    (",", "x,y,z\n0.5,1,2.5\n3,-4.75,5\n6,7.5,-8e0\n"),
    (",", "0,1\n0.5,0.25\n1.5,2.25\n-3.5,1.75\n2.5,0.125\n"),
    (",", "0,7,3\n1,5,12\n2,-8,4\n3,9,1\n"),
    (",", "5\n3.25\n-8\n0.5\n"),
    (",", "\"a\",\"b\"\r\n\"1.5\",\"2\"\r\n3,4.5\r\n-6,7\r\n"),
    (" ", "0.5 1.25\n2 -0.125\n-1.5 4\n6 2.5\n"),
    (" ", "1.5\t-2\t8\r\n0.25\t3\t9\r\n10\t2\t5.5\r\n"),
    (" ", " 1.000000000000000000e+00 -2.500000000000000000e-01\n 3.333333333333333148e-01  6.02214076e+23\n"),
    (" ", "# x y\n1.5 2\n% no comment to numpy\n3.25 -4\n"),
    (" ", "4 2\n0.5 1.5\n2.5 3.5\n4.5 5.5\n6.5 7.5\n"),
    (" ", "0.1\n1e-5\n123456789.123456789\n-0.30000000000000004\n9007199254740993.0\n"),
    (" ", "x y label\n0.5 1.5 0\n2.5 -3.5 1\n4 5 1\n"),
]  # fmt: skip
FILES = [text.encode() for _, text in TABLES]

NUMBERS = [
    "0", "-0", "1", "+1", "-1", "007", "05", "1.", ".5", "-.5", "+.5e1", ".", "-", "+", "--1", "+-1", "1e", "e1",
    "1e+", "1e5", "1E5", "1e05", "1e+5", "1e1.5", "1d5", "1D-3", "1f", "1L", "0x10", "0x1p3", "1_000", "1,000",
    "1.5.2", "1e309", "-1e400", "1e-400", "4.9e-324", "2.2250738585072011e-308", "1.7976931348623157e308",
    "1.7976931348623159e308", "nan", "NaN", "-nan", "nan(1)", "inf", "-Inf", "+infinity", "INF", "NA", "N/A", "null",
    "None", "?", "*", "True", "1j", "(1)", "1 2", "1%", "$1", "1cm", "1/2", "½", "²", "١", "−1", "１",
    "9007199254740993", "123456789012345678901234567890", "0.1000000000000000055511151231257827021181583404541015625",
    "0.30000000000000004", "5e-324", "3e-324", "2e-324", "179769313486231580793728971405301e276", "8.5", "\"8.5\"",
    "\"8\"5", "'8.5'", "8,5", "8.5#", "#8.5", "8.5//", "1\t", "100000000000000000000000", "1e22", "1e23", "8.41e21",
    "9.5367431640625e-07", "0e400", "-0.0e-400", "00.5", "1e0000005",
]  # fmt: skip
SEPARATORS = [
    ",", " ", ";", "\t", "  ", ", ", " ,", ",,", "|", ":", "\n", "\r", "\r\n", "\n\n", "\f", "\v", "\u00a0", "\u2003",
    "\0", "\x1c", "\x85", "\u2028", "\ufeff", "", "#", " # ", "%", "//", "\\", "&", " ; ", "\t,", "'", "\"", "\x1a",
]  # fmt: skip
LINES = [
    "", " ", "\t", "#", "# 1 2 3", " # c", "% c", "// c", "; c", "%", "! c", "x,y,z", "x y", "id,x,y", "a", "X;Y",
    "0,1,2", "0 1", "1,2", "2", "3", "3 2", "4,3", "3 3", "-", "...", ",", ",,", ", ,", "nan", "1", "1,2,3", "1 2",
    "1990,1991,1992", "x,1", "\"x\",\"y\"", "\"1\",\"2\"", "x, y # z", "NA,NA,NA", "[1, 2]", "1;2", "1;2;3",
    "1,5;2,5", "end", "\f", "\ufeff", "\"", "\"1,2\"", "unnamed,1", ",x,y", "index,a,b",
]  # fmt: skip
TOKEN = re.compile(rb"[-+.\w]+|\r\n|\n| +|.", re.S)


def tokens_of(rng, file):
    tokens = TOKEN.findall(file)
    for _ in range(rng.choice([1, 1, 1, 2])):
        number = rng.randrange(2)
        places = [i for i, token in enumerate(tokens) if (token[-1:].isalnum()) == bool(number)]
        if not places:
            return None
        place = rng.choice(places)
        way = rng.randrange(5)
        if way == 0:
            del tokens[place]
        elif way == 1:
            tokens.insert(place, rng.choice(tokens))
        else:
            tokens[place] = rng.choice(NUMBERS if number else SEPARATORS).encode()
    return b"".join(tokens)


def everywhere(rng, file):
    """Replaces one separator by another everywhere, or writes all numbers in a new form."""
    way = rng.randrange(4)
    if way == 0:
        old = rng.choice([b",", b" ", b"\n", b"\t", b".", b"#", b"\r\n"])
        return file.replace(old, rng.choice(SEPARATORS).encode()) if old in file else None
    if way == 1:
        form = rng.choice(
            ["%s ", " %s", "\"%s\"", "'%s'", "+%s", "%s.0", "%s.", "0%s", "%se0", "%sd0", "%s,", "[%s]", "%s%%"]
        )
        return re.sub(rb"[-+.\w]+", lambda m: (form % m.group().decode()).encode(), file)
    if way == 2:
        lines = file.splitlines(keepends=True)
        column = rng.choice([b"%d,", b"%d ", b"%d;", b"row%d,", b"p%d "])
        first = rng.randrange(2)
        return b"".join(column % (i + first) + line for i, line in enumerate(lines))
    text = file.decode()
    return rng.choice(
        [
            text.encode("utf-8-sig"), text.encode("utf-16"), text.encode("utf-16-le"), text.encode("utf-16-be"),
            text.encode("utf-32"), text.replace(",", ";").replace(".", ",").encode(), text.upper().encode(),
            text.replace("\n", "\r").encode(), text.rstrip("\n").encode(), text.replace(",", "\t").encode(),
            (text + "\x1a").encode(), ("\n" + text).encode(), text.replace("\n", "\n\n").encode(),
        ]
    )  # fmt: skip


def lines_of(rng, file):
    lines = file.splitlines(keepends=True)
    for _ in range(rng.choice([1, 1, 2])):
        place = rng.choice([0, rng.randrange(len(lines))])
        way = rng.randrange(6)
        if way == 0 and len(lines) > 1:
            del lines[place]
        elif way == 1:
            lines.insert(place, rng.choice(lines))
        elif way == 2:
            other = rng.randrange(len(lines))
            lines[place], lines[other] = lines[other], lines[place]
        elif way == 3:
            lines[place] = rng.choice(LINES).encode() + b"\n"
        else:
            lines.insert(rng.choice([place, len(lines)]), rng.choice(LINES).encode() + b"\n")
    return b"".join(lines)


def read(lines, **ways):
    try:
        array = np.loadtxt(lines, ndmin=2, encoding="utf-8", **ways)
    except ValueError as e:
        raise mutants.Refused(re.sub(r" string .*| from \d.*|;.*", "", str(e))) from e
    values = np.ascontiguousarray(array).astype("<f8").reshape(-1)
    values[np.isnan(values)] = np.nan
    if not values.size:
        raise mutants.Refused("no data")
    return f"{array.shape[0]}x{array.shape[1]}:{zlib.crc32(values.tobytes()):08x}"


def lines_of_text(mutant, encoding):
    """Returns the lines as numpy reads them from a file of that encoding."""
    try:
        return list(io.TextIOWrapper(io.BytesIO(mutant), encoding=encoding))
    except UnicodeError as e:
        raise mutants.Refused("UnicodeError") from e


def without_comments(lines):
    """Removes comments of all signs and lines of spaces; with a comma as separator, numpy reads these as a cell."""
    bare = [re.split(r"#|^\s*%|^\s*//", line)[0] for line in lines]
    return [line.rstrip("\r\n") + "\n" for line in bare if line.strip()]


def with_exponents(lines):
    """Replaces the exponents that Fortran writes, as in 1.5D-03."""
    return [re.sub(r"(?<=[\d.])[dD](?=[-+]?\d)", "e", line) for line in lines]


def behind_first(lines):
    for i, line in enumerate(lines):
        if re.split(r"#|^\s*%|^\s*//", line)[0].strip():
            return lines[i + 1 :]
    return lines


def verdict_of(number, mutant):
    usual = None if TABLES[number][0] == " " else TABLES[number][0]
    marks = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
    marked = [name for mark, name in marks.items() if mutant.startswith(mark)]
    readings, refusal = {}, None
    separators = [usual, *{",": [";", None], None: [";", ","]}[usual]]
    for encoding, comments, exponents, separator, quote, header in itertools.product(
        ["utf-8", *marked, "latin-1"], [0, 1], [0, 1], separators, [0, 1], [0, 1]
    ):
        names = {
            "encoding": encoding != "utf-8",
            "comments": comments,
            "exponents": exponents,
            "separator": separator != usual,
            "quotes": quote,
            "header": header,
        }
        try:
            lines = lines_of_text(mutant, encoding)
            lines = without_comments(lines) if comments else lines
            lines = with_exponents(lines) if exponents else lines
            lines = behind_first(lines) if header else lines
            reading = read(lines, comments="#", delimiter=separator, quotechar='"' if quote else None)
            readings.setdefault(reading, "+".join(name for name, other in names.items() if other) or "plain")
        except mutants.Refused as e:
            refusal = refusal or e
    if not readings:
        raise refusal
    return ",".join(f"{name}={reading}" for reading, name in readings.items())


WAYS = [
    mutants.bytes_anywhere, mutants.bytes_anywhere, mutants.length_of_file, mutants.piece_of, tokens_of, tokens_of,
    tokens_of, lines_of, lines_of, everywhere,
]  # fmt: skip


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    mutants.write(
        sys.argv[1] if len(sys.argv) > 1 else "src/test/resources/golden/text-mutants.txt.gz",
        f"bench/peers/text_mutants.py, seed {SEED}, Python {platform.python_version()}, numpy {np.__version__}",
        FILES,
        WAYS,
        DRAWN,
        random.Random(SEED),
        verdict_of,
    )
