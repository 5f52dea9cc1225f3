"""A test kit that measures how far a module is from commuting with reverse complement.

It works for the layers of this library and for any other module. A module states how reverse complement acts on its
input and output by ``in_type`` and ``out_type``. Pass both types for a module that has none:

>>> from torch import nn
>>> from rc_equivariant import Conv1d, Representation
>>> from rc_equivariant.testing import assert_equivariant, equivariance_error
>>> strands = Representation(regular=4)
>>> assert_equivariant(Conv1d(strands, strands, kernel_size=5))
>>> equivariance_error(nn.Conv1d(8, 8, kernel_size=5), in_type=strands, out_type=strands) > 0.1
True
>>> equivariance_error(nn.ReLU(), in_type=strands, out_type=strands)
0.0
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from .encoding import UNKNOWN_BASE, KmerEncoding
from .representation import FeatureSpace, FeatureType, Representation

Spaces = FeatureSpace | tuple[FeatureSpace, ...]

#: The largest relative error that rounding may cause.
TOLERANCES = {torch.float64: 1e-12, torch.float32: 1e-5}
SHARE_OF_UNKNOWN_BASES = 0.05


def equivariance_error(
    module: nn.Module,
    *inputs: Tensor,
    in_type: Spaces | None = None,
    out_type: Spaces | None = None,
    length: int | None = 32,
    batch: int = 4,
    seed: int = 0,
) -> float:
    """Measure the largest difference between ``module(in_type.act(x))`` and ``out_type.act(module(x))``.

    The error is relative to the largest value. A random part of the samples is reverse complemented and the rest is
    not, which reveals batch statistics that depend on the strand. The module itself does not change and keeps its mode
    (train or eval): each call uses a copy, with the random number generator in the same state.

    Parameters
    ----------
    module
        A module that maps tensors, batch first, to a tensor or a tuple of tensors.
    inputs
        Arguments of the module, one tensor for each space of ``in_type``; random features if none are given.
    in_type, out_type
        Feature space of input and output, or a tuple of spaces if there are several; by default those of the module.
        To compare gradients, the action on them must keep scalar products.
    length, batch
        Positions (None for features without positions) and samples of random inputs.
    seed
        Seed of the inputs, of the choice of samples and of the numbers that the module draws.

    Returns
    -------
    float
        The largest error of all outputs; NaN if an output is not finite.

    Raises
    ------
    ValueError
        If a space is missing, the number of inputs or outputs differs from the number of spaces, or the batch has only
        one sample.
    """
    return _trial(module, inputs, in_type, out_type, length, batch, seed).output_error()


def gradient_equivariance_error(module: nn.Module, *inputs: Tensor, **options) -> float:
    """Measure the equivariance error of the gradients of a random linear function of the outputs.

    Gradients by parameters must be equal for x and RC x, and gradients by inputs must be reverse complements of each
    other. The error is the largest difference among all gradients, relative to the largest value among all; it is 0 if
    there is nothing to differentiate. ``options`` are those of :func:`equivariance_error`.
    """
    return _trial(module, inputs, **options).gradient_error()


def assert_equivariant(module: nn.Module, *inputs: Tensor, tolerance: float | None = None, **options) -> None:
    """Check outputs and gradients, in train mode, in eval mode, and in eval mode after a batch in train mode.

    Parameters
    ----------
    module, inputs, options
        As in :func:`equivariance_error`.
    tolerance
        Largest error allowed; by default 1e-12 in float64 and 1e-5 in float32.

    Raises
    ------
    AssertionError
        If an error is larger; the message names the module, the condition and the error.
    """
    trial = _trial(module, inputs, **options)
    if tolerance is None:
        tolerance = _usual_tolerance(_dtype(module, inputs))
    conditions = {
        "in train mode": replace(trial, module=copy.deepcopy(module).train()),
        "in eval mode": replace(trial, module=copy.deepcopy(module).eval()),
        "in eval mode after a training batch": replace(trial, module=copy.deepcopy(module).eval(), after_training=True),
    }
    for condition, case in conditions.items():
        for measured, error in (("outputs", case.output_error()), ("gradients", case.gradient_error())):
            if not error <= tolerance:
                raise AssertionError(
                    f"{type(module).__name__} is not equivariant {condition}: reverse complement changes its "
                    f"{measured} by {error:.2g} of the largest value, where {tolerance:.2g} is allowed"
                )


def all_representations(max_size: int) -> list[Representation]:
    """Return every representation with at most ``max_size`` channels."""
    return [
        Representation(regular, trivial, sign)
        for regular in range(max_size // 2 + 1)
        for trivial in range(max_size - 2 * regular + 1)
        for sign in range(max_size - 2 * regular - trivial + 1)
        if regular or trivial or sign
    ]


def random_representation(generator: torch.Generator, max_size: int) -> Representation:
    """Draw one of :func:`all_representations`, all equally likely."""
    choices = all_representations(max_size)
    return choices[int(torch.randint(len(choices), (), generator=generator))]


def random_features(
    space: FeatureType | KmerEncoding,
    batch: int,
    length: int | None,
    generator: torch.Generator,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Draw random features of a space: normal numbers, or the k-mer indices of random bases, some of them unknown.

    Parameters
    ----------
    space
        Feature space.
    batch, length
        Numbers of samples and positions; ``length`` is None for features without positions.
    generator
        Source of the random numbers.
    dtype
        Data type of features that are not indices.

    Returns
    -------
    Tensor
        Shape (batch, size, length) or (batch, size); for k-mer indices int64, shape (batch, length).
    """
    if isinstance(space, KmerEncoding):
        shape = batch, length + space.k - 1
        bases = torch.randint(UNKNOWN_BASE, shape, generator=generator)
        unknown = torch.rand(shape, generator=generator) < SHARE_OF_UNKNOWN_BASES
        return space.indices(bases.masked_fill(unknown, UNKNOWN_BASE))
    positions = () if length is None else (length,)
    return torch.randn(batch, space.size, *positions, generator=generator, dtype=dtype)


