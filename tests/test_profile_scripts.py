"""The scripts of profile networks on small files: what they write, and that training never sees a test row."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from encode_kmers import encode_kmers
from evaluate_profile_network import evaluate_profile_network
from planted_profiles import ARCHITECTURE, JITTER, OUTPUT, TRAINING, WINDOW, write_planted_task
from predict_binding import predict_binding
from summarise_run import summarise_run
from train_profile_network import train_profile_network

from learning.profile_inference import predict_profiles
from learning.saved_models import load
from learning.summary import as_text
from workflow_support.errors import InputError

QUICK = TRAINING | {"epochs": 2}
WINDOWS, TEST = 80, 20
FIRST_TEST_ROW = WINDOWS - TEST


@pytest.fixture
def task(tmp_path):
    write_planted_task(tmp_path, WINDOWS)
    encode_kmers(tmp_path / "codes.npy", 1, tmp_path / "kmers.k1.npy")
    return tmp_path


def trained(task, control=True, kmers="kmers.k1.npy", **architecture):
    out = task / "model"
    train_profile_network(
        windows=task / "windows.tsv",
        kmers=task / kmers,
        counts=task / "counts.npy",
        control=task / "control.npy" if control else None,
        task="planted",
        arm="regular",
        seed=7,
        architecture=ARCHITECTURE | architecture,
        training=QUICK,
        weights=out / "weights.safetensors",
        model=out / "model.json",
        history=out / "history.tsv",
    )
    return out


def evaluated(task, model, control=True):
    evaluate_profile_network(
        windows=task / "windows.tsv",
        codes=task / "codes.npy",
        counts=task / "counts.npy",
        control=task / "control.npy" if control else None,
        weights=model / "weights.safetensors",
        model=model / "model.json",
        device="cpu",
        threads=1,
        evaluation=model / "evaluation.json",
        predictions=model / "predictions.tsv",
        profiles=model / "profiles.npy",
    )
    rows = pd.read_csv(model / "predictions.tsv", sep="\t")
    return json.loads((model / "evaluation.json").read_text()), rows, np.load(model / "profiles.npy")


def test_training_writes_a_whole_model(task):
    out = trained(task)
    assert sorted(path.name for path in out.iterdir()) == ["history.tsv", "model.json", "weights.safetensors"]
    model = json.loads((out / "model.json").read_text())
    assert (model["kind"], model["seed"], model["train_size"]) == ("profile", 7, WINDOWS // 2)
    assert model["architecture"]["control"] is True
    history = pd.read_csv(out / "history.tsv", sep="\t")
    names = [f"validation_{name}" for name in ("loss", "profile_loss", "count_loss")]
    assert list(history.columns) == ["epoch", "train_loss", *names]
    assert history["validation_loss"].min() == pytest.approx(model["validation"]["loss"], rel=1e-5)


def test_no_test_row_reaches_training(task):
    """Whatever the test windows hold, the weights are the same to the bit."""
    before = (trained(task) / "weights.safetensors").read_bytes()
    generator = np.random.default_rng(9)
    for name in ("kmers.k1", "counts", "control"):
        values = np.load(task / f"{name}.npy")
        values[FIRST_TEST_ROW:] = generator.integers(0, 4, values[FIRST_TEST_ROW:].shape)
        np.save(task / f"{name}.npy", values)
    assert (trained(task) / "weights.safetensors").read_bytes() == before
    counts = np.load(task / "counts.npy")
    counts[0] += 1
    np.save(task / "counts.npy", counts)
    assert (trained(task) / "weights.safetensors").read_bytes() != before


def test_evaluation_of_an_equivariant_network(task):
    model = trained(task)
    evaluation, predictions, profiles = evaluated(task, model)
    of_bins = {f"{name} {width} bp" for name in ("Pearson", "Spearman", "MSE") for width in (1, 5, 10)}
    others = {"JSD", "JSD floor", "JSD ceiling", "Count Pearson", "Count Spearman"}
    assert set(evaluation["metrics"]) == of_bins | others
    assert evaluation["reverse_complement"]["largest_relative"] <= 1e-5
    assert evaluation["windows"] == {"test": TEST, "without_reads_on_one_strand": 0, "without_reads": 0}
    assert predictions["name"].tolist() == [f"peak_{row}" for row in range(FIRST_TEST_ROW, WINDOWS)]
    assert profiles.dtype == np.float32
    assert profiles.shape == (TEST, 2, OUTPUT)
    assert np.allclose(profiles.sum(axis=2), 1, atol=1e-5)
    assert evaluation["metrics"]["JSD"] == pytest.approx(predictions["JSD"].mean(), rel=1e-5)
    counts = np.load(task / "counts.npy")[FIRST_TEST_ROW:, :, JITTER:-JITTER]
    assert predictions["reads"].tolist() == counts.sum(axis=(1, 2)).tolist()
    assert np.allclose(predictions["observed_log_total_minus"], np.log1p(counts[:, 1].sum(axis=1)), atol=1e-5)


def test_profiles_are_those_of_the_centre_of_the_windows(task):
    model = trained(task, control=False)
    _, predictions, profiles = evaluated(task, model, control=False)
    network, _ = load(model / "weights.safetensors", model / "model.json", torch.device("cpu"))
    codes = np.load(task / "codes.npy")[FIRST_TEST_ROW:, JITTER:-JITTER]
    assert codes.shape[1] == WINDOW
    expected, log_totals = predict_profiles(network, codes)
    assert np.allclose(profiles, np.exp(expected), atol=1e-6)
    assert np.allclose(predictions["predicted_log_total_plus"], log_totals[:, 0], atol=1e-4)


def test_the_other_strand_of_an_ordinary_network_is_measured(task):
    model = trained(task, representation="standard")
    found = evaluated(task, model)[0]["reverse_complement"]["largest_absolute"]
    network, _ = load(model / "weights.safetensors", model / "model.json", torch.device("cpu"))
    codes = np.load(task / "codes.npy")[FIRST_TEST_ROW:, JITTER:-JITTER]
    control = np.load(task / "control.npy")[FIRST_TEST_ROW:, :, JITTER:-JITTER]
    one = predict_profiles(network, codes, control)
    other = predict_profiles(network, 3 - codes[:, ::-1], control[:, ::-1, ::-1])
    differences = np.abs(one[0] - other[0][:, ::-1, ::-1]).max(), np.abs(one[1] - other[1][:, ::-1]).max()
    assert found == pytest.approx(max(differences), rel=1e-4)
    assert found > 1e-2


def test_windows_without_reads_are_counted_and_left_out(task):
    model = trained(task)
    complete = evaluated(task, model)[1]
    counts = np.load(task / "counts.npy")
    counts[FIRST_TEST_ROW] = 0
    counts[FIRST_TEST_ROW + 1, 0] = 0
    np.save(task / "counts.npy", counts)
    evaluation, predictions, _ = evaluated(task, model)
    assert evaluation["windows"] == {"test": TEST, "without_reads_on_one_strand": 1, "without_reads": 1}
    assert predictions["JSD"].isna().tolist() == [True] + [False] * (TEST - 1)
    assert predictions["JSD"][2:].equals(complete["JSD"][2:])
    assert evaluation["metrics"]["JSD"] == pytest.approx(predictions["JSD"].mean(), rel=1e-5)


def test_blocks_of_windows_do_not_show(task, monkeypatch):
    model = trained(task)
    whole = evaluated(task, model)
    monkeypatch.setattr("learning.profile_evaluation.WINDOWS_PER_BLOCK", 7)
    blocks = evaluated(task, model)
    assert blocks[0]["metrics"] == pytest.approx(whole[0]["metrics"], rel=1e-5)
    assert np.allclose(blocks[2], whole[2], atol=1e-6)


def test_the_floor_is_that_of_the_training_windows(task):
    model = trained(task)
    before = evaluated(task, model)[0]["metrics"]
    counts = np.load(task / "counts.npy")
    counts[: WINDOWS // 2] = counts[: WINDOWS // 2, :, ::-1] + 5
    np.save(task / "counts.npy", counts)
    after = evaluated(task, model)[0]["metrics"]
    assert {name for name in before if before[name] != after[name]} == {"JSD floor"}


def test_the_summary_shows_profile_arms_beneath_binary_ones(task):
    model = trained(task)
    evaluated(task, model)
    binary = {"task": "MAX", "arm": "irrep", "train_size": 10, "metrics": {"AUROC": 0.9}}
    (task / "binary.json").write_text(json.dumps(binary))
    summarise_run([model / "evaluation.json", task / "binary.json"], task / "summary.tsv")
    text = as_text(pd.read_csv(task / "summary.tsv", sep="\t"))
    first, second = text.split("\n\n")
    assert first.splitlines()[0].split() == ["task", "arm", "replicates", "AUROC", "AUPRC", "MCC", "RC", "error"]
    assert first.splitlines()[1].split() == ["MAX", "irrep", "1", "0.900"]
    assert "JSD Spearman 1 bp Count Pearson RC error" in " ".join(second.splitlines()[0].split())
    assert second.splitlines()[1].split()[:2] == ["planted", "regular"]


def test_a_profile_model_predicts_no_binding(task):
    model = trained(task)
    with pytest.raises(InputError, match="binary tasks") as error:
        predict_binding(
            weights=[model / "weights.safetensors"],
            models=[model / "model.json"],
            fasta=Path("unread.fa"),
            regions=None,
            contigs=None,
            stride=10,
            device="cpu",
            threads=1,
            table=task / "scores.tsv",
            bigwig=task / "scores.bw",
        )
    assert error.value.file == model / "model.json"


def test_a_test_split_without_windows_is_a_clear_error_and_leaves_nothing(task):
    model = trained(task)
    table = pd.read_csv(task / "windows.tsv", sep="\t")
    table["split"] = table["split"].replace("test", "train")
    table.to_csv(task / "windows.tsv", sep="\t", index=False)
    with pytest.raises(InputError, match="the test split holds no windows"):
        evaluated(task, model)
    assert not [path for path in model.iterdir() if "evaluation" in path.name or "partial" in path.name]
