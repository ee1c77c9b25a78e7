"""The parts of gpu.sh that calculate: comparisons, and the report. Needs Python 3 alone.

    gpu_report.py report WORK OUT DEVICE SECONDS running|ended
        WORK is the folder where gpu.sh puts its results. Writes OUT/report.md and the files beside it.
    gpu_report.py curves DEVICE.csv CPU.csv
        Exits with 0 if the means of the last epoch agree.
    gpu_report.py hundred ae|tae METRICS.csv
        Exits with 0 if the test reconstruction is the one that PyTorch and GUDHI reached.
    gpu_report.py peer-checks PEERS.json
        Prints the checks of side_by_side.py as lines: name, verdict, detail.
    gpu_report.py stored IN.jar OUT.jar [PROGRAM.jar]
        Writes IN.jar uncompressed, without the files that PROGRAM.jar holds too. OUT.jar and PROGRAM.jar together on a
        class path are IN.jar.
    gpu_report.py profile NCU.csv
        Prints what Nsight Compute measured, as tables.
    gpu_report.py cloud N D OUT.csv
        Writes N points that are uniform in the cube of D dimensions.
    gpu_report.py subset MNIST_DIR N OUT.npy
        Writes the first N training images, and their labels to OUT-labels.npy.
"""
import csv
import gzip
import json
import random
import statistics
import sys
import zipfile
from pathlib import Path

# Relative tolerances. Where two points nearly coincide, roundings decide in which direction they are pushed apart, and
# the ball penalty magnifies this: two instruction sets of one CPU differ in it by 1 to 3 % after an epoch.
CURVE_TOLERANCES = {"rec": 0.01, "total": 0.01, "deaths": 0.01, "ball": 0.1, "signature": 0.01, "class_deaths": 0.01,
                    "landscape": 0.01, "ph_dim": 0.05}
# PyTorch + GUDHI, MNIST, d = 2, 100 epochs, seed 0: nats per pixel on the test images. Seeds and summation orders
# differ by less than 2 %.
HUNDRED, HUNDRED_TOLERANCE = {"ae": 0.1819, "tae": 0.1849}, 0.02
STEP, TERM, TERM_SHARE_4096, HUNDRED_SECONDS = 60, {128: 3, 512: 6}, 20, 4
PEERS = {128: 50, 512: 300}  # PyTorch eager + GUDHI, times our step
TREES = {512: {2: 20, 10: 30}, 4096: {2: 60, 10: 90}, 16384: {2: 300, 10: 600}}  # microseconds


def rows_of(path):
    with open(path, newline="") as f:
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(f)]


def curves(device, cpu):
    a, b = rows_of(device)[-1], rows_of(cpu)[-1]
    good, text = True, []
    for name, bound in CURVE_TOLERANCES.items():
        if name not in b or b[name] == 0 and a[name] == 0:
            continue
        difference = abs(a[name] - b[name]) / abs(b[name]) if b[name] else float("inf")
        good &= difference <= bound
        text.append(f"{name} {a[name]:.6g} (CPU {b[name]:.6g}, {100 * difference:.2g} %"
                    f"{'' if difference <= bound else f', more than {100 * bound:g} %'})")
    print(f"means of epoch {a['epoch']:.0f}: " + ", ".join(text))
    return good


def hundred(model, metrics):
    last, expected = rows_of(metrics)[-1], HUNDRED[model]
    good = abs(last["test_rec"] - expected) <= HUNDRED_TOLERANCE * expected
    apart = "" if good else ": more than 2 % apart"
    print(f"test reconstruction {last['test_rec']:.4f}, PyTorch + GUDHI {expected}{apart}; "
          f"{last['seconds']:.2f} s of training")
    return good


def peer_checks(path):
    for c in json.loads(Path(path).read_text())["check"]:
        verdict, _, detail = c["text"].partition(": ")
        print(f"PyTorch {c['engine']}, {c['model']}, {c['batch']}\t{verdict}\t{detail}")
    return True


def stored(source, out, program=None):
    held = {}
    if program:
        with zipfile.ZipFile(program) as p:
            held = {i.filename: i.CRC for i in p.infolist()}
    with zipfile.ZipFile(source) as b, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as o:
        for item in b.infolist():
            if item.filename == "META-INF/MANIFEST.MF" or held.get(item.filename) != item.CRC and not item.is_dir():
                o.writestr(zipfile.ZipInfo(item.filename, item.date_time), b.read(item))
    return True


def cloud(count, dimension, out):
    draw = random.Random(7)
    with open(out, "w") as f:
        for _ in range(int(count)):
            f.write(",".join(f"{draw.random():.7f}" for _ in range(int(dimension))) + "\n")
    return True


