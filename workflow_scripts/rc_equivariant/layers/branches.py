"""Containers of branches that read the same input: their sum, their product and their concatenation.

Feature maps may differ in length: all are cropped to the shortest, equally on both sides. Features without positions,
such as those of :class:`~rc_equivariant.GlobalAvgPool1d`, are repeated at every position.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .. import plain_blocks
from ..representation import FeatureType
from ..sums_and_products import direct_sum, product_rule, sum_of_types
from .containers import require_types
from .module import EquivariantModule, export


class _Branches(EquivariantModule):
    """The base class of containers whose modules all read the same input."""

    def __init__(self, branches: Sequence[nn.Module], out_type: FeatureType) -> None:
        super().__init__(branches[0].in_type, out_type)
        self.branches = nn.ModuleList(branches)

    def features(self, x: Tensor) -> list[Tensor]:
        """Return the outputs of all branches, with the same positions."""
        outputs = [branch(x) for branch in self.branches]
        lengths = [y.shape[2] for y in outputs if y.dim() == 3]
        if any((length - min(lengths)) % 2 for length in lengths):
            raise ValueError(
                f"the branches of {type(self).__name__} give {', '.join(map(str, lengths))} positions, which cannot be "
                "cropped equally on both sides: their differences must be even; use odd kernel sizes or even "
                "dilations, or another padding"
            )
        return plain_blocks.aligned(outputs)

    def exported_branches(self) -> list[nn.Module]:
        """Return all branches as plain modules."""
        return [export(branch) for branch in self.branches]


class Sum(_Branches):
    """The sum of the outputs of branches; (batch, in, L) to (batch, out, shortest L').

    Parameters
    ----------
    branches
        One or more modules with the same ``in_type`` and the same ``out_type``.

    Raises
    ------
    ValueError
        At construction, if a module has no types or types differ; at a call, if an odd number of positions would have
        to be cropped.
    """

    def __init__(self, *branches: nn.Module) -> None:
        _require_one_input(self, branches)
        for place, branch in enumerate(branches):
            if branch.out_type != branches[0].out_type:
                raise ValueError(
                    f"branch {place}, {type(branch).__name__}, gives {branch.out_type}, which cannot be added to the "
                    f"{branches[0].out_type} of branch 0: give all branches the same out_type, or use Concatenation"
                )
        super().__init__(branches, branches[0].out_type)

    def forward(self, x: Tensor) -> Tensor:
        first, *others = self.features(x)
        return sum(others, first)

    def export(self) -> nn.Module:
        return plain_blocks.Sum(self.exported_branches())


class Concatenation(_Branches):
    """The direct sum of the outputs of branches; (batch, in, L) to (batch, sum of out, shortest L').

    ``out_type`` is the sum of the branches' types, and :func:`~rc_equivariant.split` separates the outputs again.

    Parameters
    ----------
    branches
        One or more modules with the same ``in_type``; their outputs are all representations or all ordinary.

    Raises
    ------
    ValueError
        As for :class:`Sum`.
    """

    def __init__(self, *branches: nn.Module) -> None:
        _require_one_input(self, branches)
        super().__init__(branches, sum_of_types([branch.out_type for branch in branches]))

    def forward(self, x: Tensor) -> Tensor:
        return direct_sum([branch.out_type for branch in self.branches], self.features(x))

    def export(self) -> nn.Module:
        types = [branch.out_type for branch in self.branches]
        numbers = torch.arange(self.out_type.size)[None].split([t.size for t in types], 1)
        return plain_blocks.Concatenation(self.exported_branches(), direct_sum(types, numbers)[0]).to(_device(self))


class Product(_Branches):
    """The product of the outputs of two branches, copy by copy; (batch, in, L) to (batch, out, shortest L').

    :func:`~rc_equivariant.product_type` gives ``out_type``: a copy of one branch is multiplied by the copy with the
    same number of the other, or every copy by the only one of the other. For example, gates of the type
    :func:`~rc_equivariant.gates_for` keep the type of what they are multiplied by.

    Parameters
    ----------
    first, second
        Modules with the same ``in_type``.

    Raises
    ------
    ValueError
        As for :class:`Sum`, or if the numbers of copies differ and neither is 1.
    """

    def __init__(self, first: nn.Module, second: nn.Module) -> None:
        _require_one_input(self, (first, second))
        rule = product_rule(first.out_type, second.out_type)
        super().__init__((first, second), rule.out_type)
        self.multiply = plain_blocks.ChannelProduct(rule.first, rule.second, rule.factor)

    def forward(self, x: Tensor) -> Tensor:
        return self.multiply(*self.features(x))

    def export(self) -> nn.Module:
        rule = product_rule(*(branch.out_type for branch in self.branches))
        multiply = plain_blocks.ChannelProduct(rule.first, rule.second, rule.factor).to(_device(self))
        return plain_blocks.Product(*self.exported_branches(), multiply)


def _require_one_input(container: nn.Module, branches: Sequence[nn.Module]) -> None:
    """Raise a ValueError unless there are branches, with types, that all read the same input."""
    require_types(container, branches)
    for place, branch in enumerate(branches):
        if branch.in_type != branches[0].in_type:
            raise ValueError(
                f"branch {place}, {type(branch).__name__}, reads {branch.in_type} but branch 0, "
                f"{type(branches[0]).__name__}, reads {branches[0].in_type}: all branches of a "
                f"{type(container).__name__} read the same input, so give them the same in_type"
            )


def _device(module: nn.Module) -> torch.device:
    """Return the device of a module, that of its first parameter or buffer."""
    return next((x.device for x in (*module.parameters(), *module.buffers())), torch.device("cpu"))
