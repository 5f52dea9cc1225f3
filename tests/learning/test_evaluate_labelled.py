"""Evaluation of networks and baselines on labelled sequences of two and three classes."""

import numpy as np
import pandas as pd
import pytest
import torch
from evaluated_tasks import (
    LABELLED,
    METRICS,
    TEST,
    WINDOWS,
    baseline,
    evaluate,
    mark_near_copies,
    on_both_strands,
    without_last_base,
    write_task,
)
from planted_windows import WIDTH
from saved_networks import save_network
from sklearn.metrics import accuracy_score, matthews_corrcoef, roc_auc_score

from genome_data.windows.table import write_windows
from rc_equivariant import Ensemble, StrandAverage
from workflow_support.errors import InputError


def write_labelled_task(folder, classes):
    """Classes that differ in the share of A; half of the sequences are short, between Ns."""
    generator = np.random.default_rng(0)
    labels = np.arange(WINDOWS) % classes
    share = 0.1 + 0.8 * labels / (classes - 1)
    is_a = generator.random((WINDOWS, WIDTH)) < share[:, None]
    codes = np.where(is_a, 0, generator.integers(1, 3, is_a.shape)).astype(np.uint8)
    codes[::7, :15] = codes[::7, -15:] = 4
    write_task(folder, codes, labels)
    return labels[-TEST:]


def test_the_baseline_of_two_labelled_classes(tmp_path):
    labels = write_labelled_task(tmp_path, 2)
    evaluation, predictions = baseline(tmp_path, "labelled")
    calls = predictions["probability"] >= 0.5
    assert list(evaluation["metrics"]) == [*METRICS, "Accuracy", "MCC 0.5"]
    assert evaluation["metrics"]["Accuracy"] == pytest.approx(accuracy_score(labels, calls))
    assert evaluation["metrics"]["MCC 0.5"] == pytest.approx(matthews_corrcoef(labels, calls))
    assert evaluation["metrics"]["Accuracy"] > 0.95


def test_the_baseline_of_three_classes(tmp_path):
    labels = write_labelled_task(tmp_path, 3)
    mark_near_copies(tmp_path, slice(-TEST, -50))
    evaluation, predictions = baseline(tmp_path, "labelled")
    assert_three_classes(evaluation, predictions, labels)
    of_rest = evaluation["subsets"]["without near-copies"]["metrics"]
    assert of_rest["Accuracy"] == np.mean(labels[-50:] == predictions["call"][-50:])
    assert evaluation["parameters"] == 3 * 2080
    assert evaluation["metrics"]["Accuracy"] > 0.9


def assert_three_classes(evaluation, predictions, labels):
    """Tables and metrics agree with the scores, by another implementation of the metrics."""
    logits, probabilities, reverse = (
        predictions[[f"{name}.{index}" for index in range(3)]].to_numpy()
        for name in ("logit", "probability", "reverse_complement_logit")
    )
    assert reverse.shape == logits.shape
    assert np.allclose(probabilities, torch.softmax(torch.from_numpy(logits), 1), atol=1e-4)
    assert predictions["call"].tolist() == logits.argmax(1).tolist()
    found = evaluation["metrics"]
    assert list(found) == ["AUROC", "MCC", "Brier", "ECE", "Accuracy"]
    exact = probabilities / probabilities.sum(1, keepdims=True)
    assert found["AUROC"] == pytest.approx(roc_auc_score(labels, exact, multi_class="ovr"), abs=1e-3)
    assert found["MCC"] == pytest.approx(matthews_corrcoef(labels, predictions["call"]))
    assert found["Accuracy"] == pytest.approx(accuracy_score(labels, predictions["call"]))
    assert "mcc_threshold" not in evaluation
    assert sum(row["windows"] for row in evaluation["calibration"]) == TEST


@pytest.mark.parametrize("average_strands", [False, True])
def test_combinations_of_networks_of_three_classes(tmp_path, average_strands):
    labels = write_labelled_task(tmp_path, 3)
    architectures = {"a": LABELLED, "b": LABELLED | {"representation": "regular", "kmer": 2}}
    networks = [save_network(tmp_path, name, each | {"classes": 3}, "labelled") for name, each in architectures.items()]
    ((evaluation, predictions),) = evaluate(tmp_path, "ab", [[0, 1]], kind="labelled", average_strands=average_strands)
    assert_three_classes(evaluation, predictions, labels)
    whole = Ensemble(networks)
    whole = StrandAverage(whole).eval() if average_strands else whole.eval()
    codes = np.load(tmp_path / "codes.npy")[-TEST:]
    forward, reverse = on_both_strands(whole, codes)
    columns = [[f"{name}.{index}" for index in range(3)] for name in ("logit", "reverse_complement_logit")]
    assert np.allclose(predictions[columns[0]], forward, atol=1e-6, rtol=1e-5)
    assert np.allclose(predictions[columns[1]], reverse, atol=1e-6, rtol=1e-5)
    strands = evaluation["reverse_complement"]
    both = zip((forward, reverse), without_last_base(whole, codes), strict=True)
    forward, reverse = (np.concatenate(pair) for pair in both)
    assert strands["flipped"] == np.mean(forward.argmax(1) != reverse.argmax(1))
    assert strands["largest_absolute"] == pytest.approx(np.abs(forward - reverse).max(), abs=1e-6)
    assert (strands["largest_absolute"] < 1e-5) == average_strands


def test_a_network_of_two_labelled_classes(tmp_path):
    labels = write_labelled_task(tmp_path, 2)
    save_network(tmp_path, "a", LABELLED, "labelled")
    ((evaluation, predictions),) = evaluate(tmp_path, "a", kind="labelled")
    assert list(evaluation["metrics"]) == [*METRICS, "Accuracy", "MCC 0.5"]
    assert evaluation["metrics"]["MCC 0.5"] == pytest.approx(
        matthews_corrcoef(labels, predictions["probability"] >= 0.5)
    )


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_a_split_without_a_class_is_refused(tmp_path, split):
    write_labelled_task(tmp_path, 3)
    table = pd.read_csv(tmp_path / "windows.tsv", sep="\t")
    table.loc[(table["split"] == split) & (table["label"] == 1), "label"] = 0
    write_windows(table, tmp_path / "windows.tsv")
    with pytest.raises(InputError, match=f"the {split} split needs sequences of every class"):
        baseline(tmp_path, "labelled")
