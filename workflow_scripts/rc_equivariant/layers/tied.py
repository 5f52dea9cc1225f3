"""The base class of layers whose kernel and bias are stored as their free parameters."""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor, nn

from ..functional.remembered import Remembered
from ..kernels import KernelTying, constants_of
from ..representation import FeatureSpace, FeatureType
from .module import EquivariantModule, warn_of_idle_outputs


class TiedWeights(EquivariantModule):
    """The base class of layers with a kernel and a bias, which are stored as their free parameters.

    The weights of the kernel are stored divided by ``gain``, which decides how far a step of Adam changes the kernel.
    """

    def __init__(
        self,
        in_type: FeatureSpace,
        kernel_type: FeatureType,
        out_type: FeatureType,
        width: int,
        groups: int,
        bias: bool,
        gain: float = 1.0,
    ) -> None:
        super().__init__(in_type, out_type)
        self.gain = gain
        self.tying = KernelTying(kernel_type, out_type, width, groups)
        if not self.tying.size:
            raise ValueError(
                f"the only equivariant kernel of width {width} from {kernel_type} to {out_type} is zero: "
                f"{type(self).__name__} would give zeros for any input; use a wider kernel or other types"
            )
        warn_of_idle_outputs(self, self.tying.live_inputs() == 0)
        self.weight = nn.Parameter(torch.empty(self.tying.size))
        self.initialise()
        self._operands = Remembered()
        self.bias_tying = self.bias = None
        if bias:
            self.bias_tying = KernelTying(constants_of(out_type), out_type, 1)
            self.bias = nn.Parameter(torch.zeros(self.bias_tying.size))

    def live_inputs(self) -> Tensor:
        """Return the number of inputs that each channel reads and that are not always zero, shape (out,)."""
        return self.tying.live_inputs()

    @torch.no_grad()
    def initialise(self, beside: Tensor | float = 0.0) -> None:
        """Draw the weights again, with E[y^2] twice the mean square of the live inputs (He et al. 2015).

        ``beside`` is a number of further inputs for each channel, shape (out,), that other terms of a sum with this
        layer read: all terms together then have that mean square.
        """
        self.weight.copy_(self.tying.he_normal(self.live_inputs() + beside) / self.gain)

    def kernel(self) -> Tensor:
        """Return the expanded kernel, shape (out, in / groups, width)."""
        kernel = self.tying.expand(self.weight)
        return kernel if self.gain == 1 else kernel * self.gain

    def operands(self, kernel: Tensor, bias: Tensor | None) -> tuple[Tensor | None, ...]:
        """Return an expanded kernel and bias in the form in which a batch meets them."""
        return kernel, bias

    def own_operands(self) -> tuple[Tensor | None, ...]:
        """Return the :meth:`operands` of the layer's own weights, which inference keeps between batches."""
        return self._operands.of(lambda: self.operands(self.kernel(), self.channel_bias()), self.weight, self.bias)

    @torch.no_grad()
    def from_kernel(self, kernel: Tensor, bias: Tensor | None = None) -> Self:
        """Take weights from elsewhere, such as an ordinary layer of torch, and return this layer.

        A kernel that is not equivariant is replaced by the nearest one that is: its mean with its reverse complement.
        So ``layer.from_kernel(layer.kernel())`` changes nothing.

        Parameters
        ----------
        kernel
            Shape of :meth:`kernel`. For k-mers, input channel i is the k-mer ``encoding.kmer_of_channel[i]``, which for
            k = 1 is the order A, C, G, T.
        bias
            Shape (out,); zeros if None. The part that reverse complement does not fix is dropped.

        Raises
        ------
        ValueError
            If a shape differs, or a bias is given to a layer without one.
        """
        self.weight.copy_(self.tying.project(kernel.to(self.weight)) / self.gain)
        if bias is not None and self.bias is None:
            raise ValueError(f"{type(self).__name__} has no bias to take: build it with bias=True, or give no bias")
        if self.bias is not None:
            given = kernel.new_zeros(self.out_type.size) if bias is None else bias
            self.bias.copy_(self.bias_tying.project(given.to(self.bias)[:, None, None]))
        return self

    def channel_bias(self) -> Tensor | None:
        """Return the bias of each channel, shape (out,): equal on partners, zero on -1 channels. None without bias."""
        return None if self.bias is None else self.bias_tying.expand(self.bias).flatten()


@torch.no_grad()
def with_weights(plain: nn.Module, tied: TiedWeights, kernel: Tensor) -> nn.Module:
    """Copy the expanded ``kernel`` and the bias of ``tied`` into ``plain``."""
    plain.to(tied.weight)
    plain.weight.copy_(kernel.view_as(plain.weight))
    if tied.bias is not None:
        plain.bias.copy_(tied.channel_bias())
    return plain
