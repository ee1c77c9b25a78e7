#!/usr/bin/env python3
"""Markdown tables of what the benchmarks (bench/java) measured.

  java -jar target/gpu-tae-bench.jar ... -rf json -rff bench.json
  bench/table.py bench.json [MORE.json ...]

Each benchmark gets a table, each case a row. The numbers are microseconds an operation: wall time, and time by the
device's own clock. The number after ± is half the width of JMH's confidence interval of 99.9 %; it is left out where
there were too few iterations. Needs only Python's standard library.
"""
import json
import math
import sys

UNITS = {"ns/op": 1e-3, "us/op": 1.0, "ms/op": 1e3, "s/op": 1e6}


def microseconds(metric):
    """Returns a metric of JMH as text, with its error."""
    unit = UNITS.get(metric["scoreUnit"])
    if unit is None:
        sys.exit(f"table.py: a score in {metric['scoreUnit']}; these tables are of average times (JMH's mode avgt)")
    # JMH writes "NaN" as text.
    score, error = float(metric["score"]) * unit, float(metric["scoreError"]) * unit
    if not math.isfinite(score):
        return ""
    # Four digits of the score, and as many places of the error.
    places = max(0, 3 - math.floor(math.log10(score))) if score > 0 else 0
    return f"{score:.{places}f}" + (f" ± {error:.{places}f}" if math.isfinite(error) else "")


def order(text):
    """Returns a key for sorting: numbers sort as numbers and before words, so 784-64 comes after 64-784."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in text.split("-")]


def main(files):
    if not files:
        sys.exit(__doc__)
    tables = {}
    for name in files:
        with open(name, encoding="utf-8") as file:
            for result in json.load(file):
                tables.setdefault(result["benchmark"].split(".")[-2], []).append(result)
    first = True
    for benchmark, results in sorted(tables.items()):
        names = sorted({name for result in results for name in result.get("params", {})},
                       key=lambda name: (name == "device", name))
        rows = []
        for result in results:
            values = [result.get("params", {}).get(name, "") for name in names]
            device = result.get("secondaryMetrics", {}).get("deviceMicros")
            rows.append(([order(value) for value in values],
                         values + [microseconds(result["primaryMetric"]), microseconds(device) if device else ""]))
        if not first:
            print()
        first = False
        columns = [benchmark + ": " + names[0]] + names[1:] if names else [benchmark]
        print("| " + " | ".join(columns + ["wall, µs", "device's own, µs"]) + " |")
        print("| " + " | ".join(["---"] * len(names) + ["---:", "---:"]) + " |")
        for _, cells in sorted(rows):
            print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    main(sys.argv[1:])
