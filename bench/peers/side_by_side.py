"""Times a training step of gpu-tae and of PyTorch on one device. The two take turns in one run.

    python side_by_side.py --data DIR [--device cuda|cpu] [--jar gpu-tae.jar]
        (needs torch and numpy; uses GUDHI and SciPy as far as they are there)

DIR holds MNIST's IDX files (gzip). First the script checks every way of running PyTorch against plain PyTorch
(torch_engines.check); a way that differs is not timed. With --check the script stops after this. Then it times, in
--rounds rounds. In each round every way of PyTorch runs a block of real training steps after a warm-up; the wall clock
times the block between two synchronisations. gpu-tae trains --epochs epochs; the first does not count, and the median
epoch of the others does (its metrics.csv has steps per second). The tables give the median, the least and the greatest
over the rounds. --json FILE gets every round; it is written anew after each of them. If a variant cannot run, its row
has the reason. The script exits with 1 if --check finds a difference, and with 3 if there is nothing to run with.
"""
import argparse
import functools
import gzip
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

try:
    import numpy as np
    import torch
except ImportError as e:
    print(f"side_by_side.py: {e}; needs a Python 3 with torch and numpy", file=sys.stderr)
    sys.exit(3)

import torch_engines
from torch_engines import ENGINES, Graphs, H0, Unavailable, first_line

# Bounds for the differences of the loss, of the gradient and of Adam's step. Sums of float32 in another order round
# differently. Adam divides by the size of the gradient, so its bound is larger. Compiled code rounds the latents
# differently: where two latents nearly coincide, their last bits decide in which direction the term pushes them apart.
TOLERANCES = (1e-5, 1e-5, 1e-2)
TOLERANCES_COMPILED_TERM = (1e-5, 1e-3, 1e-2)
H0_SIZES = (128, 512, 1024)


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", required=True, type=Path, help="folder with MNIST's IDX files, gzip")
    p.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu",
                   help="cuda or cpu, for PyTorch (default: %(default)s)")
    p.add_argument("--engine", default="eager,graphs,compile", help="ways to run PyTorch (default: %(default)s)")
    p.add_argument("--h0", default="gudhi,scipy,none",
                   help="engines of H0; none is the model without the term (default: %(default)s)")
    p.add_argument("--batch", default="128,512", help="batch sizes (default: %(default)s)")
    p.add_argument("--latent", type=int, default=2)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=float, default=0.5, help="of a block of steps (default: %(default)s)")
    p.add_argument("--epochs", type=int, default=9, help="of a training of gpu-tae (default: %(default)s)")
    p.add_argument("--time-limit", type=float, default=float("inf"), help="seconds after which nothing new is begun")
    p.add_argument("--jar", type=Path, help="gpu-tae.jar; without it gpu-tae is not timed")
    p.add_argument("--java", default="java", help="command that runs Java, may have options (default: %(default)s)")
    p.add_argument("--ours", help="gpu-tae's --device (default: that of PyTorch)")
    p.add_argument("--json", type=Path, help="write every figure there")
    p.add_argument("--check", action="store_true", help="check only")
    p.add_argument("--threads", type=int, help="CPU threads of PyTorch")
    a = p.parse_args()
    for option, value, known in (("--engine", a.engine, ENGINES), ("--h0", a.h0, [*H0, "none"])):
        unknown = set(value.split(",")) - set(known)
        if unknown:
            p.error(f"{option}: {', '.join(sorted(unknown))}; known are {', '.join(known)}")
    a.engine, a.h0, a.batch = a.engine.split(","), a.h0.split(","), [int(b) for b in a.batch.split(",")]
    return a


def images_of(folder, device):
    with gzip.open(folder / "train-images-idx3-ubyte.gz") as f:
        data = f.read()
    return torch.from_numpy(
        np.frombuffer(data, np.uint8, offset=16).reshape(-1, torch_engines.PIXELS).copy()).to(device)


def synchronise(device):
    if device.type == "cuda":
        torch.cuda.synchronize()


class Row:
    """A line of the table: what was timed, or why it was not."""

    def __init__(self, name, model, batch, engine=None, h0=None):
        self.name, self.model, self.batch, self.engine_name, self.h0_name = name, model, batch, engine, h0
        self.rounds, self.reason = [], None

    def figures(self):
        return dict(name=self.name, model=self.model, batch=self.batch, engine=self.engine_name, h0=self.h0_name,
                    microseconds=self.rounds, reason=self.reason or ("" if self.rounds else "time limit"))


