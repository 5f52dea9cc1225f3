"""Logits of networks over many windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from .kmers import encode, row_blocks

WINDOWS_PER_BATCH = 256


def predict_logits(network: nn.Module, kmers: torch.Tensor) -> np.ndarray:
    """Logits (windows,) float32 of k-mer indices (windows, positions), in evaluation mode, on the network's device."""
    device = next(network.parameters()).device
    was_training = network.training
    network.eval()
    with torch.inference_mode():
        parts = [network(batch.to(device).long()) for batch in kmers.split(WINDOWS_PER_BATCH)]
    network.train(was_training)
    return torch.cat(parts).cpu().numpy()


def mean_logits(networks: Sequence[nn.Module], codes: np.ndarray) -> np.ndarray:
    """Mean over networks of their logits (windows,) for base codes (windows, width).

    The networks read the same k-mers.
    """
    encoding = networks[0].encoding
    blocks = []
    for rows in row_blocks(codes):
        kmers = as_integer_tensor(encode(codes[rows], encoding))
        blocks.append(np.mean([predict_logits(network, kmers) for network in networks], axis=0))
    return np.concatenate(blocks)


def as_integer_tensor(kmers: np.ndarray) -> torch.Tensor:
    """k-mer indices as a tensor of a type that torch can index on every device: uint8 as it is, wider ones as int32."""
    kmers = np.ascontiguousarray(kmers)
    return torch.from_numpy(kmers if kmers.dtype == np.uint8 else kmers.astype(np.int32))
