"""Containers: a sequence of modules, a residual connection, and the identity for branches that do nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from torch import Tensor, nn

from .. import plain
from ..representation import FeatureSpace
from .folding import FOLDABLE, FoldedNorm
from .module import EquivariantModule, export
from .normalisation import BatchNorm1d


def require_types(container: nn.Module, modules: Sequence[nn.Module]) -> None:
    """Raise a ValueError unless a container has modules, all of which state their ``in_type`` and ``out_type``."""
    name = type(container).__name__
    if not modules:
        raise ValueError(f"a {name} of no modules has no type: give at least one")
    for place, module in enumerate(modules):
        if not (hasattr(module, "in_type") and hasattr(module, "out_type")):
            raise ValueError(
                f"module {place} of a {name}, {type(module).__name__}, has no in_type and out_type, so what it does to "
                "reverse complements is unknown: use a layer of this library, or state both types on your own; layers "
                "of torch may follow in an nn.Sequential once features are ordinary"
            )


class Identity(EquivariantModule):
    """The module that returns its input, as a branch of a :class:`~rc_equivariant.Sum`, for example."""

    def __init__(self, in_type: FeatureSpace) -> None:
        super().__init__(in_type, in_type)

    def forward(self, x: Tensor) -> Tensor:
        return x

    def export(self) -> nn.Module:
        return nn.Identity()


class Sequential(EquivariantModule):
    """A sequence of modules, each of which reads the type that the module before it returns.

    In evaluation mode, batch norm is folded into a convolution right before it, unless one of the two has hooks.

    Parameters
    ----------
    modules
        One or more modules with ``in_type`` and ``out_type``.

    Raises
    ------
    ValueError
        If there are no modules, a module has no types, or the types of two neighbours differ.
    """

    def __init__(self, *modules: nn.Module) -> None:
        require_types(self, modules)
        for place, (before, after) in enumerate(pairwise(modules)):
            if before.out_type != after.in_type:
                raise ValueError(
                    f"module {place}, {type(before).__name__}, gives {before.out_type} but module {place + 1}, "
                    f"{type(after).__name__}, takes {after.in_type}: give both the same type"
                )
        super().__init__(modules[0].in_type, modules[-1].out_type)
        self._folded: dict[int, FoldedNorm] = {}
        for place, module in enumerate(modules):
            self.add_module(str(place), module)

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[nn.Module]:
        return iter(self._modules.values())

    def __getitem__(self, place: int | slice) -> nn.Module:
        """Return the module at a place, or a :class:`Sequential` of the modules of a slice."""
        chosen = list(self)[place]
        return Sequential(*chosen) if isinstance(place, slice) else chosen

    def forward(self, x: Tensor) -> Tensor:
        modules = list(self)
        place = 0
        while place < len(modules):
            first, second = modules[place], modules[place + 1] if place + 1 < len(modules) else None
            if _are_one_convolution(first, second):
                x = self._folded.setdefault(place, FoldedNorm())(first, second, x)
                place += 2
            else:
                x = first(x)
                place += 1
        return x

    def export(self) -> nn.Module:
        return nn.Sequential(*(export(module) for module in self))


def _are_one_convolution(first: nn.Module, second: nn.Module | None) -> bool:
    """Return True for a convolution and a batch norm in evaluation mode that nobody wants to see apart."""
    return (
        type(first) in FOLDABLE
        and type(second) is BatchNorm1d
        and not second.training
        and not any(each._forward_hooks or each._forward_pre_hooks for each in (first, second))
    )


class Residual(EquivariantModule):
    """A residual connection: the sum of ``branch(x)`` and the centre of x, cropped to the length of ``branch(x)``.

    A branch of valid convolutions loses equally many positions on both sides, so x is cropped in the same way. The crop
    commutes with the flip because it is the same on both sides; this requires an even difference of lengths.

    Parameters
    ----------
    branch
        Module whose ``in_type`` and ``out_type`` are the same.

    Raises
    ------
    ValueError
        At construction if the types differ; at a call if the branch lengthens x or shortens it by an odd number.
    """

    def __init__(self, branch: nn.Module) -> None:
        if branch.in_type != branch.out_type:
            raise ValueError(
                f"a branch from {branch.in_type} to {branch.out_type} cannot be added to its input: both types must be "
                "the same"
            )
        super().__init__(branch.in_type, branch.out_type)
        self.branch = branch

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        y = self.branch(x)
        lost = x.shape[2] - y.shape[2]
        if lost < 0 or lost % 2:
            change = f"lengthens {x.shape[2]} positions to" if lost < 0 else f"shortens {x.shape[2]} positions to"
            raise ValueError(
                f"the branch of a Residual on {self.in_type} {change} {y.shape[2]}: it must keep the length, or "
                "shorten it by an even number, half on each side; use odd kernel sizes or even dilations, or another "
                "padding"
            )
        return y + plain.centre_crop(x, y.shape[2])

    def export(self) -> nn.Module:
        return plain.Residual(export(self.branch))
