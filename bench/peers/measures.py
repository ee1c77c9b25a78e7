"""Golden data for the Java tests of gputae.evaluate: measures of embeddings by scikit-learn and SciPy.

    python bench/peers/measures.py [OUT_FILE]     (default: src/test/resources/gputae/evaluate/measures.json;
                                                   needs numpy, scipy, scikit-learn)

The script is seeded, so it is deterministic. Coordinates are decimals of five places, which a reader rounds to float32.
The script computes everything in double from these float32 values.

    neighbourhoods: [{name, x, z, labels, ks, trustworthiness, continuity, rank_error, rank_error_inputs, rmse,
                      accuracy, divergence}]
        x            (n, p) inputs; uint8 where the name begins with "images"
        z            (n, d) embeddings
        ks           10, 20, ..., 200 below n / 2; with n at most 20 only the largest number below n / 2
        trustworthiness, continuity   one per k: sklearn.manifold.trustworthiness(x, z) and (z, x)
        rank_error, rank_error_inputs   one per k: mean relative rank errors (Lee, Verleysen 2009) of the neighbours in
                     z and in x
        rmse         root mean square of |x - y| - |z - w| over all n^2 pairs; images have pixels in [0, 1]
        accuracy     leave one out, 10 nearest by sklearn.neighbors; of equally frequent classes the one met first
        divergence   KL(f_x || f_z) for sigma = 0.001, 0.01, 0.1, 1, as Moor, Horn, Rieck, Borgwardt (ICML 2020) define
                     it: f(a) = sum_b exp(-(|a - b| / max |a - b|)^2 / sigma) / total
    balls: [{name, sample, probes, z, outside, energy, mean_pair, persistence, sample_persistence, holes, sample_holes}]
        sample, z    (n, d);  probes (m, d)
        energy       2 E|z - s| - E|z - z'| - E|s - s'|, all pairs (V-statistics), squared form; mean_pair = E|s - s'|
        persistence  length of the minimum spanning tree of z
        holes        quantiles 0.5, 0.9, 0.95, 0.99, 1 of the distance from a probe to the nearest z, by numpy's default
                     definition
    shapes: [{name, normal, uniform, z, normal_energy, ball_energy, kurtosis}]
        normal, uniform, z (n, d): standard normal points, points uniform in the unit ball, a cloud
        normal_energy, ball_energy   energy distance of the standardised z from normal, and from sqrt(d + 2) uniform;
                     standardised by scipy.linalg.sqrtm of the covariance with divisor n
        kurtosis     Mardia's b: mean of (Mahalanobis distance)^4 from the mean, with the same covariance

In no cloud x or z are two points equally far from a third, so no rule for ties matters. A cloud with such ties is drawn
again.
"""
import json
import sys
from pathlib import Path

import numpy as np
from scipy.linalg import inv, sqrtm
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist, pdist, squareform
from scipy.stats import energy_distance
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

DEFAULT = Path(__file__).resolve().parents[2] / "src/test/resources/gputae/evaluate/measures.json"


def has_ties(points):
    return min(np.diff(np.sort(row)).min() for row in cdist(points, points)) < 1e-9


def decimals(a):
    return [[int(v) if a.dtype == np.uint8 else round(float(v), 5) for v in row] for row in a]


def as_read(a):
    """Returns the values that a reader has: float32 of the decimals, then widened."""
    return np.array(decimals(a)).astype(np.float32).astype(np.float64)


def divergence(x, z, sigma):
    def density(points):
        distances = squareform(pdist(points))
        f = np.exp(-((distances / distances.max()) ** 2) / sigma).sum(axis=1)
        return f / f.sum()

    f, g = density(x), density(z)
    return float(np.sum(f * (np.log(f) - np.log(g))))


def rank_error(near, other, k):
    """Returns the mean relative rank error of the k nearest in the first cloud, given the distances within both."""
    n = len(near)
    ranks, elsewhere = (np.argsort(np.argsort(distances, axis=1), axis=1) for distances in (near, other))
    chosen = (ranks >= 1) & (ranks <= k)
    total = (np.abs(elsewhere[chosen] - ranks[chosen]) / ranks[chosen]).sum()
    return float(total / (n * sum(abs(n - 2 * j + 1) / j for j in range(1, k + 1))))


def accuracy(z, labels):
    # Without points as its argument, kneighbors leaves each point itself out.
    near = NearestNeighbors(n_neighbors=min(10, len(z) - 1)).fit(z).kneighbors(return_distance=False)
    right = 0
    for i, row in enumerate(near):
        votes = [int(labels[j]) for j in row]
        right += max(votes, key=votes.count) == labels[i]  # if votes are equal, max takes the first
    return right / len(z)


