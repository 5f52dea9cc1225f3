"""Saved replicates come back to the bit; anything else is refused, and nothing is ever unpickled."""

import ast
import json
import pickle
import struct
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from arm_networks import described_network, network_content
from planted_profiles import ARCHITECTURE as PROFILE_ARCHITECTURE
from planted_windows import ARCHITECTURE, TRAINING, WIDTH
from safetensors.torch import load_file, save_file

from learning.models.networks import architecture_of, build_network, describe, encoding_of
from learning.models.saved import ModelDescription, library_versions, load, load_descriptions, save
from rc_equivariant import KmerEncoding, StrandAverage
from workflow_support.errors import InputError

CPU = torch.device("cpu")
SCRIPTS = Path(__file__).parents[2] / "workflow_scripts"


def description(**changes):
    return ModelDescription(
        kind="binary",
        architecture=described_network(ARCHITECTURE | {"window": WIDTH} | changes).to_dict(),
        task="planted",
        arm="regular",
        size="all",
        seed=3,
        training=TRAINING,
        train_size=200,
        parameters=10,
        best_epoch=2,
        quality=0.9,
        validation={"loss": 0.3, "auroc": 0.9},
        device="cpu",
        versions=library_versions(),
    )


HYPERBOLIC = {
    "geometry": "hyperbolic",
    "representation": "standard",
    "kmer": 1,
    "channels": 5,
    "window": WIDTH,
    "width": 3,
    "dense": 6,
}
SEEDS = (3, 11, 1)


def made(seed, described=None):
    torch.manual_seed(seed)
    network = build_network((described or description()).architecture)
    network(torch.randint(0, 4, (20, WIDTH)))  # running statistics of the batch norms leave their initial values
    return network


def written(folder, *replicates):
    folder.mkdir(exist_ok=True)
    paths = folder / "weights.safetensors", folder / "models.json"
    save(*paths, replicates)
    return paths


@pytest.fixture
def replicates():
    """Networks and their descriptions."""
    return [(made(seed), replace(description(), seed=seed, quality=0.1 * seed)) for seed in SEEDS]


@pytest.fixture
def saved(replicates, tmp_path):
    return written(tmp_path, *replicates)


def refused(weights, models):
    with pytest.raises(InputError) as error:
        load(weights, models, CPU)
    assert error.value.fix
    return error.value


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
    assert set(content) == keys | {"window"}
    assert content["conjoined"] is False
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
    with pytest.raises(InputError, match="a type among convolutions, pooled_residual, dilated, hyperbolic"):
        build_network(content | {"trunk": {"type": "spherical"}})


def test_a_failed_save_leaves_nothing(replicates, tmp_path):
    object.__setattr__(replicates[-1][1], "versions", {"torch": object()})
    with pytest.raises(TypeError):
        written(tmp_path, *replicates)
    assert list(tmp_path.iterdir()) == []


class Hostile:
    def __reduce__(self):
        return Path.touch, (Path("executed"),)


