"""Convolution of one-hot k-mers as a table look-up.

A one-hot feature map has a single non-zero entry at each position, so a convolution over it only adds up ``width`` rows
of the kernel. It needs no multiplication and 4^k times fewer operations than the dense form, so longer k-mers cost
nothing extra.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from .stacks import one_by_one, stacked


def kmer_convolution(kmers: Tensor, table: Tensor) -> Tensor:
    """Convolve one-hot k-mers, without padding.

    Parameters
    ----------
    kmers
        Integers, shape (batch, positions), values 0 to ``kinds - 1``.
    table
        Kernel by tap and k-mer, shape (width, kinds, out); one of the kinds stands for unknown k-mers.

    Returns
    -------
    Tensor
        ``y[b, :, t] = sum over taps of table[tap, kmers[b, t + tap]]``, shape (batch, out, positions - width + 1), with
        channels last in memory.
    """
    return _KmerConvolution.apply(kmers.long(), table).transpose(1, 2)


class _KmerConvolution(torch.autograd.Function):
    """The forward pass sums ``width`` table rows per position; the backward pass, gradient rows per tap and k-mer."""

    @staticmethod
    def forward(kmers: Tensor, table: Tensor) -> Tensor:
        width, kinds, out = table.shape
        taps = torch.arange(width, dtype=torch.int32, device=kmers.device)
        rows = kmers.to(torch.int32).unfold(1, width, 1) + taps * kinds
        bags = functional.embedding_bag(rows.reshape(-1, width), table.reshape(-1, out), mode="sum")
        return bags.view(kmers.shape[0], kmers.shape[1] - width + 1, out)

    @staticmethod
    def setup_context(ctx, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
        kmers, table = inputs
        ctx.save_for_backward(kmers)
        ctx.table_shape = table.shape

    @staticmethod
    def vmap(info, in_dims: tuple, kmers: Tensor, table: Tensor) -> tuple[Tensor, int]:
        """Do one look-up in a joint table, in which each network has its own rows."""
        networks = info.batch_size
        kmers, table = stacked(kmers, in_dims[0], networks), stacked(table, in_dims[1], networks)
        kinds = table.shape[2]
        own = kmers + kinds * torch.arange(networks, device=kmers.device)[:, None, None]
        bags = _KmerConvolution.apply(own.flatten(0, 1), table.transpose(0, 1).flatten(1, 2))
        return bags.unflatten(0, kmers.shape[:2]), 0

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[None, Tensor]:
        (kmers,) = ctx.saved_tensors
        width, kinds, _ = ctx.table_shape
        return None, _TableGradient.apply(kmers, gradient, width, kinds)


class _TableGradient(torch.autograd.Function):
    """The gradient by the table, which is linear in that by the output: the look-up is its transpose."""

    @staticmethod
    def forward(kmers: Tensor, gradient: Tensor, width: int, kinds: int) -> Tensor:
        # Faster than one scatter per tap, and far faster than the backward pass of embedding_bag.
        gradient = gradient.contiguous()
        of_table = _inner_gradient(kmers, gradient, width, kinds)
        _add_edge_gradient(of_table, kmers, gradient)
        return of_table

    @staticmethod
    def setup_context(ctx, inputs: tuple[Tensor, Tensor, int, int], output: Tensor) -> None:
        ctx.save_for_backward(inputs[0])

    @staticmethod
    def vmap(info, in_dims: tuple, kmers: Tensor, gradient: Tensor, width: int, kinds: int) -> tuple[Tensor, int]:
        own = lambda *of_network: (_TableGradient.apply(*of_network, width, kinds),)  # noqa: E731
        (of_table,), (dim,) = one_by_one(own, in_dims[:2], info.batch_size, kmers, gradient)
        return of_table, dim

    @staticmethod
    def backward(ctx, table: Tensor) -> tuple[None, Tensor, None, None]:
        (kmers,) = ctx.saved_tensors
        return None, _KmerConvolution.apply(kmers, table), None, None


def _inner_gradient(kmers: Tensor, gradient: Tensor, width: int, kinds: int) -> Tensor:
    """Return the gradient by the table from the k-mers that every tap reads; shape (width, kinds, out).

    The positions are sorted by k-mer, so that those of one k-mer are one bag. Tap t reads the gradient t positions
    before each of them.
    """
    _, positions, out = gradient.shape
    inner = kmers[:, width - 1 : positions]
    if inner.numel() == 0:
        return gradient.new_zeros(width, kinds, out)
    narrow = torch.int16 if kinds <= torch.iinfo(torch.int16).max else torch.int32
    ordered, order = torch.sort(inner.reshape(-1).to(narrow), stable=True)
    order = order.to(torch.int32)
    first_row = order + (order // inner.shape[1] + 1) * (width - 1)
    taps = torch.arange(width, dtype=torch.int32, device=kmers.device)[:, None]
    starts = torch.searchsorted(ordered, torch.arange(kinds, dtype=narrow, device=kmers.device), out_int32=True)
    bags = functional.embedding_bag(
        (first_row - taps).reshape(-1), gradient.view(-1, out), (starts + taps * len(order)).reshape(-1), mode="sum"
    )
    return bags.view(width, kinds, out)


def _add_edge_gradient(of_table: Tensor, kmers: Tensor, gradient: Tensor) -> None:
    """Add to the gradient by the table, in place, the part from k-mers near the ends, which some taps never read."""
    width, kinds, out = of_table.shape
    positions = gradient.shape[1]
    rows, gradients = [], []
    for tap in range(width):
        last = positions + tap
        for start, end in ((tap, min(width - 1, last)), (max(width - 1, positions), last)):
            if start < end:
                rows.append(kmers[:, start:end].reshape(-1) + tap * kinds)
                gradients.append(gradient[:, start - tap : end - tap].reshape(-1, out))
    if rows:
        of_table.view(-1, out).index_add_(0, torch.cat(rows), torch.cat(gradients))
