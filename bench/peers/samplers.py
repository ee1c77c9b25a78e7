"""Golden data for the Java tests of gputae.density: mixtures of normal distributions by scikit-learn, kernel density
estimates by SciPy, random numbers by a plain Philox.

    python bench/peers/samplers.py [OUT_FILE]     (default: src/test/resources/gputae/density/densities.json;
                                                   needs numpy, scipy, scikit-learn)

The script is seeded, so it is deterministic. Coordinates are decimals of five places, which a reader rounds to float32.
The script computes everything in double from these float32 values.

    mixtures: [{name, x, labels, components, iterations, converged, score, weights, means, covariances, probes, logs}]
        x            (n, d) points;  labels (n) the clusters at the start, 0 to components - 1
        iterations, converged   n_iter_ and converged_ of sklearn.mixture.GaussianMixture(components), which starts from
                     the weights, means and covariances (1e-6 added to the variances) of the clusters
        score        mean log-likelihood of x, nats
        weights (components), means (components, d), covariances (components, d, d)
        probes       (m, d);  logs (m) log-density there: score_samples, checked against
                     scipy.stats.multivariate_normal
    kernels: [{name, x, covariance, probes, logs}]
        covariance   (d, d) of a kernel: scipy.stats.gaussian_kde(x.T), Scott's rule;  logs (m) its logpdf
    draws: [{seed, point, stream, uniforms, normals}]
        uniforms     (8) uniform number u of Philox 4x32-10: words 2 (u % 2) and 2 (u % 2) + 1 of the counter (point as
                     two words, u / 2, stream) with the key seed, in 53 bits
        normals      (3) by Box and Muller from the uniform numbers 2 to 5
"""
import json
import math
import sys
import warnings
from pathlib import Path

import numpy as np
from scipy.special import logsumexp
from scipy.stats import gaussian_kde, multivariate_normal
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

DEFAULT = Path(__file__).resolve().parents[2] / "src/test/resources/gputae/density/densities.json"


def decimals(a):
    return [[round(float(v), 5) for v in row] for row in a]


def as_read(a):
    """Returns the values that a reader has: float32 of the decimals, then widened."""
    return np.array(decimals(a)).astype(np.float32).astype(np.float64)


def mixture(name, x, labels, probes):
    exact, at = as_read(x), as_read(probes)
    components, d = labels.max() + 1, exact.shape[1]
    parts = [exact[labels == k] for k in range(components)]
    covariances = [np.atleast_2d(np.cov(part, rowvar=False, bias=True)) + 1e-6 * np.eye(d) for part in parts]
    fit = GaussianMixture(components, weights_init=np.bincount(labels) / len(labels),
                          means_init=[part.mean(axis=0) for part in parts],
                          precisions_init=[np.linalg.inv(c) for c in covariances]).fit(exact)
    logs = fit.score_samples(at)
    by_scipy = logsumexp([np.log(w) + multivariate_normal(m, c).logpdf(at)
                          for w, m, c in zip(fit.weights_, fit.means_, fit.covariances_)], axis=0)
    assert np.allclose(logs, by_scipy, rtol=1e-9, atol=1e-9)
    print(name, exact.shape, components, "components", fit.n_iter_, fit.converged_, fit.score(exact))
    return {"name": name, "x": decimals(x), "labels": labels.tolist(), "components": int(components),
            "iterations": fit.n_iter_, "converged": bool(fit.converged_), "score": float(fit.score(exact)),
            "weights": fit.weights_.tolist(), "means": fit.means_.tolist(), "covariances": fit.covariances_.tolist(),
            "probes": decimals(probes), "logs": logs.tolist()}


def kernels(name, x, probes):
    estimate = gaussian_kde(as_read(x).T)
    return {"name": name, "x": decimals(x), "covariance": estimate.covariance.tolist(),
            "probes": decimals(probes), "logs": estimate.logpdf(as_read(probes).T).tolist()}