class Peer(Row):
    """One way to run PyTorch: an engine, an H0, a batch size."""

    def __init__(self, engine, h0, batch):
        super().__init__(f"PyTorch {engine}{dict(none='', gudhi=' + GUDHI', scipy=' + SciPy')[h0]}",
                         "ae" if h0 == "none" else "tae", batch, engine, h0)
        self.engine, self.steps = None, 0

    def time_block(self, images, seconds):
        """Returns microseconds a step, over a block of about so many seconds and at least 5 steps."""
        if not self.steps:
            self.run(images, 5)
            self.steps = max(5, min(20000, int(seconds / self.run(images, 5))))
            self.run(images, min(self.steps, 50))
        return 1e6 * self.run(images, self.steps)

    def run(self, images, steps):
        """Runs so many steps; returns seconds a step."""
        full = len(images) // self.batch
        synchronise(images.device)
        start = time.perf_counter()
        for k in range(steps):
            if k % full == 0:
                order = torch.randperm(len(images), device=images.device)
            i = k % full * self.batch
            self.engine.step(order[i:i + self.batch])
        synchronise(images.device)
        return (time.perf_counter() - start) / steps


class Ours(Row):
    def time_training(self, a):
        with tempfile.TemporaryDirectory() as work:
            command = [*a.java.split(), "-jar", str(a.jar), "train", "--dataset", "mnist", "--data", str(a.data),
                       "--device", a.ours or a.device, "--model", self.model, "--latent", str(a.latent),
                       "--batch", str(self.batch), "--epochs", str(a.epochs), "--quiet", "--out", f"{work}/run"]
            result = subprocess.run(command, capture_output=True, text=True)
            if result.returncode != 0:
                raise Unavailable(f"gpu-tae exits {result.returncode}: {first_line(result.stderr or result.stdout)}")
            rows = Path(f"{work}/run/metrics.csv").read_text().splitlines()
            rate = rows[0].split(",").index("steps_per_second")
            rates = [float(row.split(",")[rate]) for row in rows[1:]]
        return 1e6 / statistics.median(rates[1:] or rates)


def ours(a):
    runs = [Ours("gpu-tae", model, batch) for batch in a.batch for model in models(a)]
    reason = "no --jar given" if a.jar is None else None if a.jar.is_file() else f"no {a.jar}"
    for run in runs:
        run.reason = reason
    return runs


def models(a):
    return [m for m, wanted in (("ae", "none" in a.h0), ("tae", set(a.h0) != {"none"})) if wanted]


def build_and_check(a, images, h0, deadline):
    """Builds every engine and checks it; the first are the two parts of Graphs without recording.

    Yields (name of the engine, batch, model, the engine or an Unavailable, what the check found, passed or None).
    """
    edges = next((f for f in h0.values() if callable(f)), None)
    for name in ["parts"] + a.engine:
        for batch in a.batch:
            for model in models(a):
                try:
                    if model == "tae" and edges is None:
                        raise Unavailable("neither GUDHI nor SciPy")
                    if time.monotonic() > deadline:
                        raise Unavailable("time limit")
                    make = functools.partial(Graphs, captured=False) if name == "parts" else ENGINES[name]
                    engine = make(images, batch, a.latent, edges if model == "tae" else None)
                    found = torch_engines.check(engine)
                except Unavailable as e:
                    yield name, batch, model, e, f"NOT RUN: {e}", None
                    continue
                except Exception as e:  # of CUDA or of a compiler: this row gets no figure, the others do
                    e = Unavailable(f"{type(e).__name__}: {first_line(e)}")
                    yield name, batch, model, e, f"FAIL: {e}", False
                    continue
                bounds = TOLERANCES_COMPILED_TERM if (name, model) == ("compile", "tae") else TOLERANCES
                passed = all(x <= b for x, b in zip(found, bounds))
                text = (("PASS" if passed else "FAIL")
                        + ": loss {:.1e}, gradients {:.1e}, Adam's step {:.1e}".format(*found))
                yield name, batch, model, engine if passed else Unavailable("check " + text), text, passed


def time_h0(edges, rounds=5):
    """Returns {number of points: milliseconds of each round} for points that are uniform in the unit disk."""
    rng = np.random.default_rng(0)
    out = {}
    for n in H0_SIZES:
        radius, angle = np.sqrt(rng.uniform(0, 1, n)), rng.uniform(0, 2 * np.pi, n)
        points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
        edges(points)
        times = []
        for _ in range(rounds):
            start = time.perf_counter()
            edges(points)
            times.append(1e3 * (time.perf_counter() - start))
        out[n] = times
    return out


