"""Golden data for the measures of generated images: small clouds of features, and their measures by numpy and scipy.

    python bench/peers/generation_measures.py [FILE]
        (default: src/test/resources/gputae/evaluate/generation_measures.safetensors; needs numpy, scipy, scikit-learn)

The script is seeded, so it is deterministic. The file is safetensors; <case> is a name of cases():

  <case>.real           F32 [n,d]  features of real images
  <case>.generated      F32 [m,d]  features of generated images
  <case>.probabilities  F32 [m,c]  class probabilities of the generated images
  <case>.values         F64 [9]    frechet, precision, recall, density, coverage, class entropy, smallest class share,
                                   confidence, and the difference between frechet and the same value by way of
                                   eigenvalues, which says how exact frechet is
  <case>.shares         F64 [c]    class shares

frechet: |m1 - m2|^2 + tr(S1 + S2 - 2 sqrtm(S1 S2)), Heusel et al. 2017, with numpy.cov and scipy.linalg.sqrtm as in the
code published with it.

precision, recall (k = 3), density, coverage (k = 5): compute_prdc as published with Naeem et al. 2020
(github.com/clovaai/generative-evaluation-prdc), line by line with three exceptions. Distances are differences, squared
and summed in double (scipy's cdist), instead of scikit-learn's |x|^2 + |y|^2 - 2xy, whose rounding decides comparisons
between equal distances. Each pair of measures has its own k. Clouds may have as few as k + 1 points. The k-th
neighbours are checked against scikit-learn's NearestNeighbors.
"""
import json
import struct
import sys
from pathlib import Path

import numpy as np
import scipy.linalg
from scipy.spatial.distance import cdist
from scipy.stats import entropy
from sklearn.neighbors import NearestNeighbors


def get_kth_value(unsorted, k, axis=-1):
    indices = np.argpartition(unsorted, k, axis=axis)[..., :k]
    return np.take_along_axis(unsorted, indices, axis=axis).max(axis=axis)


def compute_nearest_neighbour_distances(features, k):
    # A point is its own nearest neighbour, hence k + 1. argpartition needs one more value than that.
    distances = np.pad(cdist(features, features), ((0, 0), (0, 1)), constant_values=np.inf)
    radii = get_kth_value(distances, k + 1)
    by_sklearn = NearestNeighbors(n_neighbors=k + 1, algorithm="kd_tree").fit(features).kneighbors(features)[0][:, k]
    assert np.allclose(radii, by_sklearn, rtol=1e-12, atol=1e-12)
    return radii


def precision_recall(real, fake, k):
    real_radii = compute_nearest_neighbour_distances(real, k)
    fake_radii = compute_nearest_neighbour_distances(fake, k)
    distance = cdist(real, fake)
    precision = (distance < np.expand_dims(real_radii, axis=1)).any(axis=0).mean()
    recall = (distance < np.expand_dims(fake_radii, axis=0)).any(axis=1).mean()
    return precision, recall


def density_coverage(real, fake, k):
    real_radii = compute_nearest_neighbour_distances(real, k)
    distance = cdist(real, fake)
    density = (1. / float(k)) * (distance < np.expand_dims(real_radii, axis=1)).sum(axis=0).mean()
    coverage = (distance.min(axis=1) < real_radii).mean()
    return density, coverage


def frechet(real, fake):
    """Returns the value, and its difference to the value from the eigenvalues of S1 S2, which are real and >= 0."""
    square = np.sum((real.mean(axis=0) - fake.mean(axis=0)) ** 2)
    a, b = np.atleast_2d(np.cov(real, rowvar=False)), np.atleast_2d(np.cov(fake, rowvar=False))
    root = scipy.linalg.sqrtm(a @ b)
    values = np.linalg.eigvals(a @ b)
    trace = np.trace(a) + np.trace(b)
    by_root = square + trace - 2 * np.trace(root).real
    by_values = square + trace - 2 * np.sqrt(np.maximum(values.real, 0)).sum()
    return (by_root if np.isfinite(by_root) else by_values), by_root - by_values


def measures(real, fake, probabilities):
    real, fake = real.astype(np.float64), fake.astype(np.float64)
    value, doubt = frechet(real, fake)
    shares = np.bincount(probabilities.argmax(axis=1), minlength=probabilities.shape[1]) / len(probabilities)
    confidence = probabilities.astype(np.float64).max(axis=1).mean()
    values = [value, *precision_recall(real, fake, 3), *density_coverage(real, fake, 5),
              entropy(shares, base=len(shares)), shares.min(), confidence, doubt]
    return np.array(values), shares


def normal(random, n, d, mean=0.0, scale=1.0):
    """Draws correlated normals."""
    return (random.standard_normal((n, d))
            @ (scale * (np.eye(d) + 0.5 * random.standard_normal((d, d)) / np.sqrt(d))) + mean).astype(np.float32)


def cases(random):
    yield "plain", normal(random, 60, 3), normal(random, 50, 3, 0.3)
    yield "one_dimension", normal(random, 30, 1), normal(random, 33, 1, 0.5, 2.0)
    yield "features", normal(random, 90, 64), normal(random, 80, 64, 0.1, 0.9)
    # Integer coordinates: many equal points and equal distances.
    yield "grid", random.integers(0, 5, (70, 2)).astype(np.float32), random.integers(1, 6, (60, 2)).astype(np.float32)
    yield "apart", normal(random, 40, 5), normal(random, 40, 5, 100.0)
    yield "least", normal(random, 6, 2), normal(random, 4, 2)
    yield "off_centre", normal(random, 50, 4, 1000.0), normal(random, 50, 4, 1000.0)
    # The generated images are real images, some of them many times: radii of 0.
    real = normal(random, 50, 6)
    yield "repeats", real, np.concatenate([real[:20], np.repeat(real[20:24], 6, axis=0)])
    real = normal(random, 300, 8)
    yield "several_tiles", real, normal(random, 280, 8, 0.1)


def write_safetensors(path, tensors):
    types = {"float32": "F32", "float64": "F64"}
    header, data = {}, b""
    for name, array in tensors.items():
        raw = np.ascontiguousarray(array).tobytes()
        header[name] = {"dtype": types[str(array.dtype)], "shape": list(array.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    default = (Path(__file__).resolve().parents[2]
               / "src/test/resources/gputae/evaluate/generation_measures.safetensors")
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    random = np.random.default_rng(20)
    # The numbers of 8 bytes come first, so that all lie at multiples of their size.
    doubles, floats = {}, {}
    for number, (name, real, fake) in enumerate(cases(random)):
        logits = 2 * random.standard_normal((len(fake), 2 + number % 4)) + np.arange(2 + number % 4) * (number % 3)
        odds = np.exp(logits)
        probabilities = (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)
        values, shares = measures(real, fake, probabilities)
        doubles[f"{name}.values"], doubles[f"{name}.shares"] = values, shares
        floats[f"{name}.real"], floats[f"{name}.generated"], floats[f"{name}.probabilities"] = real, fake, probabilities
        print(name, real.shape, fake.shape, " ".join(f"{value:.6g}" for value in values))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_safetensors(path, {**doubles, **floats})
    print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