def neighbourhoods(name, x, z, labels):
    exact_x, exact_z = as_read(x), as_read(z)
    n = len(x)
    largest = (n - 1) // 2
    ks = [k for k in range(10, 210, 10) if k <= largest] or [largest]
    from_x, from_z = squareform(pdist(exact_x)), squareform(pdist(exact_z))
    unit = 255 if name.startswith("images") else 1
    return {
        "name": name, "x": decimals(x), "z": decimals(z), "labels": [int(c) for c in labels], "ks": ks,
        "trustworthiness": [float(trustworthiness(exact_x, exact_z, n_neighbors=k)) for k in ks],
        "continuity": [float(trustworthiness(exact_z, exact_x, n_neighbors=k)) for k in ks],
        "rank_error": [rank_error(from_z, from_x, k) for k in ks],
        "rank_error_inputs": [rank_error(from_x, from_z, k) for k in ks],
        "rmse": float(np.sqrt(np.mean((from_x / unit - from_z) ** 2))),
        "accuracy": accuracy(exact_z, labels),
        "divergence": [divergence(exact_x, exact_z, sigma) for sigma in (0.001, 0.01, 0.1, 1.0)],
    }


def ball(name, sample, probes, z):
    s, p, e = as_read(sample), as_read(probes), as_read(z)
    energy = 2 * cdist(e, s).mean() - cdist(e, e).mean() - cdist(s, s).mean()
    if s.shape[1] == 1:
        assert np.isclose(energy, energy_distance(e[:, 0], s[:, 0]) ** 2, rtol=1e-9)
    quantiles = [0.5, 0.9, 0.95, 0.99, 1.0]
    return {
        "name": name, "sample": decimals(sample), "probes": decimals(probes), "z": decimals(z),
        "outside": float(np.mean(np.linalg.norm(e, axis=1) > 1)),
        "energy": float(energy), "mean_pair": float(cdist(s, s).mean()),
        "persistence": float(minimum_spanning_tree(squareform(pdist(e))).sum()),
        "sample_persistence": float(minimum_spanning_tree(squareform(pdist(s))).sum()),
        "holes": [float(q) for q in np.quantile(cKDTree(e).query(p)[0], quantiles)],
        "sample_holes": [float(q) for q in np.quantile(cKDTree(s).query(p)[0], quantiles)],
    }


def shape(name, normal, uniform, z):
    g, u, e = as_read(normal), as_read(uniform), as_read(z)
    d = e.shape[1]
    covariance = np.atleast_2d(np.cov(e, rowvar=False, bias=True))
    standard = (e - e.mean(axis=0)) @ np.atleast_2d(inv(sqrtm(covariance)))
    b = np.sqrt(d + 2) * u
    within = cdist(standard, standard).mean()
    squares = cdist(e, e.mean(axis=0, keepdims=True), "mahalanobis", VI=inv(covariance))[:, 0] ** 2
    return {
        "name": name, "normal": decimals(normal), "uniform": decimals(uniform), "z": decimals(z),
        "normal_energy": float(2 * cdist(standard, g).mean() - within - cdist(g, g).mean()),
        "ball_energy": float(2 * cdist(standard, b).mean() - within - cdist(b, b).mean()),
        "kurtosis": float(np.mean(squares ** 2)),
    }


def draw(random, name, n, p, d, classes):
    """Draws clusters and a noisy projection of them."""
    labels = random.integers(0, classes, n)
    if name.startswith("images"):
        x = np.clip(random.normal(90, 40, (classes, p))[labels] + random.normal(0, 60, (n, p)), 0, 255).astype(np.uint8)
        return labels, x, x @ random.normal(0, 0.01, (p, d)) + random.normal(0, 0.1, (n, d))
    x = random.normal(0, 1.5, (classes, p))[labels] + random.normal(0, 1, (n, p))
    return labels, x, x[:, :d] + random.normal(0, 0.4, (n, d))


def uniform_ball(random, n, d):
    directions = random.normal(size=(n, d))
    return directions / np.linalg.norm(directions, axis=1, keepdims=True) * random.random((n, 1)) ** (1 / d)


def main(out):
    random = np.random.default_rng(20)
    cases = []
    for name, n, p, d, classes in (("images", 60, 60, 2, 4), ("images, few", 16, 30, 3, 2), ("vectors", 420, 3, 2, 5),
                                   ("vectors, three", 3, 2, 1, 2), ("vectors, five", 5, 3, 2, 2)):
        while True:
            labels, x, z = draw(random, name, n, p, d, classes)
            if not has_ties(as_read(x)) and not has_ties(as_read(z)):
                break
        cases.append(neighbourhoods(name, x, z, labels))
    balls = []
    for d, n, m in ((1, 70, 100), (2, 150, 200), (5, 100, 120)):
        balls.append(ball(f"{d} dimensions", uniform_ball(random, n, d), uniform_ball(random, m, d),
                          random.normal(0.1, 0.45, (n, d))))
    random = np.random.default_rng(21)
    shapes = []
    for d, n in ((1, 60), (2, 90), (5, 80)):
        stretched = random.exponential(1, (n, d)) @ random.normal(0, 1, (d, d)) + random.normal(0, 5, d)
        shapes.append(shape(f"{d} dimensions", random.normal(size=(n, d)), uniform_ball(random, n, d), stretched))
    out.parent.mkdir(parents=True, exist_ok=True)
    golden = {"neighbourhoods": cases, "balls": balls, "shapes": shapes}
    out.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT)
