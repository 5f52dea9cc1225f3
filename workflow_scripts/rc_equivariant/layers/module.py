"""The base class of all layers, which know their input and output feature spaces, and checks that layers share."""

from __future__ import annotations

import copy
import sys
import warnings
from typing import Any

from torch import Tensor, nn

from .. import plain
from ..encoding import KmerEncoding
from ..representation import FeatureSpace, Ordinary


class EquivariantModule(nn.Module):
    """A module that commutes with reverse complement: ``module(in_type.act(x)) = out_type.act(module(x))``.

    Feature maps have the shape (batch, channel, position). They are kept in memory with channels last, the order in
    which one-row convolutions are fastest; modules accept either order.
    """

    def __init__(self, in_type: FeatureSpace, out_type: FeatureSpace) -> None:
        super().__init__()
        self.in_type, self.out_type = in_type, out_type

    def check(self, x: Tensor) -> None:
        """Raise a ValueError if ``x`` is not a feature map of ``in_type``."""
        if x.dim() != 3 or x.shape[1] != self.in_type.size:
            raise ValueError(
                f"{type(self).__name__} maps {self.in_type} ({self.in_type.size} channels) to {self.out_type}: it "
                f"needs a tensor (batch, {self.in_type.size}, position) but got {tuple(x.shape)}"
            )

    def export(self) -> nn.Module:
        """Return the same function in evaluation mode, made of standard torch modules only."""
        raise NotImplementedError(
            f"{type(self).__name__} has no export: give the class a method export() that returns the same function "
            "made of standard torch modules"
        )

    def extra_repr(self) -> str:
        return f"{self.in_type} -> {self.out_type}"


def require_mirrored_grid(
    module: EquivariantModule, length: int, kernel_size: int, stride: int, padding: int, dilation: int = 1
) -> None:
    """Raise a ValueError if a length is too short, or reverse complement does not map windows to windows.

    Windows start every ``stride`` positions from the left end. Reverse complement maps them to each other only if the
    last one ends at the right end: (length + 2 padding - dilation (kernel_size - 1) - 1) mod stride must be 0.
    """
    steps = length + 2 * padding - dilation * (kernel_size - 1) - 1
    if steps < 0:
        raise ValueError(
            f"{type(module).__name__} {module.in_type} -> {module.out_type} sees {dilation * (kernel_size - 1) + 1} "
            f"positions at a time, more than the {length} given with padding {padding} on both sides: pad, or give more"
        )
    if isinstance(module.in_type, Ordinary) or steps % stride == 0:
        return
    shorter = length - steps % stride
    raise ValueError(
        f"{type(module).__name__} {module.in_type} -> {module.out_type} with kernel size {kernel_size}, stride "
        f"{stride}, padding {padding} and dilation {dilation} is not equivariant on {length} positions: the last "
        f"{steps % stride} would be read on one strand only; crop or pad to {shorter} or {shorter + stride} positions"
    )


def warn_of_idle_outputs(module: EquivariantModule, is_idle: Tensor) -> None:
    """Warn of output channels that no equivariant kernel connects to the input; bool, shape (out,)."""
    if channels := is_idle.nonzero().flatten().tolist():
        warnings.warn(
            f"{type(module).__name__} {module.in_type} -> {module.out_type}: the output channels "
            f"{', '.join(map(str, channels))} do not depend on the input, because every equivariant kernel of this "
            "width is zero there; use a wider kernel, or other types",
            stacklevel=_levels_to_the_caller(),
        )


def _levels_to_the_caller() -> int:
    """Count the calls within this library above the function that calls this, for warnings to name the user's line."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals["__name__"].startswith(f"{__name__.split('.')[0]}."):
        frame, level = frame.f_back, level + 1
    return level


def export(model: nn.Module) -> nn.Module:
    """Copy a model as the same function in evaluation mode, made of standard torch modules only.

    A layer of your own takes part in the export of the containers around it by a method ``export()``, which returns the
    same function made of standard torch modules. It may call this function for its parts.

    Parameters
    ----------
    model
        A module with a method ``export``, such as those of this library, a module of torch, or an ``nn.Sequential`` of
        either.

    Returns
    -------
    nn.Module
        The exported model. Its inputs are those of ``model``, with one-hot nucleotides (batch, 4, L) in place of k-mer
        indices.

    Raises
    ------
    ValueError
        If a module of this library is inside a module without a method ``export``, whose forward pass is unknown here.
    """
    own = getattr(model, "export", None)
    if own is not None:
        return own().eval()
    if isinstance(model, nn.Sequential):
        return nn.Sequential(*(export(part) for part in model)).eval()
    if any(isinstance(part, EquivariantModule) for part in model.modules()):
        raise ValueError(
            f"{type(model).__name__} contains modules of this library, but its forward pass is unknown: give the class "
            "a method export() that returns the same function made of standard torch modules (rc_equivariant.export "
            "does so for its parts), or put the modules into an nn.Sequential"
        )
    return copy.deepcopy(model).eval()


def exported_action(space: FeatureSpace) -> nn.Module:
    """Return reverse complement as a plain module; exports read nucleotides, so a k-mer space becomes single bases."""
    if isinstance(space, Ordinary):
        return nn.Identity()
    moved = KmerEncoding(1).type if isinstance(space, KmerEncoding) else space
    return plain.ReverseComplement(moved.partner, moved.signs)


def parameter_groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Group parameters by their weight decay, as an optimiser takes them.

    A module with an attribute ``weight_decay`` has its own, and so have the modules inside that have none; the others
    have the one that is given. Each parameter is listed once, and the group of ``weight_decay`` comes first. Frozen
    parameters, which need no gradient, are left out.
    """
    own: dict[int, float] = {}
    # A module comes before those inside, which may have another weight decay.
    for module in network.modules():
        if (decay := getattr(module, "weight_decay", None)) is not None:
            own |= {id(parameter): decay for parameter in module.parameters()}
    groups: dict[float, list[nn.Parameter]] = {weight_decay: []}
    for parameter in filter(lambda each: each.requires_grad, network.parameters()):
        groups.setdefault(own.get(id(parameter), weight_decay), []).append(parameter)
    return [{"params": each, "weight_decay": decay} for decay, each in groups.items() if each]
