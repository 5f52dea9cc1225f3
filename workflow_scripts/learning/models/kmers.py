"""k-mer indices of base codes, as arrays and tensors; apart from the networks that read them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from rc_equivariant.encoding import KmerEncoding

BASES_PER_BLOCK = 4_000_000


def as_integer_tensor(kmers: np.ndarray) -> Tensor:
    """k-mer indices as a tensor of a type that torch can index on every device: uint8 as it is, wider ones as int32."""
    kmers = np.ascontiguousarray(kmers)
    return torch.from_numpy(kmers if kmers.dtype == np.uint8 else kmers.astype(np.int32))


def kmer_dtype(k: int) -> np.dtype:
    """The smallest unsigned integer type that holds every k-mer index and the index 4^k of an unknown k-mer."""
    return np.min_scalar_type(4**k)


def row_blocks(codes: np.ndarray) -> list[slice]:
    """Consecutive blocks of the rows of ``codes`` (windows, width), small enough to be encoded in memory."""
    rows = max(1, BASES_PER_BLOCK // codes.shape[1])
    return [slice(start, start + rows) for start in range(0, len(codes), rows)]


def encode(codes: np.ndarray, encoding: KmerEncoding) -> np.ndarray:
    """k-mer indices (windows, width - k + 1), of :func:`kmer_dtype`, of base codes (windows, width)."""
    indices = encoding.indices(torch.from_numpy(np.asarray(codes, dtype=np.int64)))
    return indices.numpy().astype(kmer_dtype(encoding.k))
