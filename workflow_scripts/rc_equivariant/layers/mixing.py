"""Residual blocks around a layer that mixes all positions, as in transformers."""

from __future__ import annotations

from torch import Tensor, nn

from .. import plain_mixing
from ..representation import FeatureType, Ordinary, Representation
from .activation import Activation
from .containers import Residual, Sequential
from .convolution import Conv1d
from .module import EquivariantModule
from .normalisation import LayerNorm


def widened(space: FeatureType, channels: int) -> FeatureType:
    """Return a type of ``channels`` channels for features within a block: regular, or ordinary if ``space`` is.

    Maps of width 1 to regular channels, and back, connect +1 and -1 channels, and any function acts on them.
    """
    return Ordinary(channels) if isinstance(space, Ordinary) else Representation.in_pairs(channels)


class MixerBlock(EquivariantModule):
    """The block of a transformer (Vaswani et al. 2017), with layer norm before each branch; shape unchanged.

    The normalised features pass through the mixer and are added to x. Then a layer norm, a convolution of width 1 to
    more channels, GELU and one back to the type follow as a second residual branch.

    Parameters
    ----------
    mixer
        A module with the same ``in_type`` and ``out_type`` that keeps the length and is called with features and,
        optionally, the known positions: :class:`~rc_equivariant.RotaryAttention` or
        :class:`~rc_equivariant.LongConv1d`.
    expansion
        Channels of the second branch, as a multiple of those of the type.

    Raises
    ------
    ValueError
        If the mixer changes the type, or ``expansion`` is less than 1.
    """

    def __init__(self, mixer: EquivariantModule, expansion: int = 2) -> None:
        space = mixer.in_type
        if mixer.out_type != space:
            raise ValueError(
                f"a mixer from {space} to {mixer.out_type} cannot be added to its input: both types must be the same"
            )
        if expansion < 1:
            raise ValueError(f"a MixerBlock with an expansion of {expansion} is impossible: give 1 or more")
        super().__init__(space, space)
        wide = widened(space, max(expansion * space.size, 2))
        self.norm, self.mixer = LayerNorm(space), mixer
        self.feed = Residual(
            Sequential(LayerNorm(space), Conv1d(space, wide, 1), Activation(wide, "gelu"), Conv1d(wide, space, 1))
        )

    def forward(self, x: Tensor, is_known: Tensor | None = None) -> Tensor:
        """Return mixed features; ``is_known`` is bool (batch, L), by default all positions are known."""
        self.check(x)
        return self.feed(x + self.mixer(self.norm(x), is_known))

    def export(self) -> nn.Module:
        return plain_mixing.MixerBlock(self.norm.export(), self.mixer.export(), self.feed.export())