def test_a_renamed_pickle_is_refused_and_not_executed(saved, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    weights, models = saved
    for disguised in saved:
        original = disguised.read_bytes()
        disguised.write_bytes(pickle.dumps(Hostile()))
        assert refused(weights, models).file == disguised
        torch.save({"weight": torch.ones(2)}, disguised)
        assert refused(weights, models).file == disguised
        disguised.write_bytes(original)
    assert not Path("executed").exists()


@pytest.mark.parametrize("kept", [0, 4, 100, -1])
def test_truncated_weights_are_refused(saved, kept):
    weights, models = saved
    weights.write_bytes(weights.read_bytes()[:kept])
    assert "safetensors" in str(refused(weights, models))


FOUR_GIGABYTES = b'{"a":{"dtype":"F32","shape":[1000000000],"data_offsets":[0,4000000000]}}'
HEADERS = {
    "huge": (2**60, b"{}"),
    "beyond the file": (10_000, b"{}"),
    "not JSON": (4, b"\x80\x04K."),
    "no object": (2, b"[]"),
    "tensors beyond the file": (len(FOUR_GIGABYTES), FOUR_GIGABYTES),
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_hostile_headers_are_refused_and_nothing_is_set_aside_for_them(saved, header):
    weights, models = saved
    length, text = header
    weights.write_bytes(struct.pack("<Q", length) + text)
    assert refused(weights, models).file == weights


def test_missing_files_are_refused(saved):
    for path in saved:
        content = path.read_bytes()
        path.unlink()
        assert refused(*saved).file == path
        path.write_bytes(content)


BIAS = "seed11/head.classify.bias"
STATES = {
    "missing tensor": lambda state: state.pop(BIAS),
    "additional tensor": lambda state: state.update({BIAS + ".extra": torch.ones(1)}),
    "other shape": lambda state: state.update({BIAS: torch.ones(7)}),
    "other type": lambda state: state.update({BIAS: torch.ones(1, dtype=torch.float64)}),
    "of no replicate": lambda state: state.update({"head.classify.bias": state.pop(BIAS)}),
    "of another seed": lambda state: state.update({"seed12/head.classify.bias": state.pop(BIAS)}),
}


@pytest.mark.parametrize("change", STATES.values(), ids=STATES)
def test_weights_that_do_not_fit_are_refused_by_name(saved, change):
    weights, models = saved
    state = load_file(weights)
    change(state)
    save_file(state, weights)
    error = refused(weights, models)
    assert error.file == weights
    assert "head.classify.bias" in str(error)


def test_weights_of_a_replicate_too_many_or_too_few_are_refused(replicates, saved, tmp_path):
    weights, models = saved
    of_two = written(tmp_path / "two", *replicates[:2])
    assert "seed1/" in str(refused(weights, of_two[1]))
    assert "seed1/" in str(refused(of_two[0], models))


def test_descriptions_of_earlier_versions_are_read(saved):
    """They say how long training took."""
    weights, models = saved
    described = load_descriptions(models)
    content = json.loads(models.read_text())
    models.write_text(json.dumps([each | {"seconds": 1.5} for each in content]))
    assert load_descriptions(models) == described
    assert len(load(weights, models, CPU)) == len(SEEDS)


def test_two_models_of_one_seed_are_refused(saved):
    weights, models = saved
    content = json.loads(models.read_text())
    models.write_text(json.dumps([*content, content[0]]))
    error = refused(weights, models)
    assert (error.file, error.found) == (models, [*SEEDS, SEEDS[0]])


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.pop("seed"),
        lambda content: content.update(extra=1),
        lambda content: content.update(architecture=[1]),
        lambda content: content.update(seed="11"),
        lambda content: content.update(seed=12),
        lambda content: content.update(kind="profile"),
        lambda content: content.update(kind="ternary"),
        lambda content: content.update(kind=["binary"]),
        lambda content: content["architecture"].update(representation="quantum"),
        lambda content: content["architecture"].update(window="wide"),
        lambda content: content["architecture"].update(depth=3),
        lambda content: content["architecture"]["trunk"].update(depth=3),
        lambda content: content["architecture"]["trunk"].update(kernel_widths="wide"),
        lambda content: content["architecture"].update(trunk={"type": "hyperbolic", "blocks": 10**18}),
        lambda content: content["architecture"].update(head=["max_pool"]),
        lambda content: content["architecture"].pop("kmer"),
        lambda content: content["architecture"].update(channels=-4),
        lambda content: content["architecture"].update(channels=32),
        lambda content: content["architecture"].update(conjoined="yes"),
        lambda content: content["architecture"].update(conjoined=True),
    ],
    ids=[
        "key missing",
        "key unknown",
        "no object",
        "seed is a text",
        "other seed",
        "other kind",
        "no kind",
        "no text",
        "representation",
        "type",
        "field",
        "option",
        "list",
        "absurd number of blocks",
        "head",
        "no kmer",
        "negative",
        "other size",
        "conjoined is a text",
        "conjoined",
    ],
)
def test_descriptions_that_do_not_fit_are_refused(saved, change):
    weights, models = saved
    content = json.loads(models.read_text())
    change(content[1])
    models.write_text(json.dumps(content))
    refused(weights, models)


@pytest.mark.parametrize("text", ["", "{", "[]", "[[]]", "[null]", "null", "7", '{"seed": 1}', '[{"seed": 1}]'])
def test_other_json_is_refused(saved, text):
    weights, models = saved
    models.write_text(text)
    assert refused(weights, models).file == models


UNSAFE_NAMES = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}


def unsafe_uses(source):
    """Lines of ``source`` that could execute what a file holds."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            imported = {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported = {(node.module or "").split(".")[0]}
            if imported == {"torch"} and "load" in {alias.name for alias in node.names}:
                yield node.lineno
        else:
            imported = set()
        if imported & UNSAFE_NAMES:
            yield node.lineno
        if isinstance(node, ast.Attribute) and node.attr in ("load", "save") and ast.unparse(node.value) == "torch":
            yield node.lineno
        if isinstance(node, ast.Attribute) and node.attr in ("read_pickle", "to_pickle"):
            yield node.lineno
        if isinstance(node, ast.keyword) and (node.arg, ast.unparse(node.value)) in (
            ("allow_pickle", "True"),
            ("weights_only", "False"),
        ):
            yield node.value.lineno


def test_nothing_of_ours_unpickles():
    sources = list(SCRIPTS.rglob("*.py"))
    assert len(sources) > 10
    assert [f"{path}:{line}" for path in sources for line in unsafe_uses(path.read_text())] == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "import joblib as j",
        "import torch\ntorch.load('x')",
        "from torch import load",
        "numpy.load('x', allow_pickle=True)",
        "read('x', weights_only=False)",
        "pandas.read_pickle('x')",
    ],
)
def test_the_search_for_unpickling_finds_planted_cases(source):
    assert list(unsafe_uses(source))
