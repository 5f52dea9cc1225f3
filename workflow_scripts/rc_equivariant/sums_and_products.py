"""Direct sums of feature maps, their inverse, and products of two feature maps, each with its type."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, reduce
from operator import add
from typing import NamedTuple

import torch
from torch import Tensor

from .representation import FeatureType, Ordinary, Representation, lasting_tensors


def direct_sum(types: Sequence[FeatureType], features: Sequence[Tensor]) -> Tensor:
    """Join feature maps into one of the type ``types[0] + types[1] + ...``.

    Parameters
    ----------
    types
        Type of each map: either all representations or all ordinary.
    features
        One tensor per type, shape (batch, size, ...); the shapes differ only in the number of channels.

    Returns
    -------
    Tensor
        Shape (batch, sum of sizes, ...). Regular channels are nested, so that partners still mirror each other.

    Raises
    ------
    ValueError
        If the tensors do not fit the types, or only some of the types are ordinary.
    """
    sum_of_types(types)
    _require_features(types, features)
    if all(isinstance(t, Ordinary) for t in types):
        return join_channels(features)
    parts = [x.split(_parts(t), 1) for t, x in zip(types, features, strict=True)]
    first, second, trivial, sign = zip(*parts, strict=True)
    return join_channels([*first, *reversed(second), *trivial, *sign])


def split(types: Sequence[FeatureType], x: Tensor) -> list[Tensor]:
    """Split a feature map into its summands, the inverse of :func:`direct_sum`.

    Parameters
    ----------
    types
        Types whose direct sum is that of ``x``: either all representations or all ordinary.
    x
        Shape (batch, sum of sizes, ...).

    Returns
    -------
    list of Tensor
        One feature map for each type, shape (batch, size, ...).

    Raises
    ------
    ValueError
        If the channels of ``x`` are not as many as those of the types together.
    """
    total = sum_of_types(types)
    if x.dim() < 2 or x.shape[1] != total.size:
        raise ValueError(
            f"a feature map of shape {tuple(x.shape)} is no direct sum of {', '.join(map(str, types))}, which have "
            f"{total.size} channels together: give a tensor (batch, {total.size}, ...), or the types it was joined from"
        )
    if isinstance(total, Ordinary):
        return list(x.split([t.size for t in types], 1))
    first, second, trivial, sign = x.split(_parts(total), 1)
    regular = [t.regular for t in types]
    seconds = reversed(second.split(regular[::-1], 1))
    trivials, signs = trivial.split([t.trivial for t in types], 1), sign.split([t.sign for t in types], 1)
    return [join_channels(own) for own in zip(first.split(regular, 1), seconds, trivials, signs, strict=True)]


def join_channels(parts: Sequence[Tensor]) -> Tensor:
    """Join parts (batch, channel, ...) along channels, by rows, which keeps their order in memory."""
    return torch.cat([part.movedim(1, -1) for part in parts], -1).movedim(-1, 1)


def sum_of_types(types: Sequence[FeatureType]) -> FeatureType:
    """Return ``types[0] + types[1] + ...``; raise a ValueError if only some of them are ordinary, or there are none."""
    if not types:
        raise ValueError("the direct sum of no types is no feature type: give at least one")
    if len({isinstance(t, Ordinary) for t in types}) > 1:
        raise ValueError(
            f"{', '.join(map(str, types))} have no direct sum: reverse complement acts on only some of them; merge the "
            "strands of the others first (StrandMerge)"
        )
    return reduce(add, types)


class ProductRule(NamedTuple):
    """The channels whose products form a feature of type ``out_type``: factor * x[:, first] * y[:, second].

    ``first`` and ``second`` are int64 and ``factor`` is float32 (+1 or -1), all of shape (out_type.size,).
    """

    out_type: FeatureType
    first: Tensor
    second: Tensor
    factor: Tensor


def product_type(first: FeatureType, second: FeatureType) -> FeatureType:
    """Return the type of :func:`product` of features of two types, as :func:`product_rule` explains."""
    return product_rule(first, second).out_type


def product(types: Sequence[FeatureType], features: Sequence[Tensor]) -> Tensor:
    """Multiply two feature maps, copy by copy.

    Parameters
    ----------
    types
        Types of the two maps, as in :func:`product_rule`.
    features
        Shapes (batch, size, ...), alike but for the number of channels.

    Returns
    -------
    Tensor
        Shape (batch, size of ``product_type(*types)``, ...).

    Raises
    ------
    ValueError
        If the tensors do not fit the types, or the types have no product.
    """
    rule = product_rule(*types)
    _require_features(types, features)
    x, y = features
    parts = x[:, rule.first.to(x.device)], y[:, rule.second.to(x.device)]
    return parts[0] * parts[1] * rule.factor.to(x).view(-1, *[1] * (x.dim() - 2))


@cache
def product_rule(first: FeatureType, second: FeatureType) -> ProductRule:
    """Return which channels of two features are multiplied so that the products are a feature, and its type.

    Copy i of the first is multiplied by copy i of the second; regular copies are counted first, then trivial and sign
    copies. A feature with a single copy multiplies every copy of the other. Reverse complement acts on a product by
    the product of its actions:

    - trivial times any copy is a copy of that kind, and sign times sign is trivial;
    - regular times regular is regular: (u u', v v');
    - regular times sign is regular: (u s, -v s), since reverse complement turns u s into -v s.

    The products are sorted by kind, and keep their order within each.

    Raises
    ------
    ValueError
        If only one type is ordinary, or the numbers of copies differ and neither is 1.
    """
    if isinstance(first, Ordinary) != isinstance(second, Ordinary):
        raise ValueError(
            f"{first} times {second} has no type: reverse complement acts on only one of them; merge the strands of "
            "the other first (StrandMerge)"
        )
    left, right = _copies(first), _copies(second)
    if 1 not in (len(left), len(right)) and len(left) != len(right):
        raise ValueError(
            f"{first} times {second} multiplies {len(left)} copies by {len(right)}: give both the same number of "
            f"copies, or one of them a single copy; gates_for({first}) is a type of gates for the first"
        )
    count = max(len(left), len(right))
    products = [
        _product_of_copies(*pair)
        for pair in zip(left * (count // len(left)), right * (count // len(right)), strict=True)
    ]
    regular, trivial, sign = ([channels for kind, channels in products if kind == wanted] for wanted in "rpm")
    channels = [pair[0] for pair in regular] + [pair[1] for pair in reversed(regular)]
    channels += [only for (only,) in trivial + sign]
    out_type = Ordinary(count) if isinstance(first, Ordinary) else Representation(len(regular), len(trivial), len(sign))
    with lasting_tensors():
        return ProductRule(out_type, *map(torch.tensor, zip(*channels, strict=True)))


def gates_for(space: FeatureType) -> FeatureType:
    """Return the type of gates for ``space``: times them, by :func:`product`, it keeps its type, and none is negated.

    A regular copy has a regular copy of gates; trivial and sign copies have a trivial copy each.
    """
    if isinstance(space, Ordinary):
        return space
    return Representation(space.regular, space.trivial + space.sign)


def invariant_gates_for(space: FeatureType) -> FeatureType:
    """Return the type of gates that reverse complement does not exchange: a trivial one for each copy of ``space``."""
    if isinstance(space, Ordinary):
        return space
    return Representation(trivial=space.regular + space.trivial + space.sign)


def _require_features(types: Sequence[FeatureType], features: Sequence[Tensor]) -> None:
    """Raise a ValueError unless there is one tensor (batch, size, ...) for each type."""
    found = [tuple(x.shape) for x in features]
    if len(found) != len(types) or any(len(s) < 2 or s[1] != t.size for t, s in zip(types, found, strict=True)):
        raise ValueError(
            f"features of shapes {', '.join(map(str, found)) or 'none'} do not fit the types "
            f"{', '.join(map(str, types))}: give one tensor for each type, with its "
            f"{', '.join(str(t.size) for t in types)} channels on axis 1"
        )


#: A copy of a representation: its kind, as in the text of a type, and its channels.
_Copy = tuple[str, tuple[int, ...]]


def _copies(space: FeatureType) -> list[_Copy]:
    """Return the copies of a type in order; each ordinary channel is like a trivial one."""
    if isinstance(space, Ordinary):
        return [("p", (channel,)) for channel in range(space.size)]
    regular, alone = range(space.regular), range(2 * space.regular, space.size)
    pairs = [("r", (channel, 2 * space.regular - 1 - channel)) for channel in regular]
    return pairs + [("p" if number < space.trivial else "m", (channel,)) for number, channel in enumerate(alone)]


def _product_of_copies(first: _Copy, second: _Copy) -> tuple[str, list[tuple[int, int, float]]]:
    """Return the kind of the product of two copies, and for each of its channels (first, second, factor)."""
    (kind, left), (other, right) = first, second
    if "r" not in (kind, other):
        return "p" if kind == other else "m", [(left[0], right[0], 1.0)]
    of_second = -1.0 if "m" in (kind, other) else 1.0
    return "r", [(left[0], right[0], 1.0), (left[-1], right[-1], of_second)]


def _parts(space: Representation) -> list[int]:
    """Return the numbers of first and second regular, trivial and sign channels."""
    return [space.regular, space.regular, space.trivial, space.sign]