def spread(values, digits):
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def main():
    a = arguments()
    start = time.monotonic()
    deadline = start + a.time_limit
    if a.threads:
        torch.set_num_threads(a.threads)
    device = torch.device(a.device)
    if device.type == "cuda" and not torch.cuda.is_available():
        build = "" if torch.version.cuda else " (built without CUDA)"
        print(f"side_by_side.py: --device cuda: this PyTorch reaches no GPU{build}; --device cpu runs the rest",
              file=sys.stderr)
        sys.exit(3)
    images = images_of(a.data, device)

    h0, versions = {}, []
    for name in a.h0:
        if name != "none":
            try:
                h0[name], version = H0[name]()
                versions.append(version)
            except Unavailable as e:
                h0[name] = str(e)
    where = torch.cuda.get_device_name() if device.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    header = (f"PyTorch {torch.__version__} on {where}; {', '.join(versions) or 'no H0'}; "
              f"Python {platform.python_version()}; MNIST, d = {a.latent}")
    print(header, flush=True)
    record = dict(header=header, device=a.device, ours=a.ours or a.device, check=[], h0={}, steps=[])

    def save():
        if a.json:
            part = a.json.with_suffix(".part")
            part.write_text(json.dumps(record, indent=1))
            os.replace(part, a.json)

    print("\nBeside plain PyTorch, 5 steps, each from the same weights:\n\n"
          "| engine | model, batch | relative difference |\n| --- | --- | --- |", flush=True)
    engines = {}
    for name, batch, model, engine, text, passed in build_and_check(
            a, images, h0, deadline if a.check else start + a.time_limit / 2):
        print(f"| {name} | {model}, {batch} | {text} |", flush=True)
        record["check"].append(dict(engine=name, batch=batch, model=model, text=text, passed=passed))
        engines[name, batch, model] = engine
        save()
    if a.check:
        sys.exit(1 if any(c["passed"] is False for c in record["check"]) else 0)

    print(f"\n| H0 alone on the host, milliseconds | {' | '.join(f'N = {n}' for n in H0_SIZES)} |\n"
          f"| --- |{' --- |' * len(H0_SIZES)}")
    for name, edges in h0.items():
        if callable(edges):
            record["h0"][name] = times = time_h0(edges)
            print(f"| {name} | {' | '.join(spread(t, 2) for t in times.values())} |", flush=True)
        else:
            record["h0"][name] = edges
            print(f"| {name} | NOT RUN: {edges} |" + " |" * (len(H0_SIZES) - 1), flush=True)
    save()

    rivals, peers = ours(a), [
        Peer(engine, name, batch) for engine in a.engine for batch in a.batch for name in a.h0]
    for peer in peers:  # an engine serves every H0
        peer.engine = engines[peer.engine_name, peer.batch, peer.model]
        peer.reason = (h0[peer.h0_name] if isinstance(h0.get(peer.h0_name), str)
                       else str(peer.engine) if isinstance(peer.engine, Unavailable) else None)

    for done in range(a.rounds):
        for run in [*rivals, *peers]:
            if run.reason is not None or time.monotonic() > deadline:
                continue
            try:
                if isinstance(run, Ours):
                    run.rounds.append(run.time_training(a))
                else:
                    run.engine.h0 = h0.get(run.h0_name)
                    run.rounds.append(run.time_block(images, a.seconds))
            except Exception as e:
                run.reason = str(e) if isinstance(e, Unavailable) else f"{type(e).__name__}: {first_line(e)}"
        record["steps"] = [r.figures() for batch in a.batch for model in models(a) for r in [*rivals, *peers]
                           if (r.batch, r.model) == (batch, model)]
        save()
        if time.monotonic() > deadline:
            print(f"\ntime limit of {a.time_limit:.0f} s reached in round {done + 1} of {a.rounds}")
            break

    print("\n" + steps_table(record["steps"]))


def steps_table(steps):
    """Returns a table in Markdown. Its ratio is to gpu-tae at the same model and batch size."""
    lines = ["| step | system | microseconds, median (least-greatest) | to gpu-tae |", "| --- | --- | --- | --- |"]
    own = {(s["model"], s["batch"]): statistics.median(s["microseconds"]) for s in steps
           if s["name"] == "gpu-tae" and s["microseconds"]}
    for s in steps:
        base = own.get((s["model"], s["batch"]))
        if s["microseconds"]:
            figure = (spread(s["microseconds"], 1 if statistics.median(s["microseconds"]) < 1000 else 0)
                      + (f"; then {s['reason']}" if s["reason"] else ""))
            ratio = "-" if base is None else f"{statistics.median(s['microseconds']) / base:.2f}x"
        else:
            figure, ratio = f"NOT RUN: {s['reason']}", "-"
        lines.append(f"| {s['model']}, batch {s['batch']} | {s['name']} | {figure} | {ratio} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