def profile(path):
    """Prints the kernels in the order of their launches.

    Where the kernels repeat, as those of training steps do, prints one period, with the median over the periods.
    """
    with open(path, newline="") as f:
        lines = [line for line in f if not line.startswith("==")]
    launches = {}
    for row in csv.DictReader(lines):
        launch = launches.setdefault(
            int(row["ID"]),
            dict(name=row["Kernel Name"].split("(")[0], grid=row["Grid Size"], block=row["Block Size"],
                 stream=row["Stream"]))
        launch[row["Metric Name"]] = float(row["Metric Value"].replace(",", ""))
        launch[row["Metric Name"] + " unit"] = row["Metric Unit"]
    launches = [launches[i] for i in sorted(launches)]
    if not launches:
        return False
    begins = [i for i, l in enumerate(launches) if l["name"] == "gather"]
    periods = [launches[a:b] for a, b in zip(begins, begins[1:])] or [launches]
    periods = [p for p in periods if [l["name"] for l in p] == [l["name"] for l in periods[0]]]

    def microseconds(launch):
        return launch["gpu__time_duration.sum"] * {
            "ns": 1e-3, "nsecond": 1e-3, "us": 1, "usecond": 1, "ms": 1e3, "msecond": 1e3,
        }[launch["gpu__time_duration.sum unit"]]

    rows, whole = [], 0
    for same in zip(*periods):
        time = statistics.median(map(microseconds, same))
        whole += time
        first = same[0]
        rows.append([first["name"], first["grid"], first["block"],
                     f"{first.get('launch__registers_per_thread', 0):.0f}", f"{time:.2f}",
                     f"{statistics.median(l.get('smsp__inst_executed.sum', 0) for l in same):.0f}"])
    print(table(["kernel", "grid", "block", "registers", "microseconds", "warp instructions"], rows))
    print(f"\n{len(rows)} kernels, {whole:.1f} microseconds one after the other; medians of {len(periods)}.")
    return True


def subset(mnist, count, out):
    def first(name, header, size):
        with gzip.open(Path(mnist) / name) as f:
            return f.read(header + count * size)[header:]

    def npy(path, data, shape):
        text = str(dict(descr="|u1", fortran_order=False, shape=shape))
        text += " " * (-(len(text) + 11) % 64) + "\n"
        Path(path).write_bytes(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode() + data)

    count = int(count)
    npy(out, first("train-images-idx3-ubyte.gz", 16, 784), (count, 28, 28))
    npy(out.removesuffix(".npy") + "-labels.npy", first("train-labels-idx1-ubyte.gz", 8, 1), (count,))
    return True


# ---- the report

def spread(values, digits=1):
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def step_times(work):
    """Returns {(model, batch): microseconds of a step in each round}, each of the median epoch after the first."""
    times = {}
    for path in sorted((work / "metrics").glob("step-*.csv")):
        _, model, batch, _ = path.stem.split("-")
        epochs = rows_of(path)
        if epochs:
            times.setdefault((model, int(batch)), []).append(
                1e6 / statistics.median(e["steps_per_second"] for e in epochs[1:] or epochs))
    return times


def peers_of(work):
    path = work / "peers.json"
    return json.loads(path.read_text()) if path.is_file() else None


def median_of(steps, **wanted):
    """Returns the median microseconds of the row of side_by_side.py with these values; None if it was not timed."""
    return next((statistics.median(s["microseconds"]) for s in steps
                 if s["microseconds"] and all(s[k] == v for k, v in wanted.items())), None)


def benchmarks(work):
    """Returns JMH's results of all calls, without those of a file that a time limit cut off."""
    found = []
    for path in sorted((work / "jmh").glob("*.json")):
        try:
            found += json.loads(path.read_text() or "[]")
        except ValueError:
            pass
    return found


def tree_times(results):
    """Returns {(points, dimension): (microseconds of wall time, of the device's clock or None)} for uniform clouds."""
    times = {}
    for r in results:
        params = r.get("params") or {}
        if "MinimumSpanningTree" in r["benchmark"] and params.get("cloud", "uniform") == "uniform":
            device = (r.get("secondaryMetrics") or {}).get("deviceMicros")
            times[int(params["points"]), int(params["dimension"])] = (
                r["primaryMetric"]["score"], device and device["score"])
    return times


