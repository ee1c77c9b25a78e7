"""Golden data for the Java tests: short trainings by PyTorch + GUDHI, and death times by GUDHI.

    python bench/peers/golden.py [OUT_DIR] [--only CASE ...]

The default of OUT_DIR is src/test/resources/golden. --only makes the files of the named trainings, of landscapes or of
ph-dimension, and leaves all other files alone. The script needs torch, gudhi, numpy.

The script is deterministic: it is seeded and uses one thread. Another machine or another version of PyTorch may round
the float32 runs differently, so compare with tolerances; the metadata of each file says how far the float32 run was
from the float64 run. The files are safetensors.

train-<case>.safetensors: 20 steps of Adam (betas 0.9, 0.999; eps 1e-8) on 8x8 images, twice from the same weights: in
float32 and in float64. B is the batch, d the latent dimension.

    encoder = Linear(64,16) ELU Linear(16,12) ELU Linear(12,d)     (2d outputs for the vae: mu first, then log variance)
    decoder = Linear(d,12)  ELU Linear(12,16) ELU Linear(16,64)    (outputs logits)
              Some cases have another activation than ELU (relu; leaky_relu, slope 0.01; tanh; gelu, with erf), some
              have other hidden layers in the decoder, and some a BatchNorm1d before each activation.
    x       = float32(u8) / 255
    z       = encoder(x); for the vae z = mu + exp(logvar / 2) * eps
    rec     = mean over batch and pixels of the binary cross-entropy of sigmoid(decoder(z)) against x; where output is
              "gaussian", of the squared error (decoder(z) - x)^2 against vectors x that are not images
    ball    = sum over the batch of max(|z| - 1, 0), or of max(|z|^2 - 1, 0) where penalty is "squared"
    deaths  = sum of |z_i - z_j|^degree over the edges (i,j) of the Euclidean minimum spanning tree of z with
              0 < |z_i - z_j| <= max_edge
    kl      = -1/2 sum (1 + logvar - mu^2 - exp(logvar)) / (B * 64)
    signature = sum of (|x_i - x_j| / T - |z_i - z_j| / s)^2 / B over the edges (i,j) of the minimum spanning tree of x
              and over those of the minimum spanning tree of z. An edge in both trees counts twice. s is a learned
              number, which starts at 1; Adam updates it as it does the weights. T is a constant: sqrt(64), the largest
              possible distance of two images, where normalisation is "range"; the largest distance of two images of
              the batch where it is "batch". The gradient of |z_i - z_j| at 0 is 0.
    class_deaths = sum over the classes of |z_i - z_j| over the edges (i,j) of the minimum spanning tree of the points z
              of that class within the batch. Edges of length 0 have gradient 0. Images with the label 255 have no
              class: they are in no tree of a class.
    mmd     = sum over i != j of (k(z_i, z_j) + k(p_i, p_j)) / (B (B - 1)) - 2 sum over i, j of k(z_i, p_j) / B^2 with
              k(x, y) = sum over s in 0.1, 0.2, 0.5, 1, 2, 5, 10 of s C / (s C + |x - y|^2), where p are samples of the
              prior: standard normal and C = 2 d, or uniform in the unit ball and C = 2 d / (d + 2) where there is a
              ball penalty
    latent_l2  = mean over the batch of |z|^2 / 2
    decoder_l2 = sum of the squares of the decoder's weights and biases
    total   = rec + lambda_ball * ball - lambda_deaths * deaths (+ kl for the vae)
              + lambda_signature * signature + lambda_class_deaths * class_deaths + lambda_mmd * mmd
              + lambda_latent_l2 * latent_l2 + lambda_decoder_l2 * decoder_l2; its gradient treats the trees as fixed

The signature loss is that of M. Moor, M. Horn, B. Rieck, K. Borgwardt, "Topological autoencoders", 2020, as in their
published code. Their images are in [-1,1] and their T is sqrt(4 * pixels), so |x_i - x_j| / T is the same. Their name
for s is latent_norm. The model topoae has rec and signature.

mmd is that of I. Tolstikhin, O. Bousquet, S. Gelly, B. Schoelkopf, "Wasserstein auto-encoders", 2018, as in their
published code, from which the seven scales are. The model wae has rec and mmd. The model rae is RAE-L2 of P. Ghosh,
M. Sajjadi, A. Vergari, M. Black, B. Schoelkopf, "From variational to deterministic autoencoders", 2020: rec, latent_l2,
decoder_l2.

  init.<name>    F32  initial weights, with PyTorch's names and shapes (encoder.0.weight (16,64), ..., decoder.4.bias
                      (64)) and PyTorch's default initialisation. With a ball penalty the encoder is then scaled and
                      centred, so that about half of the first batch lies outside the unit ball and half inside. With
                      the signature too: otherwise |z_i - z_j| would be far below |x_i - x_j| / T.
                      With the signature, signature.scale (1) is s; grad., grad64. and final. have it as well.
  images         U8   [n,64]   generated blobs, gradients and strokes
  vectors        F32  [n,64]   where output is "gaussian" instead of images: bent sheets in 64 dimensions
  order          I32  [20*B]   rows of images or vectors, batch after batch
  labels         U8   [n]      only with class deaths: the class of each image; 255: none
  eps            F32  [20,B,d] vae only: the noise of each step
  prior          F32  [20,B,d] only with mmd: the samples of the prior of each step
  losses         F64  [20,5]   rec, ball, deaths, kl, total before each update, float32 run (values are float32,
                               widened); 0 for a term that the model does not have. With the signature or class
                               deaths [20,7]: rec, ball, deaths, kl, signature, class_deaths, total. With the
                               terms of wae or rae those of `columns`, then total.
  losses64       F64           the same, float64 run
  grad.<name>    F32  gradient of total at step 1, float32 run
  grad64.<name>  F32  the same, float64 run (rounded on export)
  final.<name>   F32  weights after 20 steps, float32 run
  final64.<name> F32  only with batch normalisation: the same of the float64 run, rounded. init. and final64. then have
                      running_mean, running_var (F32) and num_batches_tracked (I64) too.
  evaluation     F64  [1] only with batch normalisation: rec of all images after 20 steps by the float64 run, with the
                      running statistics
  latents        F32  [B,d]    z of step 1, float32 run
  deaths         F32  [m]      |z_i - z_j| of `latents` over the edges above, ascending; m is B - 1 minus the edges of
                               length zero and those longer than max_edge. Every model has them, also those whose
                               objective does not use them.
  __metadata__   output ("gaussian"; nothing for "bernoulli"), model, latent, hidden, batch, steps, lr, lambda_ball,
                 lambda_deaths, degree, max_edge, penalty, torch,
                 gudhi; with the signature or class deaths also lambda_signature, normalisation, lambda_class_deaths;
                 activation and decoder_hidden if they differ from those above; batch_norm if there is one; with terms
                 of wae or rae their weights and columns (names of terms, with commas); and
      difference_losses     max |losses - losses64|
      difference_gradients  max over the tensors of |grad - grad64|_2 / |grad64|_2
      difference_final      the same for the final weights
      margin                how near the 20 steps came to a place where the gradient jumps: the least of ||z| - 1|, of
                            ||z_i - z_j| / max_edge - 1| over tree edges, and of the relative gap between an edge
                            outside the tree and the longest edge on the tree's path between its ends. This gap counts
                            for each tree that the total uses: of z, of x, and of the points z of each class. The margin
                            is far above rounding, so every exact engine must find the same edges.

The death times push nearest neighbours apart with a force that does not fade as the two points meet. So a training with
large steps amplifies rounding (in two dimensions with lr 3e-3 often from 1e-6 to 0.1 within 20 steps), and no two
correct programs would agree. The seeds and learning rates below are those of calm runs: a relative perturbation of 1e-7
of the initial weights moved no loss by more than 2e-5 and no final tensor by more than 1e-6 (in the norm above).

With batch normalisation, the gradient of the bias before it is 0 but for roundings, and Adam makes steps of roundings
in float32. In float64 they are too small for Adam's eps. So compare with final64, where these biases have not moved;
difference_gradients and difference_final leave them out. The cases are variational ones: without a term of the latent
points, the encoder's last bias has no effect either if the decoder begins with a batch normalisation.

Duplicates (train-tae-duplicates): edges of zero length carry no gradient (GUDHI drops them). An edge may end at either
of two equal points. The choice moves gradients between equal rows of z only; gradients of weights do not depend on it.

deaths.safetensors: <cloud>.points F32 [n,d]; <cloud>.deaths F64, ascending: the finite deaths > 0 of GUDHI's
RipsComplex in dimension 0, computed in double from the float32 points.

landscapes.safetensors: <case>.deaths F64 [n], death times of classes that are born at 0; <case>.grid F64 [m];
<case>.values F64 [5,m]: the five largest persistence landscapes on the grid, by GUDHI's Landscape, which multiplies
them by sqrt(2) (undone here). It needs scikit-learn.

ph-dimension.safetensors: the PH dimension of Birdal, Lou, Guibas, Simsekli, "Intrinsic dimension, persistent homology
and generalization in neural networks", 2021, with GUDHI's trees: 1 / (1 - m), m the slope of log E(n) against log n by
least squares, E(n) the sum of the death times of n random points.
  measure.points     F32 [1000,8]   a random walk
  measure.orders     I32 [16,1000]  for the i-th size 200 + 50 i, the first points of orders[i] are the subset
  measure.sums       F64 [16]       E
  measure.result     F64 [2]        m, dimension
  term.iterates      F32 [103,40]   a random walk; the iterate of step s is row s
  term.values        F64 [4]        for the steps 99 to 102 the dimension of the iterates of the last 100 steps, subsets
                                    of 10, 20, ..., 90 of them. Of the ring, where step s has place s mod 100, subset j
                                    has the places p with the least first words of Philox 4x32-10 at the index
                                    100 j + p, the step s, the seed and the stream of the metadata.
  term.gradients     F64 [4,40]     the gradient of the value with respect to the newest iterate, by PyTorch in float64
"""
import argparse
import copy
import json
from dataclasses import dataclass
from pathlib import Path

