"""The common part of npy_mutants.py, text_mutants.py and image_mutants.py: damage to any file, notation of verdicts.

Lines of their output, in ASCII:

    # ...                         the script that made the output, with versions
    F <hex>                       a whole file; files are numbered from 0 on
    E <text>                      a reason why files were refused; reasons are numbered from 0 on
    A<what> <file> <edit> ...     a mutant that was read: what was read, the number of its file, and its edits, each
                                  <offset>:<bytes removed>:<hex of bytes put there>, offsets in the file before any edit
    R<why> <file> <edit> ...      a mutant that was refused: the number of the reason, of its file, and its edits

A line without edits is about the file itself.
"""

import gzip
from pathlib import Path

MEANINGFUL = b"0123456789,; \n-+eE.'(){}:#"


def bytes_anywhere(rng, file):
    damaged = bytearray(file)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        place = rng.randrange(len(damaged))
        damaged[place] = rng.choice(
            [rng.randrange(256), damaged[place] ^ 1 << rng.randrange(8), rng.choice(MEANINGFUL)]
        )
    return bytes(damaged)


def length_of_file(rng, file):
    return rng.choice(
        [file[: rng.randrange(len(file))], file[: -rng.randrange(1, 9)], file + bytes(rng.choice([1, 2, 8])), file * 2]
    )


def piece_of(rng, file):
    """Takes a piece out, writes it twice, or moves it."""
    start = rng.randrange(len(file))
    piece = file[start : start + rng.choice([1, 1, 1, 2, 4, 8])]
    rest = file[:start] + file[start + len(piece) :]
    place = rng.choice([start, start, rng.randrange(len(rest) + 1)])
    return rng.choice([rest, rest[:place] + piece + piece + rest[place:], rest[:place] + piece + rest[place:]])


def edits(file, mutant):
    """Returns every run of bytes that differ if both files have the same length; otherwise one edit."""
    spans = []
    if len(file) == len(mutant):
        i = 0
        while i < len(file):
            first = i
            while i < len(file) and file[i] != mutant[i]:
                i += 1
            if i > first:
                spans.append(f"{first}:{i - first}:{mutant[first:i].hex()}")
            i += 1
        return spans
    shorter = min(len(file), len(mutant))
    same = 0
    while same < shorter and file[same] == mutant[same]:
        same += 1
    end = 0
    while end < shorter - same and file[-1 - end] == mutant[-1 - end]:
        end += 1
    return [f"{same}:{len(file) - same - end}:{mutant[same:len(mutant) - end].hex()}"]


class Refused(Exception):
    """Why a file was refused, in a few words without numbers."""


def write(out, made_by, files, ways, drawn, rng, verdict_of):
    """Draws different mutants, by each way in turn; writes the verdicts of verdict_of(number of the file, mutant)."""
    reasons, lines, count = {}, [], [0, 0]
    seen = set()

    def note(number, mutant):
        seen.add(mutant)
        try:
            word = "A" + verdict_of(number, mutant)
        except Refused as e:
            word = f"R{reasons.setdefault(str(e), len(reasons))}"
        assert " " not in word, word
        count[word[0] == "A"] += 1
        lines.append(" ".join([word, str(number), *edits(files[number], mutant)]))

    for number, file in enumerate(files):
        note(number, file)
    for i in range(drawn):
        for _ in range(100):
            number = rng.randrange(len(files))
            mutant = ways[i % len(ways)](rng, files[number])
            if mutant is not None and mutant not in seen:
                note(number, mutant)
                break
    head = ["# " + made_by] + ["F " + file.hex() for file in files] + ["E " + reason for reason in reasons]
    Path(out).write_bytes(gzip.compress(("\n".join(head + lines) + "\n").encode(), 9, mtime=0))
    print(f"{out}: {count[1]} read, {count[0]} refused, {Path(out).stat().st_size} bytes")
    for reason, number in reasons.items():
        print(f"{sum(line.startswith(f'R{number} ') for line in lines):6}  {reason}")
