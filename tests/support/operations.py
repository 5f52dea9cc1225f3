"""Operations with gradients of their own, with stacks of inputs: one for each of several networks."""

import torch

from rc_equivariant import AvgPool1d, MaxPool1d, Ordinary, Representation
from rc_equivariant.functional.activation import relu_and_tanh
from rc_equivariant.functional.lookup import kmer_convolution
from rc_equivariant.functional.normalisation import normalise_batch
from rc_equivariant.functional.rows import row_convolution
from rc_equivariant.functional.strands import mean_of_strands
from rc_equivariant.hyperbolic.convolved_points import convolve_points
from rc_equivariant.hyperbolic.normalised_points import normalise_points
from rc_equivariant.hyperbolic.radial import asinhc, sinhc, squared_norm

NETWORKS, BATCH, POSITIONS = 3, 2, 12
TYPE = Representation(regular=2, trivial=1, sign=2)


def numbers(*shape, seed=0):
    return torch.randn(NETWORKS, *shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def normalised(relu_channels, x, scale, shift):
    partner, is_sign = TYPE.partner, TYPE.signs < 0
    return normalise_batch(x, scale, shift, partner, is_sign, 1e-4, relu_channels is None, relu_channels)


def normalised_points(rows, scale, shift, k):
    return normalise_points(rows, scale, shift, k, 1e-5, lambda mean: mean)[0]


FEATURES = numbers(BATCH, TYPE.size, POSITIONS)
KERNELS = numbers(4, TYPE.size, 3), numbers(4)
K = numbers().exp()
KMERS = torch.randint(0, 17, (NETWORKS, BATCH, POSITIONS), generator=torch.Generator().manual_seed(1))
OPERATIONS = {
    "activation": (lambda x: relu_and_tanh(x, 5), FEATURES),
    "normalisation": (lambda *x: normalised(None, *x), FEATURES, numbers(TYPE.size), numbers(TYPE.size, seed=1)),
    "with activation": (lambda *x: normalised(5, *x), FEATURES, numbers(TYPE.size), numbers(TYPE.size, seed=1)),
    "strands": (lambda x: mean_of_strands(x, 2, TYPE.signs[4:]), FEATURES),
    "look-up": (lambda table, kmers: kmer_convolution(kmers, table), numbers(3, 17, 4), KMERS),
    "convolution": (lambda *x: row_convolution(*x, (1, 2, 2, 1)), FEATURES, numbers(4, TYPE.size, 3), numbers(4)),
    "grouped": (lambda x, w: row_convolution(x[:, :6], w, None, (1, 0, 1, 2)), FEATURES, numbers(4, 3, 3)),
    "points": (lambda *x: convolve_points(*x[:2], None, *x[2:], (1, 2, 2, 1)), FEATURES, *KERNELS, K),
    "batch of points": (normalised_points, FEATURES.mT.contiguous(), K, numbers(TYPE.size), K),
    "means": (AvgPool1d(TYPE, 4), FEATURES),
    "squared norm": (squared_norm, FEATURES),
    "asinh(u) / u": (asinhc, FEATURES.square()),
    "sinh(u) / u": (sinhc, FEATURES.square()),
    "maxima": (MaxPool1d(Ordinary(TYPE.size), 4, 2), FEATURES),
}
