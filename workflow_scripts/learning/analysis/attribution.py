"""Contributions of bases to the answer of a network: centred gradient times input, and in-silico mutagenesis.

Both explain one number per window, linear in the outputs of the network: the logit of a network for classes, or the
totals (``counts``) or the shape (``profile``) of a network for profiles. None of these depends on the strand, so an
equivariant network, or any network in a :class:`~rc_equivariant.StrandAverage`, has the same contributions on both
strands: those of a reverse complement are those of the window, with bases complemented and in reverse order. (The
gradient has no such value where features are exactly equal under a maximum.)

Contributions are *hypothetical*: there is one for each of the four bases that may be at a position. The actual ones are
those of the bases in the sequence (:func:`of_present_bases`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from rc_equivariant.encoding import MAX_KMER, UNKNOWN_BASE
from rc_equivariant.layers.module import EquivariantModule
from rc_equivariant.plain import kmers_of_one_hot

from ..models.inputs import tracks_of
from ..models.networks import encoding_of

Head = Literal["logit", "profile", "counts"]
#: Sequences in a batch without gradients, and one-hot k-mers in a batch with gradients.
FORWARD_BATCH = 512
KMERS_PER_BATCH = 2**24


class Windows(NamedTuple):
    """The inputs of a network: base codes (windows, width), and input tracks by name, each (windows, 2, output length).

    Codes are A, C, G, T = 0..3; anything above is unknown.
    """

    codes: np.ndarray
    tracks: Mapping[str, np.ndarray] = MappingProxyType({})

    def rows(self, rows: slice | np.ndarray) -> Windows:
        """The windows of some rows."""
        return Windows(self.codes[rows], {name: values[rows] for name, values in self.tracks.items()})


def window_scores(network: EquivariantModule, windows: Windows) -> np.ndarray:
    """The scores (windows,) by which windows are chosen: logits, or logarithms of totals summed over the strands."""
    head: Head = "counts" if isinstance(network.out_type, tuple) else "logit"
    scores = []
    with torch.inference_mode():
        for start in range(0, len(windows.codes), FORWARD_BATCH):
            batch = windows.rows(slice(start, start + FORWARD_BATCH))
            scores.append(_answer(network, *_on_device(network, batch), head).sum(1))
    return torch.cat(scores).cpu().numpy()


def gradient_contributions(network: EquivariantModule, windows: Windows, head: Head) -> np.ndarray:
    """The :func:`base_gradients` minus their mean over the four bases of a position.

    One-hot bases always sum to 1, so that the network is never asked about the direction in which all four grow. The
    gradient along it is chance, and removing it makes contributions less noisy (Majdandzic et al. 2023, Genome Biology
    24:109). The four contributions at a position sum to zero, as those of :func:`mutagenesis_contributions` do.

    Parameters
    ----------
    network, windows, head
        As in :func:`base_gradients`.

    Returns
    -------
    numpy.ndarray
        Shape (windows, width, 4); zero at unknown bases.
    """
    return centred(base_gradients(network, windows, head))


def centred(gradients: np.ndarray) -> np.ndarray:
    """Gradients (..., 4) minus their mean over the bases; both strands give exactly the same numbers."""
    # Complementary bases are added first, so that the order of the bases, which the strands reverse, changes no bit.
    pairs = gradients + gradients[..., ::-1]
    return gradients - (pairs[..., :1] + pairs[..., 1:2]) / 4


def base_gradients(network: EquivariantModule, windows: Windows, head: Head) -> np.ndarray:
    """The gradient with respect to the one-hot bases, which for the actual base is gradient times input.

    A network of k-mers has a gradient for each k-mer at each position, and the bases of a k-mer share its contribution
    equally. So base b at position p gets the mean over offsets of the gradients for the k-mers that would
    cover p if b was there. For k = 1 this is the usual definition. For any k, the actual contributions of a window add
    up to the sum of gradient times input over its k-mers, without the shares of unknown bases.

    Parameters
    ----------
    network
        A network of k-mers in evaluation mode.
    windows
        The inputs of the network.
    head
        The output that is explained.

    Returns
    -------
    numpy.ndarray
        Shape (windows, width, 4); zero at unknown bases.
    """
    export = network.export().requires_grad_(False)
    kinds = max(_with_product_kmers(export), 4)
    rows = max(1, KMERS_PER_BATCH // (kinds * windows.codes.shape[1]))
    parts = []
    for start in range(0, len(windows.codes), rows):
        codes, tracks = _on_device(network, windows.rows(slice(start, start + rows)))
        one_hot = nn.functional.one_hot(codes.clamp(max=UNKNOWN_BASE), 5)[..., :4].transpose(1, 2)
        one_hot = one_hot.to(next(network.parameters()).dtype).requires_grad_()
        answer = _read(export(one_hot, *tracks), head)
        (gradient,) = torch.autograd.grad((_weights(answer, head) * answer).sum(), one_hot)
        parts.append(gradient.transpose(1, 2).cpu().numpy())
    return _at_known_bases(np.concatenate(parts), windows.codes)


def mutagenesis_contributions(
    network: EquivariantModule, windows: Windows, head: Head, positions: range | None = None
) -> np.ndarray:
    """The answer with each base minus the mean answer with the three others, all other bases unchanged.

    So the contribution of the actual base is the mean loss over the three substitutions, and the four contributions at
    a position sum to zero. The shape of a profile is compared with that of the unchanged window, whose probabilities
    are the weights for all mutants.

    Parameters
    ----------
    network, windows, head
        As in :func:`gradient_contributions`.
    positions
        Positions to mutate; all by default.

    Returns
    -------
    numpy.ndarray
        Shape (windows, len(positions), 4); zero at unknown bases.
    """
    positions = range(windows.codes.shape[1]) if positions is None else positions
    one_by_one = (windows.rows(slice(row, row + 1)) for row in range(len(windows.codes)))
    contributions = np.stack([_mutate_window(network, window, head, positions) for window in one_by_one])
    return _at_known_bases(contributions, windows.codes[:, positions])


def of_present_bases(contributions: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """The actual contributions (windows, width) among hypothetical ones (windows, width, 4)."""
    return np.take_along_axis(contributions, np.minimum(codes, 3)[..., None].astype(np.int64), axis=2)[..., 0]


def _at_known_bases(contributions: np.ndarray, codes: np.ndarray) -> np.ndarray:
    return np.where((codes < UNKNOWN_BASE)[..., None], contributions, 0)


def _mutate_window(network: EquivariantModule, window: Windows, head: Head, positions: range) -> np.ndarray:
    """:func:`mutagenesis_contributions` of one window, (len(positions), 4)."""
    codes, tracks = _on_device(network, window)
    with torch.inference_mode():
        weights = _weights(_answer(network, codes, tracks, head), head)
        answers = [_answer(network, mutants, tracks, head) for mutants in _mutants(codes, positions)]
        of_mutants = torch.cat([(weights * answer).flatten(1).sum(1) for answer in answers])
    with_base = of_mutants.view(len(positions), 4)
    return ((with_base - with_base.mean(1, keepdim=True)) * (4 / 3)).cpu().numpy()


def _mutants(codes: Tensor, positions: range) -> Iterator[Tensor]:
    """Yield batches of copies of one window, codes (1, width), with each of A, C, G, T at each position in turn."""
    places = torch.tensor(positions, device=codes.device).repeat_interleave(4)
    bases = torch.arange(4, device=codes.device).repeat(len(positions))
    for place, base in zip(places.split(FORWARD_BATCH), bases.split(FORWARD_BATCH), strict=True):
        yield codes.repeat(len(place), 1).scatter_(1, place[:, None], base[:, None])


def _answer(network: EquivariantModule, codes: Tensor, tracks: list[Tensor], head: Head) -> Tensor:
    """The answer to base codes (batch, width), as :func:`_read` returns it; tracks of one window serve all of them."""
    expanded = [track.expand(len(codes), -1, -1) for track in tracks]
    return _read(network(encoding_of(network).indices(codes), *expanded), head)


def _read(outputs: Tensor | tuple[Tensor, Tensor], head: Head) -> Tensor:
    """The part of a network's outputs that ``head`` names; (batch, 1), (batch, 2) or (batch, 2, positions)."""
    if head == "logit":
        return outputs[:, None]
    return outputs[("profile", "counts").index(head)]


