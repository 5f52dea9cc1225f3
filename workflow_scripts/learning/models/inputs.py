"""Arrays as what networks read, and the logits that they give.

Apart from all that evaluation does with them, so that training does not depend on its code.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from rc_equivariant.encoding import KmerEncoding

WINDOWS_PER_BATCH = 256
#: Of profile networks, whose features are wider and longer.
PROFILES_PER_BATCH = 64


def predict_logits(network: nn.Module, kmers: Tensor) -> np.ndarray:
    """Logits of k-mer indices (windows, positions), in evaluation mode, on the network's device.

    float32, (windows,), or (windows, classes) for more than two classes.
    """
    device = next(network.parameters()).device
    was_training = network.training
    network.eval()
    with torch.inference_mode():
        parts = [network(batch.to(device).long()) for batch in kmers.split(WINDOWS_PER_BATCH)]
    network.train(was_training)
    return torch.cat(parts).cpu().numpy()


def profile_inputs(kmers: np.ndarray, control: np.ndarray | None, device: torch.device) -> tuple[Tensor, ...]:
    """k-mers, and the control if there is one."""
    indices = as_integer_tensor(kmers).to(device).long()
    return (indices,) if control is None else (indices, as_reads(control, device))


def as_reads(tracks: np.ndarray, device: torch.device) -> Tensor:
    """Reads as float32."""
    return torch.from_numpy(np.ascontiguousarray(tracks, dtype=np.float32)).to(device)


def as_integer_tensor(kmers: np.ndarray) -> Tensor:
    """k-mer indices as a tensor of a type that torch can index on every device: uint8 as it is, wider ones as int32."""
    kmers = np.ascontiguousarray(kmers)
    return torch.from_numpy(kmers if kmers.dtype == np.uint8 else kmers.astype(np.int32))


BASES_PER_BLOCK = 4_000_000


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
