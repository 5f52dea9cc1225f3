"""Networks in every arm, with their exports, for the tests of exports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from rc_equivariant import Centred, Ensemble, Network, NetworkDescription, StrandAverage, build
from rc_equivariant.descriptions.heads import BagHead
from rc_equivariant.descriptions.networks import Layers
from rc_equivariant.descriptions.trunks import BagTrunk
from rc_equivariant.testing import TOLERANCES

ARMS = [
    ("standard", 1, None),
    ("standard", 3, None),
    ("rcps", 1, None),
    ("regular", 1, None),
    ("regular", 2, None),
    ("regular", 3, None),
    ("irrep", 1, 0.0),
    ("irrep", 2, 0.75),
    ("irrep", 3, 1.0),
]
WINDOW = 120


def binary(representation: str, kmer: int, plus_fraction: float | None) -> Network:
    narrow = {"kernel_widths": (7, 4), "pool_width": 20, "pool_stride": 10}
    return Network(NetworkDescription.named("binary", representation, kmer, 8, WINDOW, plus_fraction, **narrow))


def profile(representation: str, kmer: int, plus_fraction: float | None, control: bool = True) -> Network:
    narrow = {"first_width": 9, "dilations": (2, 4), "profile_width": 21, "tracks": ("control",) * control}
    return Network(NetworkDescription.named("profile", representation, kmer, 8, WINDOW, plus_fraction, **narrow))


def profile_without_control(*arm) -> Network:
    return profile(*arm, control=False)


def hyperbolic(
    representation: str,
    kmer: int,
    curvature: str,
    pooling: str,
    linear_map: str = "free",
    concatenation: str = "direct",
) -> Network:
    shape = {"blocks": 2, "width": 5, "dense": 9, "curvature": curvature, "pooling": pooling, "classes": 3}
    shape |= {"linear_map": linear_map, "concatenation": concatenation}
    fraction = 0.6 if representation == "irrep" else None
    return Network(NetworkDescription.named("hyperbolic", representation, kmer, 8, WINDOW, fraction, **shape))


def bag(representation: str, kmer: int, *gaps: int) -> Network:
    counted = {"lengths": (3, 4), "gaps": gaps, "dense": 6, "classes": 3}
    return Network(NetworkDescription.named("bag", representation, kmer, 8, WINDOW, **counted))


def deep(name: str, representation: str, kmer: int, plus_fraction: float | None) -> Network:
    narrow = {"first_width": 9, "blocks": 1, "dense": 8}
    return Network(NetworkDescription.named(name, representation, kmer, 8, WINDOW, plus_fraction, **narrow))


def beside_a_bag(other: Network, **changes: bool) -> nn.Module:
    """The network with a bag of k-mers beside it."""
    return build(replace(other.description, beside=(Layers(BagTrunk(), BagHead()),), **changes))


NETWORKS = (
    {
        f"{make.__name__} {' '.join(map(str, arm))}": (lambda make=make, arm=arm: make(*arm))
        for make in (binary, profile, profile_without_control)
        for arm in ARMS
    }
    | {
        f"hyperbolic {' '.join(map(str, arm))}": (lambda arm=arm: hyperbolic(*arm))
        for arm in [
            ("standard", 1, "single", "flatten"),
            ("regular", 3, "per_block", "centroid"),
            ("irrep", 2, "per_block", "flatten"),
            ("regular", 1, "flat", "centroid"),
            ("regular", 3, "single", "flatten", "hyperplanes"),
            ("irrep", 1, "per_block", "centroid", "hyperplanes"),
            ("regular", 1, "per_block", "flatten", "free", "log_radius"),
        ]
    }
    | {
        f"{name} {' '.join(map(str, arm))}": (lambda name=name, arm=arm: deep(name, *arm))
        for name in ("residual", "attention", "long_convolution")
        for arm in [("standard", 1, None), ("regular", 3, None), ("irrep", 2, 0.75)]
    }
    | {f"bag {' '.join(map(str, arm))}": (lambda arm=arm: bag(*arm)) for arm in [("standard", 1), ("regular", 3, 1, 4)]}
)
STRATEGIES = {
    "centred, beside a bag": lambda: beside_a_bag(binary("regular", 3, None), centred=True),
    "apart from a bag": lambda: beside_a_bag(binary("irrep", 2, 0.5), apart=True),
    "centred, binary": lambda: Centred(StrandAverage(binary("standard", 3, None))),
    "centred, hyperbolic": lambda: Centred(hyperbolic("irrep", 2, "single", "flatten")),
    "strand average, profile": lambda: StrandAverage(profile("standard", 2, None)),
    "ensemble, binary": lambda: Ensemble([binary("regular", 2, None), StrandAverage(binary("standard", 1, None))]),
    "ensemble, profile": lambda: Ensemble([profile("irrep", 2, 0.75), profile("regular", 3, None)]),
}
OF_HYPERBOLIC = "hyperbolic irrep 2 per_block flatten"
#: One of each kind, for what takes long.
OF_EACH_KIND = {
    name: NETWORKS[name]
    for name in (
        "binary irrep 2 0.75",
        "profile regular 3 None",
        OF_HYPERBOLIC,
        "bag regular 3 1 4",
        "residual irrep 2 0.75",
        "attention regular 3 None",
    )
} | STRATEGIES


def one_hot_nucleotides(codes: Tensor, dtype: torch.dtype) -> Tensor:
    """Shape (batch, 4, L), channels A, C, G, T; zeros where the base is unknown."""
    return functional.one_hot(codes, 5)[..., :4].transpose(1, 2).to(dtype)


def codes_with_unknowns(batch: int, length: int) -> Tensor:
    codes = torch.randint(0, 4, (batch, length))
    return codes.masked_fill(torch.rand(batch, length) < 0.05, 4)


def as_trained(module: nn.Module, *inputs: Tensor) -> nn.Module:
    """The module in eval mode, with no bias, scale or running statistic at its starting value."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.2)
        for _ in range(2):
            module.train()(*inputs)
    return module.eval()


def assert_close(got: Tensor, expected: Tensor) -> None:
    assert got.dtype == expected.dtype
    assert got.shape == expected.shape
    assert (got - expected).abs().max() <= TOLERANCES[expected.dtype] * expected.abs().max()


class Trained:
    """A network with its inputs, its export and what it gives for them."""

    def __init__(self, make: Callable[[], nn.Module], dtype: torch.dtype, batch: int = 3) -> None:
        self.network = make().to(dtype)
        codes = codes_with_unknowns(batch, WINDOW)
        encoding, *others = in_types = self.in_types()
        inputs = [encoding.indices(codes)]
        self.export_inputs = [one_hot_nucleotides(codes, dtype)]
        if others:
            network = next(member for member in self.network.modules() if isinstance(member, Network))
            shape = (batch, in_types[1].size, network.description.output_length)
            control = torch.randint(0, 9, shape).to(dtype)
            inputs.append(control)
            self.export_inputs.append(control)
        self.network = as_trained(self.network, *inputs)
        self.export = self.network.export()
        with torch.no_grad():
            self.expected = as_tuple(self.network(*inputs))

    def in_types(self) -> tuple:
        types = self.network.in_type
        return types if isinstance(types, tuple) else (types,)


def as_tuple(outputs: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return outputs if isinstance(outputs, tuple) else (outputs,)


def assert_all_close(got: tuple[Tensor, ...], expected: tuple[Tensor, ...]) -> None:
    for one_got, one_expected in zip(got, expected, strict=True):
        assert_close(one_got, one_expected)
