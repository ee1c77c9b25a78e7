"""Golden data for ImageVerdictTest: what Pillow reads from damaged PNG and JPEG files.

    python bench/peers/image_mutants.py [OUT]     (needs numpy and pillow; default OUT:
                                                   src/test/resources/golden/image-mutants.txt.gz)

The output has some thousand mutants of small images, each with the verdict of `PIL.Image.open` and `load`; a warning
from them counts as an error. The mutants are drawn with one seed: the same versions of Python, numpy and Pillow give
the same file.

The notation is that of mutants.py. What was read is written as <mode>,<width>x<height>,<pixels>. <pixels> is in hex.
For a PNG file it is the CRC-32 of the grey values as bytes, row-major. Decoders of JPEG may differ by rounding, so for
a JPEG file it is the means of the grey values in 4 x 4 fields. The grey value of a colour is
round((299 R + 587 G + 114 B) / 1000 A / 255), that of 16 bits is round(v / 257).
"""

import io
import platform
import random
import struct
import sys
import warnings
import zlib

import numpy as np
import PIL
from PIL import Image

import mutants

SEED = 20261201
DRAWN = 3000
SIGNATURE = b"\x89PNG\r\n\x1a\n"

HEIGHT, WIDTH = 9, 11
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH]
GREY = ((X * 23 + Y * Y * 5) % 256).astype("u1")
COLOUR = np.stack([GREY, (255 - X * 20).astype("u1"), (Y * 28).astype("u1")], axis=-1)
# This image is smooth, so that rounding changes it little.
PHOTO = np.stack([40 + 12 * X + 4 * Y, 200 - 14 * X, 60 + 18 * Y], axis=-1).astype("u1")


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(depth, colour, rows, more=b"", interlace=0):
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour, 0, 0, interlace)
    return SIGNATURE + chunk(b"IHDR", header) + more + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def filtered(pixels):
    """Puts the number of a filter before each row: none, left, above, mean, Paeth in turn. No row is filtered."""
    return b"".join(bytes([y % 5]) + row.tobytes() for y, row in enumerate(pixels.reshape(len(pixels), -1)))


def interlaced(pixels):
    """Returns the seven passes of Adam7, without filters."""
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    parts = [pixels[y::down, x::right] for y, x, down, right in passes]
    return b"".join(b"\0" + row.tobytes() for part in parts if part.size for row in part)


def saved(array, form, **options):
    out = io.BytesIO()
    Image.fromarray(array).save(out, form, **options)
    return out.getvalue()


def segments(jpeg):
    """Returns the marker segments up to the scan, and the rest."""
    parts, at = [], 2
    while jpeg[at + 1] != 0xDA:
        length = 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        parts.append(jpeg[at : at + length])
        at += length
    return parts, jpeg[at:]


def joined(parts, rest):
    return b"\xff\xd8" + b"".join(parts) + rest


def without(marker, jpeg):
    parts, rest = segments(jpeg)
    return joined([part for part in parts if part[1] != marker], rest)