@dataclass(frozen=True)
class _Trial:
    """A module, its inputs, and the samples to reverse complement."""

    module: nn.Module
    inputs: tuple[Tensor, ...]
    in_types: tuple[FeatureSpace, ...]
    out_types: tuple[FeatureSpace, ...]
    chosen: Tensor
    seed: int
    after_training: bool = False

    def output_error(self) -> float:
        with torch.no_grad():
            _, plain = self._call(self.inputs)
            _, mirrored = self._call(self._mirror(self.in_types, self.inputs))
        expected = self._mirror(self.out_types, plain)
        return _largest_number([_relative_difference([a], [b]) for a, b in zip(mirrored, expected, strict=True)])

    def gradient_error(self) -> float:
        plain = self._differentiable_call(self.inputs)
        mirrored = self._differentiable_call(self._mirror(self.in_types, self.inputs))
        generator = torch.Generator().manual_seed(self.seed)
        weights = [torch.randn(y.shape, generator=generator, dtype=y.dtype).to(y.device) for y in plain.outputs]
        of_parameters, of_inputs = plain.gradients(weights)
        floating = [space for space, x in zip(self.in_types, self.inputs, strict=True) if x.is_floating_point()]
        expected = of_parameters + list(self._mirror(floating, of_inputs))
        of_parameters, of_inputs = mirrored.gradients(self._mirror(self.out_types, weights))
        return _relative_difference(of_parameters + of_inputs, expected)

    def _differentiable_call(self, inputs) -> _DifferentiableCall:
        inputs = [x.detach().clone().requires_grad_(x.is_floating_point()) for x in inputs]
        module, outputs = self._call(inputs)
        parameters = [p for p in module.parameters() if p.requires_grad]
        return _DifferentiableCall(parameters, [x for x in inputs if x.requires_grad], outputs)

    def _call(self, inputs) -> tuple[nn.Module, tuple[Tensor, ...]]:
        """Return a copy of the module, and its outputs for ``inputs``."""
        module = copy.deepcopy(self.module)
        with torch.random.fork_rng(devices={x.device for x in inputs if x.is_cuda}):
            torch.manual_seed(self.seed)
            if self.after_training:
                with torch.no_grad():
                    module.train()(*inputs)
                module.eval()
            outputs = module(*inputs)
        return module, _as_tuple(outputs)

    def _mirror(self, spaces, features) -> tuple[Tensor, ...]:
        """Reverse complement the chosen samples and keep the others."""
        return tuple(
            torch.where(self.chosen.view(-1, *[1] * (x.dim() - 1)).to(x.device), space.act(x), x)
            for space, x in zip(spaces, features, strict=True)
        )


