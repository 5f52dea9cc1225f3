"""Calibration has a panel for each arm, and bins whose number and intervals follow the number of windows."""

import math

import numpy as np
import pandas as pd
import pytest
from figure_tables import BASELINE

from figures.calibration import calibration_figure, calibration_table, draw, share_interval

ARMS = {"standard": "standard", "rcps": "rcps", "regular_k3": "regular", "irrep_k3": "irrep", "both": "combination"}


def predictions(windows: int, seeds: int = 1, power: float = 1.0) -> pd.DataFrame:
    """Probabilities that are right for ``power`` 1; of a larger power too low."""
    generator = np.random.default_rng(windows)
    probability = generator.random(windows)
    label = (generator.random(windows) < probability).astype(int)
    table = pd.DataFrame({"label": label, "probability": probability**power})
    return pd.concat(table.assign(seed=seed) for seed in range(1, seeds + 1))


@pytest.mark.parametrize(("windows", "bins"), [(20, 2), (60, 2), (100, 3), (204, 6), (300, 10), (20_000, 10)])
def test_few_windows_have_few_bins_with_equally_many_windows(windows, bins):
    table = calibration_table(predictions(windows))
    assert len(table) == bins
    assert table["windows"].sum() == windows
    assert np.ptp(table["windows"]) <= 1


def test_seeds_do_not_make_an_interval_narrower():
    of_one, of_five = (calibration_table(predictions(200, seeds)) for seeds in (1, 5))
    pd.testing.assert_frame_equal(of_one, of_five)


def test_intervals_hold_the_diagonal_if_probabilities_are_right_and_leave_it_out_if_not():
    right, wrong = (calibration_table(predictions(20_000, power=power)) for power in (1.0, 3.0))
    for table, misses in ((right, 0), (wrong, 8)):
        outside = (table["mean_probability"] < table["low"]) | (table["mean_probability"] > table["high"])
        assert abs(outside.sum() - misses) <= 2


def test_the_interval_of_a_share_is_that_of_wilson():
    """Of 10 of 10, the lower bound is n / (n + z²)."""
    low, high = share_interval(pd.Series([1.0, 0.5]), pd.Series([10.0, 10.0]))
    assert (low[0], high[0]) == pytest.approx((10 / (10 + 1.959964**2), 1.0))
    reach = math.sqrt(1.959964**2 / (4 * (10 + 1.959964**2)))
    assert (low[1], high[1]) == pytest.approx((0.5 - reach, 0.5 + reach))


def test_equal_probabilities_are_in_one_bin():
    table = calibration_table(
        pd.DataFrame({"seed": 1, "label": [0, 1] * 100, "probability": [0.3, 0.3, 0.7, 0.7] * 50})
    )
    assert list(table["windows"]) == [100, 100]
    assert list(table["mean_probability"]) == pytest.approx([0.3, 0.7])


@pytest.mark.parametrize("arms", [1, 2, 4, 5])
@pytest.mark.parametrize("tasks", [["CTCF"], ["CTCF", "SPI1"]])
def test_every_arm_of_every_task_has_a_panel_of_its_own_with_intervals(tasks, arms):
    names = [*list(ARMS)[:arms], BASELINE]
    table = pd.concat(predictions(300, 2).assign(task=task, arm=arm) for task in tasks for arm in names)
    figure = calibration_figure(table, ARMS)
    assert len(figure.axes) == len(tasks) * len(names)
    figure.draw_without_rendering()
    for axis in figure.axes:
        (bars,) = axis.collections
        curves = [line for line in axis.lines if line.get_marker() == "o"]
        assert len(curves) == 1
        assert len(bars.get_segments()) == len(curves[0].get_xdata()) == 10
        # Wide enough to be read, and nothing lies on the legend.
        assert axis.bbox.width / figure.dpi > 0.9
    boxes = [axis.xaxis.label.get_window_extent() for axis in figure.axes if axis.get_xlabel()]
    assert boxes
    legend = figure.legends[0].get_window_extent()
    assert not any(box.overlaps(legend) for box in boxes)


def test_the_call_is_judged_where_there_are_more_than_two_classes(tmp_path):
    rows = {"seed": 1, "label": [0, 1, 2, 2] * 50}
    rows |= {f"probability.{index}": [0.6, 0.3, 0.2, 0.6] * 50 for index in (0,)}
    rows |= {"probability.1": [0.3, 0.5, 0.2, 0.3] * 50, "probability.2": [0.1, 0.2, 0.6, 0.1] * 50}
    pd.DataFrame(rows).to_csv(tmp_path / "predictions.tsv", sep="\t", index=False)
    (tmp_path / "evaluation.json").write_text('[{"task": "t", "arm": "rcps"}]')
    figure = draw(predictions=[tmp_path / "predictions.tsv"], evaluations=[tmp_path / "evaluation.json"], arms=ARMS)
    # Of four calls in a row one has 0.5 and is right; of the other three, with 0.6, the last one is wrong.
    curve = next(line for line in figure.axes[0].lines if line.get_marker() == "o")
    assert list(curve.get_xdata()) == pytest.approx([0.5, 0.6])
    assert list(curve.get_ydata()) == pytest.approx([1.0, 2 / 3])
