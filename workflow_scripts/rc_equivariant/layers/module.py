"""The base class of all layers, which know the feature spaces that they map between, and checks that they share."""

from __future__ import annotations

import copy

from torch import Tensor, nn

from ..representation import FeatureSpace, Ordinary


class EquivariantModule(nn.Module):
    """A module that commutes with reverse complement: ``module(in_type.act(x)) = out_type.act(module(x))``.

    Feature maps have the shape (batch, channel, position). They are kept in memory position by position (channels
    last), which is where one-row convolutions are fastest; modules accept either order.
    """

    def __init__(self, in_type: FeatureSpace, out_type: FeatureSpace) -> None:
        super().__init__()
        self.in_type, self.out_type = in_type, out_type

    def check(self, x: Tensor) -> None:
        """Refuse what is no feature map of ``in_type``."""
        if x.dim() != 3 or x.shape[1] != self.in_type.size:
            raise ValueError(
                f"{type(self).__name__} maps {self.in_type} ({self.in_type.size} channels) to {self.out_type}: it "
                f"needs a tensor (batch, {self.in_type.size}, position) but got {tuple(x.shape)}"
            )

    def export(self) -> nn.Module:
        """The same function in evaluation mode, made of standard torch modules alone."""
        raise NotImplementedError(f"{type(self).__name__} has no export")

    def extra_repr(self) -> str:
        return f"{self.in_type} -> {self.out_type}"


def require_mirrored_grid(
    module: EquivariantModule, length: int, kernel_size: int, stride: int, padding: int, dilation: int = 1
) -> None:
    """Refuse a length that is too short, or for which windows counted from the other end are other windows.

    Windows start every ``stride`` positions from the left end. Reverse complement maps them to each other only if they
    also end at the right end: (length + 2 padding - dilation (kernel_size - 1) - 1) mod stride must be 0.
    """
    steps = length + 2 * padding - dilation * (kernel_size - 1) - 1
    if steps < 0:
        raise ValueError(
            f"{type(module).__name__} {module.in_type} -> {module.out_type} sees {dilation * (kernel_size - 1) + 1} "
            f"positions at a time, more than the {length} given and padding {padding} on both sides: pad, or give more"
        )
    if isinstance(module.in_type, Ordinary) or steps % stride == 0:
        return
    shorter = length - steps % stride
    raise ValueError(
        f"{type(module).__name__} {module.in_type} -> {module.out_type} with kernel size {kernel_size}, stride "
        f"{stride}, padding {padding} and dilation {dilation} is not equivariant on {length} positions: the last "
        f"{steps % stride} would be read on one strand only; crop or pad to {shorter} or {shorter + stride} positions"
    )


def export(model: nn.Module) -> nn.Module:
    """The same function in evaluation mode, made of standard torch modules alone, as a copy.

    Parameters
    ----------
    model
        A module of this library, a module of torch, or an ``nn.Sequential`` of either.

    Returns
    -------
    nn.Module
        Reads what ``model`` reads, but one-hot nucleotides (batch, 4, L) where that is k-mer indices.

    Raises
    ------
    ValueError
        If a module of this library is hidden in another module, whose forward pass is unknown here.
    """
    if isinstance(model, EquivariantModule):
        return model.export().eval()
    if isinstance(model, nn.Sequential):
        return nn.Sequential(*(export(part) for part in model)).eval()
    if any(isinstance(part, EquivariantModule) for part in model.modules()):
        raise ValueError(
            f"{type(model).__name__} holds modules of this library in a way that cannot be followed: put them into an "
            "nn.Sequential, or export them one by one and rebuild it"
        )
    return copy.deepcopy(model).eval()


def split_parameters(network: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """The parameters that weight decay applies to, and the others, each once: an optimiser's groups.

    A module whose parameters are not to be decayed has a false attribute ``is_decayed``.
    """
    apart = [p for module in network.modules() if not getattr(module, "is_decayed", True) for p in module.parameters()]
    identities = {id(p) for p in apart}
    return [p for p in network.parameters() if id(p) not in identities], apart
