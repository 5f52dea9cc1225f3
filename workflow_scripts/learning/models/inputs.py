"""The arrays of a task as the tensors that networks read.

This is apart from evaluation, so that training does not depend on the code of evaluation.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from rc_equivariant.centring import centred_rows
from rc_equivariant.encoding import KmerEncoding

from .kmers import as_integer_tensor, encode, row_blocks
from .networks import architecture_of, encoding_of

WINDOWS_PER_BATCH = 256
#: Windows in a batch of profile networks, whose features are wider and longer.
PROFILES_PER_BATCH = 64


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


def are_in_the_middle(codes: np.ndarray, encoding: KmerEncoding) -> bool:
    """Return True if :class:`rc_equivariant.Centred` leaves all base codes (windows, width) where they are."""
    for rows in row_blocks(codes):
        kmers = as_integer_tensor(encode(codes[rows], encoding))
        if any(not torch.equal(kmers, moved) for moved in centred_rows(kmers, encoding)):
            return False
    return True
