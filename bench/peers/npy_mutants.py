"""Golden data for NpyVerdictTest: what numpy reads from damaged .npy and .npz files.

    python bench/peers/npy_mutants.py [OUT]     (needs numpy; default OUT: src/test/resources/golden/npy-mutants.txt.gz)

The output has some thousand mutants of small files, each with the verdict of `numpy.load(file, allow_pickle=False)`:
refused, or type, shape and values. The mutants are drawn with one seed: the same versions of Python and numpy give the
same file.

The notation is that of mutants.py. What was read is written as <type>,<shape>,<digest>. <type> is the type as numpy
writes it. It is "fields" for a structured array whose fields have one type; its fields are one more axis. It is "other"
for an array without numbers. <shape> has the sizes, joined by x. <digest> is the CRC-32 of the values as little-endian
float64, row-major, with every NaN as 7ff8000000000000.
"""

import io
import platform
import random
import re
import resource
import struct
import sys
import tempfile
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.lib.recfunctions import structured_to_unstructured

import mutants

SEED = 20261129
DRAWN = 4000


def written(version, header, values):
    """Returns a file with this header, as another program may write it."""
    raw = header.encode("latin1" if version < 3 else "utf-8")
    length = struct.pack("<H" if version == 1 else "<I", len(raw))
    return b"\x93NUMPY" + bytes([version, 0]) + length + raw + values


def saved(array, version=None):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version=version)
    return out.getvalue()


def zipped(*members, method=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=method)
    return out.getvalue()


def values(dtype, *shape):
    count = int(np.prod(shape))
    return (np.arange(count) * 3 % 7 - (0 if np.dtype(dtype).kind in "ub" else 2.5)).astype(dtype).reshape(shape)


PLAIN = "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n"
FILES = [
    saved(values("<f8", 3, 2)),
    saved(np.asfortranarray(values("<f4", 3, 2)), (2, 0)),
    saved(values("<f8", 5)),
    written(1, PLAIN % ("<f4", "False", "(4, 2)"), values("<f4", 4, 2).tobytes()),
    written(1, PLAIN % (">f4", "True", "(4, 2)"), values(">f4", 4, 2).tobytes("F")),
    written(1, "{'descr': 'f8', 'fortran_order': False, 'shape': (6L, 2L)}", values("<f8", 6, 2).tobytes()),
    written(2, PLAIN % ("<i2", "False", "(3, 3)"), values("<i2", 3, 3).tobytes()),
    written(3, PLAIN % ("|u1", "False", "(2, 5)"), values("|u1", 2, 5).tobytes()),
    written(1, "{'shape':(3,2),'fortran_order':True,'descr':'<i8'}", values("<i8", 3, 2).tobytes("F")),
    written(
        3, "  { \"descr\" : \"<u8\" , 'fortran_order' : False , 'shape' : ( 4 , ) }  \n", values("<u8", 4).tobytes()
    ),
    written(1, PLAIN % ("|b1", "False", "(3, 2)"), values("|b1", 3, 2).tobytes()),
    written(2, PLAIN % ("<f2", "True", "(2, 4)"), values("<f2", 2, 4).tobytes("F")),
    written(1, PLAIN % (">i4", "False", "(2, 1, 3)"), values(">i4", 2, 1, 3).tobytes()),
    written(1, PLAIN % ("<f8", "False", "()"), values("<f8", 1).tobytes()),
    written(
        1,
        "{'descr': [('x', '<f4'), ('y', '<f4')], 'fortran_order': False, 'shape': (3,), }\n",
        values("<f4", 3, 2).tobytes(),
    ),
    zipped(("a.npy", written(1, PLAIN % ("<f4", "False", "(2, 2)"), values("<f4", 2, 2).tobytes()))),
    zipped(("arr_0.npy", saved(values("<f8", 4, 2))), method=zipfile.ZIP_DEFLATED),
]

