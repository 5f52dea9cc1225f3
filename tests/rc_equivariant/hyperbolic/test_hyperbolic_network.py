"""Hyperbolic networks have the published shape, learn what they say they learn, and stay finite in float32."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hyperbolic_registry import ARMS, WINDOW, network

from rc_equivariant import Network, NetworkDescription, Ordinary, Representation, parameter_groups
from rc_equivariant.cost import multiply_adds
from rc_equivariant.hyperbolic import Curvature
from rc_equivariant.testing import assert_equivariant, random_features

#: Of HCNN-S at 101 bases, and of its twin (measured on the published code).
PUBLISHED, PUBLISHED_TWIN = 1_701_943, 1_756_178


def published(representation: str = "standard", curvature: str = "single") -> Network:
    return Network(NetworkDescription.published("hyperbolic", representation, curvature=curvature))


def parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def kmers_of(module: Network, batch: int = 6) -> torch.Tensor:
    length = WINDOW - module.encoding.k + 1
    return random_features(module.in_type, batch, length, torch.Generator().manual_seed(0))


def test_the_published_channels_are_31_of_space_and_time():
    dense = Representation(regular=263, trivial=1)
    assert types_of(published("regular")) == (Representation(regular=15, trivial=1), dense)
    assert types_of(published("standard")) == (Ordinary(31), Ordinary(527))
    assert types_of(published("irrep")) == (Representation(trivial=23, sign=8), dense)
    assert types_of(published("regular", "flat"))[0] == Representation(regular=16)


def types_of(module: Network) -> tuple:
    """Feature types of the trunk and of the last hidden layer."""
    return module.trunk.out_type, module.last_layer.in_type


def test_the_published_network_by_count():
    """Without its rows of weights that give times, which have no gradient, its channel of N and its second logit."""
    convolutions = 5 * (9 * 31 + 1 + 1) + (9 * 5 + 1 + 1)
    dense, shifts = 101 * 31 + 1 + 1, 6
    unknown_base, second_logit = 9 * 31, 527 + 1
    expected = PUBLISHED - convolutions - dense - shifts - unknown_base - second_logit
    assert parameters(published()) == expected


def test_its_twin_by_count():
    """The twin's convolutions have no bias, as batch norm follows."""
    expected = PUBLISHED_TWIN - 6 * 32 - 9 * 32 - (528 + 1)
    assert parameters(published("standard", "flat")) == expected


@pytest.mark.parametrize("curvature", ["single", "flat"])
def test_symmetry_halves_the_parameters_and_no_arithmetic(curvature):
    standard, regular = (published(arm, curvature) for arm in ("standard", "regular"))
    assert parameters(regular) / parameters(standard) == pytest.approx(0.5, abs=0.01)
    assert multiply_adds(regular) == multiply_adds(standard)


def test_multiply_adds_by_hand():
    space, dense = 31, 527
    expected = 101 * space * 9 + 5 * 101 * space * space * 9 + dense * 101 * space + dense
    assert multiply_adds(published()) == expected


def without_decay(module):
    return [each for group in parameter_groups(module, 0.1) if not group["weight_decay"] for each in group["params"]]


def test_one_curvature_and_many_are_different_networks():
    """Published defect: the shipped configuration of the one trains the other."""
    for curvature, count in (("single", 1), ("per_block", 4), ("flat", 0)):
        module = network("standard", curvature)
        assert len(without_decay(module)) == len(module.trunk.curvatures) == count
    fixed = NetworkDescription.named("hyperbolic", "standard", 1, 4, WINDOW, learnt=False, dense=3)
    assert not without_decay(Network(fixed))


@pytest.mark.parametrize("pooling", ["flatten", "centroid"])
def test_equal_curvatures_of_blocks_are_a_single_one(pooling):
    torch.manual_seed(0)
    many, one = network("regular", "per_block", pooling).double(), network("regular", "single", pooling).double()
    for curvature in (*many.trunk.curvatures, *one.trunk.curvatures):
        curvature.log_k.data.fill_(0.4)
    for ours, theirs in zip(*(parameter_groups(module, 0.1)[0]["params"] for module in (many, one)), strict=True):
        theirs.data.copy_(ours.data)
    kmers = kmers_of(one)
    expected = one(kmers)
    assert torch.allclose(many(kmers), expected, rtol=0, atol=1e-9)
    for curvature in many.trunk.curvatures:
        before = many(kmers)
        curvature.log_k.data.add_(0.5)
        assert not torch.allclose(many(kmers), before, rtol=0, atol=1e-6)


SPACES = [("single", "free"), ("per_block", "free"), ("flat", "free"), ("per_block", "hyperplanes")]


@pytest.mark.parametrize(("curvature", "linear_map"), SPACES)
@pytest.mark.parametrize("representation", ARMS)
def test_every_parameter_has_a_gradient(representation, curvature, linear_map):
    """Published defect: rows of weights for times, which are then computed from space, have none."""
    torch.manual_seed(0)
    pooling = "centroid" if curvature == "per_block" else "flatten"
    module = network(representation, curvature, pooling, 3, linear_map)
    logits = module(kmers_of(module, 32))
    assert logits.shape == (32, 3)
    torch.nn.functional.cross_entropy(logits, torch.arange(32) % 3).backward()
    for name, parameter in module.named_parameters():
        if parameter.numel():
            assert parameter.grad.isfinite().all()
            assert parameter.grad.abs().max() > 0, name


