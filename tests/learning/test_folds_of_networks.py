"""Networks of folds: each learns without the windows that it is tested on, and their scores are pooled."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from arm_networks import described_network
from encode_kmers import encode_kmers
from evaluate import evaluate
from fit_kmer_baseline import fit_kmer_baseline
from planted_windows import ARCHITECTURE, TRAINING, WIDTH, planted_codes
from saved_replicates import description, made, written
from train import train

from genome_data.folds import fold_name, roles
from genome_data.windows.table import write_windows
from learning.evaluation.combinations import load_combination
from learning.evaluation.metrics import auroc, best_mcc_threshold, mcc
from learning.evaluation.predict import logits_of_each
from learning.kinds import TaskFiles
from learning.models.saved import load
from learning.training.classification import read_splits
from learning.training.origins import Origin

FOLDS, WINDOWS = 3, 120
CPU = torch.device("cpu")


@pytest.fixture
def task(tmp_path):
    """A folder with windows.tsv, codes.npy and kmers; the windows of folds lie among each other."""
    codes, labels = planted_codes(WINDOWS, seed=0)
    folds = np.random.default_rng(1).permutation(np.repeat(np.arange(1, FOLDS + 1), WINDOWS // FOLDS))
    table = pd.DataFrame({"contig": "chrA", "start": np.arange(WINDOWS) * 100, "label": labels, "gc": 0.5})
    table = table.assign(end=table["start"] + WIDTH, name=[f"window_{row}" for row in table.index])
    write_windows(table.assign(split=[fold_name(fold) for fold in folds]), tmp_path / "windows.tsv")
    np.save(tmp_path / "codes.npy", codes)
    np.save(tmp_path / "near_copies.npy", folds == 2)
    for k in (1, 6):
        encode_kmers(tmp_path / "codes.npy", k, tmp_path / f"kmers.k{k}.npy")
    return tmp_path


def splits_of(task):
    return pd.read_csv(task / "windows.tsv", sep="\t")["split"].to_numpy(object)


def evaluated(task, weights, models, **changes):
    arguments = {"kind": "binary", "task": "planted", "arm": "regular", "size": "all", "average_strands": False}
    evaluate(
        task / "windows.tsv", task / "codes.npy", [], [], task / "near_copies.npy", [],
        **{"weights": [weights], "models": [models], "seeds": [[3], [11]], "candidates": [[0]]} | arguments | changes,
        device="cpu", threads=1, evaluation=task / "evaluation.json", predictions=task / "predictions.tsv",
    )  # fmt: skip
    return json.loads((task / "evaluation.json").read_text()), pd.read_csv(task / "predictions.tsv", sep="\t")


def random_networks(task, name="arm", seeds=(3, 11), **facts):
    """Untrained networks of each seed and fold, all different."""
    replicates = [
        (made(100 * fold + seed), replace(description(), seed=seed, fold=fold, arm=name, **facts))
        for fold in range(1, FOLDS + 1)
        for seed in seeds
    ]
    return written(task / name, *replicates)


@pytest.mark.parametrize("fold", [1, 2, 3])
def test_training_sees_no_window_of_its_own_fold(task, fold) -> None:
    splits = splits_of(task)
    found = read_splits(TaskFiles(task / "windows.tsv", task / "codes.npy", {}, fold))
    codes = np.load(task / "codes.npy")
    role = roles(splits, fold)
    assert np.array_equal(found.train.sequences, codes[role == "train"])
    assert np.array_equal(found.validation.sequences, codes[role == "validation"])
    seen = {row.tobytes() for split in (found.train, found.validation) for row in split.sequences}
    assert not seen & {row.tobytes() for row in codes[splits == fold_name(fold)]}


def test_each_window_has_one_score_by_the_networks_of_its_fold_and_metrics_are_of_all(task) -> None:
    weights, models = random_networks(task)
    records, predictions = evaluated(task, weights, models)
    splits, codes, labels = splits_of(task), np.load(task / "codes.npy"), np.arange(WINDOWS) % 2
    loaded = load(weights, models, CPU)
    for record in records:
        rows = predictions[predictions["seed"] == record["seed"]]
        assert rows["name"].tolist() == [f"window_{row}" for row in range(WINDOWS)]
        expected, calls, qualities = np.empty(WINDOWS), np.empty(WINDOWS, dtype=bool), []
        for network, described in loaded:
            if described.seed == record["seed"]:
                (logits,) = logits_of_each([network], codes)
                role = roles(splits, described.fold)
                test, validation = role == "test", role == "validation"
                expected[test] = logits[test]
                calls[test] = logits[test] >= best_mcc_threshold(labels[validation], logits[validation])
                qualities.append(auroc(labels[validation], logits[validation]))
        assert rows["logit"].to_numpy() == pytest.approx(expected, abs=1e-5)
        assert record["metrics"]["AUROC"] == pytest.approx(auroc(labels, expected))
        assert record["metrics"]["MCC"] == pytest.approx(mcc(labels, calls, True))
        assert record["validation_quality"] == pytest.approx(np.mean(qualities))
        assert (record["folds"], record["members"]) == (FOLDS, 1)
        assert record["subsets"]["without near-copies"]["windows"] == (splits != "fold2").sum()


def test_a_combination_of_seeds_averages_the_networks_of_a_fold_alone(task) -> None:
    weights, models = random_networks(task)
    (record,), predictions = evaluated(task, weights, models, seeds=[[3, 11]])
    codes, splits = np.load(task / "codes.npy"), splits_of(task)
    loaded = load(weights, models, CPU)
    for fold in range(1, FOLDS + 1):
        networks = [network for network, described in loaded if described.fold == fold]
        expected = np.mean(logits_of_each(networks, codes), axis=0)[splits == fold_name(fold)]
        assert predictions["logit"][splits == fold_name(fold)].to_numpy() == pytest.approx(expected, abs=1e-5)
    assert record["members"] == 2


def test_each_fold_takes_the_candidate_that_is_best_on_its_own_validation_windows(task) -> None:
    first, second = (random_networks(task, name) for name in ("one", "two"))
    for (_, models), best in ((first, (1, 3)), (second, (2,))):
        described = json.loads(models.read_text())
        described = [each | {"quality": 0.9 if each["fold"] in best else 0.5} for each in described]
        models.write_text(json.dumps(described))
    weights, models = zip(first, second, strict=True)
    chosen = load_combination(weights, models, [[0], [1]], [[3], [11]], False, CPU, "binary")
    for members in chosen.replicates:
        taken = {chosen.descriptions[member].fold: chosen.descriptions[member].arm for member in members}
        assert taken == {1: "one", 2: "two", 3: "one"}
    assert chosen.qualities[0] == pytest.approx({"one": (0.9 + 0.5 + 0.9) / 3, "two": (0.5 + 0.9 + 0.5) / 3})


def test_the_baseline_is_fitted_in_the_same_folds(task) -> None:
    def fitted(near_copies):
        fit_kmer_baseline(
            task / "windows.tsv", task / "kmers.k6.npy", near_copies, "planted", "binary", "all", [3, 4], 2,
            task / "evaluation.json", task / "predictions.tsv",
        )  # fmt: skip
        return json.loads((task / "evaluation.json").read_text()), pd.read_csv(task / "predictions.tsv", sep="\t")

    records, before = fitted(task / "near_copies.npy")
    assert [record["folds"] for record in records] == [FOLDS, FOLDS]
    assert records[0]["train_size"] == WINDOWS // FOLDS
    assert before["name"].tolist() == [f"window_{row}" for row in range(WINDOWS)] * 2
    # Other labels of a fold change no score of this fold, and those of other folds.
    table = pd.read_csv(task / "windows.tsv", sep="\t")
    is_changed = (table["split"] == "fold1").to_numpy()
    table.loc[is_changed, "label"] = 1 - table.loc[is_changed, "label"]
    write_windows(table, task / "windows.tsv")
    _, after = fitted(task / "near_copies.npy")
    same = np.tile(is_changed, 2)
    assert np.array_equal(before["logit"][same], after["logit"][same])
    assert not np.isclose(before["logit"][~same], after["logit"][~same]).all()


@pytest.mark.slow
def test_training_writes_a_network_of_each_seed_and_fold_that_no_test_window_changes(task) -> None:
    def trained(name):
        (task / name).mkdir()
        paths = [task / name / file for file in ("weights.safetensors", "models.json", "history.tsv")]
        network = described_network(ARCHITECTURE).to_dict() | {"kmer": 1}
        network = {key: network[key] for key in network if key not in ("window", "classes", "tracks")}
        settings = TRAINING | {"epochs": 1, "steps_per_epoch": 2, "calibrated": True}
        train(
            task / "windows.tsv", task / "kmers.k1.npy", [], [], "binary", "planted", "regular", "all", [3, 11],
            network, settings, task / "checkpoints", "code", *paths,
        )  # fmt: skip
        return load(*paths[:2], CPU), pd.read_csv(paths[2], sep="\t")

    networks, history = trained("before")
    assert [(each.fold, each.seed) for _, each in networks] == [(fold, seed) for fold in (1, 2, 3) for seed in (3, 11)]
    assert history[["seed", "fold"]].values.tolist() == [[seed, fold] for fold in (1, 2, 3) for seed in (3, 11)]
    splits, codes = splits_of(task), np.load(task / "kmers.k1.npy")
    codes[splits == "fold2"] = 0
    np.save(task / "kmers.k1.npy", codes)
    again, _ = trained("after")
    for (network, described), (other, _) in zip(networks, again, strict=True):
        pairs = zip(network.state_dict().values(), other.state_dict().values(), strict=True)
        # The networks of fold 3 learn from fold 2, and those of fold 1 only choose their epoch on it.
        if described.fold != 1:
            assert all(torch.equal(*pair) for pair in pairs) == (described.fold == 2)


def test_a_network_of_a_fold_begins_as_one_of_this_fold(task, monkeypatch) -> None:
    loaded = [(made(fold), replace(description(), fold=fold)) for fold in (1, 2, 3)]
    monkeypatch.setattr("learning.training.origins.load_model_networks", lambda *_: loaded)
    monkeypatch.setattr("learning.training.origins.read_description", lambda _: {"digest": "sha256:0"})
    assert Origin.of(task, task, (), 2).networks == [loaded[1][0]]
    assert Origin.of(task, task, ()).networks == [network for network, _ in loaded]
