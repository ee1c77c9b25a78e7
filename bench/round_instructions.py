#!/usr/bin/env python3
"""Counts the PTX instructions of the loops over points in the rounds of a spanning tree.

  bench/round_instructions.py [KERNELS.ptx]     kernels/shipped/kernels-75.ptx if none is named

For each loop without a barrier in the kernels boruvka*: the instructions of the longest way round, loops inside it
once, and its accesses to memory in their order. nvcc unrolls some of the loops; then a way round is several points.
Needs only Python's standard library.
"""
import re
import sys
from pathlib import Path

from sweep_instructions import PTX, blocks_of

ACCESS = re.compile(r"(?:@!?%p\d+\s+)?((?:ld|st|atom|red)\.(?:global|shared)\S*)")


def longest_way(blocks, head, last):
    """Returns the largest number of instructions of a way from the block `head` to the block `last`, forwards."""
    place = {label: i for i, (label, _, _) in enumerate(blocks)}
    most = {head: len(blocks[head][1])}
    for i in range(head, last):
        for to in (place[to] for to in blocks[i][2] if to in place):
            if i in most and i < to <= last:
                most[to] = max(most.get(to, 0), most[i] + len(blocks[to][1]))
    return most[last]


def main():
    text = Path(sys.argv[1] if len(sys.argv) > 1 else PTX).read_text(encoding="ascii")
    for name, kernel in re.findall(r"\.entry (boruvka(?:_(?!small)\w+)?)\((.*?)\n}", text, re.DOTALL):
        blocks = blocks_of(kernel)
        place = {label: i for i, (label, _, _) in enumerate(blocks)}
        loops = sorted((place[to], i) for i, (_, _, behind) in enumerate(blocks) for to in behind
                       if place.get(to, i + 1) <= i)
        for head, last in loops:
            body = [line for i in range(head, last + 1) for line in blocks[i][1]]
            if any("bar.sync" in line for line in body):
                continue
            accesses = [access[1] for line in body if (access := ACCESS.match(line))]
            print(f"{name:17}{longest_way(blocks, head, last):5}  {' '.join(accesses)}")


if __name__ == "__main__":
    main()
