"""The training step in PyTorch in several ways, with H0 on the host. side_by_side.py measures gpu-tae against them.

One step, as in torch_gudhi.py and in the paper, with B images a batch, MNIST as uint8 on the device:

    x     = images[rows] / 255                                       (B, 784)
    z     = encoder(x)        784-64-64-d, ELU                       (B, d)
    rec   = mean binary cross-entropy of sigmoid(decoder(z)) and x
    loss  = rec + 0.005 * (sum_i max(|z_i| - 1, 0) - sum over edges |z_i - z_j|)      "tae"; loss = rec for "ae"

The edges (B - 1, 2) are those of the Euclidean minimum spanning tree of z. They are found on the host in double
precision, by GUDHI, as users do it, or by SciPy. They go to the device as indices, and the device computes the loss and
its gradient.

Eager     plain PyTorch.
Graphs    CUDA graphs. With the term there are two, because the host needs z and the device needs the edges. The first
          has gather and encoder, the second everything else, with the whole backward pass and Adam. Without the term
          there is one graph. captured=False runs the same two parts without recording, also on a CPU.
Compiled  torch.compile on the same two parts; on CUDA with the mode "reduce-overhead", which records graphs by itself.

Where there is a choice, every engine makes the one that is better for PyTorch: Graphs and Compiled use the fused Adam,
only full batches are run, and the loss is not read.
"""
import ctypes
import os
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

PIXELS, HIDDEN, LEARNING_RATE, LAMBDA = 784, 64, 3e-4, 0.005
WARM_UP = 11  # eager steps before a capture: PyTorch asks for some, and cuBLAS and Adam set themselves up in them


class Unavailable(Exception):
    """A variant cannot run here; the message is the reason that the table shows."""


# ---- H0 on the host: points (n, d) float64 -> edges (m, 2) int64, m <= n - 1

def gudhi_edges():
    """Uses GUDHI's Rips complex up to dimension 1, which drops edges of zero length.

    Takes the Python package of GUDHI; where there is none, its C++ library (gudhi_h0.cpp).
    """
    try:
        import gudhi
    except ImportError:
        return gudhi_library_edges()

    def edges(points):
        tree = gudhi.RipsComplex(points=points).create_simplex_tree(max_dimension=1)
        tree.compute_persistence()
        return np.asarray(tree.flag_persistence_generators()[0], dtype=np.int64).reshape(-1, 3)[:, 1:]

    return edges, f"GUDHI {gudhi.__version__}"


def gudhi_library_edges():
    path = Path(os.environ.get("GUDHI_H0", Path(__file__).with_name("libgudhi_h0.so")))
    if not path.is_file():
        raise Unavailable(f"no GUDHI: neither its Python package nor {path.name} (built from gudhi_h0.cpp)")
    try:
        library = ctypes.CDLL(str(path))
    except OSError as e:
        raise Unavailable(f"no GUDHI: {e}") from None
    library.gudhi_h0_version.restype = ctypes.c_char_p
    library.gudhi_h0.restype = ctypes.c_int
    library.gudhi_h0.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_void_p]

    def edges(points):
        points = np.ascontiguousarray(points, dtype=np.float64)
        out = np.empty((len(points) - 1, 2), np.int64)
        return out[:library.gudhi_h0(points.ctypes.data, *points.shape, out.ctypes.data)]

    return edges, f"GUDHI {library.gudhi_h0_version().decode()} (C++, through ctypes)"


def scipy_edges():
    """Uses SciPy, whose dense graphs read a zero as 'no edge'.

    So two equal points would be joined through a third; batches of MNIST hold no equal points.
    """
    try:
        import scipy
        from scipy.sparse.csgraph import minimum_spanning_tree
        from scipy.spatial.distance import pdist, squareform
    except ImportError as e:
        raise Unavailable(f"no SciPy: {e}") from None

    def edges(points):
        tree = minimum_spanning_tree(squareform(pdist(points))).tocoo()
        return np.stack([tree.row, tree.col], 1).astype(np.int64)

    return edges, f"SciPy {scipy.__version__}"


H0 = {"gudhi": gudhi_edges, "scipy": scipy_edges}


# ---- the engines

def mlp(*sizes):
    layers = []
    for i, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
        layers += [nn.Linear(inputs, outputs)] + ([nn.ELU()] if i < len(sizes) - 2 else [])
    return nn.Sequential(*layers)


