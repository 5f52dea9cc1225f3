"""Folders of models: what is written, and that nothing changed, foreign or harmful is read."""

import json
import pickle
import zipfile

import pytest
from planted_windows import ARCHITECTURE, WIDTH
from sent_models import sent_model

from learning.models import model_files
from learning.models.saved import ModelDescription
from learning.predict import load
from rc_equivariant.descriptions.networks import NetworkDescription
from workflow_support.errors import InputError

REGULAR = ARCHITECTURE | {"window": WIDTH}
SEQUENCES = ["ACGT" * 15, "ACCGTAGC", "TTTTTNNACG"]


@pytest.fixture
def folder(tmp_path):
    return sent_model(tmp_path / "model", {"regular": REGULAR})[0]


def refused(source):
    with pytest.raises(InputError) as error:
        load(source, threads=1)
    assert error.value.fix
    return str(error.value)


def edit(folder, change, *, with_digest=True):
    """Change the content of ``model.json``; as a forger would, with a new digest, or without."""
    file = folder / "model.json"
    content = json.loads(file.read_text())
    change(content)
    if with_digest:
        content["digest"] = model_files.digest_of(content)
    file.write_text(json.dumps(content))


def zipped(folder, file, names=("model.json", "weights.safetensors"), inside="sent/", **options):
    with zipfile.ZipFile(file, "w", **options) as archive:
        for name in names:
            archive.write(folder / name, inside + name)
    return file


def test_the_description_says_what_the_model_reads_and_answers(folder):
    facts = load(folder, threads=1).facts
    assert (facts["kind"], facts["answers"], facts["window"]) == ("binary", "logits", WIDTH)
    assert facts["encoding"] == {"alphabet": "ACGT", "unknown": "N", "kmers": [1]}
    assert facts["classes"] == ["unbound", "bound"]
    assert [each["seed"] for each in facts["networks"]] == [0, 1]


def test_a_zip_of_the_folder_is_the_same_model(folder, tmp_path):
    expected = load(folder, threads=1).predict(SEQUENCES)
    for inside in ("", "sent/", "a/b/"):
        found = load(zipped(folder, tmp_path / "model.zip", inside=inside), threads=1).predict(SEQUENCES)
        assert found.tolist() == expected.tolist()


def test_another_layout_of_the_same_json_is_the_same_model(folder):
    edit(folder, lambda content: None, with_digest=False)
    assert load(folder, threads=1).facts["name"] == "planted.regular"


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content["networks"][0]["architecture"]["head"].update(pool_stride=9),
        lambda content: content["evaluation"]["metrics"]["AUROC"].update(value=0.99),
        lambda content: content.update(average_strands=True),
    ],
)
def test_an_edited_description_is_refused(folder, change):
    edit(folder, change, with_digest=False)
    message = refused(folder)
    assert "model.json" in message
    assert "changed or damaged" in message


def test_a_changed_weight_is_refused(folder):
    weights = folder / "weights.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    message = refused(folder)
    assert "weights.safetensors" in message
    assert "digest" in message


def test_a_folder_of_another_format_is_refused_before_its_entries_are_read(folder):
    edit(folder, lambda content: (content.update(format=1), content.pop("window")))
    message = refused(folder)
    assert "format 1" in message
    assert "format 2" in message


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.pop("classes"),
        lambda content: content.update(extra=1),
        lambda content: content.update(networks=[]),
        lambda content: content.update(networks=[3]),
        lambda content: content["networks"][0].update(seed=1),
        lambda content: content["networks"][0].update(kind="profile"),
        lambda content: content.update(files={}),
        lambda content: content.update(window=10**9),
        lambda content: content.update(classes=["a", "b", "c"]),
        lambda content: content.update(tracks={"control": ["plus", "minus"]}),
        lambda content: content.update(format=None),
    ],
)
def test_a_description_of_other_content_is_refused(folder, change):
    edit(folder, change)
    refused(folder)


@pytest.mark.parametrize("name", ["model.json", "weights.safetensors"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    assert f"no {name}" in refused(folder)


def test_what_is_no_model_is_refused(folder, tmp_path):
    text = tmp_path / "model.txt"
    text.write_text("no zip")
    assert "no such model" in refused(tmp_path / "absent")
    assert "zip" in refused(text)
    (folder / "model.json").write_text("[]")
    assert "format" in refused(folder)
    (folder / "model.json").write_text('{"format": 1, "format": 1}')
    assert "twice" in refused(folder)


def test_a_description_that_nests_too_deeply_is_refused(folder):
    file = folder / "model.json"
    for depth in (500, 2_000, 200_000):
        deep = "[" * depth + "]" * depth
        file.write_text(file.read_text().replace('"evaluation": {', f'"evaluation": {{"deep": {deep}, ', 1))
        refused(folder)


class Executed:
    """An object whose unpickling leaves a trace."""

    def __reduce__(self):
        return exec, ("raise SystemExit('executed')",)


def test_pickled_weights_are_not_executed(folder):
    (folder / "weights.safetensors").write_bytes(pickle.dumps(Executed()))
    refused(folder)
    edit(folder, lambda content: content.update(files={"weights.safetensors": digest(folder)}))
    assert "safetensors" in refused(folder)


def digest(folder):
    return model_files.file_digest(folder / "weights.safetensors")


def test_zips_that_hold_no_single_model_are_refused(folder, tmp_path):
    file = tmp_path / "model.zip"
    assert "no weights.safetensors" in refused(zipped(folder, file, names=["model.json"]))
    assert "no model.json" in refused(zipped(folder, file, names=["weights.safetensors"]))
    with zipfile.ZipFile(zipped(folder, file), "a") as archive:
        archive.write(folder / "model.json", "other/model.json")
    assert "2 files model.json" in refused(file)
    whole = zipped(folder, file).read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    refused(file)


def test_a_zip_cannot_fill_the_disk(folder, tmp_path):
    file = tmp_path / "model.zip"
    zipped(folder, file, names=["model.json"])
    with zipfile.ZipFile(file, "a", compression=zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sent/weights.safetensors", bytes(2**25))
    assert "far more than in the zip" in refused(file)


def test_a_zip_writes_no_path_that_it_names(folder, tmp_path):
    file = zipped(folder, tmp_path / "model.zip", inside="../../")
    assert load(file, threads=1).facts["name"] == "planted.regular"
    assert not (tmp_path.parent.parent / "model.json").exists()


def test_the_format_is_that_of_the_descriptions():
    """If this fails, the content of model folders has changed: raise FORMAT, and write the new names here."""
    assert model_files.FORMAT == 2
    assert list(ModelDescription.__dataclass_fields__) == [
        "kind", "architecture", "task", "arm", "size", "seed", "training", "train_size", "parameters", "best_epoch",
        "quality", "validation", "device", "versions", "fold",
    ]  # fmt: skip
    assert list(NetworkDescription.__dataclass_fields__) == [
        "symmetry", "window", "trunk", "head", "beside", "apart", "classes", "tracks", "conjoined", "centred",
    ]  # fmt: skip
