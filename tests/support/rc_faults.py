"""Ways to break rc_equivariant in one place, for the test that its tests can fail."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch.nn import functional

from rc_equivariant import Ordinary, Representation, kernels
from rc_equivariant.layers import pooling

Plant = Callable[[pytest.MonkeyPatch], None]


def replaced(owner, name: str, fault) -> Plant:
    """``fault`` in place of a function or method."""
    return lambda monkeypatch: monkeypatch.setattr(owner, name, fault)


def wrapped(owner, name: str, wrap) -> Plant:
    """``wrap(original)`` in place of a function."""
    return lambda monkeypatch: monkeypatch.setattr(owner, name, wrap(getattr(owner, name)))


def entries(permute_channels=True, taps=lambda width: torch.arange(width).flip(0), own_sign=True, own_centre=False):
    """The involution on kernel entries, built with one thing wrong."""

    def involution(in_type, out_type, width):
        shape = (out_type.size, in_type.size, width)
        if isinstance(out_type, Ordinary):
            return torch.arange(torch.Size(shape).numel()), torch.ones(torch.Size(shape).numel())
        rows, columns = (t.partner if permute_channels else torch.arange(t.size) for t in (out_type, in_type))
        image = (rows[:, None, None] * in_type.size + columns[:, None]) * width + taps(width)
        sign = (out_type.signs[:, None, None] * in_type.signs[:, None]).expand(shape).clone()
        if not own_sign:
            sign.fill_(1)
        if own_centre:
            image[..., width // 2] = torch.arange(image.numel()).view(shape)[..., width // 2]
            sign[..., width // 2] = 1
        return image.flatten(), sign.flatten()

    return replaced(kernels, "_entry_involution", involution)


def without_the_last_parameter(original):
    def build(self, *arguments, **options):
        original(self, *arguments, **options)
        self.parameter[self.parameter == self.size] = 0
        self.size -= 1

    return build


def without_the_vanishing(original):
    """Entries that reverse complement maps to minus themselves are left free."""

    def involution(*arguments):
        image, sign = original(*arguments)
        return image, sign.masked_fill(image == torch.arange(len(image)), 1)

    return involution


def constants_tied_as(change: Callable) -> Callable:
    """Biases, scales and shifts tied as for another space than theirs."""

    def wrap(original):
        def tying(in_type, out_type, *arguments):
            if in_type != Representation(trivial=1) or not isinstance(out_type, Representation):
                return original(in_type, out_type, *arguments)
            return original(in_type, change(out_type), *arguments)

        return tying

    return wrap


def untied(space):
    return Representation(trivial=space.size)


def signs_as_trivial(space):
    return Representation(space.regular, space.trivial + space.sign)


def with_sign_means(original):
    def normalise(x, scale, shift, partner, is_sign, *arguments, **options):
        return original(x, scale, shift, partner, torch.zeros_like(is_sign), *arguments, **options)

    return normalise


def of_the_first_strand(original):
    def update(self, *arguments):
        original(self, *arguments)
        second = self.partner < torch.arange(len(self.partner))
        self.running_mean[second], self.running_variance[second] = 0, 1

    return update


def from_a_starting_value(original):
    def update(self, *arguments):
        self.batches += 10**6
        original(self, *arguments)

    return update


def with_sign_centred(original):
    def build(self, *arguments, **options):
        original(self, *arguments, **options)
        self.is_centred.fill_(1)
        self.centred_channels = len(self.is_centred)

    return build


def one_position_to_the_right(original):
    return lambda self, x: original(self, functional.pad(x, (1, -1)))


def merged_without_flip(x, regular, signs_alone):
    first, second, alone = x.split([regular, regular, len(signs_alone)], 1)
    return torch.cat([(first + second.flip(1)) / 2, (1 + signs_alone[:, None]) * alone / 2], 1)


def palindromes_in_pairs(original):
    """Self-complementary k-mers exchanged with each other, as if they were no mirror images of themselves."""

    def partners(self):
        partner = original(self)
        palindromes = torch.arange(self.size)[partner == torch.arange(self.size)]
        partner[palindromes] = palindromes.flip(0)
        return partner

    return partners


def with_look_up_in_kmer_order(original):
    def build(self, *arguments, **options):
        original(self, *arguments, **options)
        self.channel_of_kmer = torch.arange(len(self.channel_of_kmer))

    return build


def pool_of_signs(self, in_type, kernel_size, stride=None):
    pooling._WindowPool.__init__(self, in_type, kernel_size, stride, 0)


def gate_of_the_size(self, x):
    moved, gates, sign = x.split(self.parts, 1)
    return torch.cat([self.function(moved), sign.abs() * self.gate(gates)], 1)


def with_the_last_channel_apart(original):
    def build(self, *arguments, **options):
        original(self, *arguments, **options)
        last = torch.arange(self.in_type.size) == self.in_type.size - 1
        self.members = self.centred = torch.stack([~last, last]).float()

    return build


def product_without_signs(original):
    def rule(first, second):
        found = original(first, second)
        return found._replace(factor=torch.ones_like(found.factor))

    return rule


def nothing(*arguments, **options):
    return None
