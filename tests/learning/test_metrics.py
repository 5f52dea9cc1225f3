"""Metrics against values worked out by hand and against brute force."""

import logging

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import matthews_corrcoef

from learning.evaluation import metrics
from learning.evaluation.predict import Clock
from learning.evaluation.records import strand_disagreement
from learning.evaluation.scores import score_test_split
from workflow_support.errors import InputError
from workflow_support.provenance import processor_model

LABELS = np.array([1, 0, 1, 0])
LOGITS = np.array([2.0, 1.0, 0.5, -1.0])


def test_hand_computed_values():
    assert metrics.auroc(LABELS, LOGITS) == pytest.approx(3 / 4)
    assert metrics.auprc(LABELS, LOGITS) == pytest.approx(1 / 2 * 1 + 1 / 2 * 2 / 3)
    assert metrics.mcc(LABELS, LOGITS, threshold=0.5) == pytest.approx(2 / np.sqrt(12))
    assert metrics.brier(np.array([1, 0]), np.array([0.8, 0.4])) == pytest.approx((0.04 + 0.16) / 2)


def test_calibration_of_two_bins():
    labels = np.array([0, 1, 1, 1])
    probabilities = np.array([0.01, 0.03, 0.5, 1.0])
    table = metrics.calibration_table(labels, probabilities)
    assert [row["windows"] for row in table] == [2, 1, 1]
    assert table[0] == pytest.approx(
        {"from": 0, "to": 1 / 15, "windows": 2, "mean_probability": 0.02, "fraction_positive": 0.5}
    )
    assert (table[1]["from"], table[2]["to"]) == pytest.approx((7 / 15, 1))
    assert metrics.expected_calibration_error(table) == pytest.approx((2 * 0.48 + 0.5 + 0.0) / 4)


def test_calibrated_probabilities_have_hardly_any_calibration_error():
    generator = np.random.default_rng(0)
    probabilities = generator.random(200_000)
    labels = (generator.random(200_000) < probabilities).astype(int)
    assert metrics.expected_calibration_error(metrics.calibration_table(labels, probabilities)) < 0.01
    assert metrics.expected_calibration_error(metrics.calibration_table(labels, probabilities**3)) > 0.1


@given(
    st.lists(st.tuples(st.booleans(), st.integers(-3, 3)), min_size=2, max_size=30).filter(
        lambda windows: len({bound for bound, _ in windows}) == 2
    )
)
def test_the_threshold_is_the_best_of_all_and_the_highest_among_equals(windows):
    labels, logits = (np.array(values) for values in zip(*windows, strict=True))
    labels, logits = labels.astype(int), logits.astype(float)
    chosen = metrics.best_mcc_threshold(labels, logits)
    candidates = {threshold: matthews_corrcoef(labels, logits >= threshold) for threshold in np.unique(logits)}
    best = max(candidates.values())
    assert candidates[chosen] == pytest.approx(best)
    assert all(value < best + 1e-9 for threshold, value in candidates.items() if threshold > chosen)


def test_mcc_takes_its_threshold_as_given():
    """The threshold that suits the test split best is not looked for: with another one the MCC is lower."""

    def at(threshold):
        return score_test_split(LABELS, LOGITS, threshold, "labelled")["metrics"]

    at_best = at(metrics.best_mcc_threshold(LABELS, LOGITS))["MCC"]
    assert at(1.5)["MCC"] == pytest.approx(at_best)
    assert at(5.0)["MCC"] == 0
    assert at(5.0)["MCC 0.5"] == pytest.approx(1 / np.sqrt(3))
    assert at(5.0)["Accuracy"] == 3 / 4


def test_sigmoid_does_not_overflow():
    with np.errstate(over="raise"):
        assert metrics.sigmoid(np.array([-1e4, 0.0, 1e4])) == pytest.approx([0, 0.5, 1])


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_is_a_clear_error(label):
    with pytest.raises(InputError, match="the test split needs windows of both classes") as error:
        score_test_split(np.full(3, label), np.zeros(3), 0.0, "binary")
    assert "splits: test" in str(error.value)


