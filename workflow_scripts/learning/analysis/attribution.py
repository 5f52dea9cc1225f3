"""How much each base contributes to what a network answers: gradient times input, and in-silico mutagenesis.

Both explain one number a window, linear in what the network gives: the logit of a :class:`BinaryNetwork`, or of a
:class:`ProfileNetwork` its totals (``counts``) or the shape of its profile (``profile``). None of them depends on the
strand, so that an equivariant network, or any network in a :class:`~rc_equivariant.StrandAverage`, contributes the same
on both strands: the contributions of a reverse complement are those of the window, bases complemented and read from its
other end. (The gradient alone has no such value where features are exactly equal under a maximum.)

Contributions are *hypothetical*: one for each of the four bases that might stand at a position, the actual ones being
those of the bases that do (:func:`of_present_bases`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from rc_equivariant.encoding import UNKNOWN_BASE
from rc_equivariant.layers.module import EquivariantModule
from rc_equivariant.plain import kmers_of_one_hot

from ..models.networks import encoding_of

Head = Literal["logit", "profile", "counts"]
#: Sequences in a batch that needs no gradient, and one-hot k-mers in a batch that does.
FORWARD_BATCH = 512
KMERS_PER_BATCH = 2**24


class Windows(NamedTuple):
    """What a network reads: base codes (windows, width), and control tracks (windows, 2, output length) if it has any.

    Codes are A, C, G, T = 0..3; anything above is unknown.
    """

    codes: np.ndarray
    control: np.ndarray | None = None

    def rows(self, rows: slice | np.ndarray) -> Windows:
        return Windows(self.codes[rows], None if self.control is None else self.control[rows])


def window_scores(network: EquivariantModule, windows: Windows) -> np.ndarray:
    """Logits, or sums over strands of the logarithms of the totals, (windows,): what windows are chosen by."""
    head: Head = "counts" if isinstance(network.out_type, tuple) else "logit"
    scores = []
    with torch.inference_mode():
        for start in range(0, len(windows.codes), FORWARD_BATCH):
            batch = windows.rows(slice(start, start + FORWARD_BATCH))
            scores.append(_answer(network, *_on_device(network, batch), head).sum(1))
    return torch.cat(scores).cpu().numpy()


def gradient_contributions(network: EquivariantModule, windows: Windows, head: Head) -> np.ndarray:
    """Gradient with respect to the one-hot bases; that of the base that is there is gradient times input.

    A network of k-mers has a gradient for each k-mer at each place, and a k-mer's contribution is shared equally by its
    k bases. So base b at position p gets the mean over offsets of the gradient for the k-mer that would stand over p if
    b did: for k = 1 the usual definition, and for any k the actual contributions of a window add up to the sum of
    gradient times input over its k-mers (over the known ones: an unknown base leaves its share to nobody).

    Parameters
    ----------
    network
        In evaluation mode; reads k-mers.
    windows
        What it reads.
    head
        What is explained.

    Returns
    -------
    numpy.ndarray
        Shape (windows, width, 4); zero at unknown bases.
    """
    k = encoding_of(network).k
    export = _with_product_kmers(network.export(), k).requires_grad_(False)
    rows = max(1, KMERS_PER_BATCH // (4**k * windows.codes.shape[1]))
    parts = []
    for start in range(0, len(windows.codes), rows):
        codes, control = _on_device(network, windows.rows(slice(start, start + rows)))
        one_hot = nn.functional.one_hot(codes.clamp(max=UNKNOWN_BASE), 5)[..., :4].transpose(1, 2)
        one_hot = one_hot.to(next(network.parameters()).dtype).requires_grad_()
        answer = _read(export(one_hot) if control is None else export(one_hot, control), head)
        (gradient,) = torch.autograd.grad((_weights(answer, head) * answer).sum(), one_hot)
        parts.append((gradient / k).transpose(1, 2).cpu().numpy())
    return _at_known_bases(np.concatenate(parts), windows.codes)


def mutagenesis_contributions(
    network: EquivariantModule, windows: Windows, head: Head, positions: range | None = None
) -> np.ndarray:
    """What the answer with each base lies above its mean with the three others, every other base as it is.

    So the contribution of the base that is there is the mean loss over the three substitutions, and the four of a
    position sum to zero. The shape of a profile is compared with that of the window as it is, by whose probabilities
    all mutants are weighed.

    Parameters
    ----------
    network, windows, head
        As in :func:`gradient_contributions`.
    positions
        Those to mutate, all if not given.

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
    """Actual contributions (windows, width) of hypothetical ones (windows, width, 4)."""
    return np.take_along_axis(contributions, np.minimum(codes, 3)[..., None].astype(np.int64), axis=2)[..., 0]


