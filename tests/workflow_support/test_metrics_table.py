"""The table of metrics is complete, states every direction, and is followed by tables, claims and page."""

import numpy as np
import pandas as pd
import pytest

from learning.evaluation.metrics import OF_PROFILES
from learning.evaluation.profiles import OBSERVED, PREDICTED, summarise_windows
from learning.evaluation.scores import score_test_split
from study.evaluations import means_table, replicates_table, subsets_table
from study.print_summary import summary_text
from study.sections import results_text
from workflow_support import metrics
from workflow_support.errors import InputError
from workflow_support.metrics import METRICS, Metric, find_metric, gain_sign, main_metric, metrics_of, printed_metrics

KINDS = ("binary", "labelled", "profile")


def record(**values):
    model = {"task": "t", "arm": "a", "size": "all", "seed": 1, "train_size": 9}
    return model | {"metrics": values}


def test_names_are_unique_and_kinds_known():
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    for metric in METRICS:
        assert set(metric.kinds) <= set(KINDS)
        assert {*metric.main_for, *metric.printed} <= set(metric.kinds)


@pytest.mark.parametrize("lacking", ["larger_is_better", "words"])
def test_a_metric_must_state_its_direction_and_what_it_is(lacking):
    stated = {"words": "the harmonic mean of precision and recall.", "larger_is_better": True, "kinds": ("binary",)}
    with pytest.raises(TypeError, match=lacking):
        Metric("F1", **{key: value for key, value in stated.items() if key != lacking})


def test_every_kind_has_one_main_metric_that_can_be_resampled():
    assert [main_metric(kind) for kind in KINDS] == ["AUROC", "AUROC", "Spearman 1 bp"]
    assert all(find_metric(main_metric(kind)).over_windows for kind in KINDS)


def test_errors_and_divergences_should_be_small_and_correlations_large():
    smaller = ["JSD", "JSD floor", "JSD ceiling", "MSE 1 bp", "MSE 5 bp", "MSE 10 bp", "Brier", "ECE", "RC error"]
    assert {metric.name for metric in METRICS if not metric.larger_is_better} == {*smaller, "RC flips"}
    assert (gain_sign("MSE 10 bp"), gain_sign("Pearson 10 bp")) == (-1, 1)


@pytest.mark.parametrize("name", ["MSE", "auroc", "MSE 2 bp", ""])
def test_an_unknown_metric_is_an_error_that_names_the_known(name):
    with pytest.raises(InputError) as error:
        gain_sign(name)
    assert error.value.found == repr(name)
    assert error.value.allowed == ", ".join(metric.name for metric in METRICS)


def reported(kind):
    """The metrics of a kind that evaluations compute, without those of the two strands."""
    return {metric.name for metric in METRICS if kind in metric.kinds and not metric.strand_field}


def test_the_table_has_exactly_the_metrics_that_tasks_with_classes_report():
    labels, logits = np.arange(60) % 2, np.random.default_rng(0).normal(size=60)
    binary = score_test_split(labels, logits, 0.1, kind="binary")["metrics"]
    assert reported("binary") == set(binary)
    of_two = score_test_split(labels, logits, 0.1, kind="labelled")["metrics"]
    of_three = score_test_split(np.arange(60) % 3, logits.reshape(20, 3).repeat(3, axis=0), None, kind="labelled")
    assert reported("labelled") == {*of_two, *of_three["metrics"]}


def test_the_table_has_exactly_the_metrics_that_profile_tasks_report():
    of_windows = ["JSD floor", "JSD ceiling", *OF_PROFILES]
    columns = [*of_windows, *OBSERVED, *PREDICTED]
    measured = pd.DataFrame(np.random.default_rng(0).random((9, len(columns))), columns=columns)
    values, _ = summarise_windows(measured.assign(without_plus=False, without_minus=False))
    assert reported("profile") == set(values)


def test_metrics_of_the_strands_follow_those_of_the_windows():
    strands = {"largest_absolute": 0.5, "largest_relative": 0.1, "flipped": 0.25}
    found = metrics_of(record(AUROC=0.9) | {"reverse_complement": strands})
    assert list(found.items()) == [("AUROC", 0.9), ("RC error", 0.5), ("RC flips", 0.25)]
    assert metrics_of(record(AUROC=0.9)) == {"AUROC": 0.9}


def test_a_row_of_the_table_is_all_that_a_new_metric_needs(monkeypatch):
    evaluations = [record(AUROC=0.8, F1=0.7), record(AUROC=0.9, F1=0.6) | {"seed": 2}]
    with pytest.raises(InputError, match="'F1'"):
        replicates_table(evaluations)
    row = Metric("F1", words="precision and recall.", larger_is_better=True, kinds=("binary",), printed={"binary": 9})
    bound = Metric(
        "F1 floor",
        words="that of guesses.",
        larger_is_better=True,
        kinds=("binary",),
        bounds="F1",
        bound_label="guesses",
    )
    monkeypatch.setattr(metrics, "METRICS", (*METRICS, row, bound))
    monkeypatch.setattr("study.sections.METRICS", metrics.METRICS)
    evaluations[0]["metrics"]["F1 floor"] = 0.5
    for evaluation in evaluations:
        evaluation["subsets"] = {"without near-copies": {"windows": 7, "metrics": {"F1": 0.25}}}
    means = means_table(replicates_table(evaluations))
    assert means.set_index("metric").loc["F1", "mean"] == pytest.approx(0.65)
    assert printed_metrics("binary")[-1] == "F1"
    assert summary_text(means, {"t": "binary"}).splitlines()[0].split()[-1] == "F1"
    no_costs = means[["task", "size", "arm"]].drop_duplicates().assign(parameters=1, multiply_adds=1)
    none = means[["task", "size", "arm", "low", "high"]].iloc[:0]
    subsets = subsets_table(evaluations)
    text = results_text(
        means, subsets, no_costs, none, none.assign(reference="", difference=0.0), {"t": "F1"}, {"t": "a"}
    )
    assert "F1" in text.splitlines()[2]
    assert "0.6500 ± 0.0707" in text
    assert "| 0.2500 ± 0.0000 |" in text
    assert "F1 for comparison: guesses 0.5000." in text
