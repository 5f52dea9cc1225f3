"""Models that were sent take the place of task and arm in a configuration, and are inputs with a digest."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from good_configuration import GOOD, SCHEMA, require_refusal, resolve_text

from configuration import resolve
from plan import Plan

ARM = "    task: CTCF\n    arm: irrep_k3\n"


@pytest.fixture
def text(tmp_path: Path) -> str:
    """The good configuration, beside whose files lie a folder of a model and a zip of one."""
    (tmp_path / "genome.fa").write_text(">chr1\nACGT\n")
    (tmp_path / "peaks.bed").write_text("chr1\t1\t2\n")
    (tmp_path / "model").mkdir()
    for name in ("model.json", "weights.safetensors"):
        (tmp_path / "model" / name).write_text(json.dumps(name))
    (tmp_path / "model.zip").write_bytes(b"PK")
    return GOOD.format(folder=tmp_path)


def with_model(text: str, lines: str) -> str:
    return text.replace(ARM, "".join(f"    {line}\n" for line in lines.split("; ")))


def planned(text: str, folder: Path) -> Plan:
    return Plan(*resolve_text(text, folder))


def test_a_folder_takes_the_place_of_task_and_arm(text: str, tmp_path: Path) -> None:
    plan = planned(with_model(text, 'genome: small; model: "{data}/model"'), tmp_path)
    opened = [f"results/run/opened/predict.scan.model/{name}" for name in ("model.json", "weights.safetensors")]
    assert plan.uses.model_files("predict", "models.json", "scan") == opened[:1]
    assert plan.uses.model_files("predict", "weights.safetensors", "scan") == opened[1:]
    assert plan.sent.sources("predict.scan.model") == [
        str(tmp_path / "model" / name) for name in ("model.json", "weights.safetensors")
    ]
    assert set(opened) <= set(plan.outputs.final([]))
    assert "results/run/predictions/scan.bw" in plan.outputs.uses()
    assert not plan.uses.average_strands("predict", "scan")


def test_a_task_beside_the_model_gives_its_genome(text: str, tmp_path: Path) -> None:
    plan = planned(with_model(text, 'task: CTCF; model: "{data}/model.zip"'), tmp_path)
    assert plan.run.settings["predict"]["scan"]["genome"] == "small"
    assert plan.sent.sources("predict.scan.model") == [str(tmp_path / "model.zip")]


def test_a_zip_at_an_address_is_fetched_first(text: str, tmp_path: Path) -> None:
    plan = planned(with_model(text, "genome: small; model: https://example.org/model.zip"), tmp_path)
    assert plan.run.remote == ["predict.scan.model"]
    assert plan.sent.sources("predict.scan.model") == ["results/run/downloads/predict.scan.model"]
    assert plan.sent.digest("predict.scan.model") is None


def test_the_kind_says_which_files_a_model_gives(text: str, tmp_path: Path) -> None:
    plan = planned(with_model(text, 'genome: small; kind: profile; model: "{data}/model"'), tmp_path)
    assert "results/run/predictions/scan.plus.bw" in plan.outputs.uses()
    assert "results/run/predictions/scan.bw" not in plan.outputs.uses()
    assert plan.uses.predicted_tracks("scan") == []


def test_variants_and_attributions_take_models(text: str, tmp_path: Path) -> None:
    more = 'variants:\n  snps: {model: "{data}/model", genomes: [small], file: "{data}/peaks.bed"}\n'
    more += 'attribute:\n  why: {model: "{data}/model", task: CTCF}\n'
    plan = planned(text + more, tmp_path)
    assert set(plan.sent.keys) == {"attribute.why.model", "variants.snps.model"}
    assert plan.uses.explained_head("why") == "logit"
    assert plan.uses.attributed() == {}
    assert plan.uses.model_files("variants", "models.json", "snps") == [
        "results/run/opened/variants.snps.model/model.json"
    ]


@pytest.mark.parametrize(("model", "file"), [("model", "model/model.json"), ("model.zip", "model.zip")])
def test_another_model_in_the_same_place_has_another_digest_whatever_its_date(
    text: str, tmp_path: Path, model: str, file: str
) -> None:
    text = with_model(text, f'genome: small; model: "{{data}}/{model}"')
    before, edited = planned(text, tmp_path).sent.digest("predict.scan.model"), tmp_path / file
    times = edited.stat()
    edited.write_bytes(edited.read_bytes()[::-1])
    os.utime(edited, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert planned(text, tmp_path).sent.digest("predict.scan.model") != before


def test_an_arm_begins_with_a_model_and_so_do_its_values_and_trials(text: str, tmp_path: Path) -> None:
    """Their names are not in the file, but they are of one arm, which names the model."""
    begins = 'kmer: [1, 3]\n      start_from: {model: "{data}/model", frozen: [trunk]}'
    text = text.replace("kmer: 3", begins)
    for seeds, other in (("  seeds:", "standard"), ("  tuning: {trials: 2}\n  seeds:", "standard_t1")):
        changed = text.replace("  seeds:", seeds).replace("arm: irrep_k3", f"arm: {other}")
        plan = planned(changed, tmp_path)
        (folder,) = plan.sent.keys
        for arm in plan.models.arms:
            expected = plan.sent.opened(folder) if arm.startswith("irrep") else []
            assert plan.sent.of_arm("CTCF", arm) == expected
            assert plan.sent.frozen("CTCF", arm) == (["trunk"] if expected else [])
        assert len([arm for arm in plan.models.arms if plan.sent.of_arm("CTCF", arm)]) == (
            4 if "tuning" in seeds else 2
        )
        again = Plan(*resolve(plan.run.settings, [], SCHEMA))
        assert list(again.sent.keys) == [folder]


REFUSALS = {
    "an arm and a model": ('task: CTCF; arm: irrep_k3; model: "{data}/model"', ["an arm and a model"]),
    "neither": ("genome: small", ["no task and no arm, and no model"]),
    "a task alone": ("task: CTCF", ["no arm, and no model"]),
    "an arm alone": ("arm: irrep_k3", ["no task, and no model"]),
    "a kind beside a task": ('task: CTCF; kind: binary; model: "{data}/model"', ["no meaning beside a task"]),
    "a kind beside an arm": ("task: CTCF; arm: irrep_k3; kind: binary", ["no meaning beside a task"]),
    "no genome": ('model: "{data}/model"', ["does not name the genome"]),
    "an absent folder": ('genome: small; model: "{data}/modell"', ["does not exist", "model exists"]),
    "a folder without a model": ('genome: small; model: "{data}"', ["does not exist", "model.json"]),
    "an unknown kind": ('genome: small; kind: binry; model: "{data}/model"', ["did you mean `binary`?"]),
    "a genome that is none": ('genome: smal; model: "{data}/model"', ["did you mean `small`?"]),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_does_not_say_which_networks_to_use_is_refused(text: str, tmp_path: Path, name: str) -> None:
    lines, words = REFUSALS[name]
    require_refusal(with_model(text, lines), tmp_path, words)


def test_a_model_of_the_run_itself_is_refused(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its files appear while the run goes on, so that no plan could know their digest."""
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "results/run/models/CTCF.irrep_k3"
    own.parent.mkdir(parents=True)
    (tmp_path / "model").rename(own)
    lines = "genome: small; model: results/run/models/CTCF.irrep_k3"
    require_refusal(with_model(text, lines), tmp_path, ["a file of this run", "name the task and the arm"])


def test_an_absent_model_of_the_run_itself_is_refused_for_the_same_reason(text: str, tmp_path: Path) -> None:
    lines = "genome: small; model: results/run/models/CTCF.irrep_k3"
    require_refusal(with_model(text, lines), tmp_path, ["a file of this run"])


def test_two_models_cannot_have_one_folder(text: str, tmp_path: Path) -> None:
    task = 'genome: small, peaks: "{data}/peaks.bed"'
    text = text.replace("    standard:", "    b.standard: {representation: rcps, kmer: 1, channels: 4}\n    standard:")
    text = text.replace("  CTCF:", f"  a: {{{task}}}\n  a.b: {{{task}}}\n  CTCF:")
    require_refusal(text, tmp_path, ["models/a.b.standard", "rename"])
