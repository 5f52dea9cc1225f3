"""Self-attention with rotary positions, and attention pooling."""

from __future__ import annotations

from torch import Tensor, nn

from .. import plain_mixing
from ..representation import FeatureType, Ordinary, Representation
from ..sums_and_products import invariant_gates_for
from .activation import Activation
from .branches import Product
from .containers import Identity, Sequential
from .convolution import Conv1d
from .module import EquivariantModule


class RotaryAttention(EquivariantModule):
    """Multi-head self-attention with rotary positions (RoPE, Su et al. 2021); shape unchanged.

    Queries, keys and values have as many +1 as -1 channels, and each rotary pair takes one of both. Reverse complement
    acts on a pair as the reflection F = diag(1, -1). For a rotation R(t) by the angle of position t, F R(t) = R(-t) F.
    Mirrored positions have opposite angles, so <R(i) q_i, R(j) k_j> does not change when both vectors are reflected and
    mirrored. Each query therefore reads the mirrored values with the same weights, and torch's fused
    :func:`~torch.nn.functional.scaled_dot_product_attention` is equivariant as it is.

    Queries, keys and values are one convolution of width 1. If ``in_type`` has only +1 or only -1 channels, its width
    is 3, because a kernel of width 1 cannot lead from one to the other. On ordinary features this is the usual layer.

    Parameters
    ----------
    in_type
        Feature type.
    heads
        Number of heads.
    pairs
        Number of rotary pairs of a head, which has twice as many channels. The pairs turn by 1 to 1/1000 per position.

    Raises
    ------
    ValueError
        If a number is less than 1.

    Notes
    -----
    The fused kernels have no second derivatives; torch says so. For gradients of gradients, call the layer within
    ``torch.nn.attention.sdpa_kernel(SDPBackend.MATH)``.
    """

    def __init__(self, in_type: FeatureType, heads: int, pairs: int) -> None:
        if heads < 1 or pairs < 1:
            raise ValueError(f"RotaryAttention with {heads} heads of {pairs} pairs is impossible: give 1 or more")
        super().__init__(in_type, in_type)
        self.heads, self.pairs = heads, pairs
        size = heads * pairs
        width = 1
        if isinstance(in_type, Ordinary):
            inner, projected = Ordinary(2 * size), Ordinary(6 * size)
        else:
            inner = Representation(trivial=size, sign=size)
            projected = Representation(trivial=3 * size, sign=3 * size)
            width = 1 if in_type.irreducible.trivial and in_type.irreducible.sign else 3
        self.project = Conv1d(in_type, projected, width, padding="same", bias=False)
        self.merge = Conv1d(inner, in_type, 1)

    def forward(self, x: Tensor, is_known: Tensor | None = None) -> Tensor:
        """Return what each position reads from the known ones.

        Parameters
        ----------
        x
            Features, shape (batch, in, L).
        is_known
            Positions that may be read; bool, shape (batch, L). By default all may. In a row without known positions,
            all may be read.
        """
        self.check(x)
        return self.merge(plain_mixing.rotary_attention(self.project(x), self.heads, self.pairs, is_known))

    def multiply_adds(self, inputs: tuple[Tensor, ...], output: Tensor) -> int:
        """Return the multiply-adds of scores and reading; the convolutions count their own."""
        batch, _, length = output.shape
        return 2 * batch * length**2 * self.merge.in_type.size

    def export(self) -> nn.Module:
        return plain_mixing.RotaryAttention(self.project.export(), self.merge.export(), self.heads, self.pairs)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, heads={self.heads}, pairs={self.pairs}"


class _PositionSoftmax(EquivariantModule):
    """Weights of positions that sum to one, from scores of a type whose channels are only moved."""

    def __init__(self, in_type: FeatureType) -> None:
        super().__init__(in_type, in_type)
        self.softmax = plain_mixing.PositionSoftmax()

    def forward(self, x: Tensor) -> Tensor:
        return self.softmax(x)

    def export(self) -> nn.Module:
        return plain_mixing.PositionSoftmax()


class AttentionPool1d(EquivariantModule):
    """Weighted mean over all positions; (batch, channel, L) to (batch, channel).

    Each copy has weights of its own, which two convolutions of width 1 and a softmax over positions compute. The
    weights are trivial channels, so a position and its mirror image have the same weight, and both channels of a
    regular copy are weighed alike. The type stays, as with :class:`~rc_equivariant.GlobalAvgPool1d`.

    Parameters
    ----------
    in_type
        Feature type.
    scored
        Number of channels between the two convolutions. They are regular, so that -1 channels have an effect too.

    Raises
    ------
    ValueError
        If ``scored`` is less than 2.
    """

    def __init__(self, in_type: FeatureType, scored: int = 16) -> None:
        if scored < 2:
            raise ValueError(
                f"AttentionPool1d of {in_type} with {scored} scored channels is impossible: give 2 or more"
            )
        super().__init__(in_type, in_type)
        few = Ordinary(scored) if isinstance(in_type, Ordinary) else Representation.in_pairs(scored)
        gates = invariant_gates_for(in_type)
        weights = Sequential(
            Conv1d(in_type, few, 1),
            Activation(few),
            # A bias would move all scores of a copy alike.
            Conv1d(few, gates, 1, bias=False),
            _PositionSoftmax(gates),
        )
        self.weighed = Product(Identity(in_type), weights)

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        return self.weighed(x).sum(2)

    def export(self) -> nn.Module:
        return nn.Sequential(self.weighed.export(), plain_mixing.SumOverPositions())
