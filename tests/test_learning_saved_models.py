"""A saved model comes back to the bit; anything else is refused, and nothing is ever unpickled."""

import ast
import json
import pickle
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from planted_profiles import ARCHITECTURE as PROFILE_ARCHITECTURE
from planted_windows import ARCHITECTURE, TRAINING, WIDTH
from safetensors.torch import load_file, save_file

from learning.architectures import architecture_of, build_network, complete_architecture, encoding_of
from learning.saved_models import ModelDescription, library_versions, load, save
from rc_equivariant import KmerEncoding, StrandAverage
from workflow_support.errors import InputError

CPU = torch.device("cpu")
SCRIPTS = Path(__file__).parents[1] / "workflow_scripts"


def description(**changes):
    return ModelDescription(
        kind="binary",
        architecture=complete_architecture(ARCHITECTURE | {"window": WIDTH} | changes, "binary"),
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
        seconds=1.5,
        device="cpu",
        versions=library_versions(),
    )


@pytest.fixture
def network():
    torch.manual_seed(0)
    made = build_network(ARCHITECTURE | {"window": WIDTH})
    made(torch.randint(0, 4, (20, WIDTH)))  # running statistics of the batch norms leave their initial values
    return made


@pytest.fixture
def saved(network, tmp_path):
    weights, model = tmp_path / "weights.safetensors", tmp_path / "model.json"
    save(weights, model, network, description())
    return weights, model


def refused(weights, model):
    with pytest.raises(InputError) as error:
        load(weights, model, CPU)
    assert error.value.mend
    return error.value


def test_round_trip_to_the_bit(network, saved):
    loaded, found = load(*saved, CPU)
    assert loaded.state_dict().keys() == network.state_dict().keys()
    for name, value in network.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value)
    kmers = torch.randint(0, 5, (30, WIDTH))
    assert torch.equal(loaded(kmers), network.eval()(kmers))
    assert json.loads(json.dumps(asdict(description()))) == json.loads(json.dumps(asdict(found)))


def test_a_conjoined_network_comes_back_as_one(tmp_path):
    described = description(representation="standard", conjoined=True)
    made = build_network(described.architecture)
    assert isinstance(made, StrandAverage)
    save(tmp_path / "weights.safetensors", tmp_path / "model.json", made, described)
    loaded, found = load(tmp_path / "weights.safetensors", tmp_path / "model.json", CPU)
    assert found.architecture["conjoined"] is True
    assert encoding_of(loaded) == KmerEncoding(1)
    assert architecture_of(loaded).window == WIDTH
    kmers = torch.randint(0, 4, (30, WIDTH))
    with torch.inference_mode():
        assert torch.equal(loaded(kmers), made.eval()(kmers))
        assert torch.allclose(loaded(kmers), loaded(3 - kmers.flip(1)), atol=1e-5)
        assert not torch.allclose(loaded(kmers), loaded.network(kmers), atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "given"),
    [("binary", ARCHITECTURE | {"window": WIDTH}), ("profile", PROFILE_ARCHITECTURE)],
)
def test_a_complete_architecture_has_every_field_and_is_a_fixed_point(kind, given):
    complete = complete_architecture(given, kind)
    fields = set(asdict(architecture_of(build_network(given, kind))))
    assert set(complete) == fields | {"conjoined"}
    assert complete["conjoined"] is False
    assert complete_architecture(json.loads(json.dumps(complete)), kind) == complete


def test_a_failed_save_leaves_nothing(network, tmp_path):
    unwritable = description()
    object.__setattr__(unwritable, "versions", {"torch": object()})
    with pytest.raises(TypeError):
        save(tmp_path / "weights.safetensors", tmp_path / "model.json", network, unwritable)
    assert list(tmp_path.iterdir()) == []


class Hostile:
    def __reduce__(self):
        return Path.touch, (Path("executed"),)


def test_a_renamed_pickle_is_refused_and_not_executed(saved, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    weights, model = saved
    for disguised in saved:
        original = disguised.read_bytes()
        disguised.write_bytes(pickle.dumps(Hostile()))
        assert refused(weights, model).file == disguised
        torch.save({"weight": torch.ones(2)}, disguised)
        assert refused(weights, model).file == disguised
        disguised.write_bytes(original)
    assert not Path("executed").exists()


@pytest.mark.parametrize("kept", [0, 4, 100, -1])
def test_truncated_weights_are_refused(saved, kept):
    weights, model = saved
    weights.write_bytes(weights.read_bytes()[:kept])
    assert "safetensors" in str(refused(weights, model))


def test_missing_files_are_refused(saved):
    for path in saved:
        content = path.read_bytes()
        path.unlink()
        assert refused(*saved).file == path
        path.write_bytes(content)


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state.pop("classify.bias"),
        lambda state: state.update(extra=torch.ones(1)),
        lambda state: state.update({"classify.bias": torch.ones(7)}),
        lambda state: state.update({"classify.bias": torch.ones(1, dtype=torch.float64)}),
    ],
    ids=["missing tensor", "additional tensor", "other shape", "other type"],
)
def test_weights_that_do_not_fit_are_refused_by_name(saved, change):
    weights, model = saved
    state = load_file(weights)
    change(state)
    save_file(state, weights)
    error = refused(weights, model)
    assert "extra" in str(error) or "classify.bias" in str(error)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.pop("seed"),
        lambda content: content.update(extra=1),
        lambda content: content.update(architecture=[1]),
        lambda content: content.update(kind="profile"),
        lambda content: content.update(kind="ternary"),
        lambda content: content.update(kind=["binary"]),
        lambda content: content["architecture"].update(representation="quantum"),
        lambda content: content["architecture"].update(window="wide"),
        lambda content: content["architecture"].update(depth=3),
        lambda content: content["architecture"].update(channels=-4),
        lambda content: content["architecture"].update(channels=32),
        lambda content: content["architecture"].update(conjoined="yes"),
        lambda content: content["architecture"].update(conjoined=True),
    ],
    ids=[
        "key missing",
        "key unknown",
        "no object",
        "other kind",
        "no kind",
        "no text",
        "representation",
        "type",
        "field",
        "negative",
        "other size",
        "conjoined is a text",
        "conjoined",
    ],
)
def test_descriptions_that_do_not_fit_are_refused(saved, change):
    weights, model = saved
    content = json.loads(model.read_text())
    change(content)
    model.write_text(json.dumps(content))
    refused(weights, model)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"seed": 1}'])
def test_other_json_is_refused(saved, text):
    weights, model = saved
    model.write_text(text)
    assert refused(weights, model).file == model


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