TYPES = [
    "<f4", ">f4", "<f8", ">f8", "f8", "=f8", "|f8", "<f2", "<f16", "<i2", ">i2", "<i8", "<u8", "|u1", "|i1", "u1",
    "<u1", ">u1", "|b1", "?", "b1", "<b1", "b", "d", "f", "e", "l", "i4", "<c8", "<U2", "|S4", "|O", "<M8[s]", "<m8",
    "|V4", "float64", "int", "single", "", "f", "8", "2f4", "(2,)f4", "f4,f4", "<f4 ", " <f4", "<<f4", "F8", "f08", "g",
    "p",
]  # fmt: skip
SIZES = [
    "0", "1", "2", "3", "4", "6", "8", "12", "00", "03", "-1", "-3", "+2", "2L", "2l", "3.0", "1e0", "0x2", "0b11",
    "1_2", "2147483647", "2147483648", "4294967296", "4294967298", "9223372036854775807", "9223372036854775808",
    "18446744073709551616", "18446744073709551618", "True", "None", "'2'", "(2,)", "2j", "2 L", "٢",
]  # fmt: skip
WORDS = [
    "True", "False", "true", "None", "0", "1", "'False'", "''", "b'x'", "u'<f8'", "r'descr'", "'descr'", "\"shape\"",
    "'shape'", "'fortran_order'", "'des' 'cr'", "'d\\x65scr'", "'x'", "[]", "()", "{}", "(,)", "...", "\\\n", "#",
    "# c\n", "\t", "\r", "\f", "\v", "\0", "\xa0", "\x85", "", " ", "\n", "**", "-", "L", ";", "=", "é",
]  # fmt: skip
TOKEN = re.compile(r"'[^']*'|\"[^\"]*\"|[-+.\w]+|[^\s\w]|\s+")


def parts(file):
    """Returns the start, the header as text, and the values; None for an archive."""
    if file[:2] == b"PK":
        return None
    wide = file[6] > 1
    start = 12 if wide else 10
    length = int.from_bytes(file[8:start], "little")
    return file[:8], file[start : start + length].decode("utf-8" if file[6] == 3 else "latin1"), file[start + length :]


def whole(start, header, rest):
    raw = header.encode("utf-8" if start[6] == 3 else "latin1", "replace")
    if start[6] == 1 and len(raw) > 0xFFFF:
        return None
    return start + struct.pack("<H" if start[6] == 1 else "<I", len(raw)) + raw + rest


def tokens_of(rng, file):
    if parts(file) is None:
        return None
    start, header, rest = parts(file)
    tokens = TOKEN.findall(header)
    for _ in range(rng.choice([1, 1, 2])):
        if not tokens:
            break
        place = rng.randrange(len(tokens))
        if tokens[place].isspace():
            place = rng.randrange(min(20, len(tokens)))
        way = rng.randrange(5)
        if way == 0:
            del tokens[place]
        elif way == 1:
            tokens.insert(place, rng.choice(tokens))
        elif way == 2:
            other = rng.randrange(len(tokens))
            tokens[place], tokens[other] = tokens[other], tokens[place]
        elif way == 3:
            tokens.insert(place, rng.choice(WORDS))
        else:
            tokens[place] = rng.choice(rng.choice([WORDS, SIZES]))
    return whole(start, "".join(tokens), rest)


def meaning_of(rng, file):
    """Writes a whole header that says something else, which often still fits the values."""
    if parts(file) is None:
        return None
    start, header, rest = parts(file)
    for _ in range(rng.choice([1, 1, 2])):
        way = rng.randrange(6)
        if way == 0:
            header = re.sub(r"'[<>|=]?[a-z]\d'", lambda m: "'" + rng.choice(TYPES) + "'", header)
        elif way == 1:
            sizes = [rng.choice(SIZES) for _ in range(rng.choice([0, 1, 1, 2, 2, 3]))]
            shape = "(" + rng.choice([",", ", "]).join(sizes) + rng.choice(["", "", ","]) + ")"
            header = re.sub(r"\([\dL, ]*\)", lambda m: shape, header, count=1)
        elif way == 2:
            found = list(re.finditer(r"(?<=[(, ])\d+", header))
            if found:
                m = rng.choice(found)
                header = header[: m.start()] + rng.choice(SIZES) + header[m.end() :]
        elif way == 3:
            spellings = [("False", "True"), ("True", "False"), ("'", '"'), (" ", ""), (",", " ,")]
            header = header.replace(*rng.choice(spellings))
        elif way == 4:
            entries = re.findall(r"['\"]\w+['\"]\s*:\s*(?:\[.*\]|\([^)]*\)|['\"][^'\"]*['\"]|\w+)", header)
            rng.shuffle(entries)
            if entries and rng.randrange(2):
                entries.insert(0, rng.choice(entries + ["'x': 1", "1: 2", "'version': (1, 0)"]))
            header = "{" + ", ".join(entries) + rng.choice(["", ",", ", "]) + "}" + rng.choice(["", "\n", "   \n"])
        else:
            before = rng.choice(["", " ", "\n", "\t"])
            header = before + header + rng.choice(["", " ", "\n\n", "\t", "\0", "#", "}", ",", "()"])
    return whole(start, header, rest)


