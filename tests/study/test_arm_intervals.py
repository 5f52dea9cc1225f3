"""Intervals of single arms cover the truth, near an AUROC of 1 and with few positives too."""

import numpy as np
import pandas as pd
import pytest
from error_rates.auroc import SHAPES, coverage, interval_of, labels_with

from study.arm_intervals import intervals_table
from study.pairs import Measurements
from study.predictions import WindowValues
from study.window_values import auroc_values


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("positives", "auroc"), [(10, 0.9), (10, 0.99), (20, 0.97), (50, 0.9), (50, 0.99)])
def test_the_interval_covers_the_true_auroc_in_93_of_100_experiments_or_more(shape, positives, auroc):
    """Neither DeLong's interval nor the middle 95 % of bootstrap draws does, near 1 and with few positives."""
    assert coverage(shape, auroc, positives, experiments=400) >= 0.93 - 2 * 0.013


def test_a_perfect_separation_leaves_room_below_one():
    labels = labels_with(10)
    low, high = interval_of(labels, labels * 1.0)
    assert high == 1
    # Ten of ten positives were above all negatives: a share of 0.69 would show that in 2.5 % of all cases.
    assert low == pytest.approx(0.025 ** (1 / 10), abs=1e-4)


def test_an_auroc_below_a_half_is_as_uncertain_as_its_mirror_image():
    generator, labels = np.random.default_rng(0), np.arange(200) % 4 == 0
    scores = generator.normal(labels * 1.0)
    low, high = interval_of(labels, scores)
    assert interval_of(labels, -scores) == pytest.approx((1 - high, 1 - low))


def test_seeds_widen_the_interval_of_an_arm():
    labels = np.arange(300) % 3 == 0
    values = auroc_values(labels, np.random.default_rng(1).normal(labels * 2.0)).astype(np.float32)
    auroc = values[labels].mean()
    seeds = {"one": [0.0], "steady": [0.0, 0.001, -0.001], "varying": [0.0, 0.06, -0.06]}
    rows = [
        ("t", arm, "all", seed, "AUROC", auroc + by) for arm, shifts in seeds.items() for seed, by in enumerate(shifts)
    ]
    table = pd.DataFrame(rows, columns=["task", "arm", "size", "seed", "metric", "value"])
    windows = WindowValues({"t": labels}, {}, {(*row[:4],): values for row in rows if row[1] != "unknown"})
    found = intervals_table(Measurements(table, {"t": "AUROC"}, windows), {"t": "AUROC"}).set_index("arm")
    width = found["high"] - found["low"]
    assert found["low"]["one"] < auroc < found["high"]["one"]
    assert width["one"] == pytest.approx(width["steady"], rel=0.05)
    assert width["varying"] > 2 * width["steady"]
    assert found["seed_error"]["varying"] == pytest.approx(0.06 / np.sqrt(3))
    assert np.isnan(found["seed_error"]["one"])


def test_without_values_of_windows_there_is_no_interval():
    table = pd.DataFrame(
        [("t", "a", "all", 0, "AUROC", 0.9)], columns=["task", "arm", "size", "seed", "metric", "value"]
    )
    (row,) = intervals_table(Measurements(table, {"t": "AUROC"}), {"t": "AUROC"}).itertuples()
    assert row.mean == 0.9
    assert np.isnan([row.low, row.high, row.window_error]).all()


def test_a_profile_metric_has_a_t_interval_over_windows_and_seeds():
    generator = np.random.default_rng(2)
    values = {("t", "a", "all", seed): generator.normal(0.5, 0.2, 400) for seed in range(3)}
    rows = [(*key, "Spearman 1 bp", of_seed.mean()) for key, of_seed in values.items()]
    table = pd.DataFrame(rows, columns=["task", "arm", "size", "seed", "metric", "value"])
    metrics = {"t": "Spearman 1 bp"}
    windows = WindowValues({"t": np.zeros(400)}, {}, values)
    (row,) = intervals_table(Measurements(table, metrics, windows), metrics).itertuples()
    reach = np.hypot(4.3027 * row.seed_error, 1.9659 * row.window_error)
    assert (row.low, row.high) == pytest.approx((row.mean - reach, row.mean + reach), abs=1e-5)