def _weights(answer: Tensor, head: Head) -> Tensor:
    """The weight of each part of the answer in the number that is explained; no gradient flows through it.

    Profiles are explained like those of BPNet (Avsec et al. 2021): logits are weighted by their probabilities. The mean
    logit of each strand is subtracted, since a change of all logits by the same amount does not change the profile.
    """
    if head == "profile":
        return answer.detach().softmax(2) - 1 / answer.shape[2]
    return torch.ones_like(answer)


def _on_device(network: EquivariantModule, windows: Windows) -> tuple[Tensor, list[Tensor]]:
    """Codes (int64) and the tracks that the network reads as tensors on its device."""
    weight = next(network.parameters())
    codes = torch.from_numpy(windows.codes.astype(np.int64)).to(weight.device)
    tracks = [windows.tracks[name].astype(np.float64) for name in tracks_of(network)]
    return codes, [torch.from_numpy(values).to(weight) for values in tracks]


class _KmerProducts(nn.Module):
    """One-hot k-mers of one-hot bases as products of their bases; (batch, 4, L) to (batch, 4^k, L - k - gap + 1).

    This equals :func:`rc_equivariant.plain.kmers_of_one_hot` on one-hot input, but has a gradient for every base: that
    of the k-mers that would be there if the base was. Each of the k bases has an equal share of it.
    """

    def __init__(self, k: int, gap: int) -> None:
        super().__init__()
        self.offsets = [*range(k // 2), *range(k // 2 + gap, k + gap)]

    def forward(self, one_hot: Tensor) -> Tensor:
        # The values are those of the input, and the gradient is divided by k.
        one_hot = one_hot.detach() + (one_hot - one_hot.detach()) / len(self.offsets)
        length = one_hot.shape[2] - self.offsets[-1]
        first, *others = self.offsets
        kmers = one_hot[:, :, first : first + length]
        for offset in others:
            kmers = (kmers[:, :, None] * one_hot[:, None, :, offset : offset + length]).flatten(1, 2)
        return kmers


def _with_product_kmers(export: nn.Module) -> int:
    """Replace one-hot k-mers in an exported network by :class:`_KmerProducts`; return the number of their channels."""
    channels = 0
    for module in list(export.modules()):
        if isinstance(module, nn.Sequential) and isinstance(module[0], nn.Conv1d):
            weight = module[0].weight
            k = next((k for k in range(1, MAX_KMER + 1) if len(weight) == 4**k and k <= weight.shape[2]), None)
            if k is None or weight.shape[1] != 4:
                continue
            gap = weight.shape[2] - k
            if torch.equal(weight, kmers_of_one_hot(k, gap)[0].weight.to(weight)):
                module[0], module[1] = _KmerProducts(k, gap), nn.Identity()
                channels += 4**k
    return channels