def start_of(rng, file):
    """Changes the version or the length of the header."""
    if parts(file) is None:
        return None
    way = rng.randrange(4)
    if way == 0:
        return file[:6] + bytes([rng.choice([0, 1, 2, 3, 3, 4, 255]), rng.choice([0, 0, 0, 1, 255])]) + file[8:]
    if way == 1:
        start, header, rest = parts(file)
        other = bytes([rng.choice([1, 2, 3]), rng.choice([0, 0, 1])])
        return whole(start[:6] + other, header, rest)
    size = 2 if file[6] == 1 else 4
    length = int.from_bytes(file[8 : 8 + size], "little")
    length = rng.choice(
        [length + rng.randrange(-9, 10), rng.randrange(300), 1 << rng.randrange(8 * size), 10000, 10001]
    )
    return file[:8] + (length % (1 << 8 * size)).to_bytes(size, "little") + file[8 + size :]


def values_of(rng, file):
    """Changes bytes of the values, which gives large values, infinities, NaN and subnormal values."""
    if parts(file) is None or not parts(file)[2]:
        return None
    rest = bytearray(parts(file)[2])
    for _ in range(rng.choice([1, 1, 2, 4])):
        place = rng.randrange(len(rest))
        rest[place] = rng.choice([0, 0xFF, 0x7F, 0x80, 0xF0, 0x7C, rng.randrange(256)])
    return file[: len(file) - len(rest)] + bytes(rest)


def archive_of(rng, file):
    if file[:2] != b"PK":
        return None
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        name = archive.namelist()[0]
        inner = archive.read(name)
    way = rng.randrange(5)
    method = rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    if way == 0:
        inner = rng.choice([start_of, tokens_of, meaning_of, values_of, mutants.length_of_file])(rng, inner)
        return None if inner is None else zipped((name, inner), method=method)
    if way == 1:
        other = rng.choice(["b.npy", "note.txt", "a.npy", "A.NPY", "x/a.npy", "a", "b.npy/"])
        members = [(name, inner), (other, rng.choice([inner, b"", b"text"]))]
        rng.shuffle(members)
        return zipped(*members, method=method)
    if way == 2:
        return zipped((rng.choice(["a", "a.txt", "A.NPY", "x/y.npy", ".npy", "é.npy"]), inner), method=method)
    return rng.choice([mutants.bytes_anywhere, mutants.length_of_file, mutants.piece_of])(rng, file)


def verdict_of(_, mutant):
    PLACE.unlink(missing_ok=True)
    PLACE.write_bytes(mutant)
    try:
        array = np.load(PLACE, allow_pickle=False)
        if isinstance(array, np.lib.npyio.NpzFile):
            with array as archive:
                if len(archive.files) != 1:
                    return f"archive,{len(archive.files)},0"
                array = archive[archive.files[0]]
        if not isinstance(array, np.ndarray):
            return "other,0,0"
        kind = array.dtype.str
        if array.dtype.names:
            kind = "fields" if len({array.dtype[n].base for n in array.dtype.names}) == 1 else "other"
            array = structured_to_unstructured(array) if kind == "fields" else array
        shape = "x".join(map(str, array.shape))
        if kind == "other" or array.dtype.kind not in "fiub" or array.dtype.itemsize > 8:
            return f"other,{shape},0"
        row_major = np.ascontiguousarray(array).astype("<f8").reshape(-1)
        row_major[np.isnan(row_major)] = np.nan
        return f"{kind},{shape},{zlib.crc32(row_major.tobytes()):08x}"
    except (KeyboardInterrupt, AssertionError):
        raise
    except MemoryError as e:
        raise mutants.Refused("MemoryError") from e
    except BaseException as e:
        text = re.sub(r"[^\x20-\x7e]|\d+|'[^']*'|<.*|\(.*|:.*| in [bp].*|\{.*|\".*", " ", str(e))
        raise mutants.Refused(type(e).__name__ + " " + " ".join(text.split()[:9])) from e


WAYS = [
    mutants.bytes_anywhere, mutants.length_of_file, mutants.piece_of, start_of, values_of, tokens_of, tokens_of,
    tokens_of, meaning_of, meaning_of, meaning_of, meaning_of, archive_of,
]  # fmt: skip


if __name__ == "__main__":
    # The limit makes the verdict on a shape that claims much memory independent of the memory of this machine.
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        PLACE = Path(folder) / "mutant"
        mutants.write(
            sys.argv[1] if len(sys.argv) > 1 else "src/test/resources/golden/npy-mutants.txt.gz",
            f"bench/peers/npy_mutants.py, seed {SEED}, Python {platform.python_version()}, numpy {np.__version__}",
            FILES,
            WAYS,
            DRAWN,
            random.Random(SEED),
            verdict_of,
        )
