"""Gated units and squeeze-and-excitation: features multiplied by gates that are computed from the same input."""

from __future__ import annotations

from torch import nn

from ..representation import FeatureType, Ordinary, Representation
from ..sums_and_products import invariant_gates_for
from .activation import Activation
from .branches import Product
from .containers import Identity, Sequential
from .convolution import Linear
from .pointwise import Pointwise
from .pooling import GlobalAvgPool1d


class GatedUnit(Product):
    """The product value(x) * function(gate(x)); (batch, in, L) to (batch, out, L').

    With convolutions it is the gated linear unit of Dauphin et al. (2017, "Language modeling with gated convolutional
    networks"). ``out_type`` is that of the product; it is the type of the values if that of the gates is
    :func:`~rc_equivariant.gates_for` it.

    Parameters
    ----------
    value, gate
        Modules with the same ``in_type``.
    function
        Function of the gates, as in :class:`~rc_equivariant.Activation`; sign channels get tanh.

    Raises
    ------
    ValueError
        As for :class:`~rc_equivariant.Product` and :class:`~rc_equivariant.Activation`.
    """

    def __init__(self, value: nn.Module, gate: nn.Module, function: str | Pointwise = "sigmoid") -> None:
        super().__init__(value, Sequential(gate, Activation(gate.out_type, function)))


class SqueezeExcitation(Product):
    """Features multiplied by a gate for each copy, from the means over all positions; shape unchanged.

    The means pass through a linear map to few channels, a function, a linear map to the gates and a sigmoid (Hu et al.
    2018, "Squeeze-and-excitation networks"). A gate is the same on both strands and multiplies both channels of a
    regular copy. The few channels are regular, so that means of -1 channels have an effect too.

    Parameters
    ----------
    in_type
        Feature type.
    squeezed
        Number of channels between the two linear maps.
    function
        Function of these channels, as in :class:`~rc_equivariant.Activation`.

    Raises
    ------
    ValueError
        If ``squeezed`` is less than 2 for a representation, or less than 1 for ordinary features.
    """

    def __init__(self, in_type: FeatureType, squeezed: int, function: str | Pointwise = "relu") -> None:
        is_ordinary = isinstance(in_type, Ordinary)
        if squeezed < (1 if is_ordinary else 2):
            raise ValueError(
                f"SqueezeExcitation of {in_type} with {squeezed} squeezed channels is impossible: give at least "
                f"{1 if is_ordinary else 2}"
            )
        few = Ordinary(squeezed) if is_ordinary else Representation.in_pairs(squeezed)
        gates = invariant_gates_for(in_type)
        gating = Sequential(
            GlobalAvgPool1d(in_type),
            Linear(in_type, few),
            Activation(few, function),
            Linear(few, gates),
            Activation(gates, "sigmoid"),
        )
        super().__init__(Identity(in_type), gating)