def targets(work, results):
    """Returns rows: what, bound, measured value, and "met", "MISSED" or "not measured"."""
    out = []

    def add(what, relation, bound, measured, unit=""):
        met = measured is not None and (measured <= bound if relation == "<=" else measured >= bound)
        out.append((what, f"{relation} {bound:g}{unit}", "-" if measured is None else f"{measured:.4g}{unit}",
                    "not measured" if measured is None else "met" if met else "MISSED"))

    steps = {key: statistics.median(v) for key, v in step_times(work).items()}
    add("step with the term, batch 128", "<=", STEP, steps.get(("tae", 128)), " us")
    for batch in (128, 512, 4096):
        plain, term = steps.get(("ae", batch)), steps.get(("tae", batch))
        added = None if plain is None or term is None else term - plain
        if batch in TERM:
            add(f"the term adds, batch {batch}", "<=", TERM[batch], added, " us")
        else:
            add(f"the term's share of the step, batch {batch}", "<=", TERM_SHARE_4096,
                None if added is None else 100 * added / term, " %")
    path = work / "metrics" / "hundred-tae.csv"
    epochs = rows_of(path) if path.is_file() else []
    add("100 epochs with the term", "<=", HUNDRED_SECONDS,
        epochs[-1]["seconds"] if len(epochs) == 100 else None, " s")
    rivals = (peers_of(work) or {}).get("steps", [])
    for batch, bound in PEERS.items():
        own, theirs = (median_of(rivals, name="gpu-tae", model="tae", batch=batch),
                       median_of(rivals, engine="eager", h0="gudhi", model="tae", batch=batch))
        add(f"PyTorch eager + GUDHI takes, batch {batch}", ">=", bound,
            None if own is None or theirs is None else theirs / own, "x")
    trees = tree_times(results)
    for points, bounds in TREES.items():
        for dimension, bound in bounds.items():
            add(f"spanning tree, N = {points}, d = {dimension}", "<=", bound,
                trees.get((points, dimension), (None,))[0], " us")
    return out


def table(header, rows):
    return "\n".join("| " + " | ".join(str(c).replace("|", "\\|") for c in row) + " |"
                     for row in [header, ["---"] * len(header), *rows])


