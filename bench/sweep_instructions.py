"""Counts the PTX instructions of the sweeps over all pairs (kernels/nearest.cu).

usage: sweep_instructions.py [kernels.ptx]     (kernels/shipped/kernels-75.ptx if none is named)

For each kernel nearest_foreign_N: the instructions of a warp for a row of 32 pairs, one a lane, of which none enters a
list, and the instructions for an edge that enters. The first number is that of a way round the loop that computes the
lengths: one that passes all its fused multiply-adds, and of these the shortest. The loop looks at four rows at a time.
"""

import re
import sys
from pathlib import Path

ROWS = 4
PTX = Path(__file__).parents[1] / "kernels" / "shipped" / "kernels-75.ptx"


def blocks_of(kernel):
    """The basic blocks of a kernel: label, instructions, labels of the blocks that may follow."""
    blocks = [("", [], [])]
    for line in kernel.splitlines():
        line = line.strip()
        label = re.fullmatch(r"(\$\w+):", line)
        if label:
            blocks[-1][2].append(label[1])
            blocks.append((label[1], [], []))
        elif line.endswith(";") and not line.startswith("."):
            blocks[-1][1].append(line)
            branch = re.match(r"(@!?%p\d+)?\s*bra(\.uni)?\s+(\$\w+)", line)
            if branch:
                blocks[-1][2].append(branch[3])
                blocks.append((f"after {len(blocks)}", [], []))
                if branch[1]:
                    blocks[-2][2].append(blocks[-1][0])
    return blocks


def ways_round(kernel, wanted):
    """Of each innermost loop with an instruction that is wanted: the ways round it, as lists of instructions.

    Yields one way for each loop: the one with most fused multiply-adds, and of these the shortest.
    """
    blocks = blocks_of(kernel)
    place = {label: i for i, (label, _, _) in enumerate(blocks)}
    found = {i for i, (_, body, _) in enumerate(blocks) if any(re.search(wanted, line) for line in body)}
    loops = [(place[to], i) for i, (_, _, after) in enumerate(blocks) for to in after if to in place and place[to] <= i]
    for i in sorted(found):
        around = [loop for loop in loops if loop[0] <= i <= loop[1]]
        head, last = min(around, key=lambda loop: loop[1] - loop[0])
        # Within a loop, blocks come in the order in which they run; branches back belong to loops inside it.
        best = {head: (0, 0, [])}
        for block in range(head, last + 1):
            if block not in best:
                continue
            multiplies, length, way = best[block]
            body = blocks[block][1]
            multiplies -= sum("fma." in line for line in body)
            now = (multiplies, length + len(body), way + body)
            if block == last:
                yield now[2]
            for to in blocks[block][2]:
                next_block = place.get(to)
                if next_block is not None and block < next_block <= last:
                    best[next_block] = min(best.get(next_block, now), now)


def main():
    text = Path(sys.argv[1] if len(sys.argv) > 1 else PTX).read_text()
    print(f"{'kernel':20} {'a row':>8} {'fma':>6} {'an edge':>8}")
    for kernel in re.split(r"\.entry ", text)[1:]:
        name = re.match(r"\w+", kernel)[0]
        if not re.fullmatch(r"nearest_foreign_\d+", name):
            continue
        kernel = kernel[: kernel.index("\n}")]
        row = next(way for way in ways_round(kernel, r"vote\.sync\.any"))
        edge = next(way for way in ways_round(kernel, r"shfl\.sync\.up"))
        multiplies = sum("fma." in line for line in row)
        print(f"{name:20} {len(row) / ROWS:8.2f} {multiplies / ROWS:6.1f} {len(edge):8}")


if __name__ == "__main__":
    main()