def test_strand_disagreement():
    forward, reverse = np.array([1.0, -4.0, 0.1]), np.array([1.0, -3.0, -0.1])
    found = strand_disagreement(forward, reverse, threshold=0.0)
    assert found == pytest.approx({"largest_absolute": 1.0, "largest_relative": 0.25, "flipped": 1 / 3})
    assert strand_disagreement(forward, forward, 0.0) == {"largest_absolute": 0, "largest_relative": 0, "flipped": 0}


def test_strand_disagreement_of_classes():
    """The largest difference of any logit, and calls of the largest."""
    forward, reverse = np.array([[2.0, 1.0, 0.0], [0.0, 1.0, -4.0]]), np.array([[2.0, 1.0, 1.5], [1.5, 1.0, -4.0]])
    found = strand_disagreement(forward, reverse, None)
    assert found == pytest.approx({"largest_absolute": 1.5, "largest_relative": 1.5 / 4, "flipped": 1 / 2})


CLASSES = np.array([0, 1, 2, 2])
PROBABILITIES = np.array([[0.6, 0.3, 0.1], [0.5, 0.4, 0.1], [0.2, 0.2, 0.6], [0.3, 0.5, 0.2]])


def test_hand_computed_values_of_three_classes():
    """Classes 0, 1 and 2 are ranked against the rest at 1, 2 / 3 and 1."""
    found = score_test_split(CLASSES, np.log(PROBABILITIES) + 3.0, None, "labelled")
    assert found["mcc_threshold"] is None
    values = found["metrics"]
    assert values["Accuracy"] == 2 / 4
    assert values["AUROC"] == pytest.approx((1 + 2 / 3 + 1) / 3)
    squares = (0.16 + 0.09 + 0.01) + (0.25 + 0.36 + 0.01) + (0.04 + 0.04 + 0.16) + (0.09 + 0.25 + 0.64)
    assert values["Brier"] == pytest.approx(squares / 4)
    # Two calls of class 0, one each of 1 and 2, two of them right: (2 * 4 - (1 * 2 + 1 * 1 + 2 * 1)) of the margins.
    assert values["MCC"] == pytest.approx((2 * 4 - 5) / np.sqrt((16 - 6) * (16 - 6)))
    # The class called has 0.6 (right), 0.5 (wrong), 0.6 (right) and 0.5 (wrong): two bins of two windows.
    assert values["ECE"] == pytest.approx((2 * 0.4 + 2 * 0.5) / 4)
    assert [row["windows"] for row in found["calibration"]] == [2, 2]


def test_a_class_that_no_test_sequence_has_is_a_clear_error():
    with pytest.raises(InputError, match="the test split needs sequences of every class"):
        score_test_split(np.array([0, 1, 0, 1]), PROBABILITIES, None, "labelled")


def test_softmax_does_not_overflow():
    with np.errstate(over="raise"):
        assert metrics.softmax(np.array([[1e4, 0.0], [0.0, 0.0]])) == pytest.approx(np.array([[1, 0], [0.5, 0.5]]))


def test_time_is_taken_of_all_networks_over_all_their_windows(monkeypatch, caplog):
    times = iter([0.0, 2.0, 10.0, 11.0, 20.0, 24.0])
    monkeypatch.setattr("learning.evaluation.predict.time.perf_counter", lambda: next(times))
    clock = Clock()
    for windows in (4, 10, 2):
        with clock.timing(windows):
            pass
    with caplog.at_level(logging.INFO, logger="rc"):
        clock.log(torch.device("cpu"))
    assert caplog.messages == [
        f"Ran on cpu ({processor_model()}), float32: 16 windows read, each network and strand counted, in 7.0 s: "
        "2 a second."
    ]
