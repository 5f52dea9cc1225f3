"""The scripts of learning on small files: what they write and refuse, and that training never sees a test row."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from encode_kmers import encode_kmers
from evaluate_network import evaluate_network
from fit_kmer_baseline import fit_kmer_baseline
from planted_windows import ARCHITECTURE, TRAINING, WIDTH, planted_codes
from summarise_run import summarise_run
from train_network import train_network

from genome_data.windows import write_windows
from learning.baseline import count_canonical, fit_baseline
from learning.metrics import best_mcc_threshold
from learning.saved_models import load
from workflow_support.errors import InputError

WINDOWS = 300
QUICK = TRAINING | {"epochs": 2, "steps_per_epoch": 5}


@pytest.fixture
def task(tmp_path):
    """A folder with windows.tsv, codes.npy and the k-mers of two sizes."""
    codes, labels = planted_codes(WINDOWS, seed=0)
    table = pd.DataFrame({"contig": "chrA", "start": np.arange(WINDOWS) * 100})
    table = table.assign(
        end=table["start"] + WIDTH, name=[f"window_{row}" for row in table.index], label=labels, gc=0.5
    )
    table["split"] = np.repeat(["train", "validation", "test"], WINDOWS // 3)
    write_windows(table, tmp_path / "windows.tsv")
    np.save(tmp_path / "codes.npy", codes)
    for k in (1, 6):
        encode_kmers(tmp_path / "codes.npy", k, tmp_path / f"kmers.k{k}.npy")
    return tmp_path


def trained(task, seed=0, kmers="kmers.k1.npy", architecture=ARCHITECTURE):
    out = task / "model"
    train_network(
        windows=task / "windows.tsv",
        kmers=task / kmers,
        task="planted",
        arm="regular",
        seed=seed,
        architecture=architecture,
        training=QUICK,
        weights=out / "weights.safetensors",
        model=out / "model.json",
        history=out / "history.tsv",
    )
    return out


def evaluated(task, model):
    evaluate_network(
        windows=task / "windows.tsv",
        codes=task / "codes.npy",
        weights=model / "weights.safetensors",
        model=model / "model.json",
        device="cpu",
        threads=1,
        evaluation=model / "evaluation.json",
        predictions=model / "predictions.tsv",
    )
    return json.loads((model / "evaluation.json").read_text()), pd.read_csv(model / "predictions.tsv", sep="\t")


@pytest.mark.parametrize(("k", "dtype"), [(1, np.uint8), (6, np.uint16)])
def test_kmers_are_small_and_memory_mappable(task, k, dtype):
    kmers = np.load(task / f"kmers.k{k}.npy", mmap_mode="r")
    assert kmers.dtype == dtype
    assert kmers.shape == (WINDOWS, WIDTH - k + 1)


def test_blocks_of_windows_do_not_show(task, monkeypatch):
    whole = np.load(task / "kmers.k6.npy")
    monkeypatch.setattr("learning.kmers.BASES_PER_BLOCK", 7 * WIDTH)
    encode_kmers(task / "codes.npy", 6, task / "blocks.npy")
    assert np.array_equal(np.load(task / "blocks.npy"), whole)


def test_unknown_bases_have_the_index_after_the_last_kmer(tmp_path):
    np.save(tmp_path / "codes.npy", np.array([[0, 1, 4, 3, 3, 3]], dtype=np.uint8))
    encode_kmers(tmp_path / "codes.npy", 2, tmp_path / "kmers.npy")
    assert np.load(tmp_path / "kmers.npy").tolist() == [[1, 16, 16, 15, 15]]


def test_training_writes_a_whole_model(task):
    out = trained(task, seed=7)
    assert sorted(path.name for path in out.iterdir()) == ["history.tsv", "model.json", "weights.safetensors"]
    model = json.loads((out / "model.json").read_text())
    assert (model["seed"], model["train_size"], model["architecture"]["window"]) == (7, 100, WIDTH)
    history = pd.read_csv(out / "history.tsv", sep="\t")
    assert list(history.columns) == ["epoch", "train_loss", "validation_loss", "validation_auroc"]
    assert history["epoch"].tolist() == [1, 2]
    assert history["validation_auroc"].max() == pytest.approx(model["validation"]["auroc"], abs=1e-5)


def test_no_test_row_reaches_training(task):
    """Whatever the test windows hold, the weights are the same to the bit."""
    before = (trained(task) / "weights.safetensors").read_bytes()
    kmers = np.load(task / "kmers.k1.npy")
    kmers[-WINDOWS // 3 :] = np.random.default_rng(9).integers(0, 5, kmers[-WINDOWS // 3 :].shape)
    np.save(task / "scrambled.npy", kmers)
    table = pd.read_csv(task / "windows.tsv", sep="\t")
    table.loc[table["split"] == "test", "label"] = 1 - table.loc[table["split"] == "test", "label"]
    write_windows(table, task / "windows.tsv")
    assert (trained(task, kmers="scrambled.npy") / "weights.safetensors").read_bytes() == before
    kmers[0] = 4
    np.save(task / "scrambled.npy", kmers)
    assert (trained(task, kmers="scrambled.npy") / "weights.safetensors").read_bytes() != before


def test_evaluation_of_an_equivariant_network(task):
    evaluation, predictions = evaluated(task, trained(task))
    assert set(evaluation["metrics"]) == {"AUROC", "AUPRC", "MCC", "Brier", "ECE"}
    assert evaluation["reverse_complement"]["largest_absolute"] < 1e-4
    assert evaluation["reverse_complement"]["flipped"] == 0
    assert evaluation["parameters"] > 100
    assert sum(row["windows"] for row in evaluation["calibration"]) == WINDOWS // 3
    assert predictions["name"].tolist() == [f"window_{row}" for row in range(200, 300)]
    assert set(predictions["split"]) == {"test"}
    expected = 1 / (1 + np.exp(-predictions["logit"]))
    assert np.allclose(predictions["probability"], expected, atol=1e-5)


def test_the_other_strand_of_an_ordinary_network_is_measured(task):
    model = trained(task, architecture=ARCHITECTURE | {"representation": "standard"})
    found = evaluated(task, model)[0]["reverse_complement"]["largest_absolute"]
    network, _ = load(model / "weights.safetensors", model / "model.json", torch.device("cpu"))
    kmers = torch.from_numpy(np.load(task / "codes.npy")[-WINDOWS // 3 :]).long()
    differences = network(kmers) - network(3 - kmers.flip(1))
    assert found == pytest.approx(differences.abs().max().item(), rel=1e-4)
    assert found > 1e-2


def test_the_threshold_comes_from_validation_alone(task):
    model = trained(task)
    before = evaluated(task, model)[0]
    codes = np.load(task / "codes.npy")
    codes[-WINDOWS // 3 :] = codes[-WINDOWS // 3 :][::-1, ::2].repeat(2, axis=1)
    np.save(task / "codes.npy", codes)
    after = evaluated(task, model)[0]
    assert after["mcc_threshold"] == before["mcc_threshold"]
    assert after["metrics"] != before["metrics"]


def test_the_baseline_leaves_the_same_tables(task):
    fit_kmer_baseline(
        windows=task / "windows.tsv",
        kmers=task / "kmers.k6.npy",
        task="planted",
        seed=0,
        evaluation=task / "baseline.json",
        predictions=task / "baseline.tsv",
    )
    baseline = json.loads((task / "baseline.json").read_text())
    network, predictions = evaluated(task, trained(task))
    assert (baseline["arm"], baseline["parameters"]) == ("kmer_logistic_regression", 2080)
    assert baseline["mcc_threshold"] == baseline_threshold(task)
    assert set(network) - set(baseline) == {"reverse_complement"}
    assert list(pd.read_csv(task / "baseline.tsv", sep="\t").columns) == list(predictions.columns)
    summarise_run([task / "baseline.json", task / "model" / "evaluation.json"], task / "summary.tsv")
    summary = pd.read_csv(task / "summary.tsv", sep="\t")
    assert list(summary.columns) == ["task", "arm", "train_size", "metric", "replicates", "mean", "sd"]
    assert summary["metric"].tolist() == ["AUROC", "AUPRC", "MCC", "Brier", "ECE"] * 2 + ["RC error", "RC flips"]
    assert summary["sd"].isna().all()


def baseline_threshold(task):
    table = pd.read_csv(task / "windows.tsv", sep="\t")
    labels, validation = table["label"].to_numpy(), (table["split"] == "validation").to_numpy()
    counts = count_canonical(np.load(task / "kmers.k6.npy"), 6)
    logits = fit_baseline(counts, labels, (table["split"] == "train").to_numpy(), validation).logits
    return best_mcc_threshold(labels[validation], logits[validation])


def test_a_network_that_cannot_be_built_is_a_clear_error_and_leaves_nothing(task):
    with pytest.raises(InputError, match="no network has this architecture"):
        train_network(
            windows=task / "windows.tsv",
            kmers=task / "kmers.k1.npy",
            task="planted",
            arm="regular",
            seed=0,
            architecture=ARCHITECTURE | {"pool_width": 100},
            training=QUICK,
            weights=Path(task / "w"),
            model=Path(task / "m"),
            history=Path(task / "h"),
        )
    assert not {"w", "m", "h"} & {path.name for path in task.iterdir()}
