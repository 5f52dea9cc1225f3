"""Saved replicates come back to the bit, with their descriptions."""

import json
from dataclasses import asdict, replace

import pytest
import torch
from arm_networks import described_network, network_content
from planted_profiles import ARCHITECTURE as PROFILE_ARCHITECTURE
from planted_windows import ARCHITECTURE, WIDTH
from safetensors.torch import load_file
from saved_replicates import CPU, SEEDS, description, made, written

from learning.models.networks import architecture_of, build_network, describe, encoding_of
from learning.models.saved import load, load_descriptions
from rc_equivariant import Centred, KmerEncoding, StrandAverage
from workflow_support.errors import InputError

HYPERBOLIC = {
    "geometry": "hyperbolic",
    "representation": "standard",
    "kmer": 1,
    "channels": 5,
    "window": WIDTH,
    "width": 3,
    "dense": 6,
}


def assert_same_weights(one, other):
    assert list(one.state_dict()) == list(other.state_dict())
    for name, value in one.state_dict().items():
        assert torch.equal(other.state_dict()[name], value)


def test_round_trip_to_the_bit_in_the_order_of_saving(replicates, saved):
    kmers = torch.randint(0, 5, (30, WIDTH))
    answers = []
    for (network, described), (loaded, found) in zip(replicates, load(*saved, CPU), strict=True):
        assert_same_weights(network, loaded)
        assert torch.equal(loaded(kmers), network.eval()(kmers))
        assert not loaded.training
        assert json.loads(json.dumps(asdict(described))) == asdict(found)
        answers.append(loaded(kmers))
    assert not torch.equal(answers[0], answers[1])
    assert [each.seed for each in load_descriptions(saved[1])] == list(SEEDS)


def test_replicates_come_back_as_those_saved_alone(replicates, saved, tmp_path):
    for together, replicate in zip(load(*saved, CPU), replicates, strict=True):
        ((alone, described),) = load(*written(tmp_path / "alone", replicate), CPU)
        assert_same_weights(alone, together[0])
        assert described == together[1]


def test_the_description_decides_which_weights_are_whose(replicates, saved):
    """Turned descriptions turn the networks, each with its own weights."""
    _, models = saved
    models.write_text(json.dumps(json.loads(models.read_text())[::-1]))
    for (network, described), (loaded, found) in zip(reversed(replicates), load(*saved, CPU), strict=True):
        assert found.seed == described.seed
        assert_same_weights(network, loaded)


def test_tensors_are_named_after_their_seed_and_the_file_holds_nothing_else(replicates, saved):
    state = load_file(saved[0])
    assert set(state) == {f"seed{seed}/{name}" for seed in SEEDS for name in replicates[0][0].state_dict()}
    assert torch.equal(state["seed11/head.classify.bias"], replicates[1][0].state_dict()["head.classify.bias"])


def test_a_conjoined_network_comes_back_as_one(tmp_path):
    described = description(representation="standard", conjoined=True)
    network = made(0, described)
    assert isinstance(network, StrandAverage)
    ((loaded, found),) = load(*written(tmp_path, (network, described)), CPU)
    assert found.architecture["conjoined"] is True
    assert encoding_of(loaded) == KmerEncoding(1)
    assert architecture_of(loaded).window == WIDTH
    kmers = torch.randint(0, 4, (30, WIDTH))
    with torch.inference_mode():
        assert torch.equal(loaded(kmers), network.eval()(kmers))
        assert torch.allclose(loaded(kmers), loaded(3 - kmers.flip(1)), atol=1e-5)
        assert not torch.allclose(loaded(kmers), loaded.network(kmers), atol=1e-5)


