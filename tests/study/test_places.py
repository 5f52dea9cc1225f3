"""Test windows that overlap count as one draw, in intervals and tests."""

import numpy as np
import pandas as pd
import pytest

from study.arm_intervals import intervals_table
from study.evidence import of_one_task
from study.pairs import Measurements
from study.predictions import WindowValues, places_of
from study.window_values import auroc_values


def windows(*rows):
    return pd.DataFrame(rows, columns=["contig", "start", "end"])


def test_windows_that_share_a_base_or_are_joined_by_others_have_one_place():
    table = windows(
        ("chr1", 500, 700), ("chr2", 100, 300), ("chr1", 0, 200), ("chr1", 199, 399), ("chr1", 398, 598),
        ("chr1", 700, 900), ("chr1", 10, 20),
    )  # fmt: skip
    places = places_of(table)
    assert len({places[row] for row in (0, 2, 3, 4, 6)}) == 1
    assert len(set(places)) == 3, "windows that touch without a common base, or lie on other contigs, are apart"


def test_labelled_sequences_are_places_of_their_own():
    table = windows(*[(f"sequence_{row}", 0, 200) for row in range(9)])
    assert len(set(places_of(table))) == 9


def copies(number):
    """Values of 60 places with ``number`` windows each, which all say the same."""
    generator = np.random.default_rng(1)
    labels = np.arange(60) % 3 == 0
    scores = generator.normal(labels * 1.5)
    return np.repeat(labels, number), np.repeat(scores, number), np.repeat(np.arange(60), number)


def test_windows_that_say_the_same_make_no_interval_narrower():
    """Five windows at each place know no more than one; as independent ones, they would cut the variance to a fifth."""
    once, often = (copies(number) for number in (1, 5))
    variances = []
    for labels, scores, places in (once, often):
        values = auroc_values(labels, scores)
        evidence = of_one_task(np.zeros(3), values, labels, places=places)
        assert list(evidence.degrees) == [2, 39, 19]
        variances.append(evidence.variances[1:].sum())
    assert variances[0] == pytest.approx(variances[1])
    labels, scores, _ = often
    apart = of_one_task(np.zeros(3), auroc_values(labels, scores), labels).variances[1:].sum()
    assert apart < variances[0] / 4


def test_the_variance_over_places_is_that_of_drawing_places_again():
    generator = np.random.default_rng(2)
    sizes = generator.integers(1, 5, 80)
    places = np.repeat(np.arange(80), sizes)
    values = generator.normal(size=80)[places] + generator.normal(0, 0.5, len(places))
    members = [np.flatnonzero(places == place) for place in range(80)]
    means = [
        values[np.concatenate([members[place] for place in generator.integers(0, 80, 80)])].mean() for _ in range(4000)
    ]
    found = of_one_task(np.zeros(3), values, np.zeros(len(values)), places=places).variances[1]
    assert found == pytest.approx(np.var(means), rel=0.12)


def test_the_interval_of_an_arm_is_as_wide_as_with_one_window_per_place():
    """Near 1, too, where the interval rests on the numbers of both classes."""
    widths = {}
    for name, (labels, scores, places) in {"once": copies(1), "often": copies(5)}.items():
        for shift in (0.0, 9.0):
            values = auroc_values(labels, scores + shift * labels).astype(np.float32)
            auroc = float(values[labels].mean())
            table = pd.DataFrame([("t", "a", "all", 0, "AUROC", auroc)])
            table.columns = ["task", "arm", "size", "seed", "metric", "value"]
            known = WindowValues({"t": labels}, {}, {("t", "a", "all", 0): values}, {"t": places})
            (row,) = intervals_table(Measurements(table, {"t": "AUROC"}, known), {"t": "AUROC"}).itertuples()
            widths[name, shift] = row.low, row.high
    assert widths["once", 0.0] == pytest.approx(widths["often", 0.0])
    assert widths["once", 9.0] == pytest.approx(widths["often", 9.0])


def test_windows_at_one_place_alone_tell_no_variance():
    values = np.random.default_rng(0).normal(size=4)
    evidence = of_one_task(np.zeros(3), values, np.zeros(4), places=np.zeros(4, dtype=int))
    assert np.isnan(evidence.variances[1])
