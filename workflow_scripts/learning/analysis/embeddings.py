"""Embeddings of sequences before the last layer of trained networks, and the distances between them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from rc_equivariant.centring import Centred, centred_rows
from rc_equivariant.hyperbolic import lorentz
from rc_equivariant.strategies import StrandAverage, with_reverse_complements

from ..models.inputs import WINDOWS_PER_BATCH
from ..models.kmers import as_integer_tensor, encode
from ..models.networks import encoding_of, innermost


def embedding_distances(network: nn.Module, codes: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """The distances between the embeddings of sequences, within each of several samples.

    Distances are those of the space of the last layer's input: hyperbolic, with its curvature, or Euclidean. The
    embedding of a network that averages its outputs, over both strands or over two places in the window, is the
    centroid of the embeddings that it averages.

    Parameters
    ----------
    codes
        Base codes (sequences, width).
    samples
        Rows of ``codes``, shape (samples, points).

    Returns
    -------
    numpy.ndarray
        Shape (samples, points, points), float64.
    """
    centroid, distance = _geometry(innermost(network))
    points = _embeddings(network, codes, centroid)
    # One sample at a time: the differences of all pairs have (points, points, features) numbers.
    return np.stack([_pairwise(points[rows], distance).cpu().numpy() for rows in samples])


def _geometry(network: nn.Module) -> tuple[Callable[[Tensor], Tensor], Callable[[Tensor, Tensor], Tensor]]:
    """Functions for the centroid of points (averaged, batch, features) and the distance along their last dimension."""
    curvatures = getattr(network.trunk, "curvatures", ())
    if not len(curvatures):
        return lambda points: points.mean(0), lambda x, y: torch.linalg.vector_norm(x - y, dim=-1)
    k = curvatures[-1]().detach().double()
    return (
        lambda points: lorentz.centroid(points, k, over=0, dim=-1),
        lambda x, y: lorentz.distance(x, y, k, dim=-1).squeeze(-1),
    )


@torch.inference_mode()
def _embeddings(network: nn.Module, codes: np.ndarray, centroid: Callable[[Tensor], Tensor]) -> Tensor:
    """The embeddings of sequences, (sequences, features) in float64, by a network in evaluation mode."""
    device, encoding = next(network.parameters()).device, encoding_of(network)
    parts = []
    for batch in as_integer_tensor(encode(codes, encoding)).split(WINDOWS_PER_BATCH):
        averaged = _averaged_rows(network, batch.to(device).long())
        points = innermost(network).embed(averaged).double()
        parts.append(centroid(torch.stack(points.split(len(batch)))))
    return torch.cat(parts)


def _averaged_rows(network: nn.Module, kmers: Tensor) -> Tensor:
    """The rows that the innermost network reads for k-mers (batch, positions): these once for each that it averages."""
    if isinstance(network, Centred):
        left, right = centred_rows(kmers, network.in_type)
        return _averaged_rows(network.network, left if torch.equal(left, right) else torch.cat([left, right]))
    if isinstance(network, StrandAverage):
        return _averaged_rows(network.network, with_reverse_complements(network.in_type, kmers))
    return kmers


@torch.inference_mode()
def _pairwise(points: Tensor, distance: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """The distances (points, points)."""
    return distance(points[:, None], points[None])