class Engine:
    """Networks, optimiser and one step.

    h0 maps points to edges and may be set anew between steps; it is None for a model without the term.
    """

    def __init__(self, images, batch, latent, h0, seed=0, **adam):
        self.images, self.batch, self.h0, self.device = images, batch, h0, images.device
        self.with_term = h0 is not None  # kept apart from h0, so that compiled code does not depend on h0
        torch.manual_seed(seed)  # on the CPU, so that every engine starts from the same weights
        self.encoder, self.decoder = (mlp(PIXELS, HIDDEN, HIDDEN, latent).to(self.device),
                                      mlp(latent, HIDDEN, HIDDEN, PIXELS).to(self.device))
        self.parameters = [*self.encoder.parameters(), *self.decoder.parameters()]
        self.adam = torch.optim.Adam(self.parameters, lr=LEARNING_RATE, **adam)
        # This memory is page-locked, so that the copy from it does not wait. On the stream the next step reads z after
        # the copy, so the memory is never overwritten too early.
        self.staging = torch.zeros(batch - 1, 2, dtype=torch.int64, pin_memory=self.device.type == "cuda")
        self.edges = torch.zeros(batch - 1, 2, dtype=torch.int64, device=self.device)
        self.loss = None  # of the last step, a scalar on the device

    # The formulas, in two parts. The host works between them.

    def encode(self, rows):
        x = self.images.index_select(0, rows).float() / 255
        return x, self.encoder(x)

    def objective(self, x, z, edges):
        rec = F.binary_cross_entropy_with_logits(self.decoder(z), x)
        if not self.with_term:
            return rec
        ball = (z.norm(dim=1) - 1).clamp_min(0).sum()
        deaths = (z.index_select(0, edges[:, 0]) - z.index_select(0, edges[:, 1])).norm(dim=1).sum()
        return rec + LAMBDA * (ball - deaths)

    def find_edges(self, z):
        """Copies z to the host, finds the edges there and copies them to the device.

        The edges are padded with (0, 0): an edge of length zero, whose gradient is zero.
        """
        if not self.with_term:
            return
        found = self.h0(z.detach().cpu().numpy().astype(np.float64))
        self.staging.zero_()
        self.staging[:len(found)] = torch.from_numpy(found)
        self.edges.copy_(self.staging, non_blocking=True)

    def update(self, loss):
        loss.backward()
        self.adam.step()
        self.loss = loss.detach()

    def step(self, rows):
        """Runs one step on the images of these rows, (B) int64 on the device."""
        raise NotImplementedError

    def load(self, weights):
        """Sets the weights in place, since a recorded graph knows their addresses."""
        with torch.no_grad():
            for p, w in zip(self.parameters, weights):
                p.copy_(w)

    def forget(self):
        """Sets Adam back to its state before the first step, in place."""
        for state in self.adam.state.values():
            for tensor in state.values():
                tensor.zero_()


class Eager(Engine):
    def step(self, rows):
        x, z = self.encode(rows)
        self.find_edges(z)
        loss = self.objective(x, z, self.edges)
        self.adam.zero_grad()
        self.update(loss)


class Graphs(Engine):
    def __init__(self, images, batch, latent, h0, seed=0, captured=True):
        cuda = images.device.type == "cuda"
        if captured and not cuda:
            raise Unavailable("needs CUDA")
        super().__init__(images, batch, latent, h0, seed, **(dict(fused=True, capturable=True) if cuda else {}))
        self.rows = torch.zeros(batch, dtype=torch.int64, device=self.device)
        self.captured = captured
        if captured:
            self.capture()

    def first_part(self):
        self.x, self.z = self.encode(self.rows)

    def second_part(self):
        self.update(self.objective(self.x, self.z, self.edges))

    def capture(self):
        weights = [p.detach().clone() for p in self.parameters]
        # Warm-up and captures run on one side stream: autograd runs a backward operation on the stream of its forward
        # operation, and the gradient accumulator of a parameter on the stream on which it was made.
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for k in range(WARM_UP):
                self.rows.copy_(torch.arange(k * self.batch, (k + 1) * self.batch, device=self.device))
                self.adam.zero_grad(set_to_none=True)
                self.first_part()
                self.find_edges(self.z)
                self.second_part()
        torch.cuda.current_stream().wait_stream(stream)
        # There are no gradients at the time of capture. So the backward pass allocates them in the graph's memory, and
        # every replay writes them anew: nothing has to be zeroed. The old autograd graph is dropped too.
        self.adam.zero_grad(set_to_none=True)
        self.x = self.z = self.loss = None
        self.graphs = [torch.cuda.CUDAGraph(), torch.cuda.CUDAGraph()]
        if not self.with_term:
            with torch.cuda.graph(self.graphs[0], stream=stream):
                self.first_part()
                self.second_part()
        else:
            with torch.cuda.graph(self.graphs[0], stream=stream):
                self.first_part()
            # The second graph has the same memory pool, since what the encoder saved for its backward pass lives in the
            # memory of the first graph. This is allowed because the graphs are always replayed in the order of their
            # capture, never at once.
            with torch.cuda.graph(self.graphs[1], pool=self.graphs[0].pool(), stream=stream):
                self.second_part()
        self.load(weights)
        self.forget()

    def step(self, rows):
        self.rows.copy_(rows)
        if not self.captured:
            self.adam.zero_grad(set_to_none=True)
            self.first_part()
            self.find_edges(self.z)
            self.second_part()
            return
        self.graphs[0].replay()
        if self.with_term:
            self.find_edges(self.z)
            self.graphs[1].replay()


