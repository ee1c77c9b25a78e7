#!/usr/bin/env python3
"""Counts the PTX instructions of the sweeps over all pairs (kernels/nearest.cu).

  bench/sweep_instructions.py [KERNELS.ptx]     kernels/shipped/kernels-75.ptx if none is named

A warp looks at 128 pairs at once, four in each lane. The columns, for each kernel nearest_foreign_N:

  a pair         instructions for a pair, where no edge of the look is below the limit of the list
  a closer look  more instructions for a look that finds such an edge
  an edge        more instructions for an edge that enters the list

The first two are those of ways round the loop over looks: one that passes all its fused multiply-adds, in the second
case all its ballots too, and of these the shortest. Needs only Python's standard library.
"""
import re
import sys
from pathlib import Path

PAIRS = 4
PTX = Path(__file__).resolve().parents[1] / "kernels" / "shipped" / "kernels-75.ptx"


def blocks_of(kernel):
    """Returns the basic blocks of a kernel: label, instructions, labels of the blocks that may follow."""
    blocks = [("", [], [])]
    for line in map(str.strip, kernel.splitlines()):
        label = re.fullmatch(r"(\$\w+):", line)
        if label:
            blocks[-1][2].append(label[1])
            blocks.append((label[1], [], []))
        elif line.endswith(";") and not line.startswith("."):
            blocks[-1][1].append(line)
            branch = re.match(r"(@!?%p\d+)?\s*bra(?:\.uni)?\s+(\$\w+)", line)
            if branch:
                blocks[-1][2].append(branch[2])
                blocks.append((f"behind branch {len(blocks)}", [], []))
                if branch[1]:
                    blocks[-2][2].append(blocks[-1][0])
    return blocks


def way_round(blocks, inside, passes):
    """Returns the number of instructions of a way round a loop.

    The loop is the innermost one around the first instruction that contains `inside`. Of the ways with most
    instructions that the expression `passes` finds, it is the shortest. It enters no loop inside this one.
    """
    place = {label: i for i, (label, _, _) in enumerate(blocks)}
    within = next(i for i, (_, body, _) in enumerate(blocks) if any(inside in line for line in body))
    loops = [(place[to], i) for i, (_, _, behind) in enumerate(blocks) for to in behind if place.get(to, i + 1) <= i]
    head, last = min((loop for loop in loops if loop[0] <= within <= loop[1]), key=lambda loop: loop[1] - loop[0])
    inner = {i for loop in loops if head < loop[0] and loop[1] < last for i in range(loop[0], loop[1] + 1)}
    best = {head: (0, 0)}
    for i in range(head, last + 1):
        if i not in best or i in inner:
            continue
        _, body, behind = blocks[i]
        best[i] = (best[i][0] - sum(bool(re.search(passes, line)) for line in body), best[i][1] + len(body))
        for to in (place[to] for to in behind if to in place):
            if i < to <= last:
                best[to] = min(best.get(to, best[i]), best[i])
    return best[last][1]


def main():
    text = Path(sys.argv[1] if len(sys.argv) > 1 else PTX).read_text(encoding="ascii")
    print(f"{'kernel':20}{'a pair':>8}{'a closer look':>15}{'an edge':>9}")
    for name, kernel in re.findall(r"\.entry (nearest_foreign_\d+)\((.*?)\n}", text, re.DOTALL):
        blocks = blocks_of(kernel)
        look = way_round(blocks, "vote.sync.any", r"fma\.")
        closer = way_round(blocks, "vote.sync.any", r"fma\.|vote\.sync")
        edge = way_round(blocks, "shfl.sync.up", "shfl")
        print(f"{name:20}{look / PAIRS:8.2f}{closer - look:15}{edge:9}")


if __name__ == "__main__":
    main()
