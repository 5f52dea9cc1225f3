"""Equivariant kernels: entries that reverse complement exchanges share one free parameter."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .representation import FeatureType, Ordinary, Representation


def constants_of(space: FeatureType) -> FeatureType:
    """Return the type of a single channel that reverse complement leaves alone, matching ``space``.

    Kernels of width 1 from it to ``space`` are the vectors that reverse complement fixes: biases, shifts and weights of
    scalars.
    """
    return Ordinary(1) if isinstance(space, Ordinary) else Representation(trivial=1)


class KernelTying(nn.Module):
    """The space of equivariant kernels from ``in_type`` to ``out_type``, and a basis of it.

    A kernel W of shape (out, in, width) is equivariant if and only if W(-t) = rho_out W(t) rho_in for all positions t
    relative to its centre (Mallet & Vert 2021). For the entries this means

        W[o, i, width - 1 - t] = signs_out[o] * signs_in[i] * W[partner_out[o], partner_in[i], t].

    The right-hand side is a signed involution on the entries, so their orbits have one or two entries. The two entries
    of an orbit share one free parameter. An entry alone is free if its sign is + and zero if it is -. This holds for
    every pair of representations, so no pair needs code of its own. Between ordinary spaces every entry is free.

    Parameters
    ----------
    in_type, out_type
        Feature types: both representations or both ordinary.
    width
        Number of taps.
    groups
        As in :class:`torch.nn.Conv1d`: there are no entries between different groups of channels.

    Attributes
    ----------
    size
        Number of free parameters.
    shape
        Shape of the kernel: (out, in / groups, width).
    is_free
        True if every entry is a parameter of its own.

    Raises
    ------
    ValueError
        If no such kernel is equivariant.
    """

    def __init__(self, in_type: FeatureType, out_type: FeatureType, width: int, groups: int = 1) -> None:
        super().__init__()
        if isinstance(in_type, Ordinary) != isinstance(out_type, Ordinary):
            raise ValueError(
                f"no kernel from {in_type} to {out_type} is equivariant: reverse complement acts on only one of them; "
                "for invariant features, merge the strands (StrandMerge) before ordinary layers, or use +1 channels "
                "without positions (GlobalAvgPool1d, then Linear to a trivial type)"
            )
        if width < 1:
            raise ValueError(f"a kernel of width {width} has no taps: use a width of 1 or more")
        kept = _within_groups(in_type, out_type, groups)
        self.shape = (out_type.size, in_type.size // groups, width)
        partner, sign = _entry_involution(in_type, out_type, width)
        entries = torch.arange(len(partner))
        zero = (partner == entries) & (sign < 0)
        representative = torch.minimum(entries, partner)
        kept = kept[..., None].expand(-1, -1, width).flatten()
        free = (representative == entries) & ~zero & kept
        # Parameter 0 is a constant zero, which entries that must vanish refer to.
        number = torch.cumsum(free, 0).masked_fill(zero, 0)
        self.size = int(free.sum())
        self.is_free = self.size == torch.Size(self.shape).numel()
        self.register_buffer("parameter", number[representative][kept], persistent=False)
        factor = torch.where(representative == entries, 1.0, sign)[kept]
        self.register_buffer("factor", factor, persistent=False)

    def expand(self, free: Tensor) -> Tensor:
        """Return the kernel, of ``shape``, for free parameters of shape (size,); a view if every entry is free."""
        if self.is_free:
            return free.view(self.shape)
        return (functional.pad(free, (1, 0))[self.parameter] * self.factor.to(free.dtype)).view(self.shape)

    def project(self, kernel: Tensor) -> Tensor:
        """Return the free parameters of the equivariant kernel nearest to ``kernel``, shape (size,).

        It is the mean of the kernel and its reverse complement; :meth:`expand` is the inverse on equivariant kernels.
        """
        if kernel.shape != self.shape:
            raise ValueError(f"a kernel of shape {tuple(kernel.shape)} does not fit: give one of shape {self.shape}")
        entries = kernel.flatten() * self.factor.to(kernel)
        sums, counts = kernel.new_zeros(2, self.size + 1)
        sums.index_add_(0, self.parameter, entries)
        counts.index_add_(0, self.parameter, torch.ones_like(entries))
        return sums[1:] / counts[1:]

    def live_inputs(self) -> Tensor:
        """Return the number of entries of each row that are not zero by symmetry; float, shape (out,)."""
        return self.parameter.view(self.shape).ne(0).sum((1, 2)).float()

    def he_normal(self, live_inputs: Tensor) -> Tensor:
        """Draw free parameters for which E[y^2] of each output is twice the mean square of its live inputs.

        This is the rule of He et al. (2015), by which a ReLU layer keeps the mean square of its input. It is the one
        home of the initial scale of all layers. The standard deviation of an entry is sqrt(2 / live inputs of its row).
        Tied entries of one row multiply different inputs, so for uncorrelated inputs the variances add up as if the
        entries were independent. Counting free parameters instead would make E[y^2] too large by up to 2, and counting
        inputs that are always zero, such as all k-mers but one at a position, would make it too small.

        Parameters
        ----------
        live_inputs
            Number of inputs of each row that are not zero, shape (out,): :meth:`live_inputs` if all inputs of the
            kernel are live. It is the same for partners.

        Returns
        -------
        Tensor
            Shape (size,).
        """
        deviation = he_deviation(live_inputs)[:, None, None].expand(self.shape).flatten()
        # The rows of an orbit have the same deviation, so any of them gives that of their parameters.
        of_parameter = torch.empty(self.size + 1).index_copy_(0, self.parameter, deviation)
        return of_parameter[1:] * torch.randn(self.size)


def he_deviation(live_inputs: Tensor) -> Tensor:
    """Return the standard deviation of initial weights of He et al. (2015), sqrt(2 / live inputs)."""
    return (2.0 / live_inputs).sqrt()


def _entry_involution(in_type: FeatureType, out_type: FeatureType, width: int) -> tuple[Tensor, Tensor]:
    """Return flat index and sign of each kernel entry's image under reverse complement; shapes (out * in * width,)."""
    shape = (out_type.size, in_type.size, width)
    if isinstance(out_type, Ordinary):
        entries = torch.arange(torch.Size(shape).numel())
        return entries, torch.ones(len(entries))
    taps = torch.arange(width).flip(0)
    rows = out_type.partner[:, None, None] * in_type.size
    image = (rows + in_type.partner[:, None]) * width + taps
    sign = (out_type.signs[:, None, None] * in_type.signs[:, None]).expand(shape)
    return image.flatten(), sign.flatten()


def _within_groups(in_type: FeatureType, out_type: FeatureType, groups: int) -> Tensor:
    """Return which pairs of channels a kernel with ``groups`` may connect; bool, shape (out, in)."""
    if groups < 1 or in_type.size % groups or out_type.size % groups:
        raise ValueError(
            f"{groups} groups do not divide the {in_type.size} channels of {in_type} and the {out_type.size} of "
            f"{out_type} evenly"
        )
    of_in, of_out = (torch.arange(t.size) // (t.size // groups) for t in (in_type, out_type))
    kept = of_out[:, None] == of_in
    if not isinstance(out_type, Ordinary) and not torch.equal(kept, kept[out_type.partner][:, in_type.partner]):
        raise ValueError(
            f"{groups} groups of channels from {in_type} to {out_type} are not kept by reverse complement: it would "
            "exchange connected channels with unconnected ones; use one group, or types whose pairs lie in mirrored "
            "groups"
        )
    return kept