class Compiled(Engine):
    def __init__(self, images, batch, latent, h0, seed=0, mode=None):
        cuda = images.device.type == "cuda"
        super().__init__(images, batch, latent, h0, seed, fused=True)
        mode = mode or ("reduce-overhead" if cuda else "default")
        options = dict(fullgraph=True, dynamic=False, mode=mode)
        self.compiled_encode = torch.compile(self.encode, **options)
        self.compiled_objective = torch.compile(self.objective, **options)
        self.rows = torch.zeros(batch, dtype=torch.int64, device=self.device)
        # Without these marks the recorded graphs copy the tensors at every step, all images too.
        for tensor in (self.images, self.rows, self.edges):
            torch._dynamo.mark_static_address(tensor)
        weights = [p.detach().clone() for p in self.parameters]
        try:
            for k in range(WARM_UP):  # the first step compiles, the second and third record graphs
                self.step(torch.arange(k * batch, (k + 1) * batch, device=self.device))
        except Exception as e:  # compilers fail in many ways; after all of them this row has no figure
            raise Unavailable(f"torch.compile fails: {type(e).__name__}: {first_line(e)}") from e
        self.load(weights)
        self.forget()

    def step(self, rows):
        self.rows.copy_(rows)
        self.adam.zero_grad(set_to_none=True)
        torch.compiler.cudagraph_mark_step_begin()
        x, z = self.compiled_encode(self.rows)
        self.find_edges(z)
        self.update(self.compiled_objective(x, z, self.edges))


ENGINES = {"eager": Eager, "graphs": Graphs, "compile": Compiled}


def first_line(error):
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "no message")[:160]


# ---- the check

def check(engine, steps=5):
    """Runs the engine beside a new Eager.

    Each step starts from the weights of Eager and uses its edges, since two trees may differ by rounding. Returns the
    worst relative differences of the loss, of the gradients, and of the steps that Adam took. The difference of two
    vectors is |a - b|_2 / |b|_2 over all parameters together. In the end the engine has its first weights again, and an
    Adam that has taken no step.
    """
    h0, first, edges = engine.h0, [p.detach().clone() for p in engine.parameters], None

    def reference_h0(points):
        nonlocal edges
        edges = h0(points)
        return edges

    reference = Eager(engine.images, engine.batch, engine.encoder[-1].out_features,
                      reference_h0 if engine.with_term else None)
    engine.h0 = lambda points: edges
    torch.manual_seed(1)
    worst = [0.0, 0.0, 0.0]
    for _ in range(steps):
        rows = torch.randperm(len(engine.images))[:engine.batch].to(engine.device)
        before = [p.detach().clone() for p in reference.parameters]
        engine.load(before)
        reference.step(rows)
        engine.step(rows)
        differences = [abs(engine.loss.item() - reference.loss.item()) / abs(reference.loss.item()),
                       distance([p.grad for p in engine.parameters], [p.grad for p in reference.parameters]),
                       distance([p - b for p, b in zip(engine.parameters, before)],
                                [p - b for p, b in zip(reference.parameters, before)])]
        worst = [w if d <= w else d for d, w in zip(differences, worst)]  # keeps a NaN
    engine.h0 = h0
    engine.load(first)
    engine.forget()
    return worst


@torch.no_grad()
def distance(a, b):
    a, b = (torch.cat([t.flatten() for t in ts]).double() for ts in (a, b))
    return float((a - b).norm() / b.norm())
