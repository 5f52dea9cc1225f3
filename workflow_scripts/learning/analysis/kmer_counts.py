"""Counts of k-mers that do not depend on the strand, in one byte each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse import csr_array, vstack

from rc_equivariant.encoding import KmerEncoding

COUNTS_PER_BLOCK = 1_000_000
_LARGEST = np.iinfo(np.uint8).max


@dataclass(frozen=True)
class KmerCounts:
    """The counts of windows, (windows, pairs).

    A study has hundreds of thousands of windows and thousands of pairs, and nearly all counts are small. ``small``
    (uint8) therefore holds each count up to 255, and the sparse ``rest`` (float32) what a few counts have beyond that.
    """

    small: np.ndarray
    rest: csr_array

    def __len__(self) -> int:
        return len(self.small)

    def rows(self, rows: slice | np.ndarray) -> np.ndarray:
        """The counts of some windows, float32 (rows, pairs)."""
        counts = self.small[rows].astype(np.float32)
        rest = self.rest[rows]
        return counts + rest.toarray() if rest.nnz else counts


def canonical_ranks(k: int) -> np.ndarray:
    """For each k-mer index (4^k,), the rank of its pair with its reverse complement; 2,080 pairs for k = 6."""
    indices = torch.arange(4**k)
    partners = KmerEncoding(k).act(indices[:, None])[:, 0]
    return np.unique(torch.minimum(indices, partners).numpy(), return_inverse=True)[1]


def count_canonical(kmers: np.ndarray, k: int) -> KmerCounts:
    """The counts of k-mers, merged with those of their reverse complements.

    Parameters
    ----------
    kmers
        k-mer indices (windows, positions); 4^k stands for an unknown k-mer, which is not counted.
    """
    ranks = canonical_ranks(k)
    pairs = int(ranks.max()) + 1
    column_of_kmer = np.append(ranks, pairs)
    small = np.empty((len(kmers), pairs), dtype=np.uint8)
    rest = []
    block = max(1, COUNTS_PER_BLOCK // max(pairs, kmers.shape[1]))
    for start in range(0, len(kmers), block):
        columns = column_of_kmer[kmers[start : start + block]]
        first = np.arange(len(columns))[:, None] * (pairs + 1)
        flat = np.bincount((first + columns).ravel(), minlength=len(columns) * (pairs + 1))
        counts = flat.reshape(len(columns), pairs + 1)[:, :pairs]
        small[start : start + block] = np.minimum(counts, _LARGEST)
        rest.append(csr_array(np.maximum(counts - _LARGEST, 0).astype(np.float32)))
    return KmerCounts(small, vstack(rest, format="csr"))