FOUR_BITS = GREY[:, 0::2] % 16 * 16 + np.pad(GREY, ((0, 0), (0, 1)))[:, 1::2] % 16
PALETTE = np.array([[i * 16, 255 - i * 16, i * 5] for i in range(16)], "u1").tobytes()
EXIF = b"\xff\xe1" + struct.pack(">H", 2 + 6 + 14) + b"Exif\0\0" + b"II*\0\x08\0\0\0\0\0\0\0\0\0"
JPEG = {"form": "JPEG", "quality": 80, "optimize": True}
FILES = [
    png(8, 0, filtered(GREY)),
    png(16, 0, filtered((GREY.astype(">u2") * 251))),
    png(8, 2, filtered(COLOUR)),
    png(8, 6, filtered(np.dstack([COLOUR, 255 - GREY]))),
    png(4, 3, b"".join(b"\0" + row.tobytes() for row in FOUR_BITS), chunk(b"PLTE", PALETTE)),
    png(1, 0, b"".join(b"\0" + np.packbits(row > 90).tobytes() for row in GREY)),
    png(8, 0, interlaced(GREY), interlace=1),
    png(8, 2, interlaced(COLOUR), interlace=1),
    png(8, 4, filtered(np.dstack([GREY, 255 - GREY]))),
    png(8, 3, b"".join(b"\0" + row.tobytes() for row in GREY % 16),
        chunk(b"PLTE", PALETTE) + chunk(b"tRNS", bytes([0, 128, 255, 7]))),
    png(8, 0, filtered(GREY), chunk(b"gAMA", struct.pack(">I", 45455)) + chunk(b"tEXt", b"Title\0x")),
    saved(GREY // 2 + 60, **JPEG),
    saved(PHOTO, subsampling=0, **JPEG),
    saved(PHOTO, subsampling=2, **JPEG),
    saved(PHOTO, progressive=True, subsampling=2, **JPEG),
    without(0xE0, saved(PHOTO, subsampling=0, **JPEG)),
    b"\xff\xd8" + EXIF + without(0xE0, saved(PHOTO, subsampling=0, **JPEG))[2:],
]  # fmt: skip


def chunks(file):
    """Returns (name, data) of each chunk; an incomplete chunk is left out."""
    parts, at = [], 8
    while at + 12 <= len(file):
        length = int.from_bytes(file[at : at + 4], "big")
        parts.append((file[at + 4 : at + 8], file[at + 8 : at + 8 + length]))
        at += 12 + length
    return parts


def png_of(parts):
    return SIGNATURE + b"".join(chunk(name, data) for name, data in parts)


def is_png(file):
    return file[:1] == b"\x89"


def chunk_bytes_of(rng, file):
    """Changes bytes within a chunk; the checksum fits them."""
    if not is_png(file):
        return None
    parts = chunks(file)
    place = rng.choice([0, rng.randrange(len(parts))])
    name, data = parts[place]
    if rng.randrange(8) == 0:
        name = bytes(c ^ (0x20 if i == rng.randrange(4) else 0) for i, c in enumerate(name))
    elif data:
        data = mutants.bytes_anywhere(rng, data)
    parts[place] = (name, data)
    return png_of(parts)


def header_of(rng, file):
    """Changes IHDR: sizes, depth, colour, compression, filter or interlacing."""
    if not is_png(file):
        return None
    parts = chunks(file)
    fields = list(struct.unpack(">IIBBBBB", parts[0][1]))
    place = rng.randrange(7)
    values = [[WIDTH - 1, WIDTH + 1, WIDTH - 3, 0, 1, 1 << 31, 65535, 50000]]
    values += [[HEIGHT - 1, HEIGHT + 1, 1, 0, 1 << 31, 20000]]
    values += [[1, 2, 4, 8, 16, 0, 3, 32], [0, 2, 3, 4, 6, 1, 5, 7], [0, 1, 255], [0, 1, 64], [0, 1, 2]]
    fields[place] = rng.choice(values[place])
    parts[0] = (b"IHDR", struct.pack(">IIBBBBB", *fields))
    return png_of(parts)


def rearrange(rng, parts, place, way):
    """Removes a part (way 0), repeats it (way 1), or exchanges it with another one (way 2)."""
    if way == 0:
        del parts[place]
    elif way == 1:
        parts.insert(rng.randrange(len(parts) + 1), parts[place])
    else:
        other = rng.randrange(len(parts))
        parts[place], parts[other] = parts[other], parts[place]


def order_of_chunks(rng, file):
    if not is_png(file):
        return None
    parts = chunks(file)
    place = rng.randrange(len(parts))
    way = rng.randrange(5)
    if way < 3:
        rearrange(rng, parts, place, way)
    elif way == 3:
        new = [
            (b"tEXt", b"a\0b"), (b"gAMA", struct.pack(">I", 100000)), (b"tRNS", b"\0\x17"),
            (b"tRNS", bytes([0, 9, 0, 9, 0, 0])), (b"tRNS", bytes([255, 0, 9])), (b"PLTE", PALETTE),
            (b"PLTE", PALETTE[:7]), (b"ABCD", b"x"), (b"abcd", b"x"), (b"IDAT", b""), (b"IDAT", b"x"), (b"IEND", b""),
            (b"bKGD", b"\0\0"), (b"sBIT", b"\x04"), (b"zTXt", b"a\0\0x"), (b"iCCP", b"a\0\0x"), (b"acTL", bytes(8)),
            (b"sRGB", b"\0"), (b"pHYs", bytes(9)), (b"tIME", bytes(7)), (b"IEND", b"x"), (b"cHRM", bytes(3)),
            (b"eXIf", b"II*\0"), (b"hIST", b"\0"), (b"I\xffAT", b""),
        ]  # fmt: skip
        parts.insert(rng.randrange(len(parts) + 1), rng.choice(new))
    else:
        parts += rng.choice([[(b"tEXt", b"a\0b")], [(b"IHDR", parts[0][1])], parts])
    return png_of(parts)


def data_of(rng, file):
    """Changes the compressed rows: other bytes, more or fewer bytes, other filters, other ends, or several pieces."""
    if not is_png(file):
        return None
    parts = chunks(file)
    place = next(i for i, (name, _) in enumerate(parts) if name == b"IDAT")
    packed = parts[place][1]
    rows = zlib.decompress(packed)
    way = rng.randrange(9)
    if way == 0:
        rows = mutants.bytes_anywhere(rng, rows)
    elif way == 1:
        rows = rng.choice([rows[: -rng.randrange(1, 30)], rows + bytes(rng.choice([1, 7, 12, 400])), b"", rows[1:]])
    elif way == 2:
        at = rng.randrange(len(rows))
        rows = rows[:at] + bytes([rng.randrange(5, 256)]) + rows[at + 1 :]
    elif way == 3:
        rows = mutants.piece_of(rng, rows)
    packed = zlib.compress(rows, rng.choice([0, 1, 9])) if way < 4 else packed
    if way == 4:  # the checksum of zlib
        packed = packed[:-4] + rng.choice([b"\0\0\0\0", bytes([packed[-4] ^ 1]) + packed[-3:]])
    elif way == 5:
        packed = rng.choice([packed[: -rng.randrange(1, 9)], packed + b"\0", packed + b"more", packed + packed])
    elif way == 6:
        start = [rng.choice([0x78, 0x08, 0x88, 0x79, 0x48]), rng.choice([0xDA, 1, 0x9C, 0x5E, 0xBB])]
        packed = bytes(start) + packed[2:]
    pieces = [packed]
    if way >= 7 or rng.randrange(4) == 0:
        cut = rng.randrange(len(packed) + 1)
        pieces = [packed[:cut], packed[cut:]]
    new = [(b"IDAT", piece) for piece in pieces]
    if way == 8:
        new.insert(1, rng.choice([(b"tEXt", b"a\0b"), (b"IDAT", b""), (b"PLTE", PALETTE), (b"gAMA", b"\0\0\1\0")]))
    return png_of(parts[:place] + new + parts[place + 1 :])


def segments_of(rng, file):
    if is_png(file):
        return None
    parts, rest = segments(file)
    place = rng.randrange(len(parts))
    way = rng.randrange(6)
    if way < 3:
        rearrange(rng, parts, place, way)
    elif way == 3:
        new = [
            b"\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0", b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0",
            b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\1", b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\2", b"\xff\xfe\0\4ab", EXIF,
            b"\xff\xdd\0\4\0\1", b"\xff", b"\xff\xff", b"\xff\xd8", b"\xff\xd9", b"\xff\xd0", b"\xff\1", b"\0",
            b"\xff\xe2\0\x10ICC_PROFILE\0\1", b"\xff\xdc\0\4\0\x09", b"\xff\xe0\0\6JFXX",
        ]  # fmt: skip
        parts.insert(rng.randrange(len(parts) + 1), rng.choice(new))
    elif way == 4:
        parts[place] = parts[place][:4] + mutants.bytes_anywhere(rng, parts[place][4:])
    else:
        parts[place] = parts[place][:2] + mutants.bytes_anywhere(rng, parts[place][2:])
    return joined(parts, rest)


def frame_of(rng, file):
    """Changes the frame header: its kind, depth, sizes, the components' ids, sampling or tables."""
    if is_png(file):
        return None
    parts, rest = segments(file)
    place = next(i for i, part in enumerate(parts) if part[1] in (0xC0, 0xC2))
    frame = bytearray(parts[place])
    at = rng.choice([1, 4, *range(5, 9), *range(9, len(frame))])
    frame[at] = rng.choice(
        [rng.choice([0, 1, 2, 3, 4, 7, 8, 9, 11, 12, 16, 17, 0x11, 0x12, 0x21, 0x22, 0x41, 82, 0xC1, 0xC2, 0xC0, 0xC9]),
         frame[at] + rng.choice([-1, 1]) & 255]
    )  # fmt: skip
    return joined(parts[:place] + [bytes(frame)] + parts[place + 1 :], rest)


def scan_of(rng, file):
    """Changes what follows the headers, or the header of the scan."""
    if is_png(file):
        return None
    parts, rest = segments(file)
    start = 2 + int.from_bytes(rest[2:4], "big")
    head, data, end = rest[:start], rest[start:-2], rest[-2:]
    way = rng.randrange(6)
    if way == 0:
        data = mutants.bytes_anywhere(rng, data)
    elif way == 1:
        data = mutants.piece_of(rng, data)
    elif way == 2:
        data = data[: rng.randrange(len(data))]
    elif way == 3:
        at = rng.randrange(len(data) + 1)
        new = [b"\xff\0", b"\xff\xd0", b"\xff\xff", b"\xff\xd9", b"\xff\xfe\0\2", b"\0" * 40]
        data = data[:at] + rng.choice(new) + data[at:]
    elif way == 4:
        head = mutants.bytes_anywhere(rng, head)
    else:
        end = rng.choice([b"", b"\xff", b"\xff\xd9more", b"\0\xff\xd9", b"\xff\xd8\xff\xd9", b"\xff\xd9" + file])
    return joined(parts, head + data + end)


def grey_of(image):
    if image.mode in ("I;16", "I", "I;16B"):
        return (np.asarray(image).astype("i8") + 128) // 257
    if image.mode in ("L", "1") and "transparency" not in image.info:
        return np.asarray(image.convert("L")).astype("i8")
    rgba = np.asarray(image.convert("RGBA")).astype("i8")
    thousandths = 299 * rgba[..., 0] + 587 * rgba[..., 1] + 114 * rgba[..., 2]
    return np.floor(thousandths / 1000.0 * rgba[..., 3] / 255 + 0.5).astype("i8")


def verdict_of(_, mutant):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(mutant)) as image:
                if image.width * image.height > 1 << 24:
                    raise mutants.Refused("more pixels than are asked for")
                image.load()
                grey = grey_of(image)
                size = f"{image.mode},{image.width}x{image.height}"
    except (KeyboardInterrupt, mutants.Refused):
        raise
    except Exception as e:
        text = "".join(c if c.isascii() and c.isprintable() and not c.isdigit() else " " for c in str(e))
        raise mutants.Refused(type(e).__name__ + " " + " ".join(text.split("<")[0].split("(b")[0].split()[:6])) from e
    if is_png(mutant):
        return f"{size},{zlib.crc32(grey.astype('u1').tobytes()):08x}"
    fields = [part for rows in np.array_split(grey, 4) for part in np.array_split(rows, 4, axis=1)]
    return f"{size},{bytes(round(part.mean()) if part.size else 0 for part in fields).hex()}"


WAYS = [
    mutants.bytes_anywhere, mutants.bytes_anywhere, mutants.length_of_file, mutants.piece_of, chunk_bytes_of, header_of,
    order_of_chunks, data_of, data_of, segments_of, segments_of, frame_of, scan_of,
]  # fmt: skip


if __name__ == "__main__":
    mutants.write(
        sys.argv[1] if len(sys.argv) > 1 else "src/test/resources/golden/image-mutants.txt.gz",
        f"bench/peers/image_mutants.py, seed {SEED}, Python {platform.python_version()}, numpy {np.__version__}, "
        f"Pillow {PIL.__version__}",
        FILES,
        WAYS,
        DRAWN,
        random.Random(SEED),
        verdict_of,
    )