import gudhi
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SIDE, PIXELS, HIDDEN = 8, 64, (16, 12)
STEPS, BATCH, IMAGES = 20, 32, 96
HIDDEN_GAIN = 4  # of the hidden encoder layers where the encoder is centred; see centre_on_unit_ball
NO_CLASS = 255  # the label of an image without a class
LEAST_MARGIN = 1e-4  # above a thousand float32 rounding errors
CALM_LOSSES, CALM_WEIGHTS = 2e-5, 1e-6  # bounds of difference_losses and difference_final; see above


@dataclass(frozen=True)
class Case:
    name: str
    model: str  # ae | tae | disk | vae | topoae | wae | rae
    latent: int
    seed: int
    lr: float  # larger than the paper's 3e-4, so that 20 steps move the weights noticeably
    lambda_ball: float = 0.0
    lambda_deaths: float = 0.0
    degree: int = 1
    max_edge: float = float("inf")
    penalty: str = "norm"  # norm | squared
    repeats: int = 0  # rows of each batch that repeat another row of it
    lambda_signature: float = 0.0
    normalisation: str = "range"  # range | batch
    lambda_class_deaths: float = 0.0
    output: str = "bernoulli"  # bernoulli | gaussian
    activation: str = "elu"  # a key of ACTIVATIONS
    decoder_hidden: tuple = HIDDEN[::-1]
    batch_norm: bool = False
    lambda_mmd: float = 0.0
    lambda_latent_l2: float = 0.0
    lambda_decoder_l2: float = 0.0

    @property
    def columns(self):
        """Returns the names of the terms in `losses`; total follows them."""
        if self.rivals:
            return ("rec", "ball", "deaths", "kl") + self.rivals
        later = self.lambda_signature > 0 or self.lambda_class_deaths > 0
        return ("rec", "ball", "deaths", "kl") + (("signature", "class_deaths") if later else ())

    @property
    def rivals(self):
        """Returns the names of the terms of other deterministic models."""
        return tuple(name for name in ("mmd", "latent_l2", "decoder_l2") if getattr(self, "lambda_" + name) > 0)

    @property
    def centred(self):
        return self.lambda_ball > 0 or self.lambda_signature > 0


