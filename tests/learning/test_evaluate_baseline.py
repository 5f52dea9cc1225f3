"""The baseline of 6-mers: the same tables as those of networks, and the training windows of each seed."""

import numpy as np
import pandas as pd
import pytest
from encode_kmers import encode_kmers
from evaluated_tasks import LABELLED, METRICS, REGULAR, baseline, evaluate, read_replicates, write_planted_task
from fit_kmer_baseline import fit_kmer_baseline
from saved_networks import save_replicates
from sklearn.metrics import roc_auc_score

from genome_data.windows.table import write_windows
from learning.analysis.baseline import fit_baseline, inverse_penalties
from learning.analysis.kmer_counts import count_canonical
from learning.evaluation.metrics import best_mcc_threshold
from learning.training.sampling import training_subset
from study.evaluations import means_table, replicates_table
from workflow_support.metrics import read_evaluations


@pytest.fixture
def task(tmp_path):
    """A folder with windows.tsv and codes.npy."""
    write_planted_task(tmp_path)
    return tmp_path


def test_the_baseline_leaves_the_same_tables(task):
    found, scores = baseline(task)
    save_replicates(task, "a", REGULAR, {1: {}, 2: {}})
    (network, predictions), _ = evaluate(task, "a", seeds=[[1], [2]])
    facts = ("arm", "size", "parameters", "multiply_adds", "members")
    assert [found[fact] for fact in facts] == ["kmer_logistic_regression", "all", 2080, 2080, 1]
    on_validation = baseline_on_validation(task)
    assert found["mcc_threshold"] == best_mcc_threshold(*on_validation)
    assert found["validation_quality"] == pytest.approx(roc_auc_score(*on_validation))
    assert set(network) - set(found) == {"reverse_complement"}
    assert list(scores.columns) == list(predictions.columns)
    assert scores["logit"].equals(scores["reverse_complement_logit"])
    summary = means_table(replicates_table(read_evaluations([task / "baseline.json", task / "evaluation.json"])))
    assert summary["metric"].tolist() == METRICS * 2 + ["RC error", "RC flips"]
    assert summary["replicates"].tolist() == [1] * len(METRICS) + [2] * (len(METRICS) + 2)
    assert summary["sd"].isna().tolist() == (summary["replicates"] == 1).tolist()


@pytest.mark.parametrize("kind", ["binary", "labelled"])
def test_the_quality_on_the_validation_split_is_the_auroc_of_the_answers_there(task, kind):
    """With the two splits in each other's place it is the AUROC on the test split, also of a mean of networks."""
    save_replicates(task, "a", LABELLED if kind == "labelled" else REGULAR, {1: {}, 2: {}, 3: {}}, kind)
    arguments = {"seeds": [[1, 2], [3]], "kind": kind}
    qualities = [found["validation_quality"] for found, _ in evaluate(task, "a", **arguments)]
    table = pd.read_csv(task / "windows.tsv", sep="\t")
    order = np.r_[0:100, 200:300, 100:200]
    write_windows(table.iloc[order].assign(split=table["split"].to_numpy()), task / "windows.tsv")
    np.save(task / "codes.npy", np.load(task / "codes.npy")[order])
    of_test = [found["metrics"]["AUROC"] for found, _ in evaluate(task, "a", **arguments)]
    assert qualities == pytest.approx(of_test, abs=1e-9)
    assert qualities[0] != qualities[1]


def fit_at(task, size, seeds):
    """The records and predictions of the baseline for each seed."""
    encode_kmers(task / "codes.npy", 6, task / "kmers.k6.npy")
    inputs = task / "windows.tsv", task / "kmers.k6.npy", task / "near_copies.npy"
    files = {"evaluation": task / f"baseline.{size}.json", "predictions": task / f"baseline.{size}.tsv"}
    fit_kmer_baseline(*inputs, "planted", "binary", size, seeds, 5, **files)
    return read_replicates(*files.values())


def test_the_baseline_has_the_training_windows_of_each_seed(task):
    """Windows of the training split that a seed leaves out decide nothing, and all others are used."""
    table = pd.read_csv(task / "windows.tsv", sep="\t")
    train = np.flatnonzero(table["split"] == "train")
    labels = table["label"].to_numpy()
    before = fit_at(task, "0.5", [1, 2])
    assert [found["seed"] for found, _ in before] == [1, 2]
    taken = train[training_subset(labels[train], "0.5", 1)]
    assert {found["train_size"] for found, _ in before} == {taken.size}
    assert not before[0][1]["logit"].equals(before[1][1]["logit"])

    codes = np.load(task / "codes.npy")
    codes[np.setdiff1d(train, taken)] = 0
    np.save(task / "codes.npy", codes)
    (_, same), (_, other) = fit_at(task, "0.5", [1, 2])
    assert same["logit"].equals(before[0][1]["logit"])
    assert not other["logit"].equals(before[1][1]["logit"])


def test_on_all_windows_the_baseline_is_the_same_for_every_seed(task):
    (first, one), (second, other) = fit_at(task, "all", [3, 4])
    assert (first["seed"], second["seed"]) == (3, 4)
    assert {key: value for key, value in first.items() if key != "seed"} == {
        key: value for key, value in second.items() if key != "seed"
    }
    assert one["logit"].equals(other["logit"])


def baseline_on_validation(task):
    """The labels and logits of the validation split."""
    table = pd.read_csv(task / "windows.tsv", sep="\t")
    labels, validation = table["label"].to_numpy(), (table["split"] == "validation").to_numpy()
    counts = count_canonical(np.load(task / "kmers.k6.npy"), 6)
    logits = fit_baseline(
        counts, labels, (table["split"] == "train").to_numpy(), validation, inverse_penalties(5)
    ).logits
    return labels[validation], logits[validation]