def philox(seed, point, step, stream):
    low = 0xFFFFFFFF
    c = [point & low, point >> 32 & low, step, stream]
    k = [seed & low, seed >> 32 & low]
    for _ in range(10):
        p, q = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [q >> 32 ^ c[1] ^ k[0], q & low, p >> 32 ^ c[3] ^ k[1], p & low]
        k = [k[0] + 0x9E3779B9 & low, k[1] + 0xBB67AE85 & low]
    return c


def draw(seed, point, stream):
    uniforms = []
    for u in range(8):
        words = philox(seed, point, u // 2, stream)[2 * (u % 2):]
        uniforms.append(((words[0] >> 5) * 2 ** 26 + (words[1] >> 6)) / 2 ** 53)
    normals = [math.sqrt(-2 * math.log(1 - uniforms[2])) * math.cos(2 * math.pi * uniforms[3]),
               math.sqrt(-2 * math.log(1 - uniforms[2])) * math.sin(2 * math.pi * uniforms[3]),
               math.sqrt(-2 * math.log(1 - uniforms[4])) * math.cos(2 * math.pi * uniforms[5])]
    return {"seed": seed, "point": point, "stream": stream, "uniforms": uniforms, "normals": normals}


def clusters(random, sizes, d, spread, scale=1.0):
    labels = np.repeat(np.arange(len(sizes)), sizes)
    centres = random.normal(0, spread, (len(sizes), d))
    shapes = scale * (np.eye(d) + 0.5 * random.normal(size=(len(sizes), d, d)))
    x = np.stack([centres[k] + shapes[k] @ random.normal(size=d) for k in labels])
    return x, labels


def cases(random):
    x, labels = clusters(random, (70, 40, 60, 30), 2, 5)
    yield "apart, from the right clusters", x, labels
    yield "apart, from random clusters", x, random.integers(0, 4, len(x))
    x, _ = clusters(random, (100, 60, 90), 5, 1)
    yield "overlapping", x, random.integers(0, 3, len(x))
    x, labels = clusters(random, (50, 30), 1, 3)
    yield "one dimension", x, labels
    x, labels = clusters(random, (60,), 3, 10)
    yield "one component", x, labels
    # Densities in 24 dimensions, far from the other cluster, are less than the least double.
    x, labels = clusters(random, (80, 70), 24, 60)
    yield "many dimensions", x, labels
    # A line, and a place with many equal points: without the 1e-6 both covariances are singular.
    line = np.outer(random.normal(size=40), [1, 2]) + [8, 0]
    x = np.concatenate([line, np.full((20, 2), 3.25), random.normal(size=(50, 2)) - 4])
    yield "singular", x, np.repeat([0, 1, 2], (40, 20, 50))
    x, labels = clusters(random, (60, 50), 3, 2)
    yield "far from the origin", x + 4000, labels
    # More components than the cloud has shapes: 100 iterations are not enough.
    yield "slow", random.random((150, 2)), random.integers(0, 11, 150)
    # One block has at least 1,024 points.
    x, labels = clusters(random, (900, 700), 2, 1)
    yield "several blocks", x, random.integers(0, 2, len(x))


def main(out):
    warnings.simplefilter("ignore", ConvergenceWarning)
    random = np.random.default_rng(20)
    mixtures = [mixture(name, x, labels, x[::17] + random.normal(0, 1, x[::17].shape))
                for name, x, labels in cases(random)]
    estimates = []
    for d, n in ((1, 40), (2, 90), (5, 60)):
        x = random.exponential(1, (n, d)) @ random.normal(0, 1, (d, d)) + random.normal(0, 5, d)
        estimates.append(kernels(f"{d} dimensions", x, x[::7] + random.normal(0, 0.5, x[::7].shape)))
    draws = [draw(seed, point, stream) for seed, point, stream in ((0, 0, 3), (7, 123456, 3), (-5, 3 * 2 ** 33 + 1, 6))]
    out.parent.mkdir(parents=True, exist_ok=True)
    golden = {"mixtures": mixtures, "kernels": estimates, "draws": draws}
    out.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT)