@dataclass(frozen=True)
class _DifferentiableCall:
    parameters: list[Tensor]
    inputs: list[Tensor]
    outputs: tuple[Tensor, ...]

    def gradients(self, weights) -> tuple[list[Tensor], list[Tensor]]:
        """Return the gradients of the weighted sum of outputs, by parameters and by inputs; none if there are none."""
        pairs = [(y, weight) for y, weight in zip(self.outputs, weights, strict=True) if y.requires_grad]
        if not pairs:
            return [], []
        outputs, cotangents = zip(*pairs, strict=True)
        gradients = torch.autograd.grad(outputs, self.parameters + self.inputs, cotangents, materialize_grads=True)
        return list(gradients[: len(self.parameters)]), list(gradients[len(self.parameters) :])


def _trial(
    module: nn.Module,
    inputs: tuple[Tensor, ...],
    in_type: Spaces | None = None,
    out_type: Spaces | None = None,
    length: int | None = 32,
    batch: int = 4,
    seed: int = 0,
) -> _Trial:
    in_types = _as_tuple(_space(module, "in_type", in_type))
    out_types = _as_tuple(_space(module, "out_type", out_type))
    generator = torch.Generator().manual_seed(seed)
    if not inputs:
        dtype, device = _dtype(module, ()), _device(module)
        inputs = tuple(random_features(space, batch, length, generator, dtype).to(device) for space in in_types)
    samples = len(inputs[0])
    if samples < 2:
        raise ValueError("a batch of 1 sample has none to leave unchanged: give 2 samples or more")
    chosen = torch.zeros(samples, dtype=torch.bool)
    number = int(torch.randint(1, samples, (), generator=generator))
    chosen[torch.randperm(samples, generator=generator)[:number]] = True
    return _Trial(module, inputs, in_types, out_types, chosen, seed)


def _usual_tolerance(dtype: torch.dtype) -> float:
    if dtype not in TOLERANCES:
        usual = " and ".join(str(known) for known in TOLERANCES)
        raise ValueError(
            f"there is no default tolerance for {dtype}, only for {usual}: state the largest error by tolerance="
        )
    return TOLERANCES[dtype]


def _space(module: nn.Module, name: str, given: Spaces | None) -> Spaces:
    space = getattr(module, name, None) if given is None else given
    if space is None:
        raise ValueError(f"{type(module).__name__} does not say its {name}: pass one as {name}=...")
    return space


def _as_tuple(value) -> tuple:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _dtype(module: nn.Module, inputs: tuple[Tensor, ...]) -> torch.dtype:
    """Return the type of the first floating-point input, parameter or buffer."""
    tensors = (*inputs, *module.parameters(), *module.buffers())
    return next((x.dtype for x in tensors if x.is_floating_point()), torch.get_default_dtype())


def _device(module: nn.Module) -> torch.device:
    return next((x.device for x in (*module.parameters(), *module.buffers())), torch.device("cpu"))


def _relative_difference(actual: list[Tensor], expected: list[Tensor]) -> float:
    """Return the largest absolute difference over the largest absolute value, among all tensors together."""
    difference = _largest([a - b for a, b in zip(actual, expected, strict=True)])
    return difference and difference / max(_largest(expected), torch.finfo(torch.float64).tiny)


def _largest(tensors: list[Tensor]) -> float:
    return _largest_number([float(x.detach().abs().max()) for x in tensors if x.numel()])


def _largest_number(values: list[float]) -> float:
    """Return the largest value: 0 if there are none, NaN if any is NaN."""
    return float(torch.tensor([0.0, *values], dtype=torch.float64).max())
