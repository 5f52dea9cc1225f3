"""Multinomial logistic regression of points, with one hyperplane per class."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..descriptions.trunks import FREE, HYPERPLANES
from ..functional.autocast import in_float32
from ..layers.convolution import Linear
from ..representation import FeatureType
from . import plain
from .curvature import BorrowedCurvature, Curvature
from .maps import SMALLEST_SQUARE
from .radial import squared_norm


class LorentzLogits(Linear):
    """Signed distances of points of sectional curvature -1/k from hyperplanes; (batch, in) to (batch, out).

    The hyperplane of a class has the orientation z and the distance a from the origin (Bdeir et al. 2024, section 4.3).
    The logit is |z| sqrt(k) asinh((cosh(a / sqrt(k)) z.s / |z| - sinh(a / sqrt(k)) t) / sqrt(k)).

    z is a row of the weights of a linear layer and a is its bias, so they are tied in the same way. For an output that
    reverse complement leaves alone, z is fixed by it and a is free. Exchanged outputs have exchanged z and share a. A
    -1 output has a = 0, and the odd asinh changes its sign with z.s. Logits that are the same for both strands have the
    type ``Representation(trivial=n)``.

    The part of a beyond :data:`~.radial.MAX_RADIUS` sqrt(k) is subtracted from the distance. This is its effect on all
    points except those about as far out, so a has a gradient at any value. In float32, logits keep three digits
    near hyperplanes up to 8 sqrt(k) away and one digit at 15 sqrt(k), where the digits of z and s themselves end.

    With ``linear_map="hyperplanes"``, the bias holds a |z| in place of a, as in :class:`~.maps.HyperplaneMap`: a gets
    smaller as z gets longer. At the start, a is 0 and the logits are the same.

    Parameters
    ----------
    in_type, out_type
        As in :class:`~rc_equivariant.Linear`; the input is space parts.
    curvature
        Curvature of the input.
    linear_map
        ``free`` or ``hyperplanes``.
    """

    def __init__(
        self,
        in_type: FeatureType,
        out_type: FeatureType,
        curvature: Curvature | BorrowedCurvature,
        linear_map: str = FREE,
    ) -> None:
        super().__init__(in_type, out_type)
        self.curvature, self.linear_map = curvature, linear_map

    @in_float32
    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        k, directions, offsets, size = self._hyperplanes()
        return size * plain.hyperplane_distances(x, directions, offsets, k)

    @torch.no_grad()
    def export(self) -> nn.Module:
        return plain.Logits(*self._hyperplanes())

    def _hyperplanes(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return k and, for each class, z / |z| (out, in), a / sqrt(k) (out,) and |z| sqrt(k) (out,)."""
        k = self.curvature(self.weight)
        z = self.kernel().squeeze(2)
        size = (squared_norm(z) + SMALLEST_SQUARE).sqrt()
        directions, size = z / size, size.squeeze(1)
        offsets = self.channel_bias() / (k.sqrt() * size if self.linear_map == HYPERPLANES else k.sqrt())
        return k, directions, offsets, size * k.sqrt()