@pytest.mark.parametrize("linear_map", ["free", "hyperplanes"])
def test_training_in_float32_stays_finite(linear_map):
    """At a rate of learning far above any that is sensible, curvatures included."""
    torch.manual_seed(0)
    module = network("regular", "per_block", linear_map=linear_map)
    optimiser = torch.optim.Adam(module.parameters(), lr=0.3)
    kmers, labels = kmers_of(module, 8), (torch.arange(8) % 2).float()
    for _ in range(25):
        optimiser.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(module(kmers), labels).backward()
        assert all(p.grad.isfinite().all() for p in module.parameters() if p.grad is not None)
        optimiser.step()
    assert module(kmers).isfinite().all()
    assert all(curvature() > 0 for curvature in module.trunk.curvatures)


def at(k: float, representation: str, *shape: str, linear_map: str = "free") -> Network:
    torch.manual_seed(0)
    description = network(representation, *(shape or ("single",)), linear_map=linear_map).description
    return Network(replace(description, trunk=replace(description.trunk, k=k)))


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-4), (torch.float64, 1e-12)], ids=str)
@pytest.mark.parametrize("k", [1e-3, 1e-2, 1e3])
@pytest.mark.parametrize("shape", [("regular", "single", "flatten"), ("irrep", "per_block", "centroid")])
@pytest.mark.parametrize("linear_map", ["free", "hyperplanes"])
def test_networks_of_any_curvature_are_equivariant_and_train(shape, linear_map, k, dtype, tolerance):
    """Normalised points that start at distance 1 would be 32 sqrt(k) from the origin at k = 1e-3."""
    module = at(k, *shape, linear_map=linear_map).to(dtype)
    kmers, labels = kmers_of(module, 8), (torch.arange(8) % 2).to(dtype)
    assert_equivariant(module, kmers, tolerance=tolerance)
    optimiser = torch.optim.Adam(module.parameters(), lr=1e-3)
    for _ in range(4):
        optimiser.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(module(kmers), labels).backward()
        assert all(p.grad.isfinite().all() for p in module.parameters() if p.numel())
        optimiser.step()
    assert_equivariant(module, kmers, tolerance=tolerance)


@pytest.mark.parametrize("linear_map", ["free", "hyperplanes"])
def test_initial_logits_do_not_grow_with_the_radius_of_curvature(linear_map):
    sizes = {}
    for k in (1.0, 1e3):
        module = at(k, "standard", linear_map=linear_map)
        sizes[k] = float(module(kmers_of(module, 32)).abs().mean())
    assert sizes[1.0] / 3 < sizes[1e3] < 3 * sizes[1.0]


@pytest.mark.parametrize("linear_map", ["free", "hyperplanes"])
def test_a_trained_network_of_published_shape_is_exact_in_float64(linear_map):
    """For a batch of which some are turned to the other strand, too: each sequence has the logit of its own."""
    torch.manual_seed(0)
    module = Network(NetworkDescription.published("hyperbolic", "regular", linear_map=linear_map)).double()
    kmers, labels = torch.randint(4, (8, 101)), (torch.arange(8) % 2).double()
    optimiser = torch.optim.Adam(module.parameters(), lr=1e-3)
    for _ in range(5):
        optimiser.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(module(kmers), labels).backward()
        optimiser.step()
    assert_equivariant(module, kmers, tolerance=1e-10)
    turned = torch.where((torch.arange(8) % 3 == 0)[:, None], module.in_type.act(kmers), kmers)
    for mode in (module.train(), module.eval()):
        logits = mode(kmers)
        assert (mode(turned) - logits).abs().max() <= 1e-10 * logits.abs().max()


def test_a_curvature_is_printed():
    assert "k=0.5, learnt" in repr(Curvature(0.5, learnt=True))
    assert "k=2, fixed" in repr(Curvature(2.0))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"representation": "rcps", "kmer": 2}, "single bases"),
        ({"plus_fraction": 0.5}, "belongs to irrep"),
        ({"curvature": "double"}, "unknown curvature 'double'"),
        ({"linear_map": "planes"}, "unknown linear_map 'planes'"),
        ({"pooling": "mean"}, "unknown pooling"),
        ({"curvature": "flat", "learnt": True}, "flat space"),
        ({"curvature": "flat", "learnt": False, "k": 2.0}, "flat space"),
        ({"curvature": "flat", "learnt": False, "linear_map": "hyperplanes"}, "one kind of linear_map"),
        ({"curvature": "flat", "learnt": False, "concatenation": "log_radius"}, "one kind of concatenation"),
        ({"k": -1.0}, "more than 0"),
        ({"classes": 1}, "classes is 1"),
        ({"channels": 1}, "channels is 1"),
        ({"dense": 1}, "dense is 1"),
        ({"blocks": 0}, "blocks is 0"),
        ({"width": 4}, "must be odd"),
        ({"window": 2, "kmer": 3}, "window of 2 bases leaves 0 positions"),
    ],
)
def test_contradictory_descriptions_are_refused(changes, message):
    usual = {"representation": "regular", "kmer": 1, "channels": 8, "window": WINDOW}
    with pytest.raises(ValueError, match=message):
        NetworkDescription.named("hyperbolic", **usual | changes)