def report(work, out, device, seconds, state):
    work, out = Path(work), Path(out)
    environment = dict(line.split("\t", 1) for line in (work / "environment.tsv").read_text().splitlines())
    checks_file = work / "checks.tsv"
    checks = [line.split("\t") for line in checks_file.read_text().splitlines()] if checks_file.is_file() else []
    results, steps = benchmarks(work), step_times(work)
    goals = targets(work, results)
    gpu = (work / "gpu.csv").read_text().splitlines() if (work / "gpu.csv").is_file() else []
    count = {v: sum(c[2] == v for c in checks) for v in ("PASS", "FAIL", "NOT RUN")}

    text = [f"# {'GPU check' if device == 'cuda' else f'GPU check, exercised with --device {device}'}, "
            f"{environment['date']}", ""]
    if device != "cuda":
        text += [f"No GPU: nothing here is a speed of one. The targets are a GPU's; with --device {device} they only "
                 "show that the report works.", ""]
    if state != "ended":
        text += ["**Not ended yet, or stopped from outside: parts may be missing.**", ""]
    reached = ", ".join(f"{sum(g[3] == v for g in goals)} {v}" for v in ("met", "MISSED", "not measured"))
    text += [f"{count['PASS']} PASS, {count['FAIL']} FAIL, {count['NOT RUN']} NOT RUN; "
             f"targets: {reached}; {seconds} s.", ""]
    card = ([(h.strip(), v.strip()) for h, v in zip(gpu[0].split(","), gpu[-1].split(","))] if len(gpu) > 1
            else [("GPU", "none seen by nvidia-smi")])
    text += [table(["", ""], [*environment.items(), *card]), ""]
    if (work / "doctor.txt").is_file():
        text += ["```", (work / "doctor.txt").read_text().rstrip(), "```", ""]
    text += ["## Checks", "", table(["part", "check", "", ""], checks), ""]
    text += ["## Targets", "", table(["what", "target", "measured", ""], goals), ""]
    text += ["## A training step", ""]
    text += ["Microseconds, from metrics.csv: the median epoch after the first, "
             "then the median over the rounds (least-greatest).", ""]
    if steps:
        rows = []
        for batch in sorted({b for _, b in steps}):
            plain, term = steps.get(("ae", batch)), steps.get(("tae", batch))
            added = "-"
            if plain and term:
                difference = statistics.median(term) - statistics.median(plain)
                added = f"{difference:.1f} ({100 * difference / statistics.median(term):.1f} %)"
            signature = steps.get(("topoae", batch))
            rows.append([batch, spread(plain) if plain else "-", spread(term) if term else "-", added,
                         spread(signature) if signature else "-"])
        text += [table(["batch", "ae", "tae", "the term (share of the step)", "topoae"], rows), ""]
    else:
        text += ["NOT RUN", ""]
    text += ["## Products by kernels of our own and by cuBLAS", "",
             "Microseconds of a step of ae: the median epoch after the first.", ""]
    products = {}
    for path in sorted((work / "metrics").glob("products-*.csv")):
        _, kind, batch = path.stem.split("-")
        epochs = rows_of(path)
        if epochs:
            products.setdefault(int(batch), {})[kind] = (
                f"{1e6 / statistics.median(e['steps_per_second'] for e in epochs[1:] or epochs):.1f}")
    rows = [[batch, found.get("own", "-"), found.get("cublas", "-")] for batch, found in sorted(products.items())]
    text += [table(["batch", "own", "cuBLAS"], rows) if rows else "NOT RUN", ""]
    text += ["## Whole trainings", ""]
    whole = []
    for path in sorted((work / "metrics").glob("hundred-*.csv")):
        epochs = rows_of(path)
        if epochs:
            last = epochs[-1]
            step = 1e6 / statistics.median(e["steps_per_second"] for e in epochs)
            whole.append([path.stem.split("-")[1], len(epochs), f"{last['seconds']:.3f}", f"{step:.1f}",
                          f"{last['test_rec']:.4f}"])
    header = ["model", "epochs", "seconds of training", "microseconds a step, median epoch", "test reconstruction"]
    text += [table(header, whole) if whole else "NOT RUN", ""]
    beside = "\n\n".join((work / name).read_text().rstrip() for name in ("peers.md", "peers-compiled.md")
                         if (work / name).is_file())
    text += ["## Beside PyTorch", "", beside or "NOT RUN", ""]
    profiles = sorted((work).glob("profile-*.md"), key=lambda p: p.stat().st_mtime)
    text += ["## Kernels one by one (Nsight Compute)", "",
             "Each kernel alone, its caches flushed before, so slower than within a step.", ""]
    for path in profiles:
        text += [f"### {path.stem.split('-', 1)[1]}", "", path.read_text().rstrip(), ""]
    text += [] if profiles else ["NOT RUN", ""]
    text += ["## Benchmarks (JMH)", ""]
    if results:
        rows = []
        for r in results:
            params = ", ".join(f"{k} {v}" for k, v in (r.get("params") or {}).items() if k != "device")
            clock = (r.get("secondaryMetrics") or {}).get("deviceMicros")
            error = r["primaryMetric"].get("scoreError")
            error = f" +- {error:.2g}" if isinstance(error, (int, float)) and error == error else ""
            score = f"{r['primaryMetric']['score']:.4g}{error} {r['primaryMetric']['scoreUnit']}"
            rows.append([r["benchmark"].split(".")[-2], params, score, f"{clock['score']:.4g}" if clock else "-"])
        text += [table(["benchmark", "parameters", "wall time", "device's clock, the same unit"], rows), ""]
    else:
        text += ["NOT RUN", ""]
    if (work / "selftest.txt").is_file():
        text += ["## Self-test", "", "```", (work / "selftest.txt").read_text().rstrip(), "```", ""]
    text += ["## Commands", "", "```",
             (work / "commands").read_text().rstrip() if (work / "commands").is_file() else "", "```", ""]
    write(out / "report.md", "\n".join(text))

    # At most 8 files lie beside the report, whichever parts ran.
    if (work / "selftest.txt").is_file():
        write(out / "selftest.txt", (work / "selftest.txt").read_text())
    if beside:
        write(out / "side-by-side.md", beside + "\n")
    write(out / "jmh.json", json.dumps(results, indent=1))
    everything = dict(environment=environment, checks=checks, targets=goals,
                      steps={f"{m} {b}": v for (m, b), v in steps.items()}, peers=peers_of(work))
    write(out / "results.json", json.dumps(everything, indent=1))
    lines = []
    for path in sorted((work / "metrics").glob("*.csv")):
        header, *rows = path.read_text().splitlines()
        lines += [f"run,{header}"] if not lines else []
        lines += [f"{path.stem},{row}" for row in rows]
    write(out / "metrics.csv", "\n".join(lines) + "\n")
    return True


def write(path, text):
    """Writes the text, or the first 15 MiB of a longer one."""
    data = text.encode()
    path.write_bytes(data if len(data) < 15 << 20 else data[:15 << 20] + b"\n(cut off)\n")


def main():
    commands = dict(curves=curves, hundred=hundred, stored=stored, subset=subset, cloud=cloud, profile=profile,
                    report=report)
    commands["peer-checks"] = peer_checks
    if len(sys.argv) < 2 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    sys.exit(0 if commands[sys.argv[1]](*sys.argv[2:]) else 1)


if __name__ == "__main__":
    main()