CASES = [
    Case("ae-d2", "ae", 2, 1, 3e-3),
    Case("tae-d2", "tae", 2, 27, 1e-3, 0.005, 0.005),
    Case("tae-d10", "tae", 10, 20, 3e-3, 0.005, 0.005),
    Case("disk-d2", "disk", 2, 20, 3e-3, 0.005),
    Case("vae-d2", "vae", 2, 5, 3e-3),
    Case("vae-d5", "vae", 5, 6, 3e-3),
    Case("tae-degree2", "tae", 2, 16, 3e-3, 0.01, 0.003, degree=2),
    Case("tae-squared", "tae", 2, 13, 1e-3, 0.005, 0.005, penalty="squared"),
    Case("tae-maxedge", "tae", 2, 32, 1e-3, 0.005, 0.005, max_edge=0.5, penalty="squared"),  # as in the authors' code
    Case("tae-duplicates", "tae", 2, 16, 1e-3, 0.005, 0.005, repeats=8),
    Case("topoae-range-d2", "topoae", 2, 9, 1e-3, lambda_signature=0.5),
    Case("topoae-batch-d2", "topoae", 2, 22, 1e-3, lambda_signature=0.5, normalisation="batch"),
    Case("topoae-batch-d5", "topoae", 5, 32, 3e-3, lambda_signature=0.5, normalisation="batch"),
    Case("tae-signature-d2", "tae", 2, 10, 1e-3, 0.005, 0.005, lambda_signature=0.3),
    Case("tae-classes-d2", "tae", 2, 47, 1e-3, 0.005, 0.005, lambda_class_deaths=0.003),
    Case("ae-gaussian-d2", "ae", 2, 2, 1e-2, output="gaussian"),
    Case("tae-gaussian-d5", "tae", 5, 3, 3e-3, 0.005, 0.005, output="gaussian"),
    Case("topoae-gaussian-d2", "topoae", 2, 18, 3e-3, lambda_signature=0.5, normalisation="batch", output="gaussian"),
    Case("vae-gaussian-d5", "vae", 5, 1, 1e-2, output="gaussian"),
    Case("ae-relu", "ae", 2, 1, 3e-3, activation="relu"),
    Case("vae-leaky-relu", "vae", 2, 5, 3e-3, activation="leaky_relu"),
    Case("disk-tanh", "disk", 2, 20, 3e-3, 0.005, activation="tanh"),
    Case("tae-gelu", "tae", 10, 18, 3e-3, 0.005, 0.005, activation="gelu"),
    Case("ae-gelu-decoder", "ae", 2, 1, 3e-3, activation="gelu", decoder_hidden=(20, 10, 14)),
    Case("vae-norm", "vae", 2, 7, 3e-3, batch_norm=True),
    Case("vae-norm-gelu", "vae", 3, 5, 3e-3, activation="gelu", decoder_hidden=(20, 10, 14), batch_norm=True),
    Case("wae-d2", "wae", 2, 1, 3e-3, lambda_mmd=0.3),
    Case("wae-gaussian-d5", "wae", 5, 2, 3e-3, lambda_mmd=1.0, output="gaussian"),
    Case("rae-d2", "rae", 2, 1, 3e-3, lambda_latent_l2=0.2, lambda_decoder_l2=0.0005),
    Case("rae-gaussian-d5", "rae", 5, 2, 3e-3, lambda_latent_l2=0.05, lambda_decoder_l2=0.001, output="gaussian"),
    Case("disk-mmd-d3", "disk", 3, 3, 3e-3, 0.005, lambda_mmd=0.2),
]
ACTIVATIONS = {"elu": nn.ELU, "relu": nn.ReLU, "leaky_relu": nn.LeakyReLU, "tanh": nn.Tanh, "gelu": nn.GELU}


# ---- safetensors

