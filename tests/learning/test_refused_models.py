"""Files that are not those of saved replicates are refused, and nothing in them is executed."""

import json
import pickle
import struct
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from saved_replicates import SEEDS, refused, written


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
