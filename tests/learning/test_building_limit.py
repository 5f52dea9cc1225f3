"""A description that is far larger than its weights is refused before anything of its size is made."""

import json

import pytest
import torch
from arm_networks import described_network
from planted_windows import ARCHITECTURE, WIDTH
from saved_networks import save_network

from learning.models.building import VALUES_OF_A_TRIAL, BuildingLimit
from learning.models.networks import build_network
from learning.models.saved import load
from rc_equivariant.descriptions.networks import MEANS, NETWORKS, NetworkDescription
from workflow_support.errors import InputError

WINDOWS = {
    "binary": 120,
    "default": 60,
    "labelled": 60,
    "profile": 400,
    "hyperbolic": 30,
    "residual": 60,
    "attention": 60,
    "bag": 40,
    "long_convolution": 60,
    "large": 60,
}
SYMMETRIES = (("standard", 6, None), ("rcps", 1, None), ("regular", 3, None), ("irrep", 2, 0.25), ("irrep", 6, 0.0))


@pytest.fixture
def saved(tmp_path):
    save_network(tmp_path, "arm", ARCHITECTURE | {"window": WIDTH})
    return tmp_path / "arm.safetensors", tmp_path / "arm.json"


def refusal(saved, **changes):
    weights, models = saved
    (content,) = json.loads(models.read_text())
    for key, value in changes.items():
        part = content["architecture"]
        if isinstance(value, dict) and "type" not in value:
            part, key, value = part[key], *value.popitem()
        part[key] = value
    models.write_text(json.dumps([content]))
    with pytest.raises(InputError) as error:
        load(weights, models, torch.device("cpu"))
    assert error.value.file == models
    return str(error.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"head": {"type": "dense", "dense": 10**9}},
        {"head": {"type": "dense", "dense": 10**300}},
        {"classes": 10**8},
        {"window": 10**10},
        {"window": 10**8, "trunk": {"kernel_widths": [10**7]}},
        {"kmer": 6, "channels": 4096, "representation": "standard"},
        {"trunk": {"type": "pooled_residual", "residual_width": 10**8 + 1}, "head": {"type": "dense"}},
        {"window": 10**9, "trunk": {"type": "dilated", "first_width": 10**8, "dilations": []}},
        {"trunk": {"type": "hyperbolic"}, "head": {"type": "points", "dense": 10**8}},
        {"trunk": {"type": "hyperbolic", "width": 10**8 + 1}, "head": {"type": "points"}},
    ],
    ids=lambda changes: " ".join(changes),
)
def test_a_layer_far_larger_than_the_weights_is_refused_before_it_is_made(saved, changes):
    assert "a layer is far larger than the weights in the file" in refusal(saved, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"trunk": {"kernel_widths": [1] * 10_000}},
        {"trunk": {"type": "pooled_residual", "dilations": [1] * 10_000}, "head": {"type": "dense"}},
        {"trunk": {"type": "hyperbolic", "blocks": 1000, "width": 1}, "head": {"type": "points", "dense": 2}},
        {"beside": [{"trunk": {"type": "bag"}, "head": {"type": "bag"}}] * 100},
    ],
    ids=["convolutions", "residual layers", "blocks", "networks"],
)
def test_more_layers_than_the_weights_can_be_of_are_refused(saved, changes):
    assert "there are too many layers for the weights in the file" in refusal(saved, **changes)


@pytest.mark.parametrize("name", NETWORKS | MEANS)
@pytest.mark.parametrize(("representation", "kmer", "plus_fraction"), SYMMETRIES)
def test_every_network_is_well_within_the_limit_of_its_own_weights(name, representation, kmer, plus_fraction):
    """A quarter of the values and of the tensors is enough, so that layers to come have room."""
    kmer = min(kmer, 3) if name in ("bag", "large") else kmer
    described = NetworkDescription.named(
        name, representation, kmer, 8, WINDOWS[name], plus_fraction, conjoined=representation == "standard"
    )
    sizes = [value.numel() for value in build_network(described.to_dict()).state_dict().values()]
    with BuildingLimit([sum(sizes) // 4] + [0] * (len(sizes) // 4)):
        assert build_network(described.to_dict())


def test_nothing_beyond_the_limit_is_made_by_sizes_by_broadcasting_or_by_copies_of_a_view():
    side = round(2 * VALUES_OF_A_TRIAL**0.5)
    beyond = {
        "sizes": lambda: torch.zeros(side, side),
        "a list of sizes": lambda: torch.empty([side, side]),
        "a named size": lambda: torch.ones(size=(side, side)),
        "a range": lambda: torch.arange(1, side * side),
        "broadcasting": lambda: torch.arange(side)[:, None] * torch.arange(side),
        "a view": lambda: torch.arange(side).expand(side, side).flatten(),
    }
    for make in beyond.values():
        with BuildingLimit([1, 1]), pytest.raises(ValueError, match="2 tensors, 2 values in all"):
            make()
    with BuildingLimit([VALUES_OF_A_TRIAL]):
        assert {make().numel() for make in beyond.values()} == {side**2, side**2 - 1}


def test_a_limit_ends_with_its_context():
    described = described_network(ARCHITECTURE | {"window": WIDTH}).to_dict()
    with pytest.raises(InputError, match="too many layers"), BuildingLimit([]):
        build_network(described)
    assert build_network(described)