def test_a_centred_network_comes_back_as_one(tmp_path):
    """Conjoined as well; and a description from before there were centred networks is that of one that is not."""
    described = description(representation="standard", conjoined=True, centred=True)
    network = made(0, described)
    assert isinstance(network, Centred)
    assert isinstance(network.network, StrandAverage)
    ((loaded, found),) = load(*written(tmp_path, (network, described)), CPU)
    assert found.architecture["centred"] is True
    assert architecture_of(loaded).window == WIDTH
    kmers = torch.nn.functional.pad(torch.randint(0, 4, (30, WIDTH - 7)), (5, 2), value=4)
    with torch.inference_mode():
        assert torch.equal(loaded(kmers), network.eval()(kmers))
        assert torch.equal(loaded(kmers.roll(2, 1)), loaded(kmers))
        assert not torch.allclose(loaded(kmers), loaded.network(kmers), atol=1e-5)
    former = {key: value for key, value in described.architecture.items() if key != "centred"}
    assert isinstance(build_network(former), StrandAverage)


@pytest.mark.parametrize(
    ("kind", "given", "of_task"),
    [
        ("binary", ARCHITECTURE, {"window": WIDTH}),
        ("profile", PROFILE_ARCHITECTURE, {"window": 96, "tracks": ("control",)}),
        ("binary", HYPERBOLIC, {"window": WIDTH}),
        ("labelled", HYPERBOLIC | {"curvature": "flat"}, {"window": WIDTH, "classes": 3}),
    ],
)
def test_a_description_of_an_arm_and_its_task_is_complete_and_survives_json(kind, given, of_task):
    described = describe(network_content(given, kind), **of_task)
    content = described.to_dict()
    keys = {"representation", "kmer", "channels", "plus_fraction", "trunk", "head", "conjoined", "tracks", "classes"}
    assert set(content) == keys | {"window", "centred", "beside", "apart"}
    assert content["conjoined"] is content["centred"] is False
    again = json.loads(json.dumps(content))
    assert again == content
    assert architecture_of(build_network(again)) == described


def test_an_arm_that_does_not_fit_its_task_is_refused():
    with pytest.raises(
        InputError, match=r"no network has this architecture: .* take windows of 28 bases or more"
    ) as error:
        describe(network_content(ARCHITECTURE), window=27)
    assert error.value.found["window"] == 27
    assert "a trunk and a head" in error.value.allowed


@pytest.mark.parametrize("curvature", ["single", "per_block"])
def test_a_hyperbolic_network_comes_back_with_its_curvature(tmp_path, curvature):
    architecture = described_network(HYPERBOLIC | {"curvature": curvature, "conjoined": True}).to_dict()
    described = replace(description(), kind="labelled", architecture=architecture)
    torch.manual_seed(0)
    network = build_network(architecture)
    kmers = torch.randint(0, 4, (30, WIDTH))
    network(kmers)
    for bent in network.network.trunk.curvatures:
        bent.log_k.data.fill_(0.7)
    ((loaded, found),) = load(*written(tmp_path, (network, described)), CPU)
    assert found.architecture["trunk"]["type"] == "hyperbolic"
    with torch.inference_mode():
        assert torch.equal(loaded(kmers), network.eval()(kmers))


def test_a_part_that_no_network_has_is_refused(tmp_path):
    content = described_network(HYPERBOLIC).to_dict()
    with pytest.raises(InputError, match="choose from points") as error:
        build_network(content | {"head": {"type": "profile"}}, file=tmp_path)
    assert error.value.file == tmp_path
    with pytest.raises(InputError, match="a type among convolutions, pooled_residual, dilated, hyperbolic, bag, "):
        build_network(content | {"trunk": {"type": "spherical"}})


def test_a_failed_save_leaves_nothing(replicates, tmp_path):
    object.__setattr__(replicates[-1][1], "versions", {"torch": object()})
    with pytest.raises(TypeError):
        written(tmp_path, *replicates)
    assert list(tmp_path.iterdir()) == []


def test_descriptions_of_earlier_versions_are_read(saved):
    """They say how long training took."""
    weights, models = saved
    described = load_descriptions(models)
    content = json.loads(models.read_text())
    models.write_text(json.dumps([each | {"seconds": 1.5} for each in content]))
    assert load_descriptions(models) == described
    assert len(load(weights, models, CPU)) == len(SEEDS)