def _at_known_bases(contributions: np.ndarray, codes: np.ndarray) -> np.ndarray:
    return np.where((codes < UNKNOWN_BASE)[..., None], contributions, 0)


def _mutate_window(network: EquivariantModule, window: Windows, head: Head, positions: range) -> np.ndarray:
    """:func:`mutagenesis_contributions` of one window, (len(positions), 4)."""
    codes, control = _on_device(network, window)
    with torch.inference_mode():
        weights = _weights(_answer(network, codes, control, head), head)
        answers = [_answer(network, mutants, control, head) for mutants in _mutants(codes, positions)]
        of_mutants = torch.cat([(weights * answer).flatten(1).sum(1) for answer in answers])
    with_base = of_mutants.view(len(positions), 4)
    return ((with_base - with_base.mean(1, keepdim=True)) * (4 / 3)).cpu().numpy()


def _mutants(codes: Tensor, positions: range) -> Iterator[Tensor]:
    """Batches of copies of one window, codes (1, width), with each of A, C, G, T at each of the positions in turn."""
    places = torch.tensor(positions, device=codes.device).repeat_interleave(4)
    bases = torch.arange(4, device=codes.device).repeat(len(positions))
    for place, base in zip(places.split(FORWARD_BATCH), bases.split(FORWARD_BATCH), strict=True):
        yield codes.repeat(len(place), 1).scatter_(1, place[:, None], base[:, None])


def _answer(network: EquivariantModule, codes: Tensor, control: Tensor | None, head: Head) -> Tensor:
    """What the network gives for base codes (batch, width), as :func:`_read` returns it; one control may serve all."""
    tracks = [] if control is None else [control.expand(len(codes), -1, -1)]
    return _read(network(encoding_of(network).indices(codes), *tracks), head)


def _read(outputs: Tensor | tuple[Tensor, Tensor], head: Head) -> Tensor:
    """The part of a network's outputs that ``head`` names; (batch, 1), (batch, 2) or (batch, 2, positions)."""
    if head == "logit":
        return outputs[:, None]
    return outputs[("profile", "counts").index(head)]


def _weights(answer: Tensor, head: Head) -> Tensor:
    """What each part of the answer counts in the number that is explained; a constant, no gradient flows through it.

    Profiles are explained as BPNet's are (Avsec et al. 2021): logits weighed by their probabilities. The mean logit of
    each strand is taken off, since what raises all of them alike does not change the profile.
    """
    if head == "profile":
        return answer.detach().softmax(2) - 1 / answer.shape[2]
    return torch.ones_like(answer)


def _on_device(network: EquivariantModule, windows: Windows) -> tuple[Tensor, Tensor | None]:
    """Codes (int64) and control as tensors where the network lies."""
    weight = next(network.parameters())
    codes = torch.from_numpy(windows.codes.astype(np.int64)).to(weight.device)
    if windows.control is None:
        return codes, None
    return codes, torch.from_numpy(windows.control.astype(np.float64)).to(weight)


class _KmerProducts(nn.Module):
    """One-hot k-mers of one-hot nucleotides as products of their bases; (batch, 4, L) to (batch, 4^k, L - k + 1).

    Equal to :func:`rc_equivariant.plain.kmers_of_one_hot` on one-hot input, but with a gradient for every base: that of
    the k-mers which would be there if the base was.
    """

    def __init__(self, k: int) -> None:
        super().__init__()
        self.k = k

    def forward(self, one_hot: Tensor) -> Tensor:
        length = one_hot.shape[2] - self.k + 1
        kmers = one_hot[:, :, :length]
        for offset in range(1, self.k):
            kmers = (kmers[:, :, None] * one_hot[:, None, :, offset : offset + length]).flatten(1, 2)
        return kmers


def _with_product_kmers(export: nn.Module, k: int) -> nn.Module:
    """An exported network whose one-hot k-mers are :class:`_KmerProducts`."""
    if k == 1:
        return export
    filters = kmers_of_one_hot(k)[0].weight
    for module in list(export.modules()):
        if isinstance(module, nn.Sequential) and isinstance(module[0], nn.Conv1d):
            weight = module[0].weight
            if weight.shape == filters.shape and torch.equal(weight, filters.to(weight)):
                module[0], module[1] = _KmerProducts(k), nn.Identity()
    return export
