"""Direct sums come apart again, and products of features have the type that is stated."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rc_features import features

from rc_equivariant import (
    Ordinary,
    Representation,
    direct_sum,
    gates_for,
    invariant_gates_for,
    product,
    product_type,
    split,
)
from rc_equivariant.testing import all_representations

representations = st.sampled_from(all_representations(5))
ONE = {"r": Representation(1), "p": Representation(trivial=1), "m": Representation(sign=1)}


def copies(space: Representation) -> int:
    return space.regular + space.trivial + space.sign


@given(st.lists(representations, min_size=1, max_size=4), st.sampled_from([None, 7]))
def test_splitting_is_the_inverse_of_the_direct_sum(types, length):
    maps = [features(space, length or 1, seed=seed) for seed, space in enumerate(types)]
    maps = maps if length else [x[..., 0] for x in maps]
    joined = direct_sum(types, maps)
    assert all(torch.equal(part, x) for part, x in zip(split(types, joined), maps, strict=True))
    assert torch.equal(direct_sum(types, split(types, joined)), joined)
    mirrored = split(types, sum(types[1:], types[0]).act(joined))
    assert all(torch.equal(part, space.act(x)) for part, space, x in zip(mirrored, types, maps, strict=True))


def test_ordinary_features_come_apart_in_order():
    x = torch.arange(10.0).view(1, 5, 2)
    first, second = split([Ordinary(2), Ordinary(3)], x)
    assert torch.equal(torch.cat([first, second], 1), x)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [("p", "p", "p"), ("p", "m", "m"), ("m", "m", "p"), ("r", "p", "r"), ("r", "m", "r"), ("r", "r", "r")],
)
def test_products_of_single_copies(left, right, expected):
    assert product_type(ONE[left], ONE[right]) == product_type(ONE[right], ONE[left]) == ONE[expected]


def test_a_pair_times_a_sign_channel_is_a_pair_with_one_sign_changed():
    pair, sign = torch.tensor([[2.0, 3.0]]), torch.tensor([[5.0]])
    assert torch.equal(product([ONE["r"], ONE["m"]], [pair, sign]), torch.tensor([[10.0, -15.0]]))


@given(representations, representations, st.sampled_from([None, 6]))
def test_the_product_of_mirrored_features_is_the_mirrored_product(left, right, length):
    """Exactly, as products only multiply and change signs; other numbers of copies are refused."""
    if copies(left) != copies(right) and 1 not in (copies(left), copies(right)):
        with pytest.raises(ValueError, match=r"copies by .* gates_for"):
            product_type(left, right)
        return
    x, y = features(left, length or 1, seed=1), features(right, length or 1, seed=2)
    if length is None:
        x, y = x[..., 0], y[..., 0]
    z, out = product([left, right], [x, y]), product_type(left, right)
    assert z.shape[1] == out.size
    assert copies(out) == max(copies(left), copies(right))
    assert torch.equal(product([left, right], [left.act(x), right.act(y)]), out.act(z))


@given(representations)
def test_gates_keep_the_type(space):
    assert product_type(space, gates_for(space)) == space
    assert product_type(space, invariant_gates_for(space)) == space
    assert (gates_for(space).signs > 0).all()
    assert invariant_gates_for(space) == Representation(trivial=copies(space))


def test_ordinary_products_are_those_of_channels():
    x, y = torch.randn(2, 3, 4), torch.randn(2, 3, 4)
    assert torch.equal(product([Ordinary(3), Ordinary(3)], [x, y]), x * y)
    assert torch.equal(product([Ordinary(1), Ordinary(3)], [x[:, :1], y]), x[:, :1] * y)
    assert gates_for(Ordinary(3)) == invariant_gates_for(Ordinary(3)) == product_type(Ordinary(3), Ordinary(3))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: split([ONE["r"], ONE["p"]], torch.zeros(1, 4, 5)), r"\(1, 4, 5\) is no direct sum.*3 channels"),
        (lambda: split([], torch.zeros(1, 4, 5)), "at least one"),
        (lambda: split([ONE["r"], Ordinary(2)], torch.zeros(1, 4, 5)), "only some of them.*StrandMerge"),
        (lambda: direct_sum([ONE["r"], Ordinary(2)], [torch.zeros(1, 2, 5)] * 2), "only some of them.*StrandMerge"),
        (lambda: direct_sum([ONE["r"]], [torch.zeros(1, 3, 5)]), r"\(1, 3, 5\) do not fit the types 1r.*2 channels"),
        (lambda: direct_sum([ONE["r"]] * 2, [torch.zeros(1, 2, 5)]), "one tensor for each type"),
        (lambda: product([ONE["r"], ONE["p"]], [torch.zeros(1, 2, 5)] * 2), "do not fit the types 1r, 1p"),
        (lambda: product_type(ONE["r"], Ordinary(2)), "only one of them.*StrandMerge"),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
