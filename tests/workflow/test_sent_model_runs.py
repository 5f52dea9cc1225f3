"""A model of one run in another: the same answers, and jobs that are done again if and only if the model changes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from checkout import TINY, Checkout

SENT = (
    "predict={own: {task: CTCF, arm: pair, contigs: [chrB], stride: 500}, "
    "sent: {model: sent, genome: simulated, contigs: [chrB], stride: 500}}"
)
PREDICTIONS = [f"results/tiny/predictions/{name}.tsv" for name in ("own", "sent")]
ASKED = [*TINY, "--config", SENT, "--cores", "1", "--", *PREDICTIONS]


@pytest.fixture(scope="module")
def model(checkout: Checkout, finished: Path) -> Path:
    """The folder of a model as it was sent, and predictions with it and with the arm that it is of."""
    folder = checkout.folder / "sent"
    shutil.copytree(finished / "models/CTCF.pair", folder)
    checkout.snakemake(*ASKED)
    return folder


def edited(checkout: Checkout, model: Path) -> set[str]:
    """The rules that a run would follow after an edit of the description that keeps its size and date."""
    file = model / "model.json"
    before, times = file.read_bytes(), file.stat()
    file.write_bytes(before.replace(b'": ', b'" :', 1))
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    plan = checkout.plan(*ASKED)
    file.write_bytes(before)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    return set(plan)


@pytest.mark.slow
def test_a_model_answers_as_the_arm_that_it_is_of(checkout: Checkout, model: Path) -> None:
    own, sent = ((checkout.folder / file).read_bytes() for file in PREDICTIONS)
    assert own == sent
    assert not checkout.plan(*ASKED)


@pytest.mark.slow
def test_another_model_in_its_place_is_opened_again(checkout: Checkout, model: Path) -> None:
    assert {"open_model", "predict_binding"} <= edited(checkout, model)
    assert not {"train", "normalise_genome", "pack_model"} & edited(checkout, model)


@pytest.mark.slow
def test_a_changed_model_stops_the_run_with_the_file_and_the_digests(checkout: Checkout, model: Path) -> None:
    file = model / "model.json"
    before = file.read_bytes()
    file.write_bytes(before.replace(b'"seed": 3', b'"seed": 5'))
    output = checkout.snakemake(*ASKED, succeeds=False)
    file.write_bytes(before)
    assert "sent/model.json" in output
    assert "changed or damaged" in output


@pytest.mark.slow
def test_an_arm_that_begins_with_a_model_is_trained(checkout: Checkout, model: Path) -> None:
    begins = "{network: binary, kinds: [binary], representation: irrep, kmer: 2, channels: 4, plus_fraction: 0.5, "
    begins += "start_from: {model: sent, frozen: [trunk]}}"
    arguments = [*TINY, "--config", f"study={{arms: {{tuned: {begins}}}}}", "--cores", "1"]
    folder = "results/tiny/tasks/CTCF/models/tuned/all"
    checkout.snakemake(*arguments, "--", f"{folder}/weights.safetensors")
    assert "start_from" in (checkout.folder / folder / "models.json").read_text()
