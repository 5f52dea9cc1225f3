"""The arrays of a task as the tensors that networks read.

This is apart from evaluation, so that training does not depend on the code of evaluation.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from rc_equivariant.encoding import KmerEncoding

from .networks import architecture_of, encoding_of

WINDOWS_PER_BATCH = 256
#: Windows in a batch of profile networks, whose features are wider and longer.
PROFILES_PER_BATCH = 64
BASES_PER_BLOCK = 4_000_000


def tracks_of(network: nn.Module) -> tuple[str, ...]:
    """The names of the input tracks that a network reads beside the sequence, in their order."""
    return architecture_of(network).tracks


def network_inputs(
    network: nn.Module, codes: np.ndarray, tracks: Mapping[str, np.ndarray], *, reverse_complement: bool = False
) -> tuple[Tensor, ...]:
    """The k-mers and tracks that a network reads, on its device.

    Parameters
    ----------
    codes
        Base codes (windows, width).
    tracks
        Input tracks by name, each (windows, channels, positions); those that the network does not read are ignored.
    reverse_complement
        Whether to read the other strand, on which the tracks are exchanged and reversed as their types say.
    """
    device = next(network.parameters()).device
    kmers = as_integer_tensor(encode(codes, encoding_of(network))).to(device).long()
    inputs = (kmers, *(as_reads(tracks[name], device) for name in tracks_of(network)))
    if not reverse_complement:
        return inputs
    spaces = network.in_type if isinstance(network.in_type, tuple) else (network.in_type,)
    return tuple(space.act(each) for space, each in zip(spaces, inputs, strict=True))


def predict_logits(network: nn.Module, kmers: Tensor) -> np.ndarray:
    """The logits of k-mer indices (windows, positions), in evaluation mode, on the network's device.

    float32, (windows,), or (windows, classes) for more than two classes.
    """
    device = next(network.parameters()).device
    was_training = network.training
    network.eval()
    with torch.inference_mode():
        parts = [network(batch.to(device).long()) for batch in kmers.split(WINDOWS_PER_BATCH)]
    network.train(was_training)
    return torch.cat(parts).cpu().numpy()


def as_reads(tracks: np.ndarray, device: torch.device) -> Tensor:
    """Reads or other tracks as float32."""
    return torch.from_numpy(np.ascontiguousarray(tracks, dtype=np.float32)).to(device)


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