def write_safetensors(path, tensors, metadata):
    """Writes the length of the header (little-endian), a JSON header padded to 8 bytes, and the data without gaps.

    The widest types come first, so that all data are aligned.
    """
    dtypes = {"float64": "F64", "float32": "F32", "int64": "I64", "int32": "I32", "uint8": "U8"}
    header, data = {"__metadata__": metadata}, b""
    for name, a in sorted(tensors.items(), key=lambda t: -t[1].dtype.itemsize):
        raw = np.ascontiguousarray(a.astype(a.dtype.newbyteorder("<"))).tobytes()
        header[name] = {"dtype": dtypes[a.dtype.name], "shape": list(a.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


# ---- homology

def rips(points, max_edge):
    tree = gudhi.RipsComplex(points=points, max_edge_length=max_edge).create_simplex_tree(max_dimension=1)
    tree.compute_persistence()  # leaves out pairs of zero length
    return tree


def death_edges(z, max_edge):
    """Returns the edges (i,j) whose insertion ends a class of dimension 0.

    These are the edges of the minimum spanning tree with 0 < length <= max_edge.
    """
    generators = rips(z.detach().numpy().astype(np.float64), max_edge).flag_persistence_generators()[0]
    edges = torch.from_numpy(np.asarray(generators, dtype=np.int64).reshape(-1, 3)[:, 1:])
    assert (lengths(z, edges) > 0).all()
    return edges


def lengths(z, edges):
    return (z[edges[:, 0]] - z[edges[:, 1]]).norm(dim=1)


def classes(labels):
    """Returns the rows of each class that has two or more of them."""
    rows = [(labels == c).nonzero().flatten() for c in labels.unique() if c != NO_CLASS]
    return [r for r in rows if len(r) > 1]


def class_edges(z, labels):
    """Returns the edges (i,j) with length above 0 of the minimum spanning trees of all classes."""
    edges = [torch.empty(0, 2, dtype=torch.int64)]
    for rows in classes(labels):
        edges.append(rows[death_edges(z[rows], float("inf"))])
    return torch.cat(edges)


def margin(x, z, labels, case):
    """Returns the distance to the nearest jump of the gradient, see `margin` above. x and z are float64."""
    gaps = []
    if case.lambda_ball > 0:
        gaps.append((z.norm(dim=1) - 1).abs().min())
    if case.max_edge < float("inf"):
        gaps.append((lengths(z, death_edges(z, float("inf"))) / case.max_edge - 1).abs().min())
    if case.lambda_deaths > 0 or case.lambda_signature > 0:
        gaps += tree_gaps(z)
    if case.lambda_signature > 0:
        gaps += tree_gaps(x)
    if case.lambda_class_deaths > 0:
        for rows in classes(labels):
            gaps += tree_gaps(z[rows])
    return float(min(gaps)) if gaps else float("inf")


def tree_gaps(z):
    """Returns, for each edge of the tree of z, how much longer the next edge is that would join the same two parts."""
    gaps = []
    z = torch.unique(z, dim=0)
    edges = death_edges(z, float("inf"))
    length = lengths(z, edges)
    component = [{i} for i in range(len(z))]
    for k in length.argsort().tolist():  # as Kruskal does: this edge is the longest on every path between a and b
        i, j = edges[k].tolist()
        a, b = component[i], component[j]
        crossing = torch.cdist(
            z[sorted(a)], z[sorted(b)], compute_mode="donot_use_mm_for_euclid_dist").flatten().sort().values
        if len(crossing) > 1:
            gaps.append(crossing[1] / length[k] - 1)
        for v in a | b:
            component[v] = a | b
    return gaps


# ---- images

def images(rng, n):
    """Returns uint8 [n,64]: a blob, a gradient and a stroke in turn."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / (SIDE - 1.0)
    out = np.empty((n, PIXELS), np.uint8)
    for k in range(n):
        a, b, c, e = rng.uniform(0.1, 0.9, 4)
        angle = rng.uniform(0, 2 * np.pi)
        if k % 3 == 0:
            v = np.exp(-((x - a) ** 2 + (y - b) ** 2) / (0.02 + 0.1 * c))
        elif k % 3 == 1:
            v = np.clip(0.5 + (0.3 + c) * ((x - a) * np.cos(angle) + (y - b) * np.sin(angle)), 0, 1)
        else:
            t = np.clip(((x - a) * (c - a) + (y - b) * (e - b)) / ((c - a) ** 2 + (e - b) ** 2 + 1e-3), 0, 1)
            v = np.clip(1.3 - 6 * np.hypot(x - a - t * (c - a), y - b - t * (e - b)), 0, 1)
        out[k] = np.rint(255 * v).ravel()
    assert len(np.unique(out, axis=0)) == n
    return out


def vectors(rng, n):
    """Returns float32 [n,64]: points of three bent sheets in 64 dimensions, about standardised."""
    u = rng.uniform(-1, 1, (n, 2))
    features = np.stack([u[:, 0], u[:, 1], np.sin(3 * u[:, 0]), np.cos(3 * u[:, 1]), u[:, 0] * u[:, 1]], 1)
    sheets = rng.normal(0, 1, (3, 5, PIXELS))
    x = np.einsum("nf,nfp->np", features, sheets[np.arange(n) % 3]) + 0.05 * rng.normal(0, 1, (n, PIXELS))
    return (x / x.std()).astype(np.float32)


def classes_of_images(n):
    """Returns uint8 [n]: blobs 0, gradients 1, strokes 2; one image in 24 has the rare class 3, one in 8 has none.

    So some batches have one image of class 3, and some have none.
    """
    k = np.arange(n)
    return np.where(k % 8 == 7, NO_CLASS, np.where(k % 24 == 5, 3, k % 3)).astype(np.uint8)


def batches(rng, n, repeats):
    """Returns int32 [STEPS*BATCH]: permutations one after another.

    With repeats, each batch has that many rows twice, and is shuffled.
    """
    if repeats == 0:
        return np.concatenate(
            [rng.permutation(n) for _ in range(-(-STEPS * BATCH // n))])[:STEPS * BATCH].astype(np.int32)
    batch = [rng.permutation(n)[:BATCH - repeats] for _ in range(STEPS)]
    return np.concatenate([rng.permutation(np.concatenate([b, b[:repeats]])) for b in batch]).astype(np.int32)


# ---- training

class Signature(nn.Module):
    """The signature loss with its learned scale s, see above. The points of a batch must differ."""

    def __init__(self, normalisation):
        super().__init__()
        self.normalisation = normalisation
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x, z):
        largest = PIXELS ** 0.5 if self.normalisation == "range" else torch.pdist(x).max()
        squares = 0
        for tree in (death_edges(x, float("inf")), death_edges(z, float("inf"))):
            assert len(tree) == len(x) - 1
            squares = squares + (lengths(x, tree) / largest - lengths(z, tree) / self.scale).square().sum()
        return squares / len(x)


def layers(sizes, case):
    """Returns linear layers of these sizes with an activation between them, and a batch normalisation before it."""
    modules = []
    for inputs, outputs in zip(sizes[:-1], sizes[1:-1]):
        modules += [nn.Linear(inputs, outputs)] + [nn.BatchNorm1d(outputs)] * case.batch_norm
        modules += [ACTIVATIONS[case.activation]()]
    return nn.Sequential(*modules, nn.Linear(sizes[-2], sizes[-1]))


def before_norm(case, name):
    """Whether a parameter is the bias of a layer before a batch normalisation."""
    part, number, kind = name.split(".")
    last = len(HIDDEN if part == "encoder" else case.decoder_hidden) * 3
    return case.batch_norm and kind == "bias" and int(number) % 3 == 0 and int(number) < last


class Autoencoder(nn.Module):
    def __init__(self, case, signature):
        super().__init__()
        outputs = 2 * case.latent if case.model == "vae" else case.latent
        self.encoder = layers((PIXELS, *HIDDEN, outputs), case)
        self.decoder = layers((case.latent, *case.decoder_hidden, PIXELS), case)
        self.signature = signature  # None if the total does not have it


def centre_on_unit_ball(net, x):
    """Scales and shifts the encoder: the latents of x get mean 0 and median norm 1.

    With the default initialisation small images differ very little in the last hidden layer. If only the last layer
    were scaled, it would need a factor of 20, and Adam's steps, relative to the other weights, would then throw the
    latents about. So the hidden layers are scaled too.
    """
    with torch.no_grad():
        for k in (0, 2, 4):
            layer, h = net.encoder[k], net.encoder[:k](x)
            layer.weight *= HIDDEN_GAIN if k < 4 else 1 / ((h - h.mean(0)) @ layer.weight.T).norm(dim=1).quantile(0.5)
            layer.bias.copy_(-(h.mean(0) @ layer.weight.T))
        norm = net.encoder(x).norm(dim=1)
    outside = (norm > 1).sum().item()
    assert 0.4 * len(x) <= outside <= 0.6 * len(x) and norm.min() < 0.7 and norm.max() > 1.3, (outside, norm)


def prior_samples(case):
    """Returns samples of the prior for each step, float32 [STEPS,B,d]."""
    p = torch.randn(STEPS, BATCH, case.latent)
    if case.lambda_ball > 0:
        p *= torch.rand(STEPS, BATCH, 1) ** (1 / case.latent) / p.norm(dim=2, keepdim=True)
    return p


def mean_discrepancy(z, p, c):
    """Returns mmd, see above, for the expected squared distance c of two samples of the prior."""
    def kernel(x, y):
        r = (x[:, None] - y[None]).square().sum(2)
        return sum(s * c / (s * c + r) for s in (0.1, 0.2, 0.5, 1, 2, 5, 10))

    n = len(z)
    other = 1 - torch.eye(n, dtype=z.dtype)
    return ((kernel(z, z) + kernel(p, p)) * other).sum() / (n * (n - 1)) - 2 * kernel(z, p).sum() / n ** 2


def terms(case, net, x, eps, labels, prior):
    """Returns the terms that the model has, by name, total, z and the edges of `deaths`."""
    z, parts = net.encoder(x), {}
    if case.model == "vae":
        mu, logvar = z.chunk(2, 1)
        z = mu + torch.exp(logvar / 2) * eps
        parts["kl"] = -0.5 * (1 + logvar - mu * mu - logvar.exp()).sum() / x.numel()
    loss = F.mse_loss if case.output == "gaussian" else F.binary_cross_entropy_with_logits
    parts["rec"] = loss(net.decoder(z), x)
    total = parts["rec"] + parts["kl"] if "kl" in parts else parts["rec"]
    if case.model in ("tae", "disk"):
        parts["ball"] = ((z.norm(dim=1) if case.penalty == "norm" else z.square().sum(1)) - 1).clamp_min(0).sum()
        total = total + case.lambda_ball * parts["ball"]
    edges = death_edges(z, case.max_edge)
    if case.model == "tae":
        parts["deaths"] = lengths(z, edges).pow(case.degree).sum()
        total = total - case.lambda_deaths * parts["deaths"]
    if case.lambda_signature > 0:
        parts["signature"] = net.signature(x, z)
        total = total + case.lambda_signature * parts["signature"]
    if case.lambda_class_deaths > 0:
        parts["class_deaths"] = lengths(z, class_edges(z, labels)).sum()
        total = total + case.lambda_class_deaths * parts["class_deaths"]
    if case.lambda_mmd > 0:
        d = case.latent
        parts["mmd"] = mean_discrepancy(z, prior, 2 * d / (d + 2) if case.lambda_ball > 0 else 2 * d)
        total = total + case.lambda_mmd * parts["mmd"]
    if case.lambda_latent_l2 > 0:
        parts["latent_l2"] = z.square().sum(1).mean() / 2
        total = total + case.lambda_latent_l2 * parts["latent_l2"]
    if case.lambda_decoder_l2 > 0:
        parts["decoder_l2"] = sum(p.square().sum() for p in net.decoder.parameters())
        total = total + case.lambda_decoder_l2 * parts["decoder_l2"]
    return parts, total, z, edges


@dataclass
class Run:
    losses: np.ndarray  # [STEPS, terms + 1]
    gradients: dict  # of step 1
    final: dict
    latents: list  # per step
    edges: list  # per step


def batch_rows(order, step):
    return torch.from_numpy(order[step * BATCH:(step + 1) * BATCH].astype(np.int64))


def train(case, net, x, order, eps, labels, prior):
    """Trains net in the precision of its weights; x, eps and prior are float32 and are widened if need be."""
    dtype = next(net.parameters()).dtype
    adam = torch.optim.Adam(net.parameters(), lr=case.lr, betas=(0.9, 0.999), eps=1e-8)
    run = Run(np.zeros((STEPS, len(case.columns) + 1)), {}, {}, [], [])
    for step in range(STEPS):
        rows = batch_rows(order, step)
        parts, total, z, edges = terms(
            case, net, x[rows].to(dtype), None if eps is None else eps[step].to(dtype), labels[rows],
            None if prior is None else prior[step].to(dtype))
        run.losses[step] = [parts[name].item() if name in parts else 0.0 for name in case.columns] + [total.item()]
        run.latents.append(z.detach())
        run.edges.append(edges)
        adam.zero_grad()
        total.backward()
        if step == 0:
            run.gradients = {k: p.grad.numpy().copy() for k, p in net.named_parameters()}
        adam.step()
    run.final = {k: p.detach().numpy().copy() for k, p in net.named_parameters()}
    return run


def relative_difference(case, a, b):
    """Returns the maximum over the tensors of |a - b|_2 / |b|_2; b is the float64 run."""
    return max(np.linalg.norm(a[k].astype(np.float64) - b[k]) / np.linalg.norm(b[k])
               for k in b if not before_norm(case, k))


def check(case, run, run64, x, order, labels):
    """Checks that the case tests what it is there for, and that rounding cannot change its trees."""
    distinct = BATCH - case.repeats
    assert np.isfinite(run.losses).all() and np.isfinite(run64.losses).all()
    assert run.losses[-1, 0] < run.losses[0, 0], "20 steps should improve the reconstruction"
    for step in range(STEPS):
        for r in (run, run64):  # equal images must give bitwise equal latents
            assert len(torch.unique(r.latents[step], dim=0)) == distinct
        z64 = run64.latents[step]
        pairs = [[r.edges[step] for r in (run, run64)]] if case.model == "tae" or case.lambda_signature > 0 else []
        if case.lambda_class_deaths > 0:
            pairs.append([class_edges(r.latents[step], labels[batch_rows(order, step)]) for r in (run, run64)])
        for pair in pairs:
            a, b = (lengths(z64, edges).sort().values for edges in pair)
            assert len(a) == len(b) and torch.allclose(a, b, rtol=1e-12, atol=0), (
                f"{case.name}: another tree in float64")
    if case.model == "tae":
        kept = len(run.edges[0])
        assert kept == distinct - 1 if case.max_edge == float("inf") else 5 <= kept <= distinct - 6, kept
    if case.lambda_signature > 0:
        tree_x = death_edges(x[batch_rows(order, 0)], float("inf"))
        both = {frozenset(e) for e in tree_x.tolist()} & {frozenset(e) for e in run.edges[0].tolist()}
        assert 0 < len(both) < BATCH - 1, "some edges should be in both trees, but not all"
        assert abs(run64.gradients["signature.scale"]) > 1e-3
    if case.lambda_class_deaths > 0:
        counts = [np.bincount(labels[batch_rows(order, step)], minlength=NO_CLASS + 1) for step in range(STEPS)]
        assert min(c[:3].min() for c in counts) > 3 and min(c[NO_CLASS] for c in counts) > 0
        assert {0, 1, 2} <= {int(c[3]) for c in counts}, "class 3 should have no point, one point and two in a batch"
    assert np.abs(run.losses - run64.losses).max() < CALM_LOSSES, f"{case.name}: not calm; take another seed"
    assert relative_difference(case, run.final, run64.final) < CALM_WEIGHTS, f"{case.name}: not calm; take another seed"
    least = float("inf")
    for step, z in enumerate(run64.latents):
        rows = batch_rows(order, step)
        least = min(least, margin(x[rows].double(), z, labels[rows], case))
    assert least > LEAST_MARGIN, f"{case.name}: margin {least}; take another seed"
    return least


def export_training(case, out):
    rng = np.random.default_rng(case.seed)
    torch.manual_seed(case.seed)
    gaussian = case.output == "gaussian"
    samples = vectors(rng, IMAGES) if gaussian else images(rng, IMAGES)
    order = batches(rng, IMAGES, case.repeats)
    x = torch.from_numpy(samples if gaussian else samples.astype(np.float32) / np.float32(255))
    labels = torch.from_numpy(classes_of_images(IMAGES))
    vae = case.model == "vae"
    net = Autoencoder(case, Signature(case.normalisation) if case.lambda_signature > 0 else None)
    eps = torch.randn(STEPS, BATCH, case.latent) if vae else None
    prior = prior_samples(case) if case.lambda_mmd > 0 else None
    if case.centred:
        centre_on_unit_ball(net, x[batch_rows(order, 0)])
    tensors = {f"init.{k}": p.detach().numpy().copy() for k, p in net.state_dict().items()}
    net64 = copy.deepcopy(net).double()
    run, run64 = (train(case, n, x, order, eps, labels, prior) for n in (net, net64))
    least = check(case, run, run64, x, order, labels)

    tensors |= {"vectors" if gaussian else "images": samples, "order": order, "losses": run.losses,
                "losses64": run64.losses}
    if vae:
        tensors["eps"] = eps.numpy()
    if prior is not None:
        tensors["prior"] = prior.numpy()
    if case.lambda_class_deaths > 0:
        tensors["labels"] = labels.numpy()
    tensors |= {f"grad.{k}": g for k, g in run.gradients.items()}
    tensors |= {f"grad64.{k}": g.astype(np.float32) for k, g in run64.gradients.items()}
    tensors |= {f"final.{k}": w for k, w in run.final.items()}
    if case.batch_norm:
        for k, p in net64.state_dict().items():
            tensors[f"final64.{k}"] = p.numpy().astype(np.int64 if k.endswith("tracked") else np.float32)
            if before_norm(case, k):
                assert np.abs(tensors[f"final64.{k}"] - tensors[f"init.{k}"]).max() < 1e-6
        net64.eval()
        with torch.no_grad():
            z = net64.encoder(x.double())[:, :case.latent]
            tensors["evaluation"] = F.binary_cross_entropy_with_logits(net64.decoder(z), x.double()).numpy()[None]
    tensors["latents"] = run.latents[0].numpy()
    tensors["deaths"] = lengths(run.latents[0], run.edges[0]).sort().values.numpy()
    differences = {
        "difference_losses": np.abs(run.losses - run64.losses).max(),
        "difference_gradients": relative_difference(case, run.gradients, run64.gradients),
        "difference_final": relative_difference(case, run.final, run64.final),
        "margin": least,
    }
    metadata = dict(model=case.model, latent=case.latent, hidden=",".join(map(str, HIDDEN)), batch=BATCH, steps=STEPS,
                    lr=case.lr, lambda_ball=case.lambda_ball, lambda_deaths=case.lambda_deaths, degree=case.degree,
                    max_edge=case.max_edge, penalty=case.penalty, torch=torch.__version__, gudhi=gudhi.__version__,
                    **{k: f"{v:.2e}" for k, v in differences.items()})
    if "signature" in case.columns:
        metadata |= dict(lambda_signature=case.lambda_signature, normalisation=case.normalisation,
                         lambda_class_deaths=case.lambda_class_deaths)
    if case.rivals:
        metadata["columns"] = ",".join(case.columns)
        metadata |= {f"lambda_{name}": getattr(case, f"lambda_{name}") for name in case.rivals}
    if gaussian:
        metadata["output"] = case.output
    if case.activation != "elu":
        metadata["activation"] = case.activation
    if case.decoder_hidden != HIDDEN[::-1]:
        metadata["decoder_hidden"] = ",".join(map(str, case.decoder_hidden))
    if case.batch_norm:
        metadata["batch_norm"] = True
    path = out / f"train-{case.name}.safetensors"
    write_safetensors(path, tensors, {k: str(v) for k, v in metadata.items()})
    outside = [int((z.norm(dim=1) > 1).sum()) for z in (run.latents[0], run.latents[-1])]
    print(f"{path.name}: {path.stat().st_size} bytes, rec {run.losses[0, 0]:.4f} -> {run.losses[-1, 0]:.4f}, "
          f"outside {outside[0]} -> {outside[1]}, edges {len(run.edges[0])} -> {len(run.edges[-1])}, "
          + ", ".join(f"{k} {v:.1e}" for k, v in differences.items()))


# ---- death times of point clouds

def clouds():
    rng = np.random.default_rng(0)
    angle = 2 * np.pi * np.arange(64) / 64
    duplicated = rng.uniform(-1, 1, (40, 2))
    return {
        "uniform2": rng.uniform(-1, 1, (100, 2)),
        "uniform10": rng.uniform(-1, 1, (80, 10)),
        "uniform64": rng.uniform(-1, 1, (60, 64)),
        "clusters3": rng.uniform(-1000, 1000, (6, 3)).repeat(20, 0) + rng.normal(0, 0.1, (120, 3)),  # far apart
        # Points that occur up to three times.
        "duplicates2": rng.permutation(np.concatenate([duplicated, duplicated[:15], duplicated[:5]])),
        "collinear3": rng.choice(1000, 50, replace=False)[:, None] * np.array([1, 2, -3]) / 16,  # exactly, with ties
        # All distances between neighbours are tied.
        "lattice2": rng.permutation(np.stack(np.meshgrid(np.arange(8), np.arange(8)), -1).reshape(-1, 2)) / 4,
        "circle2": np.stack([np.cos(angle), np.sin(angle)], 1),  # tied up to rounding
        "tiny3": rng.uniform(-1e-20, 1e-20, (50, 3)),  # squares vanish in float32
        "huge3": rng.uniform(-1e15, 1e15, (50, 3)),
        "two2": rng.uniform(-1, 1, (2, 2)),
        "three3": rng.uniform(-1, 1, (3, 3)),
    }


def tree_lengths(points):
    """Returns the lengths above zero by Prim's algorithm in double, ascending.

    They check that GUDHI copes with every cloud.
    """
    todo, best, out = np.ones(len(points), bool), np.full(len(points), np.inf), []
    v = 0
    for _ in range(len(points) - 1):
        todo[v] = False
        best = np.minimum(best, np.sqrt(((points - points[v]) ** 2).sum(1)))
        v = np.where(todo, best, np.inf).argmin()
        out.append(best[v])
    return np.sort([s for s in out if s > 0])


def export_deaths(out):
    tensors = {}
    for name, points in clouds().items():
        points = points.astype(np.float32)
        intervals = rips(points.astype(np.float64), float("inf")).persistence_intervals_in_dimension(0)
        deaths = np.sort(intervals[np.isfinite(intervals[:, 1]), 1])
        assert (intervals[:, 0] == 0).all() and (deaths > 0).all()
        assert len(deaths) == len(np.unique(points, axis=0)) - 1
        np.testing.assert_allclose(deaths, tree_lengths(points.astype(np.float64)), rtol=1e-14, atol=0)
        tensors |= {f"{name}.points": points, f"{name}.deaths": deaths}
        print(f"  {name}: {points.shape}, {len(deaths)} deaths, {deaths[0]:.3g} .. {deaths[-1]:.3g}")
    path = out / "deaths.safetensors"
    write_safetensors(path, tensors, {"gudhi": gudhi.__version__})
    print(f"{path.name}: {path.stat().st_size} bytes")


# ---- landscapes

def export_landscapes(out):
    from gudhi.representations import Landscape
    rng = np.random.default_rng(11)
    tensors = {}
    for name, n in [("three", 3), ("forty", 40), ("ties", 12)]:
        deaths = rng.uniform(0.1, 2, n)
        if name == "ties":
            deaths = np.round(2 * deaths) / 2 + 0.5
        landscape = Landscape(num_landscapes=5, resolution=101, sample_range=[0, 2.5])
        values = landscape.fit_transform([np.stack([np.zeros(n), deaths], 1)])[0].reshape(5, -1) / np.sqrt(2)
        tensors.update({f"{name}.deaths": deaths, f"{name}.grid": landscape.grid_, f"{name}.values": values})
    path = out / "landscapes.safetensors"
    write_safetensors(path, tensors, {"gudhi": gudhi.__version__})
    print(f"{path.name}: {path.stat().st_size} bytes")


# ---- PH dimension

def philox_word(seed, index, step, stream):
    """Returns the first 32 bits of Philox 4x32-10."""
    c0, c1, c2, c3 = index & 0xFFFFFFFF, index >> 32, step & 0xFFFFFFFF, stream
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = p1 >> 32 ^ c1 ^ k0, p1 & 0xFFFFFFFF, p0 >> 32 ^ c3 ^ k1, p0 & 0xFFFFFFFF
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c0


def dimension(points, subsets):
    """Returns E of each subset of the points, the slope and the dimension, all differentiable."""
    sums = torch.stack([lengths(points[rows], death_edges(points[rows], float("inf"))).sum() for rows in subsets])
    x, y = torch.tensor([float(len(rows)) for rows in subsets], dtype=points.dtype).log(), sums.log()
    n = len(x)
    slope = (n * (x * y).sum() - x.sum() * y.sum()) / (n * x.square().sum() - x.sum() ** 2)
    return sums, slope, 1 / (1 - slope)


def export_dimension(out):
    rng = np.random.default_rng(5)
    walk = np.cumsum(rng.normal(size=(1000, 8)), 0).astype(np.float32)
    orders = np.stack([rng.permutation(1000) for _ in range(16)]).astype(np.int32)
    sums, slope, measured = dimension(torch.from_numpy(walk).double(),
                                      [torch.from_numpy(orders[i, :200 + 50 * i].astype(np.int64)) for i in range(16)])
    seed, stream = 0x123456789ABCDEF0, 5
    iterates = np.cumsum(rng.normal(size=(103, 40)), 0).astype(np.float32)
    values, gradients = [], []
    for step in range(99, 103):
        ring = torch.empty(100, 40, dtype=torch.float64)
        for s in range(step - 99, step + 1):
            ring[s % 100] = torch.from_numpy(iterates[s]).double()
        newest = ring[step % 100].clone().requires_grad_()
        points = torch.cat([ring[:step % 100], newest[None], ring[step % 100 + 1:]])
        subsets = []
        for j in range(9):
            keys = [(philox_word(seed, 100 * j + p, step, stream), p) for p in range(100)]
            subsets.append(torch.tensor(sorted(p for _, p in sorted(keys)[:10 * (j + 1)])))
        value = dimension(points, subsets)[2]
        value.backward()
        values.append(value.item())
        gradients.append(newest.grad.numpy())
    assert all(np.abs(g).max() > 0 for g in gradients)
    path = out / "ph-dimension.safetensors"
    write_safetensors(path, {
        "measure.points": walk, "measure.orders": orders, "measure.sums": sums.numpy(),
        "measure.result": np.array([slope.item(), measured.item()]),
        "term.iterates": iterates, "term.values": np.array(values), "term.gradients": np.stack(gradients),
    }, {"seed": str(seed), "stream": str(stream), "torch": torch.__version__, "gudhi": gudhi.__version__})
    print(f"{path.name}: {path.stat().st_size} bytes, dimension {measured.item():.4f}, of the term {values}")


def main():
    root = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(
        usage="%(prog)s [OUT_DIR] [--only CASE ...]", description=__doc__.partition("\n")[0])
    parser.add_argument("out", metavar="OUT_DIR", nargs="?", type=Path,
                        default=root / "src" / "test" / "resources" / "golden")
    parser.add_argument("--only", metavar="CASE", nargs="+",
                        choices=[case.name for case in CASES] + ["landscapes", "ph-dimension"],
                        help="make these files alone, without train- and .safetensors")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for case in CASES:
        if options.only is None or case.name in options.only:
            export_training(case, options.out)
    if options.only is None:
        export_deaths(options.out)
    if options.only is None or "landscapes" in options.only:
        export_landscapes(options.out)
    if options.only is None or "ph-dimension" in options.only:
        export_dimension(options.out)


if __name__ == "__main__":
    main()
